#include "api/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "api/state.h"
#include "base/distance.h"
#include "base/memory.h"
#include "base/statistics.h"
#include "base/text.h"
#include "render/curve.h"
#include "render/seen_layer.h"

namespace kerascope {

using api::Side;

namespace {

ComparedRow row_of(const Side::Entry& one, const Side::Entry& other, double tolerance) {
  const Tensor a = numbers_of(one.tensor()), b = numbers_of(other.tensor());
  ComparedRow row{
      .address = one.address, .axes = one.axes.empty() ? other.axes : one.axes, .a = a.shape(), .b = b.shape()};
  row.assumes = one.assumes;
  for (const std::string& assumed : other.assumes)
    if (std::ranges::find(row.assumes, assumed) == row.assumes.end()) row.assumes.push_back(assumed);
  if (a.shape() != b.shape()) {
    row.kind = ComparedRow::Kind::kShapes;
    row.parts = true;
    return row;
  }
  row.distance = distance(a.numbers(), b.numbers());
  row.parts = row.distance.relative > tolerance;
  if (a.size() > 0) {
    row.value_a = a.data()[row.distance.place];
    row.value_b = b.data()[row.distance.place];
  }
  return row;
}

/// Keras's numbers in layer names (conv2d, conv2d_1) differ between models.
/// @return  the first renamed pair, "conv2d_1 with conv2d_7"; empty if the names stay
std::string match_by_order(const Side& a, Side& b) {
  constexpr auto kComputed = Side::Order::kAsComputed;
  if (a.order != kComputed || b.order != kComputed || a.entries.size() != b.entries.size()) return "";
  std::set<std::string> in_a, in_b;
  for (const Side::Entry& entry : a.entries) in_a.insert(entry.address);
  for (const Side::Entry& entry : b.entries) in_b.insert(entry.address);
  if (in_a == in_b) return "";
  for (std::size_t i = 0; i < a.entries.size(); ++i)
    if (a.entries[i].tensor().shape() != b.entries[i].tensor().shape()) return "";
  std::string first;
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    const std::string &one = a.entries[i].address, other = std::exchange(b.entries[i].address, one);
    if (first.empty() && one != other) first = one + " with " + other;
  }
  return first;
}

/// Adopts the order of `other` if that tells more about depth.
void put_in_order(Side& side, const Side& other) {
  if (side.order >= other.order) return;
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < other.entries.size(); ++i) place[other.entries[i].address] = i;
  std::stable_sort(side.entries.begin(), side.entries.end(), [&](const Side::Entry& one, const Side::Entry& two) {
    const auto a = place.find(one.address), b = place.find(two.address);
    return a != place.end() && (b == place.end() || a->second < b->second);
  });
  side.order = other.order;
}

}  // namespace

Comparison api::compare(Side a, Side b, double tolerance) {
  put_in_order(a, b);
  put_in_order(b, a);
  std::string renamed = match_by_order(a, b);
  std::map<std::string, const Side::Entry*> in_b;
  std::set<std::string> in_a;
  for (const Side::Entry& entry : a.entries) in_a.insert(entry.address);
  // A row that only B has follows the row that precedes it in B.
  std::map<std::optional<std::string>, std::vector<ComparedRow>> behind;
  std::optional<std::string> before;
  for (const Side::Entry& entry : b.entries) {
    in_b[entry.address] = &entry;
    if (in_a.contains(entry.address))
      before = entry.address;
    else
      behind[before].push_back({.kind = ComparedRow::Kind::kOnlyB,
                                .address = entry.address,
                                .axes = entry.axes,
                                .b = entry.tensor().shape(),
                                .parts = true,
                                .assumes = entry.assumes});
  }
  Comparison comparison{.name_a = a.name, .name_b = b.name, .tolerance = tolerance, .rows = {}};
  comparison.renamed = std::move(renamed);
  const auto add_behind = [&](const std::optional<std::string>& address) {
    const auto rows = behind.find(address);
    if (rows != behind.end()) std::ranges::move(rows->second, std::back_inserter(comparison.rows));
  };
  add_behind(std::nullopt);
  for (const Side::Entry& entry : a.entries) {
    const auto other = in_b.find(entry.address);
    if (other == in_b.end()) {
      comparison.rows.push_back({.kind = ComparedRow::Kind::kOnlyA,
                                 .address = entry.address,
                                 .axes = entry.axes,
                                 .a = entry.tensor().shape(),
                                 .parts = true,
                                 .assumes = entry.assumes});
      continue;
    }
    comparison.rows.push_back(row_of(entry, *other->second, tolerance));
    add_behind(entry.address);
  }
  if (comparison.rows.empty())
    throw Error(
        {.code = "nothing-to-compare", .what = "neither side has an array", .where = a.name + " and " + b.name});
  for (std::size_t i = 0; i < comparison.rows.size(); ++i) {
    const ComparedRow& row = comparison.rows[i];
    comparison.parted += row.parts;
    if (row.parts && !comparison.first && row.kind <= ComparedRow::Kind::kShapes) comparison.first = i;
  }
  return comparison;
}

