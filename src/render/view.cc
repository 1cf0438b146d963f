#include "render/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr std::int64_t kMostTokensBefore = 8;                   // a class token, registers
constexpr std::int64_t kLeastGuessedSide = 3, kLeastWidth = 8;  // of a grid of tokens; of a token (channels)
constexpr std::int64_t kLeastSquare = 3, kLeastPicture = 8;

bool contains(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

/// The side of the square that all tokens except the first form; 0 if they form none.
std::int64_t side_beside_class_token(std::int64_t tokens) {
  const auto side = std::llround(std::sqrt(static_cast<double>(tokens - 1)));
  return side >= kLeastGuessedSide && side * side + 1 == tokens ? side : 0;
}

View on_grid(const Tensor& sample, const TokenGrid& grid, std::int64_t before) {
  const std::int64_t tokens = grid.rows * grid.columns, width = sample.shape()[1];
  std::string remark = fmt::format("{}x{} tokens", grid.rows, grid.columns);
  if (before > 0)
    remark += before == 1 ? " without the class token before them" : fmt::format(" without {} before them", before);
  return {.sample = sample.items(before, tokens).reshaped({grid.rows, grid.columns, width}),
          .axes = "HWC",
          .remark = std::move(remark)};
}

/// Whether no number is negative, and each row of `length` numbers sums to 1.
bool is_shares(std::span<const float> numbers, std::int64_t length, std::int64_t stride) {
  const auto count = static_cast<std::int64_t>(numbers.size());
  if (count == 0 || length < 2) return false;
  for (std::int64_t outer = 0; outer < count; outer += length * stride)
    for (std::int64_t inner = 0; inner < stride; ++inner) {
      double sum = 0;
      for (std::int64_t i = 0; i < length; ++i) {
        const float number = numbers[static_cast<std::size_t>(outer + i * stride + inner)];
        if (!(number >= 0)) return false;
        sum += number;
      }
      if (std::abs(sum - 1) > 1e-2) return false;
    }
  return true;
}

bool computes_attention(const std::string& class_name) {
  constexpr std::array<std::string_view, 5> kClasses = {"Dot", "Attention", "Softmax", "Matmul", "Einsum"};
  return std::ranges::any_of(kClasses, [&](std::string_view name) { return contains(class_name, name); });
}

bool is_attention(const Tensor& sample, const std::string& axes, const std::string& class_name) {
  const int rank = sample.shape().rank();
  if (axes != (rank == 3 ? "HWC" : "TC") || sample.shape()[rank - 1] != sample.shape()[rank - 2]) return false;
  const std::int64_t side = sample.shape().back();
  // With as many heads as positions, it might also be a map.
  const bool is_plain = rank == 2 || sample.shape()[0] != side;
  return side >= kLeastSquare && ((is_plain && computes_attention(class_name)) || is_shares(sample.numbers(), side, 1));
}

}  // namespace

bool is_of_time(const std::string& class_name) {
  constexpr std::array<std::string_view, 6> kWords = {"1D", "LSTM", "GRU", "RNN", "Bidirectional", "TimeDistributed"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return contains(class_name, word); });
}

Tensor drawable(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString)
    throw Error({.code = "texts-drawn", .what = "texts have no picture", .hint = "`capture` shows and stores them"});
  return tensor.astype(DType::kFloat32);
}

