// kerascope completion: a script for the shell that completes commands, options, their values, and layers of the model.
#include <algorithm>

#include "base/text.h"
#include "cli/options.h"
#include "cli/request.h"

namespace kerascope::cli {
namespace {

// A model comes from a stranger: an address with any other character could be a command when the shell expands it.
constexpr const char* kListLayers =
    R"sh(kerascope layers "$file" --json 2>/dev/null | sed -n 's|^ *"address": "\([A-Za-z0-9_./@#-]*\)",$|\1|p')sh";

/// Text inside single quotes, for all three shells.
std::string in_quotes(const std::string& words, const std::string& quote_inside = R"('\'')") {
  std::string out = "'";
  for (const char c : words) out += c == '\'' ? quote_inside : std::string(1, c);
  return out + "'";
}

std::string names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return text::join(names, " ");
}

/// "show\ --phase|show\ -p"
std::string case_pattern(const CLI::App& command, const OptionText& option) {
  std::vector<std::string> patterns;
  for (const std::string& name : option.names) patterns.push_back(command.get_name() + "\\ " + name);
  return text::join(patterns, "|");
}

std::string bash_script(const CLI::App& app) {
  std::string options, values;
  for (const CLI::App* command : commands_of(app)) {
    std::string names;
    for (const OptionText& option : options_of(*command)) {
      if (option.names.empty()) {
        if (!option.choices.empty())
          values +=
              fmt::format("    {}\\ *) words={} ;;\n", command->get_name(), in_quotes(text::join(option.choices, " ")));
        continue;
      }
      names += (names.empty() ? "" : " ") + text::join(option.names, " ");
      if (option.value.empty()) continue;
      const std::string pattern = case_pattern(*command, option);
      if (!option.choices.empty())
        values = fmt::format("    {}) words={} ;;\n", pattern, in_quotes(text::join(option.choices, " "))) + values;
      else if (option.takes_layer())
        values = fmt::format("    {}) words=$(_kerascope_layers) ;;\n", pattern) + values;
      else
        values = fmt::format("    {}) return ;;\n", pattern) + values;
    }
    options += fmt::format("      {}) words={} ;;\n", command->get_name(), in_quotes(names));
  }
  return fmt::format(R"sh(# bash completion of kerascope; load it with: source <(kerascope completion bash)
_kerascope_layers() {{
  local file
  for file in "${{COMP_WORDS[@]:2}}"; do
    [[ -f $file ]] || continue
    {}
    return
  done
}}

_kerascope() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} words=
  COMPREPLY=()
  # --phase=inference comes as three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  if ((COMP_CWORD == 1)); then
    words={}
  elif [[ $current == -* ]]; then
    case ${{COMP_WORDS[1]}} in
{}    esac
  else
    case "${{COMP_WORDS[1]}} $previous" in
{}    esac
  fi
  local IFS=$' \n'
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}

complete -o default -F _kerascope kerascope
)sh",
                     kListLayers, in_quotes(names_of(commands_of(app)) + " --help --version"), options, values);
}

/// A description within zsh's [..] or a list's "name:description".
std::string zsh_text(const std::string& words) {
  std::string out;
  for (const char c : words)
    out += std::string("[]:\\").find(c) != std::string::npos ? std::string("\\") + c : std::string(1, c);
  return out;
}

std::string zsh_action(const OptionText& option) {
  if (!option.choices.empty()) return fmt::format("({})", fmt::join(option.choices, " "));
  if (option.takes_file()) return "_files";
  if (option.takes_layer()) return "_kerascope_layers";
  return option.names.empty() ? "_files" : " ";
}

std::string zsh_script(const CLI::App& app) {
  std::string commands, cases;
  for (const CLI::App* command : commands_of(app)) {
    commands += " " + in_quotes(zsh_text(command->get_name()) + ":" + zsh_text(command->get_description()));
    std::string arguments;
    for (const OptionText& option : options_of(*command)) {
      const std::string value = option.value.empty() ? "" : ":" + zsh_text(option.value) + ":" + zsh_action(option);
      if (option.names.empty()) {
        arguments += " \\\n        " + in_quotes((option.is_repeated ? "*" : "") + value);
        continue;
      }
      for (const std::string& name : option.names) {
        const std::string exclusion = option.is_repeated ? "*" : fmt::format("({})", fmt::join(option.names, " "));
        arguments += " \\\n        " + in_quotes(exclusion + name + "[" + zsh_text(option.description) + "]" + value);
      }
    }
    cases += fmt::format("    {})\n      _arguments -s{}\n      ;;\n", command->get_name(), arguments);
  }
  return fmt::format(R"sh(#compdef kerascope
# zsh completion of kerascope; load it with: source <(kerascope completion zsh)
_kerascope_layers() {{
  local file layers
  for file in $words[2,-1]; do
    [[ -f $file ]] || continue
    layers=(${{(f)"$({})"}})
    compadd -a layers
    return
  done
}}

_kerascope() {{
  local context state line
  local -a commands
  commands=({})
  _arguments -C '--help[print this]' '--version[print the version]' '1:command:->command' '*::argument:->argument'
  if [[ $state == command ]]; then
    _describe command commands
    return
  fi
  case $line[1] in
{}  esac
}}

if [[ $funcstack[1] == _kerascope ]]; then
  _kerascope "$@"
else
  compdef _kerascope kerascope
fi
)sh",
                     kListLayers, commands.substr(1), cases);
}

std::string fish_script(const CLI::App& app) {
  const auto fish_quoted = [](const std::string& words) { return in_quotes(words, R"(\')"); };
  std::string lines;
  for (const CLI::App* command : commands_of(app)) {
    lines += fmt::format("complete -c kerascope -n __fish_use_subcommand -f -a {} -d {}\n", command->get_name(),
                         fish_quoted(command->get_description()));
    const std::string begin =
        fmt::format("complete -c kerascope -n '__fish_seen_subcommand_from {}'", command->get_name());
    bool takes_files = false;
    for (const OptionText& option : options_of(*command)) {
      const std::string choices = option.choices.empty() ? "" : " -a " + fish_quoted(text::join(option.choices, " "));
      if (option.names.empty()) {
        takes_files |= choices.empty();
        if (!choices.empty()) lines += begin + " -f" + choices + "\n";
        continue;
      }
      lines += begin;
      for (const std::string& name : option.names)
        lines += text::starts_with(name, "--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (option.takes_file())
        lines += " -r -F";
      else if (option.takes_layer())
        lines += " -x -a '(__kerascope_layers)'";
      else if (!option.value.empty())
        lines += " -x" + choices;
      lines += " -d " + fish_quoted(option.description) + "\n";
    }
    if (!takes_files) lines += begin + " -f\n";
  }
  return fmt::format(R"sh(# fish completion of kerascope; load it with: kerascope completion fish | source
function __kerascope_layers
  for file in (commandline -opc)[3..-1]
    test -f "$file"; or continue
    {}
    return
  end
end

complete -c kerascope -n __fish_use_subcommand -f -l version -d 'print the version'
{})sh",
                     kListLayers, lines);
}

}  // namespace

void add_completion_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("completion", "a script that makes the shell complete commands, options, layers");
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "the script's language")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&app, shell] {
    fmt::print("{}", *shell == "bash" ? bash_script(app) : *shell == "zsh" ? zsh_script(app) : fish_script(app));
  });
}

}  // namespace kerascope::cli
