// What the overview keeps of a layer, and says of it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kerascope/activation.h"
#include "kerascope/statistics.h"
#include "render/overview.h"
#include "render/thumbnails.h"
#include "render/view.h"

namespace kerascope {

/// What is kept of a layer once it was seen; its activation is not.
struct SeenLayer {
  std::string address;
  std::string name;  ///< within the innermost nested model that is in the overview
  int depth = 0;     ///< how many of those it lies in
  std::string class_name;
  bool is_model = false;
  Shape shape;  ///< of the sample
  std::string axes, shape_text;
  Statistics statistics;
  std::vector<std::string> assumes;  ///< as an Activation's
  std::string look;                  ///< how it was drawn where that is not plain: "RGB 0 .. 1", "8x8 tokens"
  Picture strip;                     ///< without pixels where `problem` says why
  std::string problem;

  bool is_seen() const { return problem.empty(); }
  std::string range() const;  ///< "0 .. 6.31"
  std::string notes() const;  ///< "3 of 64 constant (dead), assumes gate"
  OverviewRow row() const;
};

/// @param sample  of the activation, without the batch axis. What cannot be drawn is still listed.
/// @param view    of overview_view()
SeenLayer seen_layer(const Activation& activation, const Tensor& sample, const View& view, ThumbnailOptions options);
SeenLayer skipped_layer(const Skipped& skipped);

/// Says of layers, one after the other in the model's order, in which of the nested models before them they lie.
class Nesting {
 public:
  void place(SeenLayer& layer);

 private:
  std::vector<std::string> around_;  ///< the models that the walk is in, each with its slash
};

/// A row of the overview: a layer, and those after it that cannot be computed either.
struct OverviewEntry {
  std::size_t layer = 0;  ///< index of the layers
  std::vector<std::size_t> folded = {};
};

/// Puts the layers, which come in the model's order, into rows: `depth` levels of them (0: all), and each run of layers
/// that cannot be computed as one row, unless it leaves the nested model that it began in.
std::vector<OverviewEntry> arrange(std::span<SeenLayer* const> layers, int depth);
OverviewRow row_of(const OverviewEntry& entry, std::span<const SeenLayer* const> layers);
/// Why an entry's layers cannot be computed.
std::string problem_of(const OverviewEntry& entry, std::span<const SeenLayer* const> layers);
/// "and 160 more, to answer"; empty where nothing is folded.
std::string folded_text(const OverviewEntry& entry, std::span<const SeenLayer* const> layers);

/// What the tiles' greys and colours mean.
std::string legend(const ThumbnailOptions& options);

/// "H28 W28 C64" of a shape with batch axis.
std::string shape_with_roles(const Shape& shape, const std::string& axes);
/// "3 of 64 constant (2 dead), 1 with NaN": empty where all is well.
std::string channel_text(const Statistics& statistics);

}  // namespace kerascope
