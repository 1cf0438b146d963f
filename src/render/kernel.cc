#include "render/kernel.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"
#include "base/statistics.h"
#include "kerascope/error.h"
#include "render/draw.h"

namespace kerascope {
namespace {

constexpr std::int64_t kMostTiles = 1024, kSampledTiles = 256, kSampledSide = 16, kMostDown = 64, kMostAcross = 128;
constexpr std::int64_t kMostMatrixSide = 1024;

/// Keeps every n-th place of an axis, so that at most `most` remain; returns n.
std::int64_t thin_out(Axis& axis, std::int64_t most) {
  const std::int64_t step = (axis.size + most - 1) / most;
  axis.size = (axis.size + step - 1) / step;
  axis.stride *= step;
  return step;
}

std::string some_of(const Axis& shown, const Axis& all, const std::string& things) {
  return shown.size == all.size ? fmt::format("{} {}", all.size, things)
                                : fmt::format("{} of {} {}", shown.size, all.size, things);
}

class KernelPicture {
 public:
  KernelPicture(const Tensor& weight, const std::string& roles, const KernelOptions& options)
      : weight_(weight), options_(options), grid_(options.grid) {
    const Shape& shape = weight.shape();
    for (int i = 0; i < shape.rank(); ++i) {
      const Axis axis{shape[i], shape.elements(i + 1, shape.rank())};
      const char role = roles[static_cast<std::size_t>(i)];
      if (role == 'I')
        inputs_ = axis;
      else if (role == 'O')
        filters_ = axis;
      else
        places_.push_back(axis);
    }
  }

  Grid drawn() {
    if (options_.filter) pick_filter(*options_.filter);
    std::int64_t places = 1;
    for (const Axis& place : places_) places *= place.size;
    if (places == 1) return matrix(inputs_, "inputs");
    if (places_.size() == 1 && inputs_.size == 1) return steps();
    const bool is_1d = places_.size() == 1;
    tiles_.height = is_1d ? inputs_ : places_[places_.size() - 2];
    tiles_.width = places_.back();
    tiles_.least_zoom = 4;  // otherwise a 3x3 kernel could hardly be seen
    if (places_.size() > 2) {
      tiles_.slices.assign(places_.begin(), places_.end() - 2);
      tiles_.least_zoom = 8;
      grid_.gap_px *= 3;
    }
    const bool is_rgb = places_.size() == 2 && inputs_.size == 3 && options_.in_color;
    if (is_1d || is_rgb || inputs_.size == 1) {
      list(filters_, first_filter_, "filters");
      tiles_.may_stretch = is_1d && tiles_.count() == 1;
      return is_rgb ? colored() : plain();
    }
    if (filters_.size == 1) {
      list(inputs_, 0, "input channels");
      return plain();
    }
    return pairs();
  }

 private:
  void pick_filter(std::int64_t filter) {
    if (filter < 0 || filter >= filters_.size)
      throw Error({.code = "channel-invalid",
                   .what = fmt::format("there is no filter {}, a weight of shape {} has {}, 0 to {}", filter,
                                       weight_.shape().str(), filters_.size, filters_.size - 1)});
    first_filter_ = filter;
    start_ = filter * filters_.stride;
    filters_.size = 1;
  }

  /// One row per filter.
  Grid steps() {
    tiles_.one_scale = tiles_.may_stretch = true;
    tiles_.height = filters_;
    tiles_.width = places_[0];
    thin_out(tiles_.height, kMostMatrixSide);
    thin_out(tiles_.width, kMostMatrixSide);
    tiles_.layout = some_of(tiles_.width, places_[0], "steps across");
    if (filters_.size > 1) tiles_.layout += ", " + some_of(tiles_.height, filters_, "filters down");
    return plain();
  }

  /// A matrix; if it has a single row or column, rows of cells.
  Grid matrix(const Axis& down, const std::string& down_name) {
    tiles_.one_scale = true;
    if (down.size == 1 || filters_.size == 1) {
      tiles_.channels = down.size == 1 ? filters_ : down;
      lay_cells(tiles_);
      number(down.size == 1 ? first_filter_ : 0, 1);
      return plain();
    }
    tiles_.height = down;
    tiles_.width = filters_;
    thin_out(tiles_.height, kMostMatrixSide);
    thin_out(tiles_.width, kMostMatrixSide);
    tiles_.may_stretch = true;
    tiles_.layout =
        some_of(tiles_.height, down, down_name + " down, ") + some_of(tiles_.width, filters_, "outputs across");
    return plain();
  }

  /// One tile (or its slices) for each of these channels.
  void list(const Axis& channels, std::int64_t first_number, const std::string& things) {
    tiles_.channels = channels;
    const std::int64_t step = thin_out(tiles_.channels, kMostTiles);
    lay_strips(tiles_);
    tiles_.layout = channels.size == 1 ? "" : some_of(tiles_.channels, channels, things);
    number(first_number, step);
  }

