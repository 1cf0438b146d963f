#include "base/check.h"

#include <fmt/format.h>

#include <string_view>

#include "kerascope/error.h"

namespace kerascope {

void fail_check(const char* condition, const char* file, int line) {
  std::string_view path = file;
  if (const auto source = path.rfind("src/"); source != path.npos) path.remove_prefix(source);
  throw Error({.code = "internal",
               .what = "Kerascope made a mistake and stopped before it gave wrong numbers",
               .where = fmt::format("{}:{}", path, line),
               .because = fmt::format("'{}' is not so; the fault is neither yours nor the model's", condition),
               .hint = "report these lines, with the command or call and, if you may share it, the model"});
}

}  // namespace kerascope
