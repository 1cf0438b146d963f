#include "base/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "base/text.h"

namespace kerascope {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

/// The number after a word, or the first number of a file; nothing for "max".
std::optional<std::size_t> number_in(const fs::path& path, const std::string& word = "") {
  std::ifstream file(path);
  std::string read;
  std::size_t number = 0;
  if (word.empty()) return file >> number ? std::optional(number) : std::nullopt;
  while (file >> read)
    if (read == word) return file >> number ? std::optional(number) : std::nullopt;
  return {};
}

std::size_t rest(std::size_t limit, std::size_t used) { return limit > used ? limit - used : 0; }

/// The bytes that a control group and its parents still allow. Unused page cache counts as free, as it can be dropped.
std::size_t left_by(fs::path group, const fs::path& root, const char* limit_name, const char* used_name,
                    const char* idle_name) {
  std::size_t left = kUnlimited;
  for (;; group = group.parent_path()) {
    const auto limit = number_in(group / limit_name), used = number_in(group / used_name);
    if (limit && used)
      left = std::min(left, rest(*limit, rest(*used, number_in(group / "memory.stat", idle_name).value_or(0))));
    if (group == root || group == group.parent_path()) return left;
  }
}

std::size_t left_by_groups() {
  std::size_t left = kUnlimited;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 2);
    if (controllers.empty())
      left = std::min(left, left_by(fs::path("/sys/fs/cgroup") / path, "/sys/fs/cgroup", "memory.max", "memory.current",
                                    "inactive_file"));
    else if (("," + controllers + ",").find(",memory,") != std::string::npos)
      left = std::min(left, left_by(fs::path("/sys/fs/cgroup/memory") / path, "/sys/fs/cgroup/memory",
                                    "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));
  }
  return left;
}

std::size_t left_by_own_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
  return rest(limit.rlim_cur, 1024 * number_in("/proc/self/status", "VmSize:").value_or(0));
}

}  // namespace

std::size_t available_memory() {
  const auto free_kb = number_in("/proc/meminfo", "MemAvailable:");
  return std::min({free_kb ? 1024 * *free_kb : kUnlimited, left_by_groups(), left_by_own_limit()});
}

Error want_of_memory(std::size_t bytes) {
  return Error({.code = "memory",
                .what = bytes > 0 ? text::bytes(bytes) + " of memory are needed and not to be had"
                                  : "more memory is needed than is to be had",
                .hint = "ask for fewer layers, or give a smaller batch or input"});
}

}  // namespace kerascope
