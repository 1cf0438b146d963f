#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/text.h"

namespace kerascope::cli {
namespace {

constexpr std::size_t kTextColumn = 30, kLineWidth = 110;

/// The text between two marks; empty if they are missing.
std::string between(const std::string& whole, const std::string& begin, const std::string& end) {
  const auto first = whole.find(begin);
  if (first == whole.npos) return "";
  const auto last = whole.find(end, first);
  return last == whole.npos ? "" : whole.substr(first + begin.size(), last - first - begin.size());
}

OptionText described(const CLI::Option& option) {
  // The parser writes a type and its checks as "TEXT:{a,b}" or "INT:INT in [1 - 1024]".
  const std::string type = option.get_type_name();
  OptionText text{.description = option.get_description(),
                  .group = option.get_group(),
                  .is_required = option.get_required(),
                  .is_repeated = option.get_expected_max() > 1};
  for (const std::string& letter : option.get_snames()) text.names.push_back("-" + letter);
  for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
  if (const std::string choices = between(type, "{", "}"); !choices.empty()) text.choices = text::split(choices, ',');
  static const std::map<std::string, std::string> kValues = {{"INT", "N"}, {"UINT", "N"}, {"FLOAT", "NUMBER"}};
  const std::string plain = type.substr(0, type.find(':'));
  if (text.names.empty())
    text.value = option.get_name();
  else if (option.get_items_expected_max() > 0)
    text.value = !text.choices.empty()  ? text::join(text.choices, "|")
                 : kValues.count(plain) ? kValues.at(plain)
                                        : plain;
  if (text.names.empty() && !text.choices.empty()) text.description += ": " + text::join(text.choices, ", ");
  if (const std::string range = between(type, "in [", "]"); !range.empty() && plain == "INT") {
    const auto dash = range.find(" - ");
    text.least = text::to_integer(range.substr(0, dash));
    text.greatest = text::to_integer(range.substr(dash + 3));
    text.description += fmt::format("; {} to {}", *text.least, *text.greatest);
  }
  if (!option.get_default_str().empty()) text.description += fmt::format(" ({})", option.get_default_str());
  return text;
}

/// Text wrapped in a column, with a hanging indent.
std::string wrapped(const std::string& words) {
  std::string out;
  std::size_t width = 0;
  for (const std::string& word : text::split(words, ' ')) {
    if (width > 0 && kTextColumn + width + 1 + word.size() > kLineWidth) {
      out += "\n" + std::string(kTextColumn, ' ');
      width = 0;
    }
    if (width > 0) out += " ";
    width += word.size() + (width > 0);
    out += word;
  }
  return out;
}

std::string row(const std::string& left, const std::string& right) {
  const std::string gap = left.size() + 2 < kTextColumn ? std::string(kTextColumn - left.size(), ' ')
                                                        : "\n" + std::string(kTextColumn, ' ');
  return left + gap + wrapped(right) + "\n";
}

class Help : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    const bool is_program = app->get_parent() == nullptr;
    std::string out = app->get_description() + "\n\nusage: kerascope ";
    out += is_program ? "COMMAND ..." : synopsis(*app) + " [options]";
    out += "\n";
    std::string group;
    bool is_first = true;
    for (const CLI::App* command : commands_of(*app)) {
      if (is_first) out += "\ncommands\n";
      is_first = false;
      out += row("  " + command->get_name(), command->get_description());
    }
    is_first = true;
    for (const OptionText& option : options_of(*app)) {
      if (!option.names.empty()) continue;
      if (is_first) out += "\n";
      is_first = false;
      out += row("  " + option.value, option.description);
    }
    for (const OptionText& option : options_of(*app)) {
      if (option.names.empty()) continue;
      if (option.group != group) out += "\n" + text::lower(option.group) + "\n";
      group = option.group;
      std::string names = text::join(option.names, ", ");
      if (text::starts_with(names, "--")) names = "    " + names;
      out += row("  " + names + (option.value.empty() ? "" : " " + option.value), option.description);
    }
    return out + (is_program ? "\n" + app->get_footer() + "\n" : "");
  }
};

}  // namespace

std::vector<std::string> OptionText::words() const {
  if (!choices.empty() || names.empty()) return choices;
  std::vector<std::string> parts = text::split(value, '|');
  std::erase_if(parts, [](const std::string& part) {
    return part.empty() || !std::ranges::all_of(part, [](char c) { return c >= 'a' && c <= 'z'; });
  });
  return parts;
}

std::vector<OptionText> options_of(const CLI::App& command) {
  std::vector<OptionText> all;
  for (const CLI::Option* option : command.get_options())
    if (!option->get_group().empty()) all.push_back(described(*option));
  // The parser puts --help first, where it is needed least.
  std::stable_sort(all.begin(), all.end(), [](const OptionText& one, const OptionText& other) {
    const auto rank = [](const OptionText& text) {
      if (text.names.empty()) return 0;
      if (text.group != "Options") return 3;
      return text.names.back() == "--help" ? 2 : 1;
    };
    return rank(one) < rank(other);
  });
  return all;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::string synopsis(const CLI::App& command) {
  std::string text = command.get_name();
  for (const OptionText& option : options_of(command)) {
    if (!option.names.empty()) continue;
    const std::string name = option.value + (option.is_repeated ? "..." : "");
    text += " " + (option.is_required ? name : "[" + name + "]");
  }
  return text;
}

void set_help_format(CLI::App& app) {
  app.formatter(std::make_shared<Help>());
  app.set_help_flag("--help,-h", "print this");
}

}  // namespace kerascope::cli
