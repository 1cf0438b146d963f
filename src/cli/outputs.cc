#include "cli/outputs.h"

#include <sys/stat.h>

#include <cctype>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

namespace fs = std::filesystem;

using FileId = std::pair<dev_t, ino_t>;

std::optional<FileId> id_of(const std::string& path) {
  struct stat facts {};
  if (path.empty() || ::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
  return FileId{facts.st_dev, facts.st_ino};
}

void add_file(std::map<FileId, std::string>& files, const std::string& path) {
  if (const auto id = id_of(path)) files.emplace(*id, path);
}

void add(std::map<FileId, std::string>& files, const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return add_file(files, path);
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(path, kOptions, error), end; !error && entry != end;
       entry.increment(error))
    add_file(files, entry->path());
}

}  // namespace

std::string ending_of(const std::string& path) {
  const std::string ending = text::lower(fs::path(path).extension().string());
  return ending.size() > 1 && std::isalpha(static_cast<unsigned char>(ending[1])) ? ending : "";
}

bool is_folder_name(const std::string& path) {
  std::error_code ignored;
  return ending_of(path).empty() || fs::is_directory(path, ignored);
}

void require_inputs_spared(const Request& request, const std::vector<std::string>& written,
                           const std::vector<std::string>& also_read) {
  std::map<FileId, std::string> read;
  for (const std::string& path : {request.model, request.weights, request.labels}) add(read, path);
  for (const std::string& path : request.inputs) add(read, path);
  for (const std::string& pair : request.named_inputs) add(read, pair.substr(pair.find('=') + 1));
  for (const std::string& path : also_read) add(read, path);
  for (const std::string& path : written) {
    const auto id = id_of(path);
    const auto found = id ? read.find(*id) : read.end();
    if (found == read.end()) continue;
    throw Error(
        {.code = "usage",
         .what = path == found->second
                     ? fmt::format("'{}' would be overwritten, and this run reads it", path)
                     : fmt::format("'{}' would be overwritten; it is '{}', which this run reads", path, found->second),
         .hint = "give the output another name"});
  }
}

void tell_size(const Request& request, std::uint64_t bytes, std::size_t arrays) {
  constexpr std::uint64_t kLarge = std::uint64_t{1} << 30;
  if (bytes <= kLarge) return;
  note(request, "writes",
       fmt::format("{} into {}, {} array{}", text::bytes(bytes), request.output, arrays, arrays == 1 ? "" : "s"));
}

}  // namespace kerascope::cli
