// Messages for wrong command lines, in our own words.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "kerascope/error.h"

namespace kerascope::cli {

/// @param words   the program's arguments, without its name
/// @param parser  the parser's message, used if there is no better one
Error usage_error(const CLI::App& app, const std::vector<std::string>& words, std::string parser);

}  // namespace kerascope::cli
