// What the overview keeps and shows of a layer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kerascope/activation.h"
#include "kerascope/statistics.h"
#include "render/overview.h"
#include "render/thumbnails.h"
#include "render/view.h"

namespace kerascope {

/// The data that is kept of a layer after its run, without its activation.
struct SeenLayer {
  std::string address;
  std::string name;  ///< relative to the innermost enclosing model in the overview
  int depth = 0;     ///< how many such models enclose it
  std::string class_name;
  bool is_model = false;
  Shape shape;  ///< the sample's shape
  std::string axes, shape_text;
  Statistics statistics;
  std::vector<std::string> assumes;  ///< as in Activation
  std::string look;                  ///< how it was drawn, if specially: "RGB 0 .. 1", "8x8 tokens"
  Picture strip;                     ///< without pixels if `problem` gives the reason
  std::string problem;

  bool is_seen() const { return problem.empty(); }
  std::string range() const;  ///< "0 .. 6.31"
  std::string notes() const;  ///< "3 of 64 constant (dead), assumes gate"
  OverviewRow row() const;
};

/// @param sample  one of the activation, without the batch axis. A sample that cannot be drawn is still listed.
/// @param view    from overview_view()
SeenLayer seen_layer(const Activation& activation, const Tensor& sample, const View& view, ThumbnailOptions options);
SeenLayer skipped_layer(const Skipped& skipped);

/// Tracks, layer by layer in the model's order, which nested models enclose a layer.
class Nesting {
 public:
  void place(SeenLayer& layer);

 private:
  std::vector<std::string> around_;  ///< the enclosing models, each with its slash
};

/// A row of the overview: a layer, and the layers after it that share its row as they cannot be computed either.
struct OverviewEntry {
  std::size_t layer = 0;  ///< index in the layers
  std::vector<std::size_t> folded = {};
};

/// Arranges layers, given in the model's order, in rows: `depth` levels of models (0: all). A run of layers that cannot
/// be computed is one row, but ends at the end of its nested model.
std::vector<OverviewEntry> arrange(std::span<SeenLayer* const> layers, int depth);
OverviewRow row_of(const OverviewEntry& entry, std::span<const SeenLayer* const> layers);
/// Why an entry's layers cannot be computed.
std::string problem_of(const OverviewEntry& entry, std::span<const SeenLayer* const> layers);
/// "and 160 more, to answer"; empty if nothing is folded.
std::string folded_text(const OverviewEntry& entry, std::span<const SeenLayer* const> layers);

/// The channels of a sample in that order; empty without one, and without an axis C.
std::vector<std::int64_t> channels_in_order(const Tensor& sample, const std::string& axes,
                                            std::optional<ChannelOrder> order);

/// A text on what the tiles' greys and colours mean.
std::string legend(const ThumbnailOptions& options);

/// The first elements of a tensor of texts, in quotes.
std::string first_texts(const Tensor& texts);

/// "H28 W28 C64" for a shape with a batch axis; other types than float32 are named.
std::string shape_with_roles(const Shape& shape, const std::string& axes, DType dtype = DType::kFloat32);
/// "3 of 64 constant (2 dead), 1 with NaN"; empty if nothing is unusual.
std::string channel_text(const Statistics& statistics);

}  // namespace kerascope
