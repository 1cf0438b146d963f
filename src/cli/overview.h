// The overview of a run: collected layer by layer, then drawn as one picture or written as one HTML page.
#pragma once

#include <map>
#include <set>

#include "cli/request.h"
#include "render/resize.h"
#include "render/seen_layer.h"

namespace kerascope::cli {

/// A PNG file, and the size at which it is shown.
struct PagePicture {
  std::vector<unsigned char> png;
  Size shown;
};

/// A layer, with the details that only the page shows.
struct PageLayer {
  SeenLayer seen;
  PagePicture strip, grid;
};

class OverviewOfRun {
 public:
  struct Options {
    Scale scale = {};
    Colormap colormap = Colormap::kGray;
    std::optional<TokenGrid> tokens = {};
    bool page = false;  ///< also keeps each layer's whole grid, for page()
  };
  OverviewOfRun(const Request& request, const Run& run, const Options& options);

  void add(const Activation& activation, const Tensor& sample);
  /// After the run: sorts the layers into the model's order and inserts those that cannot be computed.
  void finish(const CompiledFunction::Result& result);

  Picture picture() const;
  std::string page() const;
  Json layers_json() const;

 private:
  Overview head() const;

  const Request& request_;
  const Run& run_;
  bool with_page_;
  std::optional<TokenGrid> tokens_;
  ThumbnailOptions strip_options_, page_strip_options_;
  std::map<std::string, PageLayer> by_address_;
  std::vector<PageLayer> layers_;  ///< with their names and depths in the overview
  std::vector<SeenLayer*> seen_;   ///< pointers into layers_
  std::vector<OverviewEntry> entries_;
  std::set<std::string> left_out_;  ///< addresses that are deeper than --depth
  std::vector<std::string> predictions_;
};

ThumbnailOptions page_strip_options();
PagePicture page_picture(const Picture& picture);
/// The grid of all channels; small grids are enlarged, large ones reduced.
PagePicture page_grid(const View& view, const ThumbnailOptions& options);

/// A self-contained HTML file: no scripts, no external resources, all pictures embedded.
std::string html_page(const Overview& head, const std::vector<PageLayer>& layers,
                      const std::vector<OverviewEntry>& entries);

/// Whether a layer of the model, at any depth, has time steps, so that sequences are not tokens of a picture.
bool has_layers_of_time(const Network& network);
/// The addresses of the model's outputs.
std::vector<std::string> outputs_of(const Run& run);

}  // namespace kerascope::cli
