// Products of matrices, (B.., M, K) by (B.., K, O) -> (B.., M, O). A constant right side is packed once; another one is
// packed a panel at a time by the thread that needs it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/parallel.h"
#include "base/workspace.h"
#include "kerascope/error.h"
#include "ops/broadcast.h"
#include "ops/gemm.h"
#include "ops/matmul.h"
#include "ops/spatial.h"

namespace kerascope::ops {
namespace {

/// A packed panel is used for at least this many rows, if the matrix has them, so that packing costs little.
constexpr std::int64_t kRows = 128;
/// Right sides from this size on are packed by one thread per panel, not by each thread.
constexpr std::int64_t kLarge = 128 << 10;

/// An operand: its last two axes, and the batch axes before them.
struct Matrices {
  Matrices(const Shape& shape, bool transposed)
      : rows(shape.back(transposed ? 1 : 2)),
        columns(shape.back(transposed ? 2 : 1)),
        batch(shape.begin(), shape.end() - 2) {}

  std::int64_t size() const { return rows * columns; }

  std::int64_t rows, columns;
  Spatial batch;
};

/// For each matrix of the product, the index of the operand's matrix (broadcasting).
std::vector<std::int64_t> matrix_of_each(const Spatial& operand, const Spatial& all) {
  std::vector<std::int64_t> matrices = {0};
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < all.size(); ++i) {  // from the last axis on
    const std::int64_t size = i < operand.size() ? operand[operand.size() - 1 - i] : 1, count = all[all.size() - 1 - i];
    std::vector<std::int64_t> outer;
    for (std::int64_t k = 0; k < count; ++k)
      for (std::int64_t inner : matrices) outer.push_back(inner + (size == 1 ? 0 : k * stride));
    matrices = std::move(outer);
    stride *= size;
  }
  return matrices;
}

/// A prepared product.
struct Product {
  std::int64_t rows, depth, columns;      ///< of each matrix
  std::vector<std::int64_t> left, right;  ///< index of each operand's matrix, per matrix of the product
  MatmulOptions options;
  std::shared_ptr<const PackedMatrices> packed = {};  ///< null if the right side is not constant

  std::int64_t matrices() const { return static_cast<std::int64_t>(left.size()); }

  RightSide right_side(const float* numbers) const {
    return {.numbers = numbers,
            .depth = depth,
            .columns = columns,
            .row_step = options.transpose_right ? 1 : columns,
            .column_step = options.transpose_right ? depth : 1};
  }

  /// Rows [begin, end), counted over all matrices; `to` starts at row `begin`.
  void compute_rows(const OpArguments& args, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t row = begin; row < end;) {
      const std::int64_t matrix = row / rows, stop = std::min(end, (matrix + 1) * rows);
      // In blocks of about equal size, so that the left side stays in a cache.
      const std::int64_t parts = (stop - row + 2 * kRows - 1) / (2 * kRows), next = row + (stop - row) / parts;
      compute(args, matrix, row - matrix * rows, next - row, 0, panels_of(columns), (row - begin) * columns);
      row = next;
    }
  }

  /// @param place  the output offset of the first row
  void compute(const OpArguments& args, std::int64_t matrix, std::int64_t first, std::int64_t count,
               std::int64_t first_panel, std::int64_t last_panel, std::int64_t place) const {
    thread_local std::vector<const float*> lines;
    thread_local std::vector<std::int64_t> places;
    thread_local Workspace memory;
    const std::int64_t panel_numbers = packed ? 0 : panel_width() * depth;
    const auto at = static_cast<std::size_t>(matrix);
    const bool turns = options.transpose_left && depth != 1 && rows != 1;
    float* const panel_memory = memory.floats(static_cast<std::size_t>(panel_numbers + (turns ? count * depth : 0)));
    const float* numbers = args.in[0] + left[at] * rows * depth + (turns ? first : first * depth);
    if (turns) {
      copy_transposed(numbers, rows, depth, count, panel_memory + panel_numbers, depth);
      numbers = panel_memory + panel_numbers;
    }
    lines.resize(static_cast<std::size_t>(count));
    places.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      lines[i] = numbers + static_cast<std::int64_t>(i) * depth;
      places[i] = place + static_cast<std::int64_t>(i) * columns;
    }
    for (std::int64_t panel = first_panel; panel < last_panel; ++panel) {
      parallel::poll();
      if (!packed) pack_panel(right_side(args.in[1] + right[at] * depth * columns), panel, panel_memory);
      multiply({.left = lines.data(),
                .rows = count,
                .depth = depth,
                .packed = packed ? packed->packed(right[at], panel) : panel_memory,
                .panel = panel,
                .columns = columns,
                .places = places.data()},
               Epilogue::of(args));
    }
  }
};

