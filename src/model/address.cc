#include "model/address.h"

#include <algorithm>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

/// Splits at a character that is neither in brackets nor escaped by a backslash.
std::vector<std::string> split_outside(const std::string& whole, char separator) {
  std::vector<std::string> parts(1);
  int brackets = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const char c = whole[i];
    if (c == '\\' && i + 1 < whole.size()) {
      parts.back() += {c, whole[++i]};
      continue;
    }
    brackets += (c == '[') - (c == ']');
    if (c == separator && brackets <= 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

bool has_unescaped(const std::string& text, std::string_view characters) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (characters.find(text[i]) != characters.npos)
      return true;
  }
  return false;
}

std::string without_calls(const std::string& path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '@') {
      std::size_t end = i + 1;
      while (end < path.size() && path[end] >= '0' && path[end] <= '9') ++end;
      if (end > i + 1 && (end == path.size() || path[end] == '/' || path[end] == '#')) {
        i = end - 1;
        continue;
      }
    }
    plain += path[i];
  }
  return plain;
}

/// A pattern may leave out @call and #output, of the layer and of its enclosing models: that means all of them.
bool matches_site(const std::string& pattern, const Site& site) {
  const bool whole_path = has_unescaped(pattern, "/");
  if (!site.inner.empty()) {
    const std::string inner = "/" + site.inner;
    if (!text::ends_with(pattern, inner)) return false;
    Site layer = site;
    layer.inner.clear();
    return matches_site(pattern.substr(0, pattern.size() - inner.size()), layer);
  }
  const std::string lasts[] = {site.name + site.call + site.output, site.name + site.call, site.name + site.output,
                               site.name};
  for (const std::string& last : lasts) {
    if (!whole_path && text::matches(pattern, last)) return true;
    const std::string prefix = site.container.empty() ? "" : site.container + "/";
    if (text::matches(pattern, prefix + last)) return true;
    if (whole_path && text::matches(pattern, without_calls(prefix) + last)) return true;
  }
  return false;
}

/// Calls with(layer's pattern, pattern inside it) for each way to read a pattern as such, until that is true.
template <typename With>
bool any_split(const std::string& pattern, With with) {
  for (std::size_t slash = pattern.find('/'); slash != pattern.npos; slash = pattern.find('/', slash + 1))
    if (with(pattern.substr(0, slash), pattern.substr(slash + 1))) return true;
  return false;
}

/// "lstm/*", for what is inside layers.
bool matches_inside(const std::string& pattern, const Site& site) {
  if (site.inner.empty() || !has_unescaped(pattern, "*?")) return false;
  Site layer = site;
  layer.inner.clear();
  return any_split(pattern, [&](const std::string& of_layer, const std::string& inside) {
    return text::matches(inside, site.inner) && matches_site(of_layer, layer);
  });
}

/// "3", "-1" or "0..5".
struct Range {
  std::int64_t first, last;
};
std::optional<Range> range_of(const std::string& text) {
  const auto dots = text.find("..");
  const auto first = text::to_integer(text.substr(0, dots));
  const auto last = dots == text.npos ? first : text::to_integer(text.substr(dots + 2));
  if (!first || !last) return {};
  return Range{*first, *last};
}

class Selector {
 public:
  explicit Selector(std::span<const Site> sites) : sites_(sites) {}

  void request(const std::string& text) {
    if (exact(text, {})) return;
    for (const std::string& part : split_outside(text, ',')) {
      if (part.empty())
        throw Error({.code = "layer-not-found",
                     .what = text.empty() ? "an address is empty" : fmt::format("an address in '{}' is empty", text),
                     .hint = "commas stand between addresses; asking for none at all means all layers"});
      item(part);
    }
  }

  std::vector<Selection> chosen;

 private:
  void item(const std::string& text) {
    if (exact(text, {})) return;
    Selection unit;
    const std::string rest = without_unit(text, unit);
    if (exact(rest, unit) || by_index(rest, unit) || by_type(rest, unit)) return;
    by_pattern(text, rest, unit);
  }

  void add(int site, Selection unit) {
    unit.site = site;
    for (Selection& known : chosen)
      if (known.site == unit.site && known.channel == unit.channel && known.position == unit.position) {
        known.by_name |= unit.by_name;
        return;
      }
    chosen.push_back(std::move(unit));
  }

  bool exact(const std::string& address, Selection unit) {
    unit.by_name = true;
    for (int i = 0; i < static_cast<int>(sites_.size()); ++i)
      if (site(i).address == address) {
        add(i, unit);
        return true;
      }
    return false;
  }

  const Site& site(int i) const { return sites_[static_cast<std::size_t>(i)]; }

