// Equalizes the histogram of each channel, tile by tile. (N, H, W, C) -> (N, H, W, C)
#include "kerascope/layers/preprocessing.h"
#include "layers/preprocessing/augmentation.h"
#include "layers/registry.h"
#include "ops/contrast.h"

namespace kerascope::layers {

void fields(of<ContrastLimitedAdaptiveHistogramEqualization> auto& layer, auto&& field) {
  field("value_range", layer.value_range);
  field("clip_limit", layer.clip_limit);
  field("tile_grid_size", layer.tile_grid_size);
  field("data_format", layer.data_format);
  field.ignored("bounding_box_format");
}

Outputs build(const ContrastLimitedAdaptiveHistogramEqualization& layer, Build& b) {
  const auto [low, high] = range_of(b, layer.value_range);
  b.require_rank(4);
  b.require_at_least(1, "tile_grid_size", layer.tile_grid_size);
  const Value x = channels_last(b, b.input(), layer.data_format);
  const Value y =
      ops::clahe(b.graph, x, {.tiles = layer.tile_grid_size, .clip_limit = layer.clip_limit, .low = low, .high = high});
  return b.with_axes(from_channels_last(b, y, layer.data_format), map_axes(layer.data_format));
}

const Register<ContrastLimitedAdaptiveHistogramEqualization> registered{"ContrastLimitedAdaptiveHistogramEqualization"};

}  // namespace kerascope::layers
