// The program: picks the command, turns errors into messages and exit codes.
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <new>

#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/request.h"
#include "cli/version.h"
#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

void on_interrupt(int signal_number) {
  remove_unfinished_files();
  _exit(128 + signal_number);
}

/// What the parser found wrong, in our words where a command or an option does not exist.
Error usage_error(const CLI::App& app, int count, char** arguments, std::string what) {
  std::vector<std::string> commands;
  for (const CLI::App* known : app.get_subcommands({})) commands.push_back(known->get_name());
  if (!what.empty() && what.back() == '.') what.pop_back();
  if (text::starts_with(what, "The ") || text::starts_with(what, "Could "))
    what = text::lower(what.substr(0, 1)) + what.substr(1);
  const std::string first = count > 1 ? arguments[1] : "";
  if (first.empty()) return Error({.code = "usage", .what = "no command is given", .hint = "kerascope --help"});
  const bool is_known = std::find(commands.begin(), commands.end(), first) != commands.end();
  const CLI::App& command = is_known ? *app.get_subcommand(first) : app;
  std::string hint = is_known ? "kerascope " + first + " --help" : "kerascope --help";
  auto unknown = [&](const std::string& kind, const std::string& word, const std::vector<std::string>& known) {
    const std::string meant = text::did_you_mean(word, known);
    return Error({.code = "usage",
                  .what = fmt::format("there is no {} '{}'", kind, word),
                  .hint = meant.empty() ? hint : meant});
  };
  if (!is_known && !text::starts_with(first, "-")) return unknown("command", first, commands);
  std::vector<std::string> options;
  for (const CLI::Option* known : command.get_options())
    for (const std::string& name : known->get_lnames()) options.push_back("--" + name);
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i], option = word.substr(0, word.find('='));
    if (text::starts_with(option, "--") && option != "--" && !command.get_option_no_throw(option))
      return unknown("option", option, options);
  }
  return Error({.code = "usage", .what = std::move(what), .hint = std::move(hint)});
}

int run_program(int count, char** arguments) {
  CLI::App app{"Kerascope shows what every layer of a trained Keras model does to an input."};
  app.name("kerascope");
  app.require_subcommand(1);
  set_help_format(app);
  app.set_version_flag("--version", version_text, "print the version and what it was built with");
  app.footer("Start with `kerascope demo`. `kerascope COMMAND --help` lists a command's options.");
  Request request;
  if (count > 0) request.program = arguments[0];
  int exit_code = kDone;
  add_demo_command(app, request, exit_code);
  add_layers_command(app, request, exit_code);
  add_show_command(app, request, exit_code);
  add_capture_command(app, request, exit_code);
  add_diff_command(app, request, exit_code);
  add_completion_command(app);
  add_man_command(app);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw usage_error(app, count, arguments, error.what());
  }
  return exit_code;
}

}  // namespace
}  // namespace kerascope::cli

int main(int count, char** arguments) {
  using namespace kerascope;
  restart_with_patient_threads(arguments);
  std::signal(SIGINT, cli::on_interrupt);
  std::signal(SIGTERM, cli::on_interrupt);
  std::signal(SIGHUP, cli::on_interrupt);
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is then an error of writing, with its message
  explain_bus_errors();
  try {
    const int exit_code = cli::run_program(count, arguments);
    if (std::fflush(stdout) != 0) {
      fmt::print(stderr, "error[output-unwritable]: standard output cannot be written: {}\n", std::strerror(errno));
      return cli::kFailed;
    }
    return exit_code;
  } catch (const Error& error) {
    std::fflush(stdout);
    fmt::print(stderr, "{}\n", error.what());
    return error.code() == "usage" ? cli::kWrongUsage : cli::kFailed;
  } catch (const std::bad_alloc&) {
    fmt::print(
        stderr,
        "error[memory]: there is not enough memory\n  try: ask for fewer layers (--layer), or a smaller batch\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "error[unexpected]: {}\n", text::printable(error.what()));
  }
  return cli::kFailed;
}
