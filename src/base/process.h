// Our own helper programs, started for work that may crash or hang.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kerascope {

/// The path of the program `name`. Searched in this order: the environment variable `override_variable`; the folder of
/// the running program or of the library with this code, and ../libexec/kerascope and ../lib/kerascope relative to it
/// (for a library in lib/x86_64-linux-gnu one folder further up); the same relative to each folder of PATH.
std::optional<std::filesystem::path> find_companion(const std::string& name, const char* override_variable);

struct ProcessOptions {
  std::vector<std::string> arguments;   ///< followed by the number of the descriptor for the output
  std::vector<int> inherited;           ///< descriptors that keep their numbers
  std::chrono::milliseconds timeout{};  ///< after this time it is killed
  std::size_t most_output = 0;          ///< in bytes; with more output it is killed
};

struct ProcessResult {
  std::string output;
  std::string failure;  ///< how it failed, for people, or empty: "it was ended by signal 11 (Segmentation fault)"
};

/// Runs a program and waits for its end; kills it if parallel::poll() throws. Thread-safe.
ProcessResult run_process(const std::filesystem::path& program, const ProcessOptions& options);

}  // namespace kerascope
