// Recognises outputs whose axes alone do not tell what they are: tokens of a picture, attention, a colour picture.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/statistics.h"
#include "kerascope/drawing.h"

namespace kerascope {

/// The numbers of a tensor of any type as float32. @throws Error{texts-drawn} for texts
Tensor drawable(const Tensor& tensor);

/// A sample reshaped for drawing, with the same numbers in the same order.
struct View {
  Tensor sample;
  std::string axes;
  std::string remark;     ///< for people: "8x8 tokens", "4 heads"; empty if nothing was changed
  bool in_color = false;  ///< three channels as one picture
};

/// @param class_name  its layer's; empty: nothing is guessed
/// @param tokens      as in GridOptions; no effect on a sample that is not a sequence
/// @throws Error{grid-invalid} for a sequence that does not fit the grid
View view_of(const Tensor& sample, const std::string& axes, const std::string& class_name,
             const std::optional<TokenGrid>& tokens);

/// The same for the overview: uses the token grid only if it fits, and draws pictures in colour.
/// @param is_output  whether it is one of the model's outputs
View overview_view(const Activation& activation, const Tensor& sample, const std::optional<TokenGrid>& tokens,
                   bool is_output);

/// Whether the steps of a layer of this class are times rather than a picture's patches.
bool is_of_time(const std::string& class_name);

/// 0 to 1, -1 to 1 or 0 to 255, if the numbers suit one of these ranges; some may lie slightly outside.
std::optional<Range> picture_range(std::span<const float> numbers);

/// Whether it has three channels and two other axes.
bool has_three_colors(const Shape& shape, const std::string& axes);

/// Whether an output is drawn in colour by default: inputs, layers that only scale or crop them, and outputs of the
/// model whose numbers suit a picture and are not probabilities of three classes.
bool is_picture(const Tensor& sample, const std::string& axes, const std::string& class_name, bool is_output);

}  // namespace kerascope
