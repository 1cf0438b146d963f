// What is wrong with a command line, in our words.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "kerascope/error.h"

namespace kerascope::cli {

/// @param words   what the program was given, without its name
/// @param parser  what the parser said, for what is not known better
Error usage_error(const CLI::App& app, const std::vector<std::string>& words, std::string parser);

}  // namespace kerascope::cli
