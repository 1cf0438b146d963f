// The overview of a run: collected layer by layer, then drawn as one picture or written as one HTML page.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "render/page.h"

namespace kerascope {

class RunOverview {
 public:
  struct Options {
    Scale scale = {};
    Colormap colormap = Colormap::kGray;
    std::optional<TokenGrid> tokens = {};
    std::optional<ChannelOrder> order = {};  ///< of the channels; as they come without it
    int depth = 0;                           ///< how many levels of nested models are shown; 0: all
    std::vector<std::string> outputs = {};   ///< addresses of the model's outputs, see overview_view()
    bool with_page = false;                  ///< also keeps each layer's whole grid, for page()
  };
  /// @param layers  those that the run will show, and those that cannot be computed (from skipped_layer()), in the
  ///                model's order: the size of the tiles depends on their number. Of the former address, class_name and
  ///                is_model are used.
  RunOverview(std::vector<SeenLayer> layers, const Options& options);

  void add(const Activation& activation, const Tensor& sample);
  /// After the run.
  void finish();

  /// What a call of finish() leaves: the layers that are shown, as they were seen or with their problems.
  std::vector<const SeenLayer*> shown() const;
  std::size_t rows() const { return entries_.size(); }
  /// What the tiles' greys and colours mean.
  std::string legend() const { return kerascope::legend(strip_options_); }

  /// @param head  everything but the rows
  Picture picture(Overview head) const;
  std::string page(const Overview& head) const;

 private:
  std::vector<SeenLayer*> pointers();

  Options options_;
  ThumbnailOptions strip_options_, page_strip_options_;
  std::vector<PageLayer> layers_;  ///< with their names and depths in the overview
  std::map<std::string, std::size_t> place_;
  std::vector<OverviewEntry> entries_;
};

}  // namespace kerascope
