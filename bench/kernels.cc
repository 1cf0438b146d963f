// Operations alone, in the shapes of real networks, each beside what the machine could do: `roof` is the share of the
// shortest time that its arithmetic and its traffic to memory allow. What lies in a cache may go beyond it.
// Usage: kerascope-kernels [Google Benchmark's options]
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>

#include "base/parallel.h"
#include "engine/machine.h"
#include "engine/plan.h"
#include "ops/batch_norm.h"
#include "ops/binary.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/dense.h"
#include "ops/matmul.h"
#include "ops/pool.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/spatial.h"
#include "ops/unary.h"

namespace kerascope {
namespace {

using ops::Padding;

const Machine& machine() {
  static const Machine measured = measure_machine();
  return measured;
}

Tensor numbers(Shape shape) {
  Tensor tensor(shape);
  std::minstd_rand random(1);
  std::generate_n(tensor.mutable_data(), tensor.size(),
                  [&] { return std::uniform_real_distribution<float>(0.1f, 1)(random); });
  return tensor;
}

/// What an operation is in the benches: it adds itself to a graph and says which values are looked at.
using Build = std::function<std::vector<Value>(Graph&, Value)>;

void run(benchmark::State& state, const Shape& shape, const Build& build) {
  Graph graph;
  const Value x = graph.input("x", shape);
  const std::vector<Value> taps = build(graph, x);
  Plan plan(graph, {x}, taps);
  const std::vector<Tensor> inputs = {numbers(shape)};
  plan.run(inputs, {});
  const auto begin = Plan::Clock::now();
  for (auto _ : state) plan.run(inputs, {});
  const std::chrono::duration<double> took = Plan::Clock::now() - begin;

  // The input and the weights are read once, what is looked at is written once.
  Work work{.read_bytes = sizeof(float) * static_cast<double>(shape.elements())};
  for (Value tap : taps) work.written_bytes += sizeof(float) * static_cast<double>(graph.shape(tap).elements());
  for (int id = 0; id < graph.size(); ++id) {
    const Graph::Node& node = graph.node(Value{id});
    if (node.kind == Graph::Kind::kConstant)
      work.read_bytes += sizeof(float) * static_cast<double>(node.shape.elements());
    if (node.kind != Graph::Kind::kOp) continue;
    std::vector<Shape> in;
    for (Value input : node.inputs) in.push_back(graph.shape(input));
    work.flops += node.op->cost(in, node.shape).flops;
  }
  using benchmark::Counter;
  state.counters["FLOP/s"] = Counter(work.flops, Counter::kIsIterationInvariantRate);
  state.counters["B/s"] = Counter(work.bytes(), Counter::kIsIterationInvariantRate);
  state.counters["roof"] = seconds_at_best(machine(), work) * static_cast<double>(state.iterations()) / took.count();
}

Value weights(Graph& graph, Shape shape) { return graph.constant(numbers(std::move(shape))); }

Build conv(std::int64_t side, std::int64_t channels, std::int64_t filters, std::int64_t stride = 1) {
  return [=](Graph& graph, Value x) -> std::vector<Value> {
    return {ops::conv(graph, x, weights(graph, {side, side, channels, filters}), weights(graph, {filters}),
                      {.strides = {stride, stride}, .padding = Padding::kSame})};
  };
}

Build depthwise(std::int64_t channels, std::int64_t stride) {
  return [=](Graph& graph, Value x) -> std::vector<Value> {
    return {ops::depthwise_conv(graph, x, weights(graph, {3, 3, channels, 1}), std::nullopt,
                                {.strides = {stride, stride}, .padding = Padding::kSame})};
  };
}

Value batch_norm(Graph& graph, Value x, std::int64_t channels) {
  const auto weight = [&] { return weights(graph, {channels}); };
  return ops::batch_norm(graph, x, {.gamma = weight(), .beta = weight(), .mean = weight(), .variance = weight()}, {});
}

/// A convolution and what follows it; either the last is looked at or each.
enum class Seen { kLast, kAll };
Build conv_norm_relu(std::int64_t side, std::int64_t channels, std::int64_t filters, Seen seen) {
  return [=](Graph& graph, Value x) -> std::vector<Value> {
    const Value convolved = conv(side, channels, filters)(graph, x)[0];
    const Value normed = batch_norm(graph, convolved, filters);
    const Value relu = ops::unary(graph, normed, ops::Unary::kRelu);
    return seen == Seen::kAll ? std::vector{convolved, normed, relu} : std::vector{relu};
  };
}

Build norm_relu(std::int64_t channels) {
  return [=](Graph& graph, Value x) -> std::vector<Value> {
    const Value normed = batch_norm(graph, x, channels);
    return {normed, ops::unary(graph, normed, ops::Unary::kRelu)};
  };
}

Build pool(ops::PoolKind kind, std::int64_t size, std::int64_t stride) {
  return [=](Graph& graph, Value x) -> std::vector<Value> {
    return {ops::pool(graph, x, kind, {.size = {size, size}, .strides = {stride, stride}, .padding = Padding::kSame})};
  };
}

Build unary(ops::Unary function) {
  return [=](Graph& graph, Value x) -> std::vector<Value> { return {ops::unary(graph, x, function)}; };
}

Build conv_transpose(std::int64_t side, std::int64_t channels, std::int64_t filters, std::int64_t stride) {
  return [=](Graph& graph, Value x) -> std::vector<Value> {
    return {ops::conv_transpose(
        graph, x, weights(graph, {side, side, filters, channels}), weights(graph, {filters}),
        {.strides = {stride, stride}, .dilations = {}, .padding = Padding::kSame, .output_padding = {}})};
  };
}

/// (N, heads, T, D): each head's matrix by the same numbers as (D, T), both known at the run only.
std::vector<Value> scores(Graph& graph, Value x) {
  const Shape shape = graph.shape(x);
  const std::int64_t heads = shape[0] * shape[1];
  return {ops::matmul(graph, ops::reshape(graph, x, {heads, shape[2], shape[3]}),
                      ops::reshape(graph, x, {heads, shape[3], shape[2]}))};
}

struct Case {
  const char* name;
  Shape x;
  Build build;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"conv 7x7 stride 2, ResNet50 conv1", {1, 224, 224, 3}, conv(7, 3, 64, 2)},
      {"conv 1x1 56x56 64>256, ResNet50 conv2", {1, 56, 56, 64}, conv(1, 64, 256)},
      {"conv 1x1 28x28 512>128, ResNet50 conv3", {1, 28, 28, 512}, conv(1, 512, 128)},
      {"conv 1x1 14x14 256>1024, ResNet50 conv4", {1, 14, 14, 256}, conv(1, 256, 1024)},
      {"conv 1x1 7x7 2048>512, ResNet50 conv5", {1, 7, 7, 2048}, conv(1, 2048, 512)},
      {"conv 3x3 56x56 64>64, ResNet50 conv2", {1, 56, 56, 64}, conv(3, 64, 64)},
      {"conv 3x3 28x28 128>128, ResNet50 conv3", {1, 28, 28, 128}, conv(3, 128, 128)},
      {"conv 3x3 14x14 256>256, ResNet50 conv4", {1, 14, 14, 256}, conv(3, 256, 256)},
      {"conv 3x3 7x7 512>512, ResNet50 conv5", {1, 7, 7, 512}, conv(3, 512, 512)},
      {"conv 3x3 224x224 64>64, VGG16 block1", {1, 224, 224, 64}, conv(3, 64, 64)},
      {"conv 3x3 28x28 512>512, VGG16 block4", {1, 28, 28, 512}, conv(3, 512, 512)},
      {"conv + norm + relu, last seen, 56x56 64>256", {1, 56, 56, 64}, conv_norm_relu(1, 64, 256, Seen::kLast)},
      {"conv + norm + relu, all seen, 56x56 64>256", {1, 56, 56, 64}, conv_norm_relu(1, 64, 256, Seen::kAll)},
      {"conv + norm + relu, last seen, 14x14 256>1024", {1, 14, 14, 256}, conv_norm_relu(1, 256, 1024, Seen::kLast)},
      {"conv + norm + relu, all seen, 14x14 256>1024", {1, 14, 14, 256}, conv_norm_relu(1, 256, 1024, Seen::kAll)},
      {"conv + norm + relu, all seen, 14x14 256>256", {1, 14, 14, 256}, conv_norm_relu(3, 256, 256, Seen::kAll)},
      {"norm + relu, both seen, 112x112 96", {1, 112, 112, 96}, norm_relu(96)},
      {"depthwise 3x3 112x112 32, MobileNetV2", {1, 112, 112, 32}, depthwise(32, 1)},
      {"depthwise 3x3 stride 2 112x112 96, MobileNetV2", {1, 112, 112, 96}, depthwise(96, 2)},
      {"depthwise 3x3 14x14 384, MobileNetV2", {1, 14, 14, 384}, depthwise(384, 1)},
      {"max pool 3x3 stride 2 112x112 64", {1, 112, 112, 64}, pool(ops::PoolKind::kMax, 3, 2)},
      {"max pool 2x2 224x224 64, VGG16", {1, 224, 224, 64}, pool(ops::PoolKind::kMax, 2, 2)},
      {"average pool 3x3 35x35 192, InceptionV3", {1, 35, 35, 192}, pool(ops::PoolKind::kAverage, 3, 1)},
      {"silu 112x112 96, EfficientNetB0", {1, 112, 112, 96}, unary(ops::Unary::kSilu)},
      {"global mean 7x7 2048",
       {1, 7, 7, 2048},
       [](Graph& graph, Value x) -> std::vector<Value> {
         return {ops::reduce(graph, x, ops::Reduction::kMean, {.axes = {1, 2}})};
       }},
      {"dense 25088>4096, VGG16 fc1",
       {1, 25088},
       [](Graph& graph, Value x) -> std::vector<Value> {
         return {ops::dense(graph, x, weights(graph, {25088, 4096}), weights(graph, {4096}))};
       }},
      {"conv_transpose 4x4 stride 2 32x32 64>32", {1, 32, 32, 64}, conv_transpose(4, 64, 32, 2)},
      {"conv_transpose 3x3 32x32 64>32", {1, 32, 32, 64}, conv_transpose(3, 64, 32, 1)},
      {"conv_transpose 3x3 stride 2 32x32 64>32", {1, 32, 32, 64}, conv_transpose(3, 64, 32, 2)},
      {"conv_transpose 2x2 stride 2 64x64 128>64, U-Net", {1, 64, 64, 128}, conv_transpose(2, 128, 64, 2)},
      {"conv_transpose 5x5 stride 2 7x7 256>128, DCGAN", {1, 7, 7, 256}, conv_transpose(5, 256, 128, 2)},
      {"matmul 8 heads 128x64 by 64x128", {1, 8, 128, 64}, scores},
      {"matmul 12 heads 512x64 by 64x512", {1, 12, 512, 64}, scores},
      {"matmul 12 heads 512x64 by 512x64 transposed",
       {1, 12, 512, 64},
       [](Graph& graph, Value x) -> std::vector<Value> {
         return {ops::matmul(graph, x, x, {.transpose_right = true})};
       }},
      {"matmul 256x1024 by 1024x1024, weights",
       {1, 256, 1024},
       [](Graph& graph, Value x) -> std::vector<Value> {
         return {ops::matmul(graph, ops::reshape(graph, x, {1, graph.shape(x)[0] * 256, 1024}),
                             weights(graph, {1, 1024, 1024}))};
       }},
      {"matmul 256x1024 by 1024x1024, no weights",
       {1, 1024, 1024},
       [](Graph& graph, Value x) -> std::vector<Value> {
         return {ops::matmul(graph, weights(graph, {graph.shape(x)[0], 256, 1024}), x)};
       }},
      {"matmul 8 heads 128x128 by 128x64, no weights",
       {1, 8, 128, 64},
       [](Graph& graph, Value x) -> std::vector<Value> {
         const std::int64_t heads = graph.shape(x)[0] * 8;
         return {ops::matmul(graph, weights(graph, {heads, 128, 128}), ops::reshape(graph, x, {heads, 128, 64}))};
       }},
      {"matmul 64 heads 16x16 by 16x16", {1, 64, 16, 16}, scores},
      {"add 56x56 256",
       {1, 56, 56, 256},
       [](Graph& graph, Value x) -> std::vector<Value> {
         return {ops::binary(graph, x, weights(graph, {1, 56, 56, 256}), ops::Binary::kAdd)};
       }},
  };
  return all;
}

}  // namespace
}  // namespace kerascope

int main(int argc, char** argv) {
  using namespace kerascope;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("peak FLOP/s", std::to_string(machine().flops));
  benchmark::AddCustomContext("read B/s", std::to_string(machine().read_bytes));
  benchmark::AddCustomContext("streaming write B/s", std::to_string(machine().written_bytes));
  benchmark::AddCustomContext("threads", std::to_string(thread_count()));
  for (const Case& one : cases())
    for (const std::int64_t batch : {1, 8}) {
      Shape shape = one.x;
      shape[0] = batch;
      const std::string name = std::string(one.name) + ", batch " + std::to_string(batch);
      benchmark::RegisterBenchmark(name.c_str(),
                                   [shape, &one](benchmark::State& state) { run(state, shape, one.build); })
          ->UseRealTime()
          ->Unit(benchmark::kMicrosecond);
    }
  benchmark::RunSpecifiedBenchmarks();
}