void api::put_insides_first(std::vector<Side::Entry>& entries) {
  std::map<std::string, std::size_t> last_inside;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& address = entries[i].address;
    for (auto slash = address.find('/'); slash != address.npos; slash = address.find('/', slash + 1))
      last_inside[address.substr(0, slash)] = i;
  }
  std::vector<std::pair<std::size_t, std::ptrdiff_t>> keys(entries.size());  // at equal place, deeper ones first
  std::vector<std::size_t> places(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& address = entries[i].address;
    const auto inside = last_inside.find(address.substr(0, address.rfind('#')));
    keys[i] = {inside == last_inside.end() ? i : std::max(i, inside->second), -std::ranges::count(address, '/')};
    places[i] = i;
  }
  std::ranges::stable_sort(places, {}, [&](std::size_t place) { return keys[place]; });
  std::vector<Side::Entry> sorted;
  for (const std::size_t place : places) sorted.push_back(std::move(entries[place]));
  entries = std::move(sorted);
}

std::string api::address_of_stored(const std::string& layer, const std::string& weight) {
  const std::string name = weight.substr(0, weight.rfind(':'));
  if (layer.empty()) return name.substr(name.rfind('/') + 1);
  const auto own = ("/" + name).rfind("/" + layer + "/");
  return own == name.npos ? layer + "/" + name : name.substr(own);
}

namespace {

/// Each layer with its own weights once, in the order of first calls.
std::vector<Site> layers_with_weights(const Assembly& assembly, const std::vector<std::string>& requests) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < assembly.sites.size(); ++i)
    if (assembly.sites[i].inner.empty() && !assembly.sites[i].layer->network) places.push_back(i);
  std::ranges::stable_sort(places, {}, [&](std::size_t place) { return assembly.results[place].order; });
  std::vector<Site> sites;
  std::set<const LayerData*> seen;
  for (const std::size_t place : places) {
    Site site = assembly.sites[place];
    if (!seen.insert(site.layer).second) continue;
    site.call = site.output = "";
    site.address = site.layer_address();
    sites.push_back(std::move(site));
  }
  if (requests.empty()) return sites;
  std::vector<Site> chosen;
  for (const Selection& selection : select(sites, requests)) {
    const Site& site = sites[static_cast<std::size_t>(selection.site)];
    if (selection.channel)
      throw Error({.code = "usage",
                   .what = fmt::format("'{}:{}' is a channel, and weights are compared as a whole", site.address,
                                       *selection.channel),
                   .hint = "--layer " + site.address});
    chosen.push_back(site);
  }
  return chosen;
}

