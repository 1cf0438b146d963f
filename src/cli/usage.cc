#include "cli/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "cli/options.h"

namespace kerascope::cli {
namespace {

/// The only name that begins with the word, or the one with nearly the same spelling.
std::string meant(const std::string& word, const std::vector<std::string>& known) {
  std::vector<std::string> longer;
  std::copy_if(known.begin(), known.end(), std::back_inserter(longer),
               [&](const std::string& name) { return text::starts_with(name, word); });
  return longer.size() == 1 && word.size() > 2 ? fmt::format("did you mean '{}'?", longer[0])
                                               : text::did_you_mean(word, known);
}

class Reader {
 public:
  Reader(const CLI::App& command, std::string hint)
      : options_(options_of(command)), name_(command.get_name()), hint_(std::move(hint)) {}

  /// Reads the words as the parser does; returns the error of the first wrong one.
  std::optional<Error> read(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word == "--") return {};
      if (word.size() < 2 || word[0] != '-') {
        positionals_.push_back(word);
        continue;
      }
      const bool is_long = word[1] == '-';
      const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
      const OptionText* option = find(name);
      if (!option) return unknown(name);
      if (++given_[option] > 1 && !option->is_repeated && !option->value.empty())
        return error(fmt::format("{} is given twice", shown(*option)));
      std::string value = word.substr(name.size());
      if (is_long && !value.empty()) value = value.substr(1);
      if (option->value.empty()) {
        if (value.empty()) continue;
        if (is_long) return error(fmt::format("{} takes no value, and is given '{}'", name, value));
        if (!find("-" + value.substr(0, 1))) return unknown("-" + value.substr(0, 1));
        continue;
      }
      if (value.empty() && (word.size() > name.size() || i + 1 == words.size() || looks_like_option(words[i + 1])))
        return error(fmt::format("{} needs a value: {}", shown(*option), option->value));
      if (value.empty()) value = words[++i];
      if (auto wrong = check(*option, value)) return wrong;
    }
    return check_positionals();
  }

 private:
  /// False for "-1", which may be a value.
  bool looks_like_option(const std::string& word) const {
    return word.size() > 1 && word[0] == '-' && !text::to_number(word);
  }

  const OptionText* find(const std::string& name) const {
    for (const OptionText& option : options_)
      if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) return &option;
    return nullptr;
  }

  std::string shown(const OptionText& option) const {
    return option.names.empty() ? option.value : option.names.back();
  }

  Error error(const std::string& what, const std::string& hint = "") const {
    return Error({.code = "usage", .what = what, .hint = hint.empty() ? hint_ : hint});
  }

  Error unknown(const std::string& name) const {
    std::vector<std::string> known;
    for (const OptionText& option : options_)
      if (!option.names.empty()) known.push_back(option.names.back());
    return error(fmt::format("there is no option '{}'", name), name.size() > 2 ? meant(name, known) : "");
  }

  std::optional<Error> check(const OptionText& option, const std::string& value) const {
    if (!option.choices.empty()) {
      if (std::find(option.choices.begin(), option.choices.end(), value) != option.choices.end()) return {};
      return error(fmt::format("{} is '{}', not one of {}", shown(option), value, text::join(option.choices, ", ")),
                   meant(value, option.choices));
    }
    const auto number = text::to_number(value);
    const auto is = [&](const std::string& needed) {
      return error(fmt::format("{} is '{}', not {}", shown(option), value, needed));
    };
    if (option.least && (!text::to_integer(value) || *number < *option.least || *number > *option.greatest))
      return is(fmt::format("a whole number from {} to {}", *option.least, *option.greatest));
    const auto integer = text::to_integer(value);
    if (option.value == "N" && (!integer || *integer != static_cast<int>(*integer))) return is("a whole number");
    if (option.value == "NUMBER" && !number) return is("a number");
    return {};
  }

  std::optional<Error> check_positionals() const {
    std::size_t used = 0;
    for (const OptionText& option : options_) {
      if (!option.names.empty()) continue;
      if (option.is_repeated) return {};
      if (used == positionals_.size()) {
        if (!option.is_required) return {};
        return error(fmt::format("{} is missing: {}", option.value, option.description));
      }
      if (auto wrong = check(option, positionals_[used++])) return wrong;
    }
    if (used < positionals_.size())
      return error(fmt::format("'{}' is one argument too many: kerascope {} takes {}", positionals_[used], name_,
                               used == 0 ? "none" : std::to_string(used)));
    return {};
  }

  std::vector<OptionText> options_;
  std::string name_, hint_;
  std::vector<std::string> positionals_;
  std::map<const OptionText*, int> given_;
};

}  // namespace

Error usage_error(const CLI::App& app, const std::vector<std::string>& words, std::string parser) {
  const std::string first = words.empty() ? "" : words[0];
  const auto usage = [](const std::string& what, const std::string& hint) {
    return Error({.code = "usage", .what = what, .hint = hint});
  };
  if (first.empty()) return usage("no command is given", "kerascope --help");
  std::vector<std::string> names, its_options;
  const CLI::App* command = nullptr;
  bool is_option_of_a_command = false;
  for (const CLI::App* known : commands_of(app)) {
    names.push_back(known->get_name());
    if (known->get_name() == first) command = known;
    for (const OptionText& option : options_of(*known))
      is_option_of_a_command |= std::find(option.names.begin(), option.names.end(), first) != option.names.end();
  }
  if (is_option_of_a_command)
    return usage(fmt::format("no command is given before {}", first), fmt::format("kerascope COMMAND .. {}", first));
  if (!command && text::starts_with(first, "-"))
    return usage(fmt::format("there is no option '{}'", first), "kerascope --help");
  if (!command) {
    const std::string hint = meant(first, names);
    return usage(fmt::format("there is no command '{}'", first), hint.empty() ? "kerascope --help" : hint);
  }
  const std::string hint = "kerascope " + first + " --help";
  if (auto error = Reader(*command, hint).read({words.begin() + 1, words.end()})) return *error;
  if (!parser.empty() && parser.back() == '.') parser.pop_back();
  return usage(parser, hint);
}

}  // namespace kerascope::cli
