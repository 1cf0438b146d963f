// activation(einsum(x, kernel) + bias).
#include <algorithm>
#include <map>

#include "kerascope/layers/core.h"
#include "layers/einsum.h"
#include "layers/quantized.h"
#include "layers/registry.h"

namespace kerascope::layers {
namespace {

constexpr std::string_view kEllipsis = "...";

/// The equation for an input: "...x,xy->...y" of an input with three axes has two more letters for "...".
struct Equation {
  std::string input, kernel, output;
  std::size_t elided_first = 0, elided_last = 0;  ///< how many axes "..." stands for, at the begin or at the end
};

[[noreturn]] void refuse(Build& b, const std::string& equation) {
  b.refuse("equation", "'" + equation + "'", "'ab,bc->ac', '...x,xy->...y' or 'ab...,bc->ac...'");
}

bool are_letters(const std::string& axes) {
  return std::ranges::all_of(axes, [](unsigned char axis) { return std::isalpha(axis); });
}

bool take(std::string& axes, bool at_begin) {
  if (axes.size() < 3 || axes.compare(at_begin ? 0 : axes.size() - 3, 3, kEllipsis) != 0) return false;
  axes.erase(at_begin ? 0 : axes.size() - 3, 3);
  return true;
}

Equation equation_of(const EinsumDense& layer, Build& b) {
  const std::string& text = layer.equation;
  const auto comma = text.find(','), arrow = text.find("->");
  if (comma == text.npos || arrow == text.npos || comma > arrow) refuse(b, text);
  Equation equation{.input = text.substr(0, comma),
                    .kernel = text.substr(comma + 1, arrow - comma - 1),
                    .output = text.substr(arrow + 2)};
  const bool first = take(equation.input, true), last = !first && take(equation.input, false);
  if ((first && !take(equation.output, true)) || (last && !take(equation.output, false))) refuse(b, text);
  for (const std::string& axes : {equation.input, equation.kernel, equation.output})
    if (axes.empty() || !are_letters(axes)) refuse(b, text);
  const auto rank = static_cast<std::size_t>(b.shape().rank());
  if (rank < equation.input.size() || (!first && !last && rank != equation.input.size()))
    b.fail("shape-rank",
           fmt::format("layer '{}' (EinsumDense) computes '{}' and gets {}", b.layer().name, text, b.shape().str()));
  const std::size_t elided = rank - equation.input.size();
  std::string more;
  for (std::size_t i = 0; i < elided; ++i) more += static_cast<char>('0' + i);
  (first ? equation.elided_first : equation.elided_last) = elided;
  for (std::string* axes : {&equation.input, &equation.output}) *axes = first ? more + *axes : *axes + more;
  return equation;
}

/// Its axes, batch first; nothing for sizes that are as the input's.
std::vector<std::optional<std::int64_t>> output_sizes(const EinsumDense& layer, const Equation& equation, Build& b) {
  std::vector<std::optional<std::int64_t>> sizes = {b.shape()[0]};
  for (std::size_t i = 1; i < equation.elided_first; ++i) sizes.emplace_back();
  sizes.insert(sizes.end(), layer.output_shape.begin(), layer.output_shape.end());
  for (std::size_t i = 0; i < equation.elided_last; ++i) sizes.emplace_back();
  if (sizes.size() != equation.output.size())
    b.refuse("output_shape", fmt::format("{} sizes", layer.output_shape.size()),
             fmt::format("as many as '{}' needs", layer.equation));
  return sizes;
}

bool has(const std::string& axes, char axis) { return axes.find(axis) != axes.npos; }

Shape bias_shape(const std::string& bias_axes, const Equation& equation, const std::map<char, std::int64_t>& by_axis,
                 Build& b) {
  std::size_t begin = equation.output.size();
  for (const char axis : bias_axes) {
    if (!has(equation.output, axis) || !std::isalpha(static_cast<unsigned char>(axis)))
      b.refuse("bias_axes", "'" + bias_axes + "'", "letters of the output");
    begin = std::min(begin, equation.output.find(axis));
  }
  std::vector<std::int64_t> sizes;
  for (const char axis : equation.output.substr(begin)) sizes.push_back(has(bias_axes, axis) ? by_axis.at(axis) : 1);
  return Shape(std::move(sizes));
}

}  // namespace

void fields(of<EinsumDense> auto& layer, auto&& field) {
  field.required("equation", layer.equation);
  field.required("output_shape", layer.output_shape);
  field("activation", layer.activation);
  field("bias_axes", layer.bias_axes);
  for (const char* key : {"lora_rank", "lora_alpha", "gptq_unpacked_column_size", "quantization_config"})
    field.ignored(key);
}

Outputs build(const EinsumDense& layer, Build& b) {
  const Equation equation = equation_of(layer, b);
  const auto sizes = output_sizes(layer, equation, b);
  std::map<char, std::int64_t> by_axis;
  for (std::size_t i = 0; i < equation.input.size(); ++i)
    by_axis.emplace(equation.input[i], b.shape()[static_cast<int>(i)]);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (!sizes[i]) continue;
    b.require_at_least(1, "output_shape", *sizes[i]);
    if (const auto [known, is_new] = by_axis.emplace(equation.output[i], *sizes[i]);
        !is_new && known->second != *sizes[i])
      b.fail("shape-mismatch",
             fmt::format("layer '{}' (EinsumDense) has size {} in its output_shape where its input {} has {}",
                         b.layer().name, *sizes[i], b.shape().str(), known->second));
  }
  FactorShapes shapes;
  std::vector<std::int64_t> kernel_sizes, divisor_sizes;
  for (std::size_t i = 0; i < equation.input.size(); ++i)
    if (!has(equation.output, equation.input[i])) shapes.summed_in_input.push_back(static_cast<int>(i));
  for (const char axis : equation.kernel) {
    if (!by_axis.count(axis)) refuse(b, layer.equation);
    if (!has(equation.output, axis)) shapes.summed_in_kernel.push_back(static_cast<int>(kernel_sizes.size()));
    kernel_sizes.push_back(by_axis.at(axis));
  }
  for (const char axis : equation.output) divisor_sizes.push_back(has(equation.kernel, axis) ? by_axis.at(axis) : 1);
  shapes.kernel = Shape(std::move(kernel_sizes));
  shapes.divisor = Shape(std::move(divisor_sizes));
  if (layer.bias_axes && !layer.bias_axes->empty()) shapes.bias = bias_shape(*layer.bias_axes, equation, by_axis, b);
  const Factors f = factors(b, shapes);
  const Value product = einsum(b.graph, {equation.input, equation.kernel, equation.output}, f.input, f.kernel);
  const Value y = divided_and_shifted(b, product, f);
  const bool is_alike = b.graph.shape(y).rank() == b.shape().rank();
  return activated(b, y, layer.activation, is_alike ? b.axes() : usual_axes(b.graph.shape(y).rank() - 1));
}

const Register<EinsumDense> registered{"EinsumDense"};

}  // namespace kerascope::layers
