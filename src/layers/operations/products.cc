// Products of matrices and tensors. Integers are multiplied in float32 and become integers again, as in Keras.
#include <algorithm>
#include <map>
#include <numeric>

#include "base/text.h"
#include "kerascope/error.h"
#include "layers/einsum.h"
#include "layers/operations/call.h"
#include "layers/operations/formula.h"
#include "layers/operations/layout.h"
#include "layers/registry.h"
#include "ops/concatenate.h"
#include "ops/dense.h"
#include "ops/matmul.h"
#include "ops/reshape.h"
#include "ops/transpose.h"

namespace kerascope::operations {
namespace {

/// The type of a product; two int8 make int32.
DType product_type(Build& b, const std::vector<Value>& operands) {
  DType type = b.graph.dtype(operands[0]);
  for (const Value operand : operands) type = ops::common_type(type, b.graph.dtype(operand));
  const bool all_int8 = std::ranges::all_of(operands, [&](Value x) { return b.graph.dtype(x) == DType::kInt8; });
  return all_int8 ? DType::kInt32 : type;
}

/// Calls `multiply` with two floats; its result gets the type of a product.
template <typename Multiply>
Value multiplied(Build& b, Value left, Value right, const Multiply& multiply) {
  const DType type = ops::common_type(b.graph.dtype(left), b.graph.dtype(right));
  const Value product = multiply(ops::cast(b.graph, left, DType::kFloat32), ops::cast(b.graph, right, DType::kFloat32));
  return ops::cast(b.graph, product, type);
}

/// A vector counts as one row on the left, as one column on the right.
Value matrix_product(Build& b, Value left, Value right) {
  const int left_rank = b.graph.shape(left).rank(), right_rank = b.graph.shape(right).rank();
  if (left_rank == 0 || right_rank == 0)
    b.fail("shape-rank", fmt::format("operation '{}' multiplies {} by {}", b.layer().name, b.graph.shape(left).str(),
                                     b.graph.shape(right).str()));
  if (left_rank == 1) left = with_axis(b, left, 0);
  if (right_rank == 1) right = with_axis(b, right, 1);
  Value product = b.graph.shape(right).rank() == 2 ? ops::dense(b.graph, left, right, std::nullopt)
                                                   : ops::matmul(b.graph, left, right);
  if (right_rank == 1) product = without_axis(b, product, b.graph.shape(product).rank() - 1);
  if (left_rank == 1) product = without_axis(b, product, b.graph.shape(product).rank() - (right_rank == 1 ? 1 : 2));
  return product;
}

Outputs matmul(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  const DType type = product_type(b, {left, right});
  const Value product =
      matrix_product(b, ops::cast(b.graph, left, DType::kFloat32), ops::cast(b.graph, right, DType::kFloat32));
  return output(b, ops::cast(b.graph, product, type));
}

Value transposed(Build& b, Value x) {
  const int rank = b.graph.shape(x).rank();
  std::vector<int> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  if (rank >= 2) std::swap(order[order.size() - 2], order[order.size() - 1]);
  return ops::transpose(b.graph, x, order);
}

Outputs tensorflow_matmul(FieldReader& arguments, Build& b) {
  Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  const auto is_set = [&](const char* key) {
    bool value = false;
    arguments(key, value);
    return value;
  };
  if (is_set("transpose_a") || is_set("adjoint_a")) left = transposed(b, left);
  if (is_set("transpose_b") || is_set("adjoint_b")) right = transposed(b, right);
  arguments.ignored("a_is_sparse");
  arguments.ignored("b_is_sparse");
  return output(b, multiplied(b, left, right, [&](Value l, Value r) { return matrix_product(b, l, r); }));
}

Outputs matrix_transpose(FieldReader& arguments, Build& b) {
  return output(b, transposed(b, tensor(arguments, "x", b)));
}

/// The sum of products over these axes of both; the other axes stay, those of the left first.
Value contracted(Build& b, Value left, Value right, const std::vector<int>& left_axes,
                 const std::vector<int>& right_axes) {
  std::string letters;
  const auto named = [&](Value x) {
    std::string axes;
    for (int i = 0; i < b.graph.shape(x).rank(); ++i) {
      axes += static_cast<char>('A' + static_cast<int>(letters.size()));
      letters += axes.back();
    }
    return axes;
  };
  layers::Einsum einsum{.left = named(left), .right = named(right), .out = ""};
  for (std::size_t i = 0; i < left_axes.size(); ++i)
    einsum.right[static_cast<std::size_t>(right_axes[i])] = einsum.left[static_cast<std::size_t>(left_axes[i])];
  for (const char axis : einsum.left)
    if (einsum.right.find(axis) == einsum.right.npos) einsum.out += axis;
  for (const char axis : einsum.right)
    if (einsum.left.find(axis) == einsum.left.npos) einsum.out += axis;
  return layers::einsum(b.graph, einsum, left, right);
}

/// numpy.dot: the last axis of the left with the second to last of the right.
Outputs dot(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  return output(b, multiplied(b, left, right, [&](Value l, Value r) {
                  const int left_rank = b.graph.shape(l).rank(), right_rank = b.graph.shape(r).rank();
                  if (left_rank == 0 || right_rank == 0) return ops::binary(b.graph, l, r, ops::Binary::kMultiply);
                  return contracted(b, l, r, {left_rank - 1}, {std::max(right_rank - 2, 0)});
                }));
}

/// The last axes of both.
Outputs inner(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  return output(b, multiplied(b, left, right, [&](Value l, Value r) {
                  const int left_rank = b.graph.shape(l).rank(), right_rank = b.graph.shape(r).rank();
                  if (left_rank == 0 || right_rank == 0) return ops::binary(b.graph, l, r, ops::Binary::kMultiply);
                  return contracted(b, l, r, {left_rank - 1}, {right_rank - 1});
                }));
}

Outputs vdot(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  return output(b, multiplied(b, left, right, [&](Value l, Value r) {
                  return contracted(b, ops::reshape(b.graph, l, {b.graph.shape(l).elements()}),
                                    ops::reshape(b.graph, r, {b.graph.shape(r).elements()}), {0}, {0});
                }));
}

Outputs outer(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  return output(
      b, ops::binary(b.graph, ops::reshape(b.graph, left, {b.graph.shape(left).elements(), 1}),
                     ops::reshape(b.graph, right, {1, b.graph.shape(right).elements()}), ops::Binary::kMultiply));
}

/// A number of axes, or the axes of both tensors.
Outputs tensordot(FieldReader& arguments, Build& b) {
  const Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  const Json& given = arguments.raw("axes");
  const int left_rank = b.graph.shape(left).rank(), right_rank = b.graph.shape(right).rank();
  std::vector<int> left_axes, right_axes;
  const auto gather = [&](const Json& axes, std::vector<int>& into, int rank) {
    for (const Json& axis : axes.is_array() ? axes : Json::array({axes})) {
      if (!axis.is_number_integer()) arguments.fail("axes", given, "made of axes");
      into.push_back(b.axis(axis.get<std::int64_t>(), rank));
    }
  };
  if (given.is_array() && given.size() == 2) {
    gather(given[0], left_axes, left_rank);
    gather(given[1], right_axes, right_rank);
  } else {
    const std::int64_t count = whole_number(arguments, "axes", b, 2);
    if (count < 0 || count > std::min(left_rank, right_rank)) arguments.fail("axes", given, "a number of axes of both");
    for (int i = 0; i < count; ++i) {
      left_axes.push_back(left_rank - static_cast<int>(count) + i);
      right_axes.push_back(i);
    }
  }
  if (left_axes.size() != right_axes.size()) arguments.fail("axes", given, "as many axes of each tensor");
  return output(
      b, multiplied(b, left, right, [&](Value l, Value r) { return contracted(b, l, r, left_axes, right_axes); }));
}

/// Each element of x1 times all of x2.
Outputs kron(FieldReader& arguments, Build& b) {
  Value left = tensor(arguments, "x1", b), right = tensor(arguments, "x2", b);
  const int rank = std::max(b.graph.shape(left).rank(), b.graph.shape(right).rank());
  while (b.graph.shape(left).rank() < rank) left = with_axis(b, left, 0);
  while (b.graph.shape(right).rank() < rank) right = with_axis(b, right, 0);
  std::vector<std::int64_t> left_sizes, right_sizes, sizes;
  for (int axis = 0; axis < rank; ++axis) {
    left_sizes.insert(left_sizes.end(), {b.graph.shape(left)[axis], 1});
    right_sizes.insert(right_sizes.end(), {1, b.graph.shape(right)[axis]});
    sizes.push_back(b.graph.shape(left)[axis] * b.graph.shape(right)[axis]);
  }
  const Value products = ops::binary(b.graph, ops::reshape(b.graph, left, Shape(left_sizes)),
                                     ops::reshape(b.graph, right, Shape(right_sizes)), ops::Binary::kMultiply);
  return output(b, ops::reshape(b.graph, products, Shape(sizes)));
}

/// Of vectors with three numbers, or two, whose third is 0.
Outputs cross(FieldReader& arguments, Build& b) {
  const Value given_left = tensor(arguments, "x1", b), given_right = tensor(arguments, "x2", b);
  for (const char* key : {"axisa", "axisb", "axisc"}) arguments.ignored(key);  // `axis` has priority
  const auto axis_of = [&](const char* key, int rank) {
    const bool common = !arguments.raw("axis").is_null();
    return b.axis(whole_number(arguments, common ? "axis" : key, b, -1), rank);
  };
  const auto last = [&](Value x, const char* key) {
    const int rank = b.graph.shape(x).rank();
    return Formula(b.graph, moved(b, x, axis_of(key, rank), rank - 1));
  };
  const Formula left = last(given_left, "axisa"), right = last(given_right, "axisb");
  for (const Formula& x : {left, right})
    if (x.shape().back() != 2 && x.shape().back() != 3)
      b.fail("shape-mismatch", fmt::format("operation '{}' needs vectors of 2 or 3 numbers and gets {}", b.layer().name,
                                           x.shape().str()));
  const auto at = [&](const Formula& x, std::int64_t i) {
    const int axis = x.shape().rank() - 1;
    if (i < x.shape().back()) return x.with(part(b, x, axis, {.start = i, .size = 1}));
    return x.with(full_like(b, part(b, x, axis, {.size = 1}), 0, x.dtype()));
  };
  const auto component = [&](std::int64_t i, std::int64_t k) {
    return at(left, i) * at(right, k) - at(left, k) * at(right, i);
  };
  const Formula z = component(0, 1);
  const int rank = z.shape().rank();
  if (left.shape().back() == 2 && right.shape().back() == 2) return output(b, without_axis(b, z, rank - 1));
  const Value result = ops::concatenate(b.graph, {component(1, 2), component(2, 0), z}, rank - 1);
  return output(b, moved(b, result, rank - 1, axis_of("axisc", rank)));
}

/// The distances between the rows of x and those of y.
Outputs distances(FieldReader& arguments, Build& b) {
  const Formula x = Formula(b.graph, tensor(arguments, "x", b)).as_float(),
                y = Formula(b.graph, tensor(arguments, "y", b)).as_float();
  const int rank = x.shape().rank();
  if (rank < 2 || y.shape().rank() != rank)
    arguments.fail("y", arguments.raw("y"), fmt::format("a tensor with {} axes", rank));
  const Formula apart = x.with(with_axis(b, x, rank - 1)) - y.with(with_axis(b, y, rank - 2));
  return output(b, sqrt(square(apart).reduced(ops::Reduction::kSum, {rank}, false)));
}

// --- einsum ---

/// "ab,bc->ac": the axes of each operand and of the result, without blanks.
struct Subscripts {
  std::vector<std::string> operands;
  std::string out;
};

/// Letters that stand for the axes of an ellipsis.
std::string ellipsis_axes(std::size_t count) {
  std::string axes;
  for (std::size_t i = 0; i < count; ++i) axes += static_cast<char>('0' + i);
  return axes;
}

Subscripts parsed(FieldReader& arguments, Build& b, std::string given, const std::vector<Value>& operands) {
  std::erase(given, ' ');
  const auto wrong = [&](const std::string& wanted) { arguments.fail("subscripts", given, wanted); };
  const std::size_t arrow = given.find("->");
  Subscripts result{.operands = text::split(given.substr(0, arrow), ','), .out = ""};
  if (result.operands.size() != operands.size()) wrong(fmt::format("axes of {} operands", operands.size()));
  std::size_t longest = 0;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    std::string& axes = result.operands[i];
    const std::size_t dots = axes.find("...");
    if (dots == axes.npos) continue;
    const int missing = b.graph.shape(operands[i]).rank() - static_cast<int>(axes.size()) + 3;
    if (missing < 0 || missing > 9) wrong(fmt::format("axes of {}", b.graph.shape(operands[i]).str()));
    // The last letters go with the last axes, as in broadcasting.
    axes.replace(dots, 3, ellipsis_axes(9).substr(9 - static_cast<std::size_t>(missing)));
    longest = std::max(longest, static_cast<std::size_t>(missing));
  }
  const std::string dotted = ellipsis_axes(9).substr(9 - longest);
  if (arrow != given.npos) {
    result.out = given.substr(arrow + 2);
    if (const std::size_t dots = result.out.find("..."); dots != result.out.npos) result.out.replace(dots, 3, dotted);
    return result;
  }
  std::map<char, int> counts;
  for (const std::string& axes : result.operands)
    for (const char axis : axes) ++counts[axis];
  result.out = dotted;
  for (const auto& [axis, count] : counts)
    if (count == 1 && std::isalpha(static_cast<unsigned char>(axis))) result.out += axis;
  return result;
}

/// One operand alone: summed over what the result lacks.
Value rearranged(Build& b, Value x, const std::string& axes, const std::string& out) {
  std::vector<int> summed, order;
  std::string kept;
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (out.find(axes[i]) == out.npos)
      summed.push_back(static_cast<int>(i));
    else
      kept += axes[i];
  if (!summed.empty()) x = ops::reduce(b.graph, x, ops::Reduction::kSum, {.axes = summed});
  for (const char axis : out) order.push_back(static_cast<int>(kept.find(axis)));
  return ops::transpose(b.graph, x, order);
}

Outputs einsum(FieldReader& arguments, Build& b) {
  const std::vector<Value> operands = tensors(arguments, "operands", b);
  const Json& given = arguments.raw("subscripts");
  if (!given.is_string()) arguments.fail("subscripts", given, "a text");
  const Subscripts subscripts = parsed(arguments, b, given.get<std::string>(), operands);
  const DType type = product_type(b, operands);
  std::vector<std::string> axes = subscripts.operands;
  Value result = ops::cast(b.graph, operands[0], DType::kFloat32);
  for (const std::string& own : axes)
    for (const char axis : own)
      if (std::ranges::count(own, axis) > 1)
        arguments.fail("subscripts", given, "a product without repeated axes of one operand");
  for (const char axis : subscripts.out)
    if (std::ranges::none_of(axes, [&](const std::string& own) { return own.find(axis) != own.npos; }))
      arguments.fail("subscripts", given, "a product whose axes the operands have");
  if (operands.size() == 1) return output(b, ops::cast(b.graph, rearranged(b, result, axes[0], subscripts.out), type));
  std::string so_far = axes[0];
  for (std::size_t i = 1; i < operands.size(); ++i) {
    // What later operands or the result have stays.
    std::string later = subscripts.out, kept;
    for (std::size_t k = i + 1; k < operands.size(); ++k) later += axes[k];
    for (const char axis : so_far + axes[i])
      if (later.find(axis) != later.npos && kept.find(axis) == kept.npos) kept += axis;
    if (i + 1 == operands.size()) kept = subscripts.out;
    result = layers::einsum(b.graph, {.left = so_far, .right = axes[i], .out = kept}, result,
                            ops::cast(b.graph, operands[i], DType::kFloat32));
    so_far = kept;
  }
  return output(b, ops::cast(b.graph, result, type));
}

const RegisterOperations registered{
    {"Matmul", "x1 x2", matmul},
    {"tf.linalg.matmul", "a=x1 b=x2 transpose_a transpose_b adjoint_a adjoint_b a_is_sparse b_is_sparse output_type",
     tensorflow_matmul},
    {"tf.linalg.matrix_transpose", "a=x", matrix_transpose},
    {"Dot", "x1 x2", dot},
    {"Inner", "x1 x2", inner},
    {"Vdot", "x1 x2", vdot},
    {"Outer", "x1 x2", outer},
    {"Tensordot", "x1 x2 axes", tensordot},
    {"tf.tensordot", "a=x1 b=x2 axes", tensordot},
    {"Kron", "x1 x2", kron},
    {"Cross", "x1 x2 axisa axisb axisc axis", cross},
    {"CDist", "x y", distances},
    {"Einsum", "*operands subscripts", einsum},
};

}  // namespace
}  // namespace kerascope::operations