  /// Removes ":17" or "[3,4]:17" from the end and stores it in `unit`.
  static std::string without_unit(const std::string& text, Selection& unit) {
    const auto colon = text.rfind(':');
    if (colon == text.npos || colon == 0 || text[colon - 1] == '\\') return text;
    const auto channel = text::to_integer(text.substr(colon + 1));
    if (!channel || *channel < 0) return text;
    std::string rest = text.substr(0, colon);
    std::vector<std::int64_t> position;
    if (text::ends_with(rest, "]")) {
      const auto bracket = rest.rfind('[');
      if (bracket == rest.npos) return text;
      for (const std::string& part : text::split(rest.substr(bracket + 1, rest.size() - bracket - 2), ',')) {
        const auto number = text::to_integer(part);
        if (!number || *number < 0) return text;
        position.push_back(*number);
      }
      rest = rest.substr(0, bracket);
    }
    unit.channel = channel;
    unit.position = std::move(position);
    return rest;
  }

  bool by_index(const std::string& text, Selection unit) {
    const auto slash = text.rfind('/');
    const std::string container = slash == text.npos ? "" : text.substr(0, slash);
    const auto range = range_of(slash == text.npos ? text : text.substr(slash + 1));
    if (!range) return false;
    unit.by_name = range->first == range->last;
    int count = -1;
    bool found = false;
    for (int i = 0; i < static_cast<int>(sites_.size()); ++i) {
      const Site& candidate = site(i);
      if (!candidate.inner.empty()) continue;
      if (!in_container(candidate, container) && (container.empty() || container_index(candidate) != container))
        continue;
      count = std::max(count, candidate.index_count);
      const auto from_end = [&](std::int64_t index) { return index < 0 ? index + candidate.index_count : index; };
      if (candidate.index < from_end(range->first) || candidate.index > from_end(range->last)) continue;
      if (candidate.index < 0) continue;
      add(i, unit);
      found = true;
    }
    if (!found && count >= 0)
      throw Error({.code = "layer-index",
                   .what = fmt::format("there is no layer {}: {} has {} layers, 0 to {}", text,
                                       container.empty() ? "the model" : "'" + container + "'", count, count - 1),
                   .where = "",
                   .hint = "`kerascope layers MODEL`, or model.summary(), lists them"});
    return found;
  }

  /// "2" for the layer that `kerascope layers` lists as 2/1.
  static std::string container_index(const Site& site) {
    const auto slash = site.index_path.rfind('/');
    return slash == std::string::npos ? "" : site.index_path.substr(0, slash);
  }

  static bool in_container(const Site& site, const std::string& container) {
    return site.container == container ||
           (!site.container.empty() && !container.empty() &&
            (text::matches(container, site.container) || text::matches(container, without_calls(site.container))));
  }

  bool by_type(const std::string& text, const Selection& unit) {
    if (!text::starts_with(text, "type:")) return false;
    const std::string pattern = text.substr(5);
    std::vector<std::string> classes;
    bool found = false;
    for (int i = 0; i < static_cast<int>(sites_.size()); ++i) {
      if (!site(i).inner.empty()) continue;
      classes.push_back(site(i).layer->class_name);
      if (!text::matches(pattern, classes.back())) continue;
      add(i, unit);
      found = true;
    }
    if (!found)
      throw Error({.code = "layer-not-found",
                   .what = fmt::format("no layer is of the type '{}'", pattern),
                   .hint = text::did_you_mean(pattern, classes)});
    return true;
  }

  void by_pattern(const std::string& asked, const std::string& pattern, Selection unit) {
    std::vector<int> matched = all_that([&](const Site& known) { return matches_site(pattern, known); });
    if (matched.empty()) matched = all_that([&](const Site& known) { return matches_inside(pattern, known); });
    if (matched.empty()) {
      if (part_of_unbuilt(pattern, unit)) return;
      require_inside(pattern);
      require_known_inside(pattern);
      not_found(asked, pattern);
    }
    // If several layers have a plain name, that is an error, not a selection of all.
    if (!has_unescaped(without_inner(pattern, matched), "*?/")) require_one_layer(pattern, matched);
    unit.by_name = !has_unescaped(pattern, "*?");
    for (int i : matched) add(i, unit);
  }

  template <typename Is>
  std::vector<int> all_that(Is is) const {
    std::vector<int> found;
    for (int i = 0; i < static_cast<int>(sites_.size()); ++i)
      if (is(site(i))) found.push_back(i);
    return found;
  }

