// The options of a command as data: help, man page and completions are all made from it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kerascope::cli {

struct OptionText {
  std::vector<std::string> names;    ///< "-o", "--output"; empty for a positional
  std::string value;                 ///< "FILE", "N", "nearest|off", or the positional's name; empty for a flag
  std::vector<std::string> choices;  ///< the only values it takes, if they are few
  std::string description;           ///< with its range and, in brackets, what it is by default
  std::optional<std::int64_t> least, greatest;  ///< of a whole number
  std::string group;
  bool is_required = false, is_repeated = false;

  /// Words that it takes, for completion: all of them, or those among others: "off" of "N|off".
  std::vector<std::string> words() const;
  bool takes_file() const { return value == "FILE"; }
  bool takes_layer() const { return value == "LAYER"; }
};

/// Those that are shown, in their order; positionals are the ones without names.
std::vector<OptionText> options_of(const CLI::App& command);
/// The subcommands that are shown.
std::vector<const CLI::App*> commands_of(const CLI::App& app);

/// "show MODEL [INPUT...]"
std::string synopsis(const CLI::App& command);

/// --help in columns, with wrapped text; inherited by commands that are added later.
void set_help_format(CLI::App& app);

}  // namespace kerascope::cli