  void number(std::int64_t first, std::int64_t step) {
    if (!options_.grid.numbers) return;
    const std::int64_t slices = tiles_.slice_count();
    tiles_.labels.resize(static_cast<std::size_t>(tiles_.count()));
    for (std::int64_t channel = 0; channel < tiles_.channels.size; ++channel)
      tiles_.labels[static_cast<std::size_t>(channel * slices)] = std::to_string(first + channel * step);
  }

  /// A tile for each input channel of each filter.
  Grid pairs() {
    Axis inputs = inputs_, filters = filters_;
    std::int64_t input_step = 1, filter_step = 1;
    if (inputs.size * filters.size * tiles_.slice_count() > kMostTiles || inputs.size > kMostDown ||
        filters.size > kMostAcross) {
      input_step = thin_out(inputs, std::min(kSampledTiles / std::min(filters.size, kSampledSide), kMostDown));
      filter_step = thin_out(filters, std::clamp(kSampledTiles / inputs.size, kSampledSide, kMostAcross));
    }
    tiles_.tallest_px = 1024;
    tiles_.channels = inputs;
    tiles_.slices.insert(tiles_.slices.begin(), filters);
    tiles_.rows = inputs.size;
    tiles_.columns = tiles_.slice_count();
    tiles_.strip = tiles_.columns / filters.size;
    tiles_.layout = some_of(inputs, inputs_, "input channels down, ") + some_of(filters, filters_, "filters across");
    for (std::int64_t tile = 0; options_.grid.numbers && tile < tiles_.count(); ++tile) {
      const std::int64_t input = tile / tiles_.columns, slice = tile % tiles_.columns;
      tiles_.labels.push_back(
          slice % tiles_.strip ? "" : fmt::format("{}→{}", input * input_step, slice / tiles_.strip * filter_step));
    }
    return plain();
  }

  bool has_one_scale() const { return tiles_.one_scale || options_.grid.scale.kind != Scale::Kind::kTile; }

  Grid plain() {
    if (!has_one_scale()) return draw(weight_.data() + start_, tiles_, {}, grid_);
    const Range shared = range_of(options_.grid.scale, weight_.numbers());
    return draw(weight_.data() + start_, tiles_, {&shared, 1}, grid_);
  }

  Grid colored() {
    if (!has_one_scale()) return draw_rgb(weight_.data() + start_, tiles_, inputs_.stride, {}, grid_);
    const Range shared = range_of(options_.grid.scale, weight_.numbers());
    return draw_rgb(weight_.data() + start_, tiles_, inputs_.stride, {&shared, 1}, grid_);
  }

  const Tensor& weight_;
  const KernelOptions& options_;
  GridOptions grid_;  ///< options_.grid, with wider gaps between the slices of a volume
  Axis inputs_, filters_;
  std::vector<Axis> places_;
  std::int64_t first_filter_ = 0, start_ = 0;
  Tiles tiles_;
};

}  // namespace

KernelView kernel_view(const std::string& class_name, const std::string& weight, const Shape& shape) {
  const int rank = shape.rank();
  if (rank == 0) return {"", shape};
  if (rank == 1) return {"O", shape};
  if (rank == 2 || class_name.find("Conv") == std::string::npos)
    return {std::string(static_cast<std::size_t>(rank - 2), 'D') + "IO", shape};
  const std::string places = rank == 3 ? "T" : rank == 4 ? "HW" : "DHW";
  if (weight == "depthwise_kernel" || class_name.find("Depthwise") != std::string::npos) {
    Shape merged = shape.slice(0, rank - 1);
    merged[rank - 2] *= shape.back();
    return {places + "O", merged};
  }
  return {places + (class_name.find("Transpose") != std::string::npos ? "OI" : "IO"), shape};
}

bool is_kernel(const std::string& weight) {
  return weight.find("kernel") != std::string::npos || weight == "embeddings";
}

Grid kernel_picture(const Tensor& given, const std::string& roles, const KernelOptions& options) try {
  const Tensor weight = numbers_of(given);
  if (weight.size() == 0)
    throw Error(
        {.code = "shape-empty", .what = "a weight of shape " + weight.shape().str() + " has no numbers to draw"});
  const auto is_unique = [&](char role) { return std::ranges::count(roles, role) <= 1; };
  if (static_cast<int>(roles.size()) != weight.shape().rank() || roles.find_first_not_of("DHWTIO") != roles.npos ||
      !std::ranges::all_of(std::string_view("HWTIO"), is_unique))
    throw Error(
        {.code = "axes-invalid",
         .what = fmt::format("the roles '{}' are not those of a weight of shape {}", roles, weight.shape().str()),
         .hint = "one letter an axis: \"HWIO\", \"IO\", \"O\""});
  if (!options.grid.channels.empty())
    throw Error({.code = "channel-invalid",
                 .what = "a weight has no channels to choose from",
                 .hint = "KernelOptions::filter picks a filter"});
  return KernelPicture(weight, roles, options).drawn();
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

}  // namespace kerascope
