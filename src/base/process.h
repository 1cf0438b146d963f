// Programs of our own that are started for work that may go wrong.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kerascope {

/// Where the program `name` lies: where the environment variable `override_variable` says, else beside the running
/// program or the library that this code is in, or in ../libexec/kerascope or ../lib/kerascope from there (from a
/// library in lib/x86_64-linux-gnu one folder further up), else beside the programs that the shell finds (PATH),
/// likewise.
std::optional<std::filesystem::path> find_companion(const std::string& name, const char* override_variable);

struct ProcessOptions {
  std::vector<std::string> arguments;   ///< after them comes the number of the descriptor that takes the output
  std::vector<int> inherited;           ///< descriptors that keep their numbers
  std::chrono::milliseconds timeout{};  ///< then it is killed
  std::size_t most_output = 0;          ///< bytes; beyond them it is killed
};

struct ProcessResult {
  std::string output;
  std::string failure;  ///< how it ended if not well, for people: "it was ended by signal 11 (Segmentation fault)"
};

/// Runs a program to its end. Safe from several threads.
ProcessResult run_process(const std::filesystem::path& program, const ProcessOptions& options);

}  // namespace kerascope
