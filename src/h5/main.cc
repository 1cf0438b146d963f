// kerascope-h5: the only program that links libhdf5. A damaged file can at worst end this process.
#include <fcntl.h>
#include <hdf5.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "h5/dump.h"
#include "h5/index.h"
#include "h5/layout.h"
#include "h5/sandbox.h"

namespace {

using kerascope::h5::Source;

constexpr const char* kUsage =
    "usage: kerascope-h5 FILE_DESCRIPTOR OFFSET LENGTH MEMORY_DESCRIPTOR ANSWER_DESCRIPTOR\n"
    "       kerascope-h5 --layout FILE_DESCRIPTOR OFFSET PLAN_DESCRIPTOR ANSWER_DESCRIPTOR\n"
    "       kerascope-h5 --dump FILE [DECODED]   prints the index as JSON; writes decoded numbers to DECODED\n"
    "       kerascope-h5 --version [FILE_DESCRIPTOR]\n";

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Ends this process when its parent ends in any way, as then nobody reads the answer.
void die_with_parent(int answer) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd listener{answer, 0, 0};
  if (::poll(&listener, 1, 0) > 0 && (listener.revents & POLLERR)) ::_exit(1);  // the parent has already ended
}

int answer(const char* const* arguments) {
  const auto number = [&](int i) { return std::strtoull(arguments[i], nullptr, 10); };
  const Source source{.file = static_cast<int>(number(0)),
                      .offset = number(1),
                      .length = number(2),
                      .memory = static_cast<int>(number(3))};
  const int descriptor = static_cast<int>(number(4));
  die_with_parent(descriptor);
  kerascope::h5::enter_sandbox(source, descriptor);
  return write_all(descriptor, kerascope::h5::index(source)) ? 0 : 1;
}

int dump(const char* path, const char* decoded) {
  struct stat status {};
  Source source{.file = ::open(path, O_RDONLY), .memory = ::open(decoded, O_RDWR | O_CREAT | O_TRUNC, 0666)};
  if (source.file < 0 || source.memory < 0 || ::fstat(source.file, &status) != 0) {
    std::perror(source.memory < 0 ? decoded : path);
    return 1;
  }
  source.length = static_cast<std::uint64_t>(status.st_size);
  return write_all(STDOUT_FILENO, kerascope::h5::as_json(kerascope::h5::index(source))) ? 0 : 1;
}

/// Creates a file with room for the plan's data sets; answers with their positions.
int lay_out(const char* const* arguments) {
  const int file = std::atoi(arguments[0]), plan = std::atoi(arguments[2]), descriptor = std::atoi(arguments[3]);
  const std::uint64_t offset = std::strtoull(arguments[1], nullptr, 10);
  die_with_parent(descriptor);
  std::string text;
  char part[1 << 16];
  for (;;) {
    const ssize_t count = ::pread(plan, part, sizeof part, static_cast<off_t>(text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(part, static_cast<std::size_t>(count));
  }
  return write_all(descriptor, kerascope::h5::lay_out(file, offset, text)) ? 0 : 1;
}

int tell_version(int descriptor) {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  const std::string version = std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
  return write_all(descriptor, version) ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  int result = 2;
  if (count >= 3 && count <= 4 && std::string_view(arguments[1]) == "--dump")
    result = dump(arguments[2], count == 4 ? arguments[3] : "/dev/null");
  else if ((count == 2 || count == 3) && std::string_view(arguments[1]) == "--version")
    result = tell_version(count == 3 ? std::atoi(arguments[2]) : STDOUT_FILENO);
  else if (count == 6 && std::string_view(arguments[1]) == "--layout")
    result = lay_out(arguments + 2);
  else if (count == 6)
    result = answer(arguments + 1);
  else
    std::fputs(kUsage, stderr);
  ::_exit(result);  // skips libhdf5's exit handlers
}
