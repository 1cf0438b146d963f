#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {
namespace fs = std::filesystem;
namespace {

// Names of temporary files that exist; and names that a signal handler took out, which may neither lock nor free.
std::array<std::atomic<char*>, 4096> unfinished{}, removed{};
static_assert(std::atomic<char*>::is_always_lock_free);
std::mutex changing_unfinished;

constexpr const char* kStandardInput = "standard input";

void remember_unfinished(const fs::path& path) {
  const std::lock_guard lock(changing_unfinished);
  for (auto& slot : unfinished) {
    if (slot.load()) continue;
    slot = ::strdup(path.c_str());
    return;
  }
}

void forget_unfinished(const fs::path& path) {
  const std::lock_guard lock(changing_unfinished);
  for (auto& slot : unfinished) {
    char* name = slot.load();
    if (name && path == name && slot.compare_exchange_strong(name, nullptr)) return std::free(name);
  }
}

std::string reason(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "the disk is full";
    case EACCES:
    case EPERM:
      return "no permission";
    case EROFS:
      return "the file system is read-only";
    case ENOTDIR:
    case EEXIST:
      return "a part of the path is a file, not a folder";
    case EISDIR:
      return "it is a folder";
    case ENOENT:
      return "no such file or folder";
    case ENAMETOOLONG:
      return "the name is too long";
    default:
      return text::lower(std::generic_category().message(error_number));
  }
}

[[noreturn]] void throw_unreadable(const std::string& path, const std::string& why) {
  throw Error({.code = "file-unreadable", .what = "cannot read '" + path + "': " + why});
}

[[noreturn]] void throw_missing(const fs::path& path) {
  if (path.empty()) throw Error({.code = "file-missing", .what = "the name of a file to read is empty"});
  Error::Parts parts{.code = "file-missing", .what = "there is no file '" + path.string() + "'"};
  const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    parts.because = "there is no folder '" + folder.string() + "'";
  } else {
    std::vector<std::string> siblings;
    for (fs::directory_iterator entry(folder, ignored), end; entry != end && siblings.size() < 10000;
         entry.increment(ignored))
      siblings.push_back(entry->path().filename().string());
    parts.hint = text::did_you_mean(path.filename().string(), siblings);
  }
  throw Error(std::move(parts));
}

/// A descriptor that can be mapped: standard input itself if it is a file, otherwise a copy of its content.
int mappable_standard_input() {
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) != 0) throw_unreadable(kStandardInput, reason(errno));
  if (S_ISREG(status.st_mode)) return ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  const int copy = ::memfd_create("kerascope-stdin", MFD_CLOEXEC);
  std::vector<char> buffer(1 << 20);
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_unreadable(kStandardInput, reason(errno));
    if (count == 0) return copy;
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = ::write(copy, buffer.data() + done, static_cast<std::size_t>(count - done));
      if (written < 0) throw_unreadable(kStandardInput, reason(errno));
      done += written;
    }
  }
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const fs::path& path) {
  if (path == "-") {
    static const std::shared_ptr<const MappedFile> standard_input = adopt(mappable_standard_input(), kStandardInput);
    return standard_input;
  }
  // Without O_NONBLOCK a named pipe would wait for its writer here.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT) throw_missing(path);
    throw_unreadable(path.string(), reason(errno));
  }
  return adopt(descriptor, path.string());
}

std::shared_ptr<const MappedFile> MappedFile::adopt(int descriptor, std::string name) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->descriptor_ = descriptor;
  file->name_ = std::move(name);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw_unreadable(file->name_, reason(errno));
  if (S_ISDIR(status.st_mode)) throw_unreadable(file->name_, reason(EISDIR));
  if (!S_ISREG(status.st_mode)) throw_unreadable(file->name_, "it is a device or a pipe, not a file");
  if (status.st_size == 0) return file;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED) throw_unreadable(file->name_, reason(errno));
  file->data_ = static_cast<const std::byte*>(data);
  file->size_ = size;
  return file;
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileWriter::FileWriter(fs::path path) : path_(std::move(path)) {
  if (path_ == "/dev/stdout") {
    if ((descriptor_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)) < 0) fail(errno);
    return;
  }
  if (path_.empty()) fail(ENOENT);
  if (!path_.has_filename()) fail(EISDIR);
  std::error_code error;
  const fs::file_status there = fs::status(path_, error);
  if (fs::is_directory(there)) fail(EISDIR);
  if (fs::exists(there) && !fs::is_regular_file(there)) {  // a device or a pipe: nothing to rename
    if ((descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC)) < 0) fail(errno);
    return;
  }
  if (fs::exists(there)) {
    path_ = fs::canonical(path_, error);  // a symbolic link stays; its target is replaced
    if (error) fail(error.value());
    if (::access(path_.c_str(), W_OK) != 0) fail(errno);
  }
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
  fs::create_directories(folder, error);
  if (error) fail(error.value());

  static std::atomic<unsigned> count = 0;
  do {
    if (!temporary_.empty()) forget_unfinished(temporary_);
    temporary_ = folder / fmt::format(".kerascope-{}-{}.part", ::getpid(), count++);
    remember_unfinished(temporary_);
    descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail(errno);
  if (fs::exists(there)) ::fchmod(descriptor_, static_cast<mode_t>(there.permissions()));
}

FileWriter::~FileWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (temporary_.empty()) return;
  ::unlink(temporary_.c_str());
  forget_unfinished(temporary_);
}

void FileWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void FileWriter::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

std::uint64_t FileWriter::size() const {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void FileWriter::commit() {
  // Some file systems report a full disk only here.
  if (::close(std::exchange(descriptor_, -1)) != 0) fail(errno);
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  forget_unfinished(std::exchange(temporary_, {}));
}

void say_error(std::string_view message) noexcept {
  std::fwrite(message.data(), 1, message.size(), stderr);
  std::fflush(stderr);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  FileWriter writer(path);
  writer.write(content);
  writer.commit();
}

void FileWriter::fail(int error_number) {
  // If the constructor fails, no destructor runs.
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  if (!temporary_.empty()) {
    ::unlink(temporary_.c_str());
    forget_unfinished(std::exchange(temporary_, {}));
  }
  throw Error({.code = "output-unwritable", .what = "cannot write '" + path_.string() + "': " + reason(error_number)});
}

void explain_bus_errors() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    constexpr std::string_view kMessage =
        "error[file-changed]: a file was cut short while it was being read\n"
        "  try: run the command again when the file is complete\n";
    remove_unfinished_files();
    [[maybe_unused]] const ssize_t said = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
    ::_exit(1);
  };
  ::sigaction(SIGBUS, &action, nullptr);
}

void remove_unfinished_files() noexcept {
  for (std::size_t i = 0; i < unfinished.size(); ++i) {
    char* name = unfinished[i].exchange(nullptr);
    if (!name) continue;
    ::unlink(name);
    removed[i] = name;
  }
}

}  // namespace kerascope
