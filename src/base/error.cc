#include "kerascope/error.h"

#include <fmt/format.h>

#include "base/text.h"

namespace kerascope {
namespace {

/// Aligns the lines of a multi-line text in one column, behind the label.
std::string lines(const std::string& label, const std::string& whole) {
  std::string shown;
  for (const std::string& line : text::split(whole, '\n'))
    shown += fmt::format("\n  {:{}}{}", shown.empty() ? label : "", label.size(), text::printable(line));
  return shown;
}

}  // namespace

Error::Error(Parts parts) : parts_(std::move(parts)) {
  text_ = fmt::format("error[{}]: {}", parts_.code, text::printable(parts_.what));
  if (!parts_.where.empty()) text_ += fmt::format("\n  where: {}", text::printable(parts_.where));
  if (!parts_.because.empty()) text_ += lines("because: ", parts_.because);
  if (!parts_.hint.empty()) text_ += lines("try: ", parts_.hint);
}

Error Error::inside(const std::string& outer_place) const {
  Parts parts = parts_;
  if (parts.where.empty())
    parts.where = outer_place;
  else if (parts.where != outer_place)
    parts.where += " in " + outer_place;
  return Error(std::move(parts));
}

Error Error::with_because(const std::string& because) const {
  Parts parts = parts_;
  parts.because = because;
  return Error(std::move(parts));
}

}  // namespace kerascope
