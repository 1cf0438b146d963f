// The options of a command as data, from which help, man page and completions are made.
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
  std::string description;           ///< with its range and, in parentheses, the default
  std::optional<std::int64_t> least, greatest;  ///< limits of a whole number
  std::string group;
  bool is_required = false, is_repeated = false;

  /// Words that it accepts, for completion: all values, or only the words among them: "off" of "N|off".
  std::vector<std::string> words() const;
  bool takes_file() const { return value == "FILE"; }
  bool takes_layer() const { return value == "LAYER"; }
};

/// The visible options in their order; positionals have no names.
std::vector<OptionText> options_of(const CLI::App& command);
/// The visible subcommands.
std::vector<const CLI::App*> commands_of(const CLI::App& app);

/// "show MODEL [INPUT...]"
std::string synopsis(const CLI::App& command);

/// --help in columns, with wrapped text; inherited by commands added later.
void set_help_format(CLI::App& app);

}  // namespace kerascope::cli
