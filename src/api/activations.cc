#include "kerascope/activations.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {

namespace {

/// The text after the last slash.
std::string_view last_part(std::string_view address) { return address.substr(address.rfind('/') + 1); }

/// "dense" of "dense@1#0".
std::string_view without_call(std::string_view address) {
  const auto begin = address.find_last_not_of("@#0123456789") + 1;
  const auto call = address.find_first_of("@#", begin);
  return address.substr(0, call);
}

/// The one with this full address, or all with this last part; otherwise all calls and outputs of a layer with this
/// name.
template <typename Named>
std::vector<const Named*> named(const std::vector<Named>& all, std::string_view address) {
  std::vector<const Named*> found, of_layer;
  for (const Named& one : all) {
    if (one.address == address) return {&one};
    const std::string_view layer = without_call(one.address);
    if (last_part(one.address) == address)
      found.push_back(&one);
    else if (layer == address || last_part(layer) == address)
      of_layer.push_back(&one);
  }
  return found.empty() ? of_layer : found;
}

/// The computed activations that match an address; none if it is the full address of a skipped one.
std::vector<const Activation*> computed(const std::vector<Activation>& all, const std::vector<Skipped>& skipped,
                                        std::string_view address) {
  std::vector<const Activation*> found = named(all, address);
  const bool is_full = found.size() == 1 && found[0]->address == address;
  if (!is_full && std::ranges::count(skipped, address, &Skipped::address)) found.clear();
  return found;
}

}  // namespace

const Activation* Activations::find(std::string_view address) const {
  const std::vector<const Activation*> found = computed(all_, skipped_, address);
  return found.size() == 1 ? found[0] : nullptr;
}

const Activation& Activations::operator[](std::string_view address) const {
  const std::vector<const Activation*> found = computed(all_, skipped_, address);
  if (found.size() == 1) return *found[0];
  if (!found.empty()) {
    std::vector<std::string> addresses;
    for (const Activation* one : found) addresses.push_back(one->address);
    throw Error({.code = "layer-ambiguous",
                 .what = fmt::format("'{}' means {} activations", address, found.size()),
                 .hint = "give one of " + text::join(addresses, ", ")});
  }
  if (const std::vector<const Skipped*> skipped = named(skipped_, address); !skipped.empty()) {
    Error::Parts parts = skipped[0]->problem->parts();
    parts.what = fmt::format("'{}' was not computed: {}", skipped[0]->address, parts.what);
    throw Error(std::move(parts));
  }
  std::vector<std::string> known;
  for (const Activation& one : all_) {
    known.push_back(one.address);
    if (last_part(one.address) != one.address) known.emplace_back(last_part(one.address));
  }
  throw Error({.code = "layer-not-found",
               .what = fmt::format("the run gave nothing for '{}'", address),
               .because = fmt::format("it gave {} activations", all_.size()),
               .hint = text::did_you_mean(std::string(address), known)});
}

const Activation& Activations::operator[](std::size_t place) const {
  if (place < all_.size()) return all_[place];
  throw Error({.code = "layer-index",
               .what = fmt::format("activation {} is asked for, and the run gave {}, 0 to {}", place, all_.size(),
                                   static_cast<std::int64_t>(all_.size()) - 1)});
}

}  // namespace kerascope
