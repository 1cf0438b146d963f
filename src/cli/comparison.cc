#include "cli/comparison.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "base/statistics.h"
#include "kerascope/error.h"

namespace kerascope::cli {
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

}  // namespace

Comparison compare(const Side& a, const Side& b, double tolerance) {
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
  Comparison comparison;
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
  for (const ComparedRow& row : comparison.rows) {
    comparison.parted += row.parts;
    if (row.parts && !comparison.first && row.kind <= ComparedRow::Kind::kShapes) comparison.first = &row;
  }
  return comparison;
}

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

}  // namespace kerascope::cli
