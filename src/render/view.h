// What an output is, where its axes alone do not say it: tokens of a picture, attention, a picture of its own.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/statistics.h"
#include "kerascope/drawing.h"

namespace kerascope {

/// A sample as it is to be drawn; its numbers are the given one's, in their order.
struct View {
  Tensor sample;
  std::string axes;
  std::string remark;     ///< for people: "8x8 tokens", "4 heads"; empty where nothing was changed
  bool in_color = false;  ///< three channels as one picture
};

/// @param class_name  of its layer; empty: nothing is guessed
/// @param tokens      as GridOptions has it; what is no sequence stays as it is
/// @throws Error{grid-invalid} for a sequence that the grid does not fit
View view_of(const Tensor& sample, const std::string& axes, const std::string& class_name,
             const std::optional<TokenGrid>& tokens);

/// The same for the overview: tokens where the grid fits, and what is a picture in colour.
/// @param is_output  it is one of the model's outputs
View overview_view(const Activation& activation, const Tensor& sample, const std::optional<TokenGrid>& tokens,
                   bool is_output);

/// Whether a layer of this class speaks of time rather than of a picture's patches.
bool is_of_time(const std::string& class_name);

/// 0 to 1, -1 to 1 or 0 to 255, if the numbers suit one of these; some may lie a little beyond.
std::optional<Range> picture_range(std::span<const float> numbers);

/// Three channels over two axes.
bool has_three_colors(const Shape& shape, const std::string& axes);

/// Whether an output is drawn in colour by itself: an input, or what only scales or crops it; one of the model's
/// outputs if its numbers suit a picture and are no shares of three classes.
bool is_picture(const Tensor& sample, const std::string& axes, const std::string& class_name, bool is_output);

}  // namespace kerascope
