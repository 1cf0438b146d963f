// kerascope diff: where two sets of arrays, two models or two inputs part.
#include <algorithm>
#include <map>
#include <memory>

#include "base/distance.h"
#include "base/text.h"
#include "cli/request.h"
#include "cli/side.h"
#include "formats/open.h"
#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

/// What the command is given beside the common options.
struct DiffRequest {
  std::string a, b;
  double tolerance = 1e-4;
};

struct Row {
  enum class Kind { kBoth, kShapes, kOnlyA, kOnlyB } kind = Kind::kBoth;
  std::string address, axes;
  Shape a, b;
  Distance distance;               ///< kBoth only
  float value_a = 0, value_b = 0;  ///< where the difference is largest
  bool parts = false;
};

struct Comparison {
  std::vector<Row> rows;       ///< in A's order; at the end what only B has
  const Row* first = nullptr;  ///< the first that both have and that parts
  std::int64_t parted = 0;
};

Row row_of(const Side::Entry& one, const Side::Entry& other, double tolerance) {
  const Tensor a = one.tensor(), b = other.tensor();
  Row row{.address = one.address, .axes = one.axes.empty() ? other.axes : one.axes, .a = a.shape(), .b = b.shape()};
  if (a.shape() != b.shape()) {
    row.kind = Row::Kind::kShapes;
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

Comparison compare(const Side& a, const Side& b, double tolerance) {
  std::map<std::string, const Side::Entry*> in_b;
  for (const Side::Entry& entry : b.entries) in_b[entry.address] = &entry;
  Comparison comparison;
  for (const Side::Entry& entry : a.entries) {
    const auto other = in_b.find(entry.address);
    if (other == in_b.end()) {
      comparison.rows.push_back({.kind = Row::Kind::kOnlyA,
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
      comparison.rows.push_back({.kind = Row::Kind::kOnlyB,
                                 .address = entry.address,
                                 .axes = entry.axes,
                                 .b = entry.tensor().shape(),
                                 .parts = true});
  for (const Row& row : comparison.rows) {
    comparison.parted += row.parts;
    if (row.parts && !comparison.first && row.kind <= Row::Kind::kShapes) comparison.first = &row;
  }
  return comparison;
}

/// An address in B's order where A's says nothing.
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

std::string shape_text(const Row& row) {
  const Shape& shape = row.kind == Row::Kind::kOnlyB ? row.b : row.a;
  return row.axes.empty() ? shape.str() : shape_with_roles(shape, row.axes);
}

std::string remark(const Row& row, const Comparison& comparison) {
  const std::string first = &row == comparison.first ? "parts first" : "parts";
  switch (row.kind) {
    case Row::Kind::kOnlyA:
      return "only in A";
    case Row::Kind::kOnlyB:
      return "only in B";
    case Row::Kind::kShapes:
      return fmt::format("{}: A {}, B {}", first, row.a.str(), row.b.str());
    case Row::Kind::kBoth:
      break;
  }
  if (!row.parts) return "";
  if (row.distance.unlike == 0) return first;
  return fmt::format("{}: {} NaN or infinite in one only", first, text::thousands(row.distance.unlike));
}

void print_table(const Comparison& comparison) {
  std::size_t address = 7, shape = 5;
  for (const Row& row : comparison.rows) {
    address = std::max(address, text::printable(row.address).size());
    shape = std::max(shape, shape_text(row).size());
  }
  fmt::print("{:<{}}  {:<{}} {:>10} {:>10} {:>9}\n", "address", address, "shape", shape, "absolute", "relative",
             "cosine");
  for (const Row& row : comparison.rows) {
    std::string line = fmt::format("{:<{}}  {:<{}}", text::printable(row.address), address, shape_text(row), shape);
    if (row.kind == Row::Kind::kBoth)
      line += fmt::format(" {:>10} {:>10} {:>9.6f}", text::number(row.distance.absolute),
                          text::number(row.distance.relative), row.distance.cosine);
    else
      line += fmt::format(" {:>10} {:>10} {:>9}", "-", "-", "-");
    line += "  " + remark(row, comparison);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
}

/// "[0, 3, 4, 17]", as NumPy indexes.
std::string index_text(const Shape& shape, std::int64_t place) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank(); axis-- > 0; place /= shape[axis])
    index[static_cast<std::size_t>(axis)] = place % shape[axis];
  return fmt::format("[{}]", fmt::join(index, ", "));
}

const Row* extreme(const Comparison& comparison, auto is_more) {
  const Row* found = nullptr;
  for (const Row& row : comparison.rows)
    if (row.kind == Row::Kind::kBoth && (!found || is_more(row, *found))) found = &row;
  return found;
}

void print_summary(const Request& request, const DiffRequest& diff, const Comparison& comparison) {
  const std::string tolerance = text::number(diff.tolerance);
  const auto count = static_cast<std::int64_t>(comparison.rows.size());
  if (comparison.parted == 0) {
    const Row* furthest =
        extreme(comparison, [](const Row& a, const Row& b) { return a.distance.relative > b.distance.relative; });
    const std::string most = furthest->distance.relative == 0
                                 ? "they are equal"
                                 : fmt::format("furthest apart is {} (relative {})", furthest->address,
                                               text::number(furthest->distance.relative));
    return say(request, "agree", fmt::format("{} of {} within {}; {}", count, count, tolerance, most));
  }
  const std::string how_many = fmt::format("{} of {} differ (tolerance {})", comparison.parted, count, tolerance);
  const Row* first = comparison.first;
  if (!first) return say(request, "parts", how_many);
  if (first->kind == Row::Kind::kShapes)
    return say(request, "parts", fmt::format("first at {}: its shapes differ; {}", first->address, how_many));
  say(request, "parts",
      fmt::format("first at {}: relative {}; {}", first->address, text::number(first->distance.relative), how_many));
  say(request, "there",
      fmt::format("{}{} is {} in A, {} in B", first->address, index_text(first->a, first->distance.place),
                  text::number(first->value_a), text::number(first->value_b)));
  const auto parting = [](const Row& row) { return row.parts && row.distance.unlike == 0; };
  const Row* least = extreme(comparison, [&](const Row& a, const Row& b) {
    return parting(a) != parting(b) ? parting(a) : a.distance.cosine < b.distance.cosine;
  });
  const Row* most = extreme(comparison, [&](const Row& a, const Row& b) {
    return parting(a) != parting(b) ? parting(a) : a.distance.cosine > b.distance.cosine;
  });
  if (parting(*least) && least != most)
    say(request, "alike",
        fmt::format("of these, least {} (cosine {:.6f}), most {} (cosine {:.6f})", least->address,
                    least->distance.cosine, most->address, most->distance.cosine));
}

Json json_of(const Row& row) {
  const bool in_a = row.kind != Row::Kind::kOnlyB, in_b = row.kind != Row::Kind::kOnlyA;
  Json entry = {{"address", row.address},
                {"shape_a", in_a ? Json(row.a.sizes()) : Json()},
                {"shape_b", in_b ? Json(row.b.sizes()) : Json()},
                {"parts", row.parts}};
  if (row.kind != Row::Kind::kBoth) return entry;
  entry["absolute"] = row.distance.absolute;
  entry["relative"] = row.distance.relative;
  entry["cosine"] = row.distance.cosine;
  entry["unlike"] = row.distance.unlike;
  return entry;
}

void print_json(const DiffRequest& diff, const Comparison& comparison, const Side& a, const Side& b) {
  Json layers = Json::array();
  for (const Row& row : comparison.rows) layers.push_back(json_of(row));
  fmt::print("{}\n", Json({{"a", a.name},
                           {"b", b.name},
                           {"tolerance", diff.tolerance},
                           {"agree", comparison.parted == 0},
                           {"first", comparison.first ? Json(comparison.first->address) : Json()},
                           {"layers", layers},
                           {"predictions", {{"a", a.prediction_json}, {"b", b.prediction_json}}}})
                         .dump(2, ' ', false, Json::error_handler_t::replace));
}

/// How a model is run says nothing about arrays.
void refuse_run_options(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options())
    if (option->count() > 0 && option->get_group() == kHowToRun)
      throw Error(
          {.code = "usage",
           .what = fmt::format("--{} says how a model is run, and both sides are arrays", option->get_lnames()[0])});
}

struct Sides {
  Side a, b;
};

Side run_of(const Request& given, const std::string& word, const std::string& model,
            const std::vector<std::string>& inputs, const std::string& name) {
  Request request = given;
  request.model = model;
  request.inputs = inputs;
  note(request, word, name);
  return side_of_run(request, name);
}

/// The files are told apart by what they hold.
Sides sides_of(const CLI::App& command, const Request& request, const DiffRequest& diff) {
  const std::vector<std::string>& rest = request.inputs;
  if (holds_arrays(diff.a)) {
    if (is_model_file(diff.b))
      return {side_of_arrays(diff.a, request.layers), run_of(request, "B", diff.b, rest, diff.b)};
    refuse_run_options(command);
    if (!rest.empty())
      throw Error({.code = "usage",
                   .what = fmt::format("two sets of arrays are compared, and a third file is given: {}", rest[0])});
    return {side_of_arrays(diff.a, request.layers), side_of_arrays(diff.b, request.layers)};
  }
  if (!is_model_file(diff.a))
    throw Error({.code = "format-unknown",
                 .what = "this is neither a model (.h5, .keras) nor arrays (.npz, .npy, a folder of .npy)",
                 .where = diff.a,
                 .hint = "kerascope diff A.npz B.npz, diff MODEL_A MODEL_B INPUT, or diff MODEL INPUT_A INPUT_B"});
  if (is_model_file(diff.b))
    return {run_of(request, "A", diff.a, rest, diff.a), run_of(request, "B", diff.b, rest, diff.b)};
  std::vector<std::string> inputs = {diff.b};
  inputs.insert(inputs.end(), rest.begin(), rest.end());
  if (inputs.size() % 2 != 0)
    throw Error({.code = "usage",
                 .what = fmt::format("{} input{} cannot be split into those of A and those of B", inputs.size(),
                                     inputs.size() == 1 ? "" : "s"),
                 .hint = "kerascope diff MODEL INPUT_A INPUT_B, or diff MODEL_A MODEL_B INPUT"});
  const auto half = inputs.begin() + static_cast<std::ptrdiff_t>(inputs.size() / 2);
  const std::vector<std::string> of_a(inputs.begin(), half), of_b(half, inputs.end());
  return {run_of(request, "A", diff.a, of_a, text::join(of_a, ", ")),
          run_of(request, "B", diff.a, of_b, text::join(of_b, ", "))};
}

int diff(const CLI::App& command, const Request& request, const DiffRequest& diff) {
  if (!(diff.tolerance >= 0))
    throw Error({.code = "usage", .what = fmt::format("--tol is {}, the least is 0", diff.tolerance)});
  Sides sides = sides_of(command, request, diff);
  put_in_order(sides.a, sides.b);
  if (!sides.a.is_in_order)
    note(request, "note", "folders keep no order of layers; what parts first is the first by name");
  const Comparison comparison = compare(sides.a, sides.b, diff.tolerance);
  if (request.json) {
    print_json(diff, comparison, sides.a, sides.b);
  } else if (!request.quiet) {
    print_table(comparison);
    for (const auto& line : sides.a.predictions) say(request, "predicts", "A  " + line);
    for (const auto& line : sides.b.predictions) say(request, "predicts", "B  " + line);
    print_summary(request, diff, comparison);
  }
  if (comparison.parted > 0) return kFailed;
  return sides.a.is_partial || sides.b.is_partial ? kPartlyDone : kDone;
}

}  // namespace

void add_diff_command(CLI::App& app, Request& request, int& exit_code) {
  CLI::App* command = app.add_subcommand("diff", "where two sets of arrays, two models or two inputs part");
  const auto given = std::make_shared<DiffRequest>();
  command->add_option("A", given->a, "arrays (.npz, .npy, a folder of .npy) or a model")->required();
  command->add_option("B", given->b, "arrays, another model, or the first input of the model A")->required();
  command->add_option("INPUT", request.inputs, "what both models are fed, or what A is fed for the other side");
  command
      ->add_option("--tol", given->tolerance,
                   "the largest difference over the largest number of a layer; beyond it the layer parts")
      ->capture_default_str();
  add_print_options(*command, request);
  add_how_to_run_options(*command, request);
  command->add_option("--sample", request.sample, "which of a batch is predicted for")
      ->group(kHowToRun)
      ->capture_default_str();
  command->callback([&, command, given] { exit_code = diff(*command, request, *given); });
}

}  // namespace kerascope::cli