/// A layer's weights by name, as it declares them, or, if it cannot be computed, as in the file.
std::vector<std::pair<std::string, std::function<Tensor()>>> weights_of(const LayerData& layer,
                                                                        const Assembly& assembly) {
  std::vector<std::pair<std::string, std::function<Tensor()>>> weights;
  const auto needs = assembly.needs.find(&layer);
  if (needs != assembly.needs.end() && !needs->second.order.empty()) {
    for (const std::string& name : needs->second.order) {
      const auto slot = needs->second.slots.at(name);
      weights.emplace_back(name, [slot] {
        if (slot->problem) throw *slot->problem;
        return slot->read();
      });
    }
  } else {
    for (const StoredWeight& stored : layer.weights)
      weights.emplace_back(api::address_of_stored("", stored.name), stored.read);
  }
  return weights;
}

}  // namespace

std::vector<Side::Entry> api::weight_entries(const ModelData& model, const Assembly& assembly,
                                             const std::vector<std::string>& requests) {
  std::vector<Side::Entry> entries;
  for (const Site& site : layers_with_weights(assembly, requests))
    for (const auto& [weight, read] : weights_of(*site.layer, assembly))
      entries.push_back({.address = site.address + "/" + weight, .axes = "", .tensor = read});
  if (entries.empty())
    throw Error({.code = "weights-missing", .what = "there are no weights to compare", .where = model.path});
  return entries;
}

namespace {

std::string shape_text(const ComparedRow& row) {
  const Shape& shape = row.kind == ComparedRow::Kind::kOnlyB ? row.b : row.a;
  return row.axes.empty() ? shape.str() : shape_with_roles(shape, row.axes);
}

std::string difference_text(const ComparedRow& row, const Comparison& comparison) {
  const std::string first = comparison.first && &row == &comparison.rows[*comparison.first] ? "parts first" : "parts";
  switch (row.kind) {
    case ComparedRow::Kind::kOnlyA:
      return "only in A";
    case ComparedRow::Kind::kOnlyB:
      return "only in B";
    case ComparedRow::Kind::kShapes:
      return fmt::format("{}: A {}, B {}", first, row.a.str(), row.b.str());
    case ComparedRow::Kind::kBoth:
      break;
  }
  if (!row.parts) return "";
  if (row.distance.unlike == 0) return first;
  return fmt::format("{}: {} NaN or infinite in one only", first, text::thousands(row.distance.unlike));
}

}  // namespace

std::string api::remark(const ComparedRow& row, const Comparison& comparison) {
  const std::string difference = difference_text(row, comparison);
  if (row.assumes.empty()) return difference;
  return fmt::format("{}{}assumes {}", difference, difference.empty() ? "" : "; ", text::join(row.assumes, ", "));
}

std::vector<const ComparedRow*> api::chosen_rows(const Comparison& comparison, int top) {
  std::vector<const ComparedRow*> rows;
  for (const ComparedRow& row : comparison.rows) rows.push_back(&row);
  if (top <= 0) return rows;
  std::ranges::stable_sort(rows, std::ranges::greater(), [](const ComparedRow* row) {
    return row->kind == ComparedRow::Kind::kBoth ? row->distance.relative : HUGE_VAL;
  });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(top)));
  return rows;
}

namespace {

/// The end of the run of rows from `at` that folds into one line: neither they nor their neighbours differ.
std::size_t end_of_fold(const std::vector<const ComparedRow*>& rows, std::size_t at) {
  constexpr std::size_t kFewest = 3;
  const auto parts = [&](std::size_t i) { return i < rows.size() && rows[i]->parts; };
  std::size_t end = at;
  while (end < rows.size() && !parts(end) && !parts(end + 1) && (end == 0 || !parts(end - 1))) ++end;
  return end - at < kFewest ? at : end;
}

std::string fold_text(std::span<const ComparedRow* const> rows, double tolerance, const std::string& what) {
  double most = 0;
  for (const ComparedRow* row : rows) most = std::max(most, row->distance.relative);
  if (most == 0) return fmt::format(".. {} {} equal ..", rows.size(), what);
  return fmt::format(".. {} {} within {}, at most {} ..", rows.size(), what, text::number(tolerance),
                     text::number(most));
}

}  // namespace

