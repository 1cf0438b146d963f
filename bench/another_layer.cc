// What it costs to look at one layer after another of one model: milliseconds of the first run for a layer, and of a
// warm one.
// Usage: kerascope-another-layer MODEL SIDE [STREAM]
//   SIDE: the input is a picture of so many pixels a side; STREAM: any word, then activations pass by.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "kerascope/kerascope.h"

namespace ks = kerascope;

namespace {

template <typename Work>
double milliseconds(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> numbers) {
  std::ranges::nth_element(numbers, numbers.begin() + std::ssize(numbers) / 2);
  return numbers[numbers.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::puts("usage: another_layer MODEL SIDE [STREAM]"), 2;
  const std::int64_t side = std::stoll(argv[2]);
  std::vector<float> numbers(static_cast<std::size_t>(side * side * 3));
  std::mt19937 random(1);
  std::ranges::generate(numbers, [&] { return static_cast<float>(random() % 256); });
  const ks::Tensor picture = ks::Tensor::of({1, side, side, 3}, numbers);

  const ks::Model model = ks::load(argv[1]);
  const auto look = [&](const std::string& layer) {
    ks::RunOptions options = {.taps = {layer}};
    if (argc > 3) options.on_ready = [](const ks::Activation&) {};
    return milliseconds([&] { model.run(picture, options); });
  };
  std::vector<std::string> layers;
  for (const ks::Layer& layer : model.layers())
    if (layer.class_name() != "InputLayer") layers.push_back(layer.name());
  // From the last to the first, so that the first look prepares everything that the later ones need.
  std::ranges::reverse(layers);
  std::vector<double> first, warm, times;
  for (const std::string& layer : layers) {
    first.push_back(look(layer));
    std::vector<double> again;
    for (int i = 0; i < 3; ++i) again.push_back(look(layer));
    warm.push_back(*std::ranges::min_element(again));
    times.push_back(first.back() / warm.back());
  }
  double first_sum = 0, warm_sum = 0;
  for (std::size_t i = 1; i < layers.size(); ++i) first_sum += first[i], warm_sum += warm[i];
  std::printf(
      "%s: first look %.1f ms, warm %.1f; %zu other layers: first looks %.1f ms, warm %.1f, %.2f times; median %.2f "
      "times\n",
      argv[1], first[0], warm[0], layers.size() - 1, first_sum, warm_sum, first_sum / warm_sum,
      median({times.begin() + 1, times.end()}));
  for (std::size_t i = 0; i < layers.size(); i += std::max<std::size_t>(layers.size() / 8, 1))
    std::printf("  %-32s first %8.2f ms, warm %8.2f\n", layers[i].c_str(), first[i], warm[i]);
  return 0;
}