  /// "conv1" of "conv1/pre_activation", if all matched sites are inside layers.
  std::string without_inner(const std::string& pattern, const std::vector<int>& matched) const {
    const std::string& inner = site(matched[0]).inner;
    const bool is_inner = std::ranges::all_of(matched, [&](int i) { return site(i).inner == inner; });
    return is_inner && !inner.empty() ? pattern.substr(0, pattern.size() - inner.size() - 1) : pattern;
  }

  void require_one_layer(const std::string& name, const std::vector<int>& matched) const {
    std::vector<std::string> paths;
    bool several = false;
    for (int i : matched) {
      several |= site(i).layer != site(matched[0]).layer;
      paths.push_back(site(i).address);
    }
    if (!several) return;
    throw Error({.code = "layer-ambiguous",
                 .what = fmt::format("{} layers are named '{}'", paths.size(), name),
                 .hint = "one of " + text::join(paths, ", ")});
  }

  /// "dense/pre_activation" or "split#2" of a layer that could not be built: selects the layer itself, which has the
  /// reason.
  bool part_of_unbuilt(const std::string& text, const Selection& unit) {
    const auto mark = text.find_last_of("/#");
    if (mark == text.npos) return false;
    for (int i = 0; i < static_cast<int>(sites_.size()); ++i) {
      if (site(i).is_built || !matches_site(text.substr(0, mark), site(i))) continue;
      Selection named = unit;
      named.by_name = true;
      add(i, named);
      return true;
    }
    return false;
  }

  /// @throws Error{layer-not-found} for "bn/pre_activation" if there is a layer bn that has none
  void require_inside(const std::string& pattern) const {
    const auto slash = pattern.rfind('/');
    if (slash == pattern.npos) return;
    const std::string inner = pattern.substr(slash + 1);
    std::vector<std::string> having;
    for (const Site& known : sites_)
      if (known.inner == inner) having.push_back(known.address);
    if (having.empty() && inner != "pre_activation") return;
    for (const Site& known : sites_) {
      if (!known.inner.empty() || !matches_site(pattern.substr(0, slash), known)) continue;
      constexpr std::size_t kMostShown = 4;
      std::string others =
          having.empty()
              ? "no layer of this model has one"
              : "it exists for " + text::join({having.begin(), having.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                                    having.size(), kMostShown))},
                                              ", ");
      if (having.size() > kMostShown) others += fmt::format(" and {} more", having.size() - kMostShown);
      throw Error({.code = "layer-not-found",
                   .what = fmt::format("layer '{}' ({}) has no '{}'", known.address, known.layer->class_name, inner),
                   .because = inner == "pre_activation" ? "only a layer with an activation of its own has one" : "",
                   .hint = std::move(others)});
    }
  }

  /// @throws Error{layer-not-found} for "lstm/gates" if there is a layer lstm with other tensors inside
  void require_known_inside(const std::string& pattern) const {
    any_split(pattern, [&](const std::string& of_layer, const std::string& inside) {
      for (const Site& known : sites_) {
        if (!known.inner.empty() || !matches_site(of_layer, known)) continue;
        std::vector<std::string> has;
        for (const Site& other : sites_)
          if (other.layer == known.layer && other.call == known.call && !other.inner.empty())
            has.push_back(other.inner);
        if (has.empty()) continue;
        const std::string meant = text::did_you_mean(inside, has);
        throw Error({.code = "layer-not-found",
                     .what = fmt::format("layer '{}' ({}) has no '{}'", known.address, known.layer->class_name, inside),
                     .hint = meant.empty() ? "it has " + text::join(has, ", ") : meant});
      }
      return false;
    });
  }

  [[noreturn]] void not_found(const std::string& asked, const std::string& pattern) const {
    std::vector<std::string> candidates;
    for (const Site& known : sites_) {
      if (!known.inner.empty() && pattern.find('/') == pattern.npos) continue;
      candidates.push_back(known.address);
      if (!known.container.empty()) candidates.push_back(known.name);
    }
    const std::string meant = text::did_you_mean(pattern, candidates);
    const std::string what = has_unescaped(pattern, "*?") ? "no layer matches '{}'" : "the model has no layer '{}'";
    throw Error({.code = "layer-not-found",
                 .what = fmt::format(fmt::runtime(what), asked),
                 .hint = meant.empty() ? "`kerascope layers MODEL`, or model.summary(), lists them" : meant});
  }

  std::span<const Site> sites_;
};

}  // namespace

std::vector<Selection> select(std::span<const Site> sites, std::span<const std::string> requests) {
  Selector selector(sites);
  for (const std::string& request : requests) selector.request(request);
  return std::move(selector.chosen);
}

}  // namespace kerascope