View view_of(const Tensor& sample, const std::string& axes, const std::string& class_name,
             const std::optional<TokenGrid>& tokens) {
  const View as_it_is{.sample = sample, .axes = axes, .remark = ""};
  if (sample.empty() || static_cast<int>(axes.size()) != sample.shape().rank()) return as_it_is;
  if (!class_name.empty() && sample.size() > 0 && is_attention(sample, axes, class_name)) {
    const bool has_heads = axes.size() == 3;
    return {.sample = sample,
            .axes = has_heads ? "CHW" : "HW",
            .remark = has_heads ? fmt::format("{} heads", sample.shape()[0]) : ""};
  }
  if (axes != "TC") return as_it_is;
  const std::int64_t count = sample.shape()[0];
  if (tokens) {
    const std::int64_t wanted = tokens->rows * tokens->columns;
    if (wanted == 0) return as_it_is;
    if (wanted < 0 || tokens->rows < 0 || count < wanted || count > wanted + kMostTokensBefore)
      throw Error({.code = "grid-invalid",
                   .what = fmt::format("a grid of {}x{} has {} tokens, an output of shape {} has {}", tokens->rows,
                                       tokens->columns, wanted, sample.shape().str(), count),
                   .hint = fmt::format("rows times columns is {}, or up to {} less for tokens before the picture's",
                                       count, kMostTokensBefore)});
    return on_grid(sample, *tokens, count - wanted);
  }
  const std::int64_t side = side_beside_class_token(count);
  if (class_name.empty() || side == 0 || sample.shape()[1] < kLeastWidth || is_of_time(class_name)) return as_it_is;
  return on_grid(sample, {side, side}, 1);
}

View overview_view(const Activation& activation, const Tensor& sample, const std::optional<TokenGrid>& tokens,
                   bool is_output) {
  View view;
  try {
    view = view_of(sample, activation.axes, activation.class_name, tokens);
  } catch (const Error&) {  // the grid is for other tokens
    view = view_of(sample, activation.axes, "", {});
  }
  view.in_color = view.remark.empty() && is_picture(sample, activation.axes, activation.class_name, is_output);
  return view;
}

TokenGrid parse_token_grid(const std::string& text) {
  if (text == "off") return {};
  const std::vector<std::string> sides = text::split(text, 'x');
  const auto rows = text::to_integer(sides[0]), columns = text::to_integer(sides.back());
  constexpr std::int64_t kMost = 1 << 16;
  if (sides.size() != 2 || !rows || !columns || *rows < 1 || *columns < 1 || *rows > kMost || *columns > kMost)
    throw Error({.code = "grid-invalid",
                 .what = fmt::format("the grid '{}' is not ROWSxCOLUMNS", text::printable(text)),
                 .hint = "as in 14x14; off: tokens stay a sequence"});
  return {*rows, *columns};
}

std::optional<Range> picture_range(std::span<const float> numbers) {
  const Range range = finite_range(numbers);
  const float low = range.minimum, high = range.maximum;
  const bool is_positive = low >= -0.1f * high;
  if (is_positive && high <= 1.1f) return Range{0, 1};
  if (low >= -1.1f && high <= 1.1f) return Range{-1, 1};
  if (is_positive && high <= 280) return Range{0, 255};
  return {};
}

bool has_three_colors(const Shape& shape, const std::string& axes) {
  if (shape.rank() != 3 || (axes != "HWC" && axes != "CHW")) return false;
  return shape[static_cast<int>(axes.find('C'))] == 3;
}

bool is_picture(const Tensor& sample, const std::string& axes, const std::string& class_name, bool is_output) {
  if (!has_three_colors(sample.shape(), axes) || sample.size() == 0) return false;
  const int channels = static_cast<int>(axes.find('C'));
  for (int axis = 0; axis < 3; ++axis)
    if (axis != channels && sample.shape()[axis] < kLeastPicture) return false;
  constexpr std::array<std::string_view, 8> kKeep = {"InputLayer",    "Rescaling",  "Normalization", "Resizing",
                                                     "ZeroPadding2D", "Cropping2D", "CenterCrop",    "RandAugment"};
  if (std::ranges::find(kKeep, class_name) != kKeep.end() || text::starts_with(class_name, "Random")) return true;
  const std::optional<Range> range = picture_range(sample.numbers());
  // Any small numbers lie between 0 and 255: so the maximum must be at least 128.
  const bool suits = range && (range->maximum < 2 || finite_range(sample.numbers()).maximum >= 128);
  return is_output && suits && !is_shares(sample.numbers(), 3, sample.shape().elements(channels + 1, 3));
}

}  // namespace kerascope
