// Kerascope as one of the bench's contenders: runs a model as often as each line on standard input says, and answers
// with the milliseconds of each run.
// Usage: kerascope-bench MODEL INPUT.npy [--answer] [--exact] [--threads N] [--check EXPECTED.npz]
//        kerascope-bench --grid ARRAY.npy OUT.png
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "engine/function.h"
#include "formats/open.h"
#include "inputs/array.h"
#include "render/grid.h"

namespace {

using namespace kerascope;

/// Says that the first run is done, then answers until standard input ends.
void answer(std::size_t outputs, const std::function<void()>& run) {
  run();
  fmt::print("ready {}\n", outputs);
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    for (int left = std::stoi(line); left > 0; --left) {
      const auto begin = std::chrono::steady_clock::now();
      run();
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
      fmt::print("{:.4f}{}", took.count(), left > 1 ? ' ' : '\n');
    }
    std::fflush(stdout);
  }
}

/// The worst difference from real Keras's numbers, of a layer's largest.
void check(const CompiledFunction::Result& result, const std::string& expected_path) {
  std::map<std::string, Tensor> expected;
  for (NamedArray& array : read_arrays(expected_path)) expected[array.name] = array.tensor;
  float worst = 0;
  for (const Activation& activation : result.activations) {
    const std::span<const float> ours = activation.tensor.numbers(), keras = expected.at(activation.address).numbers();
    float largest = 0, distance = 0;
    for (std::size_t i = 0; i < keras.size(); ++i) {
      largest = std::max(largest, std::abs(keras[i]));
      distance = std::max(distance, std::abs(ours[i] - keras[i]));
    }
    worst = std::max(worst, distance / largest);
  }
  fmt::print("{} {:.3g}\n", result.activations.size(), worst);
}

int run(const std::vector<std::string>& arguments) {
  const std::string &first = arguments.at(1), &second = arguments.at(2);
  if (first == "--grid") {
    const Tensor array = read_arrays(second).at(0).tensor;
    answer(1, [&] { write_png(arguments.at(3), grid(array, usual_axes(array.shape().rank())).picture); });
    return 0;
  }
  const ModelData model = open_model(first);
  const Tensor input = read_arrays(second).at(0).tensor;
  FunctionOptions options;
  std::string expected;
  std::optional<ThreadLimit> limit;
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    const std::string& option = arguments[i];
    if (option == "--answer")
      for (const TensorRef& output : model.network.outputs)
        options.taps.push_back(model.network.layers[static_cast<std::size_t>(output.layer)].name);
    else if (option == "--exact")
      options.call.exact = true;
    else if (option == "--threads")
      limit.emplace(std::stoi(arguments.at(++i)));
    else if (option == "--check")
      expected = arguments.at(++i);
    else
      throw std::invalid_argument("there is no option " + option);
  }
  CompiledFunction function(model, std::vector<Shape>{input.shape()}, options);
  if (!expected.empty())
    check(function.run(std::vector<Tensor>{input}, {}), expected);
  else
    answer(function.chosen(), [&] { function.run(std::vector<Tensor>{input}, {}); });
  return 0;
}

}  // namespace

int main(int argc, char** argv) try { return run({argv, argv + argc}); } catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