std::string table(const Comparison& comparison, const TableOptions& options) {
  std::string table;
  const auto print = [&]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(table), format, std::forward<Args>(args)...);
  };
  const std::vector<const ComparedRow*> rows = api::chosen_rows(comparison, options.top);
  const bool folds = !options.all && options.top <= 0;
  std::vector<std::span<const ComparedRow* const>> lines;  // one row per line, or several folded rows
  for (std::size_t i = 0; i < rows.size(); i += lines.back().size())
    lines.push_back(std::span(rows).subspan(i, std::max<std::size_t>(folds ? end_of_fold(rows, i) - i : 0, 1)));
  std::size_t address = 7, shape = 5;
  for (const auto& line : lines)
    if (line.size() == 1) {
      address = std::max(address, text::printable(line[0]->address).size());
      shape = std::max(shape, shape_text(*line[0]).size());
    }
  print("{:<{}}  {:<{}} {:>10} {:>10} {:>9}\n", "address", address, "shape", shape, "absolute", "relative", "cosine");
  for (const auto& shown : lines) {
    if (shown.size() > 1) {
      print("{}\n", fold_text(shown, comparison.tolerance, options.what));
      continue;
    }
    const ComparedRow& row = *shown[0];
    std::string line = fmt::format("{:<{}}  {:<{}}", text::printable(row.address), address, shape_text(row), shape);
    if (row.kind == ComparedRow::Kind::kBoth)
      line += fmt::format(" {:>10} {:>10} {:>9.6f}", text::number(row.distance.absolute),
                          text::number(row.distance.relative), row.distance.cosine);
    else
      line += fmt::format(" {:>10} {:>10} {:>9}", "-", "-", "-");
    line += "  " + api::remark(row, comparison);
    line.erase(line.find_last_not_of(' ') + 1);
    print("{}\n", line);
  }
  if (rows.size() < comparison.rows.size()) print(".. {} more\n", comparison.rows.size() - rows.size());
  return table;
}

Picture curve(const Comparison& comparison, const std::string& title) {
  std::vector<CurvePoint> points;
  CurveOptions options{.title = title,
                       .subtitle = fmt::format("A  {}     B  {}", comparison.name_a, comparison.name_b),
                       .limit = comparison.tolerance,
                       .limit_name = "tolerance",
                       .marked = comparison.first,
                       .marked_name = "parts first"};
  for (const ComparedRow& row : comparison.rows) {
    const bool is_both = row.kind == ComparedRow::Kind::kBoth;
    points.push_back({.name = row.address,
                      .value = is_both ? row.distance.relative : NAN,
                      .remark = is_both                                  ? ""
                                : row.kind == ComparedRow::Kind::kShapes ? "its shapes differ"
                                                                         : api::remark(row, comparison)});
  }
  return depth_curve(points, options);
}

namespace {

Side side_of(const Activations& seen, const std::string& name) {
  Side side{.name = name, .entries = {}, .order = Side::Order::kAsComputed};
  for (const Activation& one : seen)
    side.entries.push_back({.address = one.address,
                            .axes = one.axes,
                            .tensor = [tensor = one.tensor] { return tensor; },
                            .assumes = one.assumes});
  api::put_insides_first(side.entries);
  return side;
}

Side weights_side(const Model& model, const std::string& name) {
  const auto open = api::Access::state(model)->open(/*with_weights=*/true);
  return {.name = name,
          .entries = api::weight_entries(*api::Access::state(model)->data(), open->assembly),
          .order = Side::Order::kAsComputed};
}

}  // namespace

Comparison compare(const Activations& a, const Activations& b, double tolerance) try {
  return api::compare(side_of(a, "A"), side_of(b, "B"), tolerance);
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

Comparison compare_weights(const Model& a, const Model& b, double tolerance) try {
  return api::compare(weights_side(a, "A"), weights_side(b, "B"), tolerance);
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

}  // namespace kerascope
