// Pictures: grids, kernels, overviews, maps of classes, curves.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>

#include "arrays.h"
#include "bindings.h"
#include "kerascope/comparison.h"
#include "kerascope/drawing.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace kerascope::python {
namespace {

/// A picture, and what is said about it.
struct Drawn {
  Picture picture;
  std::string text;
};

/// The keywords of kerascope's Python functions; what is missing has its default.
GridOptions grid_options(const nb::dict& given) {
  GridOptions options;
  const auto take = [&](const char* key, auto& value) {
    if (given.contains(key)) value = nb::cast<std::decay_t<decltype(value)>>(given[key]);
  };
  const auto text = [&](const char* key) {
    std::string value;
    take(key, value);
    return value;
  };
  take("gap", options.gap_px);
  take("zoom", options.zoom);
  take("channels", options.channels);
  take("columns", options.columns);
  take("numbers", options.numbers);
  take("colorbar", options.colorbar);
  take("rgb", options.in_color);
  if (const std::string scale = text("scale"); !scale.empty()) options.scale = parse_scale(scale);
  if (const std::string map = text("cmap"); !map.empty()) options.colormap = parse_colormap(map);
  if (const std::string tokens = text("tokens"); !tokens.empty()) options.tokens = parse_token_grid(tokens);
  if (const std::string how = text("sequence"); !how.empty())
    options.sequence = how == "lines"   ? Sequence::kLines
                       : how == "cells" ? Sequence::kCells
                       : how == "auto"  ? Sequence::kAuto
                                        : throw Error({.code = "sequence-unknown",
                                                       .what = "a sequence is not drawn as '" + how + "'",
                                                       .hint = "'auto', 'lines' or 'cells'"});
  return options;
}

OverviewOptions overview_options(const std::string& title, const std::vector<std::string>& lines, int depth,
                                 const std::vector<std::string>& outputs, const nb::dict& grid) {
  const GridOptions drawn = grid_options(grid);
  return {.title = title,
          .lines = lines,
          .scale = drawn.scale,
          .colormap = drawn.colormap,
          .depth = depth,
          .outputs = outputs,
          .tokens = drawn.tokens};
}

Drawn drawn(const Grid& grid) { return {grid.picture, grid.str()}; }

}  // namespace

void add_pictures(nb::module_& core) {
  nb::class_<Drawn>(core, "Picture")
      .def_prop_ro("width", [](const Drawn& self) { return self.picture.width; })
      .def_prop_ro("height", [](const Drawn& self) { return self.picture.height; })
      .def_ro("text", &Drawn::text)
      .def("png",
           [](const Drawn& self) {
             const std::vector<unsigned char> bytes = [&] {
               const nb::gil_scoped_release others_may_run;
               return png_bytes(self.picture);
             }();
             return nb::bytes(bytes.data(), bytes.size());
           })
      .def(
          "save",
          [](const Drawn& self, const std::string& path) {
            const nb::gil_scoped_release others_may_run;
            write_png(path, self.picture);
          },
          "path"_a)
      .def("pixels", [](const Drawn& self) {
        const Picture& picture = self.picture;
        const bool has_palette = !picture.palette.empty();
        Tensor tensor(Shape{picture.height, picture.width, has_palette ? 3 : picture.channels}, DType::kUInt8);
        auto* to = static_cast<unsigned char*>(tensor.mutable_bytes());
        if (!has_palette) std::memcpy(to, picture.pixels.data(), picture.pixels.size());
        for (std::size_t i = 0; has_palette && i < picture.pixels.size(); ++i) {
          const Rgb color = picture.palette[picture.pixels[i]];
          *to++ = color.r, *to++ = color.g, *to++ = color.b;
        }
        return array_of(tensor);
      });
  core.def(
      "grid",
      [](const Activation& activation, const nb::dict& options, std::int64_t sample) {
        return drawn(grid(activation, grid_options(options), sample));
      },
      "activation"_a, "options"_a, "sample"_a);
  core.def(
      "class_map",
      [](const Activation& activation, const std::vector<std::string>& names, int zoom, std::int64_t sample,
         std::optional<nb::object> input) {
        ClassOptions options{.names = names, .zoom = zoom};
        if (input) options.input = tensor_of(*input);
        return drawn(class_map(activation.tensor.item(sample), activation.axes, options).grid);
      },
      "activation"_a, "names"_a, "zoom"_a, "sample"_a, "input"_a.none());
  core.def(
      "kernel_picture",
      [](const Layer& layer, const nb::dict& options, std::optional<std::int64_t> filter) {
        KernelOptions kernel{.filter = filter, .in_color = !options.contains("cmap")};
        GridOptions grid = grid_options(options);
        if (!options.contains("scale")) grid.scale = kernel.grid.scale;
        if (!options.contains("cmap")) grid.colormap = kernel.grid.colormap;
        kernel.grid = grid;
        return drawn(kernel_picture(layer, kernel));
      },
      "layer"_a, "options"_a, "filter"_a.none());
  core.def(
      "overview",
      [](const Activations& seen, const std::string& title, const std::vector<std::string>& lines, int depth,
         const std::vector<std::string>& outputs, const nb::dict& grid, std::int64_t sample) {
        const OverviewOptions options = overview_options(title, lines, depth, outputs, grid);
        const nb::gil_scoped_release others_may_run;
        return Drawn{overview(seen, options, sample), ""};
      },
      "seen"_a, "title"_a, "lines"_a, "depth"_a, "outputs"_a, "grid"_a, "sample"_a);
  core.def(
      "overview_page",
      [](const Activations& seen, const std::string& title, const std::vector<std::string>& lines, int depth,
         const std::vector<std::string>& outputs, const nb::dict& grid, std::int64_t sample) {
        const OverviewOptions options = overview_options(title, lines, depth, outputs, grid);
        const nb::gil_scoped_release others_may_run;
        return overview_page(seen, options, sample);
      },
      "seen"_a, "title"_a, "lines"_a, "depth"_a, "outputs"_a, "grid"_a, "sample"_a);
  core.def(
      "curve",
      [](const Comparison& comparison, const std::string& title) {
        return Drawn{curve(comparison, title), ""};
      },
      "comparison"_a, "title"_a);
}

}  // namespace kerascope::python