class Matmul final : public Float32Op {
 public:
  explicit Matmul(const MatmulOptions& options) : options_(options) {}

  std::string kind() const override { return "matmul"; }
  std::string attributes() const override {
    return fmt::format("{}{}{}", options_.transpose_left ? "left transposed" : "",
                       options_.transpose_left && options_.transpose_right ? " " : "",
                       options_.transpose_right ? "right transposed" : "");
  }
  /// The batch axes.
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const override {
    return std::max(in[0].rank(), in[1].rank()) > 2 && broadcasts_items_apart(in, has_items);
  }

  Shape infer(std::span<const Shape> in) const override {
    if (in[0].rank() < 2 || in[1].rank() < 2) refuse(in, "each operand needs two axes at least");
    const auto [left, right] = operands(in);
    if (left.columns != right.rows)
      refuse(in, fmt::format("the left rows have {} numbers, the right columns {}", left.columns, right.rows));
    std::vector<std::int64_t> sizes =
        broadcast_shape(kind(), std::array{Shape(left.batch), Shape(right.batch)}).sizes();
    sizes.insert(sizes.end(), {left.rows, right.columns});
    return Shape(std::move(sizes));
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops = 2.0 * static_cast<double>(out.elements()) * static_cast<double>(operands(in)[0].columns);
    return cost;
  }

  OpKernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    const auto [left, right] = operands(std::array{in[0].shape, in[1].shape});
    const Spatial batch(out.begin(), out.end() - 2);
    Product made = {.rows = left.rows,
                    .depth = left.columns,
                    .columns = right.columns,
                    .left = matrix_of_each(left.batch, batch),
                    .right = matrix_of_each(right.batch, batch),
                    .options = options_};
    const std::int64_t right_matrices = Shape(right.batch).elements();
    if (in[1].constant)
      made.packed = session.cached<PackedMatrices>(
          key_of(options_.transpose_right ? "packed, transposed" : "packed", in.subspan(1, 1)),
          [&] { return PackedMatrices(made.right_side(in[1].constant), right_matrices, right.size(), nullptr); });
    // If all use the same right matrix, all rows are those of one matrix.
    if (right_matrices == 1 && !options_.transpose_left) {
      made.rows *= made.matrices();
      made.left = made.right = {0};
    }
    return kernel_of(std::make_shared<const Product>(std::move(made)));
  }

 private:
  [[noreturn]] void refuse(std::span<const Shape> in, const std::string& because) const {
    throw Error({.code = "shape-mismatch",
                 .what = fmt::format("{} of {} by {}: {}", describe(), in[0].str(), in[1].str(), because)});
  }

  std::array<Matrices, 2> operands(std::span<const Shape> in) const {
    return {Matrices(in[0], options_.transpose_left), Matrices(in[1], options_.transpose_right)};
  }

  /// Threads share out whole matrices, or parts of large ones.
  static std::int64_t grain(const Product& product) {
    return product.rows < kRows ? equal_parts(product.matrices(), kRows / product.rows) * product.rows
                                : equal_parts(product.rows, kRows);
  }

  static OpKernel kernel_of(const std::shared_ptr<const Product>& product) {
    const std::int64_t rows = product->rows * product->matrices(), panels = panels_of(product->columns);
    OpKernel made;
    if (product->depth * product->columns > kLarge && rows <= 4 * kRows)
      // Each thread packs its panels of a large right side.
      made = [=](const OpArguments& args) {
        parallel_for(product->matrices() * panels, 1, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end;) {
            const std::int64_t matrix = i / panels, next = std::min(end, (matrix + 1) * panels);
            product->compute(args, matrix, 0, product->rows, i - matrix * panels, next - matrix * panels,
                             matrix * product->rows * product->columns);
            i = next;
          }
        });
      };
    else
      made = OpKernel::by_rows(rows, grain(*product),
                               [=](const OpArguments& args) { product->compute_rows(args, args.begin, args.end); });
    made.take_epilogue(product->columns);
    return made;
  }

  MatmulOptions options_;
};

}  // namespace

Value matmul(Graph& graph, Value left, Value right, const MatmulOptions& options) {
  return graph.apply(std::make_shared<Matmul>(options), {left, right});
}

}  // namespace kerascope::ops
