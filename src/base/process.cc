#include "base/process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/parallel.h"
#include "base/text.h"

namespace kerascope {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Reads until the other side closes the pipe. Returns why it stopped earlier, or "".
std::string read_all(int descriptor, const ProcessOptions& options, Clock::time_point deadline, std::string& output) {
  constexpr std::chrono::milliseconds kBetweenPolls{5};
  for (;;) {
    parallel::poll();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd ready{descriptor, POLLIN, 0};
    const int events = ::poll(&ready, 1, static_cast<int>(std::clamp(left, 0ms, kBetweenPolls).count()));
    if ((events < 0 && errno == EINTR) || (events == 0 && left > 0ms)) continue;
    if (events <= 0) return fmt::format("it took longer than {} s", options.timeout.count() / 1000);
    char part[1 << 16];
    const ssize_t count = ::read(descriptor, part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return "";
    output.append(part, static_cast<std::size_t>(count));
    if (output.size() > options.most_output) return "it gave an endless answer";
  }
}

std::string wait_for_end(pid_t child, Clock::time_point deadline) {
  int status = 0;
  for (bool killed = false;;) {
    const pid_t ended = ::waitpid(child, &status, killed ? 0 : WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return "";  // a host program may ignore SIGCHLD: then there is no status
    if (!killed && Clock::now() >= deadline) {
      ::kill(child, SIGKILL);
      killed = true;
    }
    if (!killed) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return "it took too long";
  if (WIFSIGNALED(status))
    return fmt::format("it was ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return WEXITSTATUS(status) == 0 ? "" : fmt::format("it ended with status {}", WEXITSTATUS(status));
}

}  // namespace

std::optional<fs::path> find_companion(const std::string& name, const char* override_variable) {
  if (const char* path = std::getenv(override_variable); path && *path) return fs::path(path);
  std::error_code error;
  std::vector<fs::path> places = {fs::read_symlink("/proc/self/exe", error).parent_path()};
  if (error) places.clear();
  Dl_info module{};
  if (::dladdr(reinterpret_cast<const void*>(&find_companion), &module) != 0 && module.dli_fname) {
    const fs::path file = fs::weakly_canonical(module.dli_fname, error);
    if (!error) places.push_back(file.parent_path());
  }
  // A program that is linked with libkerascope.a may be in any folder.
  const char* search = std::getenv("PATH");
  for (const std::string& folder : text::split(search ? search : "", ':'))
    if (folder.starts_with('/')) places.emplace_back(folder);
  for (const fs::path& here : places)
    for (const char* folder : {".", "../libexec/kerascope", "../lib/kerascope", "../../libexec/kerascope"})
      if (const fs::path candidate = here / folder / name; ::access(candidate.c_str(), X_OK) == 0) return candidate;
  return std::nullopt;
}

ProcessResult run_process(const fs::path& program, const ProcessOptions& options) {
  const auto deadline = Clock::now() + options.timeout;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {.failure = std::string("no pipe: ") + std::strerror(errno)};

  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  words.push_back(std::to_string(ends[1]));
  std::vector<char*> argument_list;
  for (std::string& word : words) argument_list.push_back(word.data());
  argument_list.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  // A dup2 onto itself keeps the descriptor open in the new program.
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], ends[1]);
  for (const int descriptor : options.inherited) ::posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, nullptr, argument_list.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);

  ProcessResult result;
  if (error != 0) {
    result.failure = fmt::format("'{}' cannot be started: {}", program.string(), std::strerror(error));
  } else {
    try {
      result.failure = read_all(ends[0], options, deadline, result.output);
    } catch (...) {  // the computation is to end, or memory is short
      wait_for_end(child, Clock::now());
      ::close(ends[0]);
      throw;
    }
    const std::string ending = wait_for_end(child, result.failure.empty() ? deadline : Clock::now());
    if (result.failure.empty()) result.failure = ending;
  }
  ::close(ends[0]);
  return result;
}

}  // namespace kerascope
