// kerascope completion: a shell script that completes commands, options, their values, and layers of the model.
#include <algorithm>
#include <filesystem>
#include <set>

#include "base/text.h"
#include "cli/options.h"
#include "cli/request.h"
#include "formats/open.h"
#include "layers/assemble_open.h"

namespace kerascope::cli {
namespace {

/// Text in single quotes, for all three shells.
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
      if (const auto words = option.words(); !words.empty())
        values = fmt::format("    {}) words={} ;;\n", pattern, in_quotes(text::join(words, " "))) + values;
      else if (option.takes_layer())
        values = fmt::format("    {}) _kerascope_layers; return ;;\n", pattern) + values;
      else
        values = fmt::format("    {}) return ;;\n", pattern) + values;
    }
    options += fmt::format("      {}) words={} ;;\n", command->get_name(), in_quotes(names));
  }
  return fmt::format(R"sh(# bash completion of kerascope; load it with: source <(kerascope completion bash)
_kerascope_offer() {{
  # Of type:Conv, bash replaces what is behind the colon.
  local kept=${{word%"$current"}} offered
  for offered; do
    [[ $offered == "$kept"* ]] && COMPREPLY+=("${{offered#"$kept"}}")
  done
}}

_kerascope_layers() {{
  local IFS=$'\n'
  set -- $(kerascope complete -- "=$word" "${{COMP_WORDS[@]:2}}" 2>/dev/null)
  _kerascope_offer "$@"
}}

_kerascope() {{
  local at=$COMP_CWORD current=${{COMP_WORDS[COMP_CWORD]}} words=
  local word=$current
  COMPREPLY=()
  # --phase=inference, type:Conv2D and dense@1 come as three words each.
  [[ $current == [:=@] ]] && current=
  while ((at > 2)) && [[ $word == [:=@]* || ${{COMP_WORDS[at - 1]}} == [:=@] ]]; do
    word=${{COMP_WORDS[--at]}}$word
  done
  local previous=${{COMP_WORDS[at - 1]}}
  if [[ $word == --*=* ]]; then
    previous=${{word%%=*}} word=${{word#*=}}
  fi
  if ((COMP_CWORD == 1)); then
    words={}
  elif [[ $word == -* ]]; then
    case ${{COMP_WORDS[1]}} in
{}    esac
  else
    case "${{COMP_WORDS[1]}} $previous" in
{}    esac
  fi
  local IFS=$' \n'
  _kerascope_offer $(compgen -W "$words" -- "$word")
}}

complete -o default -F _kerascope kerascope
)sh",
                     in_quotes(names_of(commands_of(app)) + " --help --version"), options, values);
}

/// A description within zsh's [..] or a list's "name:description".
std::string zsh_text(const std::string& words) {
  std::string out;
  for (const char c : words)
    out += std::string("[]:\\").find(c) != std::string::npos ? std::string("\\") + c : std::string(1, c);
  return out;
}

std::string zsh_action(const OptionText& option) {
  if (const auto words = option.words(); !words.empty()) return fmt::format("({})", fmt::join(words, " "));
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
  local -a layers
  layers=(${{(f)"$(kerascope complete -- "=$PREFIX" $words[2,-1] 2>/dev/null)"}})
  # A name inside several models is offered with its paths, which do not begin as it does.
  compadd -U -a layers
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
                     commands.substr(1), cases);
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
      const std::vector<std::string> words = option.words();
      const std::string choices = words.empty() ? "" : " -a " + fish_quoted(text::join(words, " "));
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
  set -l word (string replace -r -- '^--[^=]*=' '' (commandline -ct))
  kerascope complete -- "=$word" (commandline -opc)[3..-1] 2>/dev/null
end

complete -c kerascope -n __fish_use_subcommand -f -l version -d 'print the version'
{})sh",
                     lines);
}

/// Models are untrusted: an address with any other character could be run as a command when the shell expands it.
bool is_plain(const std::string& word) {
  return std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./@#:-").find(c) != std::string_view::npos;
  });
}

/// The first word that is a model. A shell passes the words as typed, with quotes and ~.
std::optional<ModelData> model_among(const std::vector<std::string>& words) {
  for (const std::string& typed : words) {
    std::string path;
    for (std::size_t i = 0; i < typed.size(); ++i) {
      if (typed[i] == '"' || typed[i] == '\'') continue;
      if (typed[i] == '\\' && i + 1 < typed.size()) ++i;
      path += typed[i];
    }
    const char* home = std::getenv("HOME");
    if (text::starts_with(path, "~/") && home) path = home + path.substr(1);
    for (const std::string& file : {typed, path}) {
      std::error_code ignored;
      if (!std::filesystem::is_regular_file(file, ignored)) continue;
      try {
        if (is_model_file(file)) return open_model(file);
      } catch (const Error&) {  // another word may be a model
      }
    }
  }
  return std::nullopt;
}

/// Completions of `part` in the model's order: addresses, names inside nested models, type:Class.
std::vector<std::string> layers_that_begin(const std::vector<Site>& sites, const std::string& part) {
  const auto begins = [&](const std::string& word) { return text::starts_with(word, part) && is_plain(word); };
  const bool wants_class = !part.empty() && (text::starts_with("type:", part) || text::starts_with(part, "type:"));
  const bool wants_name = !part.empty() && part.find('/') == part.npos;
  std::vector<std::string> words;
  std::set<std::string> seen;
  const auto add = [&](const std::string& word) {
    if (seen.insert(word).second) words.push_back(word);
  };
  for (const Site& site : sites) {
    if (const std::string word = "type:" + site.layer->class_name; wants_class && begins(word)) add(word);
    if (!site.inner.empty()) continue;
    if (begins(site.address)) add(site.address);
    const std::string name = site.name + site.call + site.output;
    if (!wants_name || site.depth == 0 || !begins(name) || !is_plain(site.address) || seen.contains(name)) continue;
    try {
      select(sites, std::vector{name});
      add(name);
    } catch (const Error&) {  // several layers have this name
      add(site.address);
    }
  }
  return words;
}

/// Prints the completions of the last layer in words[0] (after its "="), each with the layers before it.
void complete_layers(const std::vector<std::string>& words) {
  if (words.empty() || words[0].empty()) return;
  const std::string word = words[0].substr(1);
  const auto comma = word.rfind(',');
  const std::string before = comma == word.npos ? "" : word.substr(0, comma + 1), part = word.substr(before.size());
  const auto model = model_among(words);
  if (!model) return;
  const Assembly assembly = assemble_open(*model, {.with_weights = false}).assembly;
  for (const std::string& layer : layers_that_begin(assembly.sites, part)) fmt::print("{}{}\n", before, layer);
}

}  // namespace

void add_completion_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("completion", "a script that makes the shell complete commands, options, layers");
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "the script's language")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* layers = app.add_subcommand("complete", "the layers that a word may become; the scripts call it");
  layers->group("");
  layers->add_option("WORDS", *words, "= and the word, then the others of the command line");
  layers->callback([words] { complete_layers(*words); });
  command->callback([&app, shell] {
    fmt::print("{}", *shell == "bash" ? bash_script(app) : *shell == "zsh" ? zsh_script(app) : fish_script(app));
  });
}

}  // namespace kerascope::cli
