// The program: runs the command, turns errors into messages and exit codes.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <new>
#include <system_error>

#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/request.h"
#include "cli/usage.h"
#include "cli/version.h"
#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

void on_end(int signal_number) {
  remove_unfinished_files();
  _exit(128 + signal_number);
}

void on_crash(int signal_number) {
  remove_unfinished_files();
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

/// Removes half-written files when a signal ends the program. Signals that were ignored at its start (nohup) stay
/// ignored.
void clean_up_on_signals() {
  const auto handle = [](int signal_number, void (*handler)(int)) {
    struct sigaction before {};
    if (::sigaction(signal_number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      std::signal(signal_number, handler);
  };
  for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGUSR1, SIGUSR2,
                     SIGIO, SIGPWR, SIGSTKFLT})
    handle(number, on_end);
  for (int number : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGSYS, SIGTRAP}) handle(number, on_crash);
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit then gives a write error with a message
  explain_bus_errors();
}

/// Opens closed standard streams, so that no file gets their number and then the program's messages.
void fill_closed_streams() {
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDONLY);  // read-only: writing stays an error
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
  add_profile_command(app, request, exit_code);
  add_completion_command(app);
  add_man_command(app);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw usage_error(app, {arguments + std::min(count, 1), arguments + count}, error.what());
  }
  return exit_code;
}

}  // namespace
}  // namespace kerascope::cli

int main(int count, char** arguments) {
  using namespace kerascope;
  cli::fill_closed_streams();
  cli::clean_up_on_signals();
  try {
    const int exit_code = cli::run_program(count, arguments);
    if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
    return exit_code;
  } catch (const Error& error) {
    std::fflush(stdout);
    say_error(fmt::format("{}\n", error.what()));
    return error.code() == "usage" ? cli::kWrongUsage : cli::kFailed;
  } catch (const std::bad_alloc&) {
    say_error("error[memory]: there is not enough memory\n  try: ask for fewer layers (--layer), or a smaller batch\n");
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0)
      say_error(
          fmt::format("error[output-unwritable]: standard output cannot be written: {}\n", error.code().message()));
    else
      say_error(fmt::format("error[unexpected]: {}\n", text::printable(error.what())));
  } catch (const std::exception& error) {
    say_error(fmt::format("error[unexpected]: {}\n", text::printable(error.what())));
  }
  return cli::kFailed;
}
