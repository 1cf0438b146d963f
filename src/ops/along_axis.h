// Functions of the numbers along one axis, (.., n, ..) -> (.., m, ..): sums so far, sorting, places.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>

#include "ops/graph.h"

namespace kerascope::ops {

/// A function of one line of numbers. Floats reach it as float, integers and bools as int64.
struct LineFunction {
  std::string name;
  std::int64_t size = 1;  ///< how many numbers it gives
  std::function<void(std::span<const float> line, void* out)> of_floats = {};
  std::function<void(std::span<const std::int64_t> line, void* out)> of_integers = {};
};

/// @param compute  called with (std::span<const T> line, std::span<T> out) for T = float and std::int64_t
template <typename Compute>
LineFunction line_function(std::string name, std::int64_t size, Compute compute) {
  const auto of = [=]<typename T>(std::span<const T> line, void* out) {
    compute(line, std::span<T>(static_cast<T*>(out), static_cast<std::size_t>(size)));
  };
  return {.name = std::move(name), .size = size, .of_floats = of, .of_integers = of};
}

/// The same for a function whose results are places in the line.
/// @param compute  called with (std::span<const T> line, std::span<std::int64_t> out)
template <typename Compute>
LineFunction place_function(std::string name, std::int64_t size, Compute compute) {
  const auto of = [=]<typename T>(std::span<const T> line, void* out) {
    compute(line, std::span<std::int64_t>(static_cast<std::int64_t*>(out), static_cast<std::size_t>(size)));
  };
  return {.name = std::move(name), .size = size, .of_floats = of, .of_integers = of};
}

/// The function of each line along the axis; the result has the type of x, bools become int32.
Value along_axis(Graph& graph, Value x, int axis, LineFunction function);
/// The same with places, int32.
Value places_along_axis(Graph& graph, Value x, int axis, LineFunction function);

/// Sums and products of the numbers so far; of integers they wrap around.
LineFunction cumulative_sum(std::int64_t size, bool exclusive = false, bool reverse = false);
LineFunction cumulative_product(std::int64_t size, bool exclusive = false, bool reverse = false);
/// One number.
LineFunction product_of_line();
/// Ascending, NaN last.
LineFunction sorted(std::int64_t size);
/// Places of the numbers in ascending order; equal ones keep their order.
LineFunction sorting_places(std::int64_t size);
/// The k largest numbers, or their places, the largest first; equal ones keep their order.
LineFunction largest(std::int64_t k);
LineFunction places_of_largest(std::int64_t k);
/// One place, the first one of several; NaN never wins.
/// @param signed_zero  whether -0 counts as less than 0
LineFunction place_of_maximum(bool signed_zero);
LineFunction place_of_minimum(bool signed_zero);

}  // namespace kerascope::ops
