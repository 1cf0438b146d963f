// The program: picks the command, turns errors into messages and exit codes.
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <new>

#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "cli/request.h"
#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

void on_interrupt(int signal_number) {
  remove_unfinished_files();
  _exit(128 + signal_number);
}

/// "did you mean" for a command or an option that does not exist, else where to read about them.
std::string usage_hint(const CLI::App& app, int count, char** arguments) {
  std::vector<std::string> commands;
  for (const CLI::App* known : app.get_subcommands({})) commands.push_back(known->get_name());
  const CLI::App* command = &app;
  std::string meant;
  for (int i = 1; i < count && meant.empty(); ++i) {
    const std::string word = arguments[i];
    if (command == &app && !text::starts_with(word, "-")) {
      if (std::find(commands.begin(), commands.end(), word) != commands.end())
        command = app.get_subcommand(word);
      else if (meant = text::did_you_mean(word, commands); meant.empty())
        break;
      continue;
    }
    const std::string option = word.substr(0, word.find('='));
    if (!text::starts_with(option, "--") || command->get_option_no_throw(option)) continue;
    std::vector<std::string> options;
    for (const CLI::Option* known : command->get_options())
      for (const std::string& name : known->get_lnames()) options.push_back("--" + name);
    meant = text::did_you_mean(option, options);
  }
  if (!meant.empty()) return meant;
  return command == &app ? "kerascope --help" : "kerascope " + command->get_name() + " --help";
}

int run_program(int count, char** arguments) {
  CLI::App app{"Kerascope shows what every layer of a trained Keras model does to an input."};
  app.name("kerascope");
  app.require_subcommand(1);
  app.set_version_flag("--version", "kerascope " KERASCOPE_VERSION);
  app.footer("Start with `kerascope demo`. `kerascope COMMAND --help` lists a command's options.");
  Request request;
  if (count > 0) request.program = arguments[0];
  int exit_code = kDone;
  add_demo_command(app, request, exit_code);
  add_layers_command(app, request, exit_code);
  add_show_command(app, request, exit_code);
  add_capture_command(app, request, exit_code);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::string what = error.what();
    if (!what.empty() && what.back() == '.') what.pop_back();
    throw Error({.code = "usage", .what = what, .hint = usage_hint(app, count, arguments)});
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
