// For the tests of ops: runs a graph op by op, makes random tensors, compares tensors.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "kerascope/error.h"
#include "kerascope/tensor.h"
#include "ops/graph.h"
#include "ops/session.h"

namespace kerascope::ops_test {

/// Computes `value`: prepares and runs every op up to it, in order. `inputs` holds the tensors of the graph's inputs
/// by value id; constants and weights reach `prepare` as constants.
inline Tensor evaluate(const Graph& graph, Value value, const std::map<int, Tensor>& inputs = {},
                       std::uint64_t seed = 0) {
  const Session session;
  std::vector<Tensor> tensors, later_outputs;
  for (int id = 0; id <= value.id; ++id) {
    const Graph::Node& node = graph.node({id});
    switch (node.kind) {
      case Graph::Kind::kInput:
        tensors.push_back(inputs.at(id));
        break;
      case Graph::Kind::kWeight:
        tensors.push_back(node.weight->read().astype(DType::kFloat32));
        break;
      case Graph::Kind::kConstant:
        tensors.push_back(node.constant);
        break;
      case Graph::Kind::kOp: {
        if (node.op->is_view()) {
          tensors.push_back(tensors.at(static_cast<std::size_t>(node.inputs.at(0).id)).reshaped(node.shape));
          break;
        }
        if (node.output > 0) {
          tensors.push_back(later_outputs.at(static_cast<std::size_t>(node.output - 1)));
          break;
        }
        std::vector<Operand> operands;
        std::vector<const float*> in;
        for (Value input : node.inputs) {
          const Tensor& tensor = tensors.at(static_cast<std::size_t>(input.id));
          const Graph::Kind kind = graph.node(input).kind;
          const bool constant = kind == Graph::Kind::kWeight || kind == Graph::Kind::kConstant;
          const auto* const first = static_cast<const float*>(tensor.bytes());
          operands.push_back(
              {.shape = tensor.shape(), .constant = constant ? first : nullptr, .dtype = tensor.dtype()});
          in.push_back(first);
        }
        std::vector<Tensor> results;
        std::vector<ValueType> types;
        std::vector<void*> outputs;
        for (const Value output : graph.outputs_of(Value{id})) {
          types.push_back(graph.node(output).type());
          Tensor& out = results.emplace_back(types.back().shape, types.back().dtype);
          // What a kernel forgets to write shows as NaN.
          if (out.dtype() == DType::kFloat32) std::fill_n(out.mutable_data(), out.size(), std::nanf(""));
          outputs.push_back(const_cast<void*>(out.bytes()));
        }
        OpArguments arguments = {.in = in, .out = static_cast<float*>(outputs[0]), .seed = seed};
        if (outputs.size() > 1) arguments.outputs = outputs;
        compute_all(node.op->kernel(session, operands, types), arguments, results[0].size());
        tensors.push_back(results[0]);
        later_outputs.assign(results.begin() + 1, results.end());
        break;
      }
    }
    EXPECT_EQ(tensors.back().shape(), node.shape) << "value " << id << " of\n" << graph.str();
  }
  return tensors.back();
}

/// Normally distributed numbers. The seed goes into the trace of the test that uses them: SCOPED_TRACE(seed).
inline Tensor random_tensor(const Shape& shape, unsigned seed, float mean = 0, float deviation = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(mean, deviation);
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = normal(generator);
  return tensor;
}

/// 0, 1, 2, ...: shows where each number went.
inline Tensor counting_tensor(const Shape& shape) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = static_cast<float>(i);
  return tensor;
}

/// The place of the element at `position`, axis by axis, and back.
using Index = std::vector<std::int64_t>;
inline Index index_of(const Shape& shape, std::int64_t position) {
  Index index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; position /= shape[axis--])
    index[static_cast<std::size_t>(axis)] = position % shape[axis];
  return index;
}
inline std::int64_t position_of(const Shape& shape, const Index& index) {
  std::int64_t position = 0;
  for (int axis = 0; axis < shape.rank(); ++axis)
    position = position * shape[axis] + index[static_cast<std::size_t>(axis)];
  return position;
}
inline float at(const Tensor& tensor, const Index& index) { return tensor.data()[position_of(tensor.shape(), index)]; }

/// A tensor whose element at each index is formula(index).
template <typename Formula>
Tensor tensor_by(const Shape& shape, const Formula& formula) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i)
    tensor.mutable_data()[i] = static_cast<float>(formula(index_of(shape, i)));
  return tensor;
}

/// All shapes of up to `most_axes` axes with sizes from `sizes`, the scalar's too.
inline std::vector<Shape> small_shapes(int most_axes, const std::vector<std::int64_t>& sizes) {
  std::vector<Shape> shapes = {Shape{}};
  for (std::size_t i = 0; i < shapes.size(); ++i)
    for (std::int64_t size : sizes)
      if (shapes[i].rank() < most_axes) {
        std::vector<std::int64_t> longer = shapes[i].sizes();
        longer.push_back(size);
        shapes.push_back(Shape(longer));
      }
  return shapes;
}

/// Equal shapes, and no element differs by more than `tolerance` times the largest finite |expected| (or 1 where all
/// are smaller, only if `at_least_one`). NaN equals NaN, infinity itself. Names the worst element.
struct CloseOptions {
  double tolerance = 1e-6;
  bool at_least_one = false;
};
inline testing::AssertionResult close(const Tensor& actual, const Tensor& expected, const CloseOptions& options = {}) {
  if (actual.shape() != expected.shape())
    return testing::AssertionFailure() << "shape " << actual.shape().str() << ", expected " << expected.shape().str();
  double scale = options.at_least_one ? 1 : 0;
  for (float number : expected.numbers())
    if (std::isfinite(number)) scale = std::max(scale, std::abs(static_cast<double>(number)));
  double worst = -1;
  std::int64_t worst_index = 0;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    const double a = actual.data()[i], e = expected.data()[i];
    if (a == e || (std::isnan(a) && std::isnan(e))) continue;
    const double distance = std::isfinite(a) && std::isfinite(e) ? std::abs(a - e) : HUGE_VAL;
    if (distance > worst) worst = distance, worst_index = i;
  }
  if (worst <= options.tolerance * scale) return testing::AssertionSuccess();
  std::string place;
  for (std::int64_t i : index_of(expected.shape(), worst_index))
    place += (place.empty() ? "" : ", ") + std::to_string(i);
  return testing::AssertionFailure() << "worst at [" << place << "] of " << expected.shape().str() << ": "
                                     << actual.data()[worst_index] << ", expected " << expected.data()[worst_index]
                                     << "; off by " << worst << ", allowed " << options.tolerance * scale;
}

/// The code of the Error that `action` throws, "" where it throws none.
template <typename Action>
std::string error_code(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}
/// Its whole message.
template <typename Action>
std::string error_text(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace kerascope::ops_test
