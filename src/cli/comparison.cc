#include "cli/comparison.h"

#include <algorithm>
#include <map>

#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

ComparedRow row_of(const Side::Entry& one, const Side::Entry& other, double tolerance) {
  const Tensor a = one.tensor(), b = other.tensor();
  ComparedRow row{
      .address = one.address, .axes = one.axes.empty() ? other.axes : one.axes, .a = a.shape(), .b = b.shape()};
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
  for (const Side::Entry& entry : b.entries) in_b[entry.address] = &entry;
  Comparison comparison;
  for (const Side::Entry& entry : a.entries) {
    const auto other = in_b.find(entry.address);
    if (other == in_b.end()) {
      comparison.rows.push_back({.kind = ComparedRow::Kind::kOnlyA,
                                 .address = entry.address,
                                 .axes = entry.axes,
                                 .a = entry.tensor().shape(),
                                 .parts = true});
      continue;
    }
    comparison.rows.push_back(row_of(entry, *other->second, tolerance));
    in_b.erase(other);
  }
  for (const Side::Entry& entry : b.entries)
    if (in_b.count(entry.address))
      comparison.rows.push_back({.kind = ComparedRow::Kind::kOnlyB,
                                 .address = entry.address,
                                 .axes = entry.axes,
                                 .b = entry.tensor().shape(),
                                 .parts = true});
  if (comparison.rows.empty())
    throw Error(
        {.code = "nothing-to-compare", .what = "neither side has an array", .where = a.name + " and " + b.name});
  for (const ComparedRow& row : comparison.rows) {
    comparison.parted += row.parts;
    if (row.parts && !comparison.first && row.kind <= ComparedRow::Kind::kShapes) comparison.first = &row;
  }
  return comparison;
}

void put_in_order(Side& side, const Side& other) {
  if (side.is_in_order || !other.is_in_order) return;
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < other.entries.size(); ++i) place[other.entries[i].address] = i;
  std::stable_sort(side.entries.begin(), side.entries.end(), [&](const Side::Entry& one, const Side::Entry& two) {
    const auto a = place.find(one.address), b = place.find(two.address);
    return a != place.end() && (b == place.end() || a->second < b->second);
  });
  side.is_in_order = true;
}

}  // namespace kerascope::cli
