// Runs every layer of a model once for each line on standard input; answers each with the milliseconds it took.
// Usage: kerascope-bench MODEL INPUT.npy
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "base/parallel.h"
#include "engine/function.h"
#include "formats/open.h"
#include "inputs/array.h"

int main(int argc, char** argv) try {
  using namespace kerascope;
  make_threads_patient(argv);
  if (argc != 3) {
    std::cerr << "usage: kerascope-bench MODEL INPUT.npy\n";
    return 2;
  }
  const Model model = open_model(argv[1]);
  const Tensor input = read_arrays(argv[2]).at(0).tensor;
  Function function(model, std::vector<Shape>{input.shape()}, {});
  for (std::string line; std::getline(std::cin, line);) {
    const auto begin = std::chrono::steady_clock::now();
    const Function::Result result = function.run(std::vector<Tensor>{input}, {});
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    std::printf("%.3f %zu\n", took.count(), result.activations.size());
    std::fflush(stdout);
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
