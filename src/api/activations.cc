#include "kerascope/activations.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {

std::vector<const Activation*> Activations::named(std::string_view address) const {
  std::vector<const Activation*> found;
  for (const Activation& one : all_) {
    if (one.address == address) return {&one};
    const auto slash = one.address.rfind('/');
    if (slash != one.address.npos && std::string_view(one.address).substr(slash + 1) == address) found.push_back(&one);
  }
  return found;
}

const Activation* Activations::find(std::string_view address) const {
  const std::vector<const Activation*> found = named(address);
  return found.size() == 1 ? found[0] : nullptr;
}

const Activation& Activations::operator[](std::string_view address) const {
  const std::vector<const Activation*> found = named(address);
  if (found.size() == 1) return *found[0];
  if (const auto skipped = std::ranges::find(skipped_, address, &Skipped::address); skipped != skipped_.end()) {
    Error::Parts parts = skipped->problem->parts();
    parts.what = fmt::format("'{}' was not computed: {}", address, parts.what);
    throw Error(std::move(parts));
  }
  std::vector<std::string> addresses;
  for (const Activation& one : all_) {
    addresses.push_back(one.address);
    if (const auto slash = one.address.rfind('/'); slash != one.address.npos)
      addresses.push_back(one.address.substr(slash + 1));
  }
  if (found.empty())
    throw Error({.code = "layer-not-found",
                 .what = fmt::format("the run gave nothing for '{}'", address),
                 .because = fmt::format("it gave {} activations", all_.size()),
                 .hint = text::did_you_mean(std::string(address), addresses)});
  std::vector<std::string> paths;
  for (const Activation* one : found) paths.push_back(one->address);
  throw Error({.code = "layer-ambiguous",
               .what = fmt::format("'{}' is the name of {} layers", address, found.size()),
               .hint = "give one of " + text::join(paths, ", ")});
}

const Activation& Activations::operator[](std::size_t place) const {
  if (place < all_.size()) return all_[place];
  throw Error({.code = "layer-index",
               .what = fmt::format("activation {} is asked for, and the run gave {}, 0 to {}", place, all_.size(),
                                   static_cast<std::int64_t>(all_.size()) - 1)});
}

}  // namespace kerascope
