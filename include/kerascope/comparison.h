// Where two runs, or the weights of two models, start to differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kerascope/activations.h"
#include "kerascope/distance.h"
#include "kerascope/drawing.h"
#include "kerascope/export.h"
#include "kerascope/model.h"
#include "kerascope/shape.h"

namespace kerascope {

/// A layer's output, or a weight, that at least one side has.
struct ComparedRow {
  enum class Kind { kBoth, kShapes, kOnlyA, kOnlyB };  ///< kShapes: both have it, in different shapes
  Kind kind = Kind::kBoth;
  std::string address, axes;              ///< as an Activation's; no axes for weights
  Shape a, b;                             ///< the shapes; empty for a side that lacks it
  Distance distance = {};                 ///< for kBoth only
  float value_a = 0, value_b = 0;         ///< for kBoth: the numbers at Distance::place
  bool parts = false;                     ///< they differ: beyond the tolerance, in shape, or one side lacks it
  std::vector<std::string> assumes = {};  ///< of both sides, as in Activation
};

/// Two sides, row by row.
struct Comparison {
  std::string name_a = "A", name_b = "B";  ///< what the sides are called
  double tolerance = 0;                    ///< the largest relative distance at which a row does not part
  std::vector<ComparedRow> rows;           ///< in A's order; what only B has follows what precedes it in B
  std::optional<std::size_t> first = {};   ///< the first row that both sides have and that differs
  std::int64_t parted = 0;                 ///< how many rows differ
  std::string renamed = {};                ///< if names differ and rows were matched by order: the first pair
};

/// Compares the outputs of the layers of two runs, address by address, from the first layer to the last.
///
///     const ks::Comparison both = ks::compare(seen, model.run(image, {.call = {.exact = true}}));
///     if (both.first) std::cout << "they part at " << both.rows[*both.first].address << '\n' << ks::table(both);
///
/// Keras numbers layers (conv2d, conv2d_1), and the numbers of two models differ. If the names differ but both sides
/// have as many tensors with the same shapes in the same order, they are compared in order.
/// @param tolerance  the largest relative distance at which two tensors are alike
/// @throws Error{nothing-to-compare} if both sides are empty
/// Cost: one pass over all numbers.
KERASCOPE_API Comparison compare(const Activations& a, const Activations& b, double tolerance = 1e-4);

/// The same for the weights of two models, under addresses such as "conv1/kernel".
/// @throws Error{weights-missing} for a model without weights
KERASCOPE_API Comparison compare_weights(const Model& a, const Model& b, double tolerance = 1e-4);

/// Which rows of a comparison a table lists.
struct TableOptions {
  int top = 0;       ///< only so many rows, the furthest apart first; 0: all, in their order
  bool all = false;  ///< also rows that are alike, which otherwise are folded into one line if there are several
  std::string what = "layers";  ///< what the rows are, in the plural
};

/// A table for people: address, shape, absolute and relative distance, cosine, and what is odd. Every line ends with a
/// newline.
KERASCOPE_API std::string table(const Comparison& comparison, const TableOptions& options = {});

/// The relative distance over the depth of the network, on a logarithmic axis, as a picture.
///
///     ks::write_png("curve.png", ks::curve(ks::compare(seen, model.run(image, {.call = {.exact = true}}))));
KERASCOPE_API Picture curve(const Comparison& comparison,
                            const std::string& title = "Relative distance, layer by layer");

}  // namespace kerascope
