// kerascope diff: where two sets of arrays, two models, their weights, or two inputs start to differ.
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/parallel.h"
#include "base/text.h"
#include "cli/comparison.h"
#include "cli/outputs.h"
#include "cli/request.h"
#include "formats/open.h"
#include "kerascope/error.h"
#include "render/curve.h"
#include "render/grid.h"
#include "render/seen_layer.h"

namespace kerascope::cli {
namespace {

/// The command's own options.
struct DiffRequest {
  std::string a, b;
  std::string a_preprocess, b_preprocess;  ///< empty: --preprocess
  double tolerance = 1e-4;
  int top = 0;  ///< 0: all, in their order
  bool all = false;
};

struct Sides {
  Side a, b;
  bool are_two_inputs = false;
  bool are_weights = false;
};

std::string shape_text(const ComparedRow& row) {
  const Shape& shape = row.kind == ComparedRow::Kind::kOnlyB ? row.b : row.a;
  return row.axes.empty() ? shape.str() : shape_with_roles(shape, row.axes);
}

std::string difference_text(const ComparedRow& row, const Comparison& comparison) {
  const std::string first = &row == comparison.first ? "parts first" : "parts";
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

std::string remark(const ComparedRow& row, const Comparison& comparison) {
  const std::string difference = difference_text(row, comparison);
  if (row.assumes.empty()) return difference;
  return fmt::format("{}{}assumes {}", difference, difference.empty() ? "" : "; ", text::join(row.assumes, ", "));
}

using Rows = std::vector<const ComparedRow*>;

/// All rows in order, or, with --top, those that differ most.
Rows chosen_rows(const DiffRequest& diff, const Comparison& comparison) {
  Rows rows;
  for (const ComparedRow& row : comparison.rows) rows.push_back(&row);
  if (diff.top == 0) return rows;
  std::ranges::stable_sort(rows, std::ranges::greater(), [](const ComparedRow* row) {
    return row->kind == ComparedRow::Kind::kBoth ? row->distance.relative : HUGE_VAL;
  });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(diff.top)));
  return rows;
}

/// The end of the run of rows from `at` that folds into one line: neither they nor their neighbours differ.
std::size_t end_of_fold(const Rows& rows, std::size_t at) {
  constexpr std::size_t kFewest = 3;
  const auto parts = [&](std::size_t i) { return i < rows.size() && rows[i]->parts; };
  std::size_t end = at;
  while (end < rows.size() && !parts(end) && !parts(end + 1) && (end == 0 || !parts(end - 1))) ++end;
  return end - at < kFewest ? at : end;
}

std::string fold_text(std::span<const ComparedRow* const> rows, const DiffRequest& diff, const std::string& what) {
  double most = 0;
  for (const ComparedRow* row : rows) most = std::max(most, row->distance.relative);
  if (most == 0) return fmt::format(".. {} {} equal ..", rows.size(), what);
  return fmt::format(".. {} {} within {}, at most {} ..", rows.size(), what, text::number(diff.tolerance),
                     text::number(most));
}

void print_table(const DiffRequest& diff, const Comparison& comparison, const std::string& what) {
  const Rows rows = chosen_rows(diff, comparison);
  const bool folds = !diff.all && diff.top == 0;
  std::vector<std::span<const ComparedRow* const>> lines;  // one row per line, or several folded rows
  for (std::size_t i = 0; i < rows.size(); i += lines.back().size())
    lines.push_back(std::span(rows).subspan(i, std::max<std::size_t>(folds ? end_of_fold(rows, i) - i : 0, 1)));
  std::size_t address = 7, shape = 5;
  for (const auto& line : lines)
    if (line.size() == 1) {
      address = std::max(address, text::printable(line[0]->address).size());
      shape = std::max(shape, shape_text(*line[0]).size());
    }
  fmt::print("{:<{}}  {:<{}} {:>10} {:>10} {:>9}\n", "address", address, "shape", shape, "absolute", "relative",
             "cosine");
  for (const auto& shown : lines) {
    if (shown.size() > 1) {
      fmt::print("{}\n", fold_text(shown, diff, what));
      continue;
    }
    const ComparedRow& row = *shown[0];
    std::string line = fmt::format("{:<{}}  {:<{}}", text::printable(row.address), address, shape_text(row), shape);
    if (row.kind == ComparedRow::Kind::kBoth)
      line += fmt::format(" {:>10} {:>10} {:>9.6f}", text::number(row.distance.absolute),
                          text::number(row.distance.relative), row.distance.cosine);
    else
      line += fmt::format(" {:>10} {:>10} {:>9}", "-", "-", "-");
    line += "  " + remark(row, comparison);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
  if (rows.size() < comparison.rows.size()) fmt::print(".. {} more\n", comparison.rows.size() - rows.size());
}

/// "[0, 3, 4, 17]", as a NumPy index.
std::string index_text(const Shape& shape, std::int64_t place) {
  std::vector<std::int64_t> index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank(); axis-- > 0; place /= shape[axis])
    index[static_cast<std::size_t>(axis)] = place % shape[axis];
  return fmt::format("[{}]", fmt::join(index, ", "));
}

const ComparedRow* extreme(const Comparison& comparison, auto is_more) {
  const ComparedRow* found = nullptr;
  for (const ComparedRow& row : comparison.rows)
    if (row.kind == ComparedRow::Kind::kBoth && (!found || is_more(row, *found))) found = &row;
  return found;
}

/// Prints what one side lacks, a sign of another architecture or other names.
void print_missing(const Request& request, const Comparison& comparison) {
  constexpr std::size_t kShown = 6;
  const auto only_in = [&](ComparedRow::Kind kind, const char* side) {
    std::vector<std::string> addresses;
    for (const ComparedRow& row : comparison.rows)
      if (row.kind == kind) addresses.push_back(row.address);
    if (addresses.empty()) return;
    const std::size_t count = addresses.size();
    addresses.resize(std::min(count, kShown));
    say(request, "missing",
        fmt::format("{} only in {}: {}{}", count, side, text::join(addresses, ", "),
                    count > kShown ? fmt::format(", .. {} more", count - kShown) : ""));
  };
  only_in(ComparedRow::Kind::kOnlyA, "A");
  only_in(ComparedRow::Kind::kOnlyB, "B");
}

void print_summary(const Request& request, const DiffRequest& diff, const Comparison& comparison, bool are_two_inputs) {
  const std::string tolerance = text::number(diff.tolerance);
  const auto count = static_cast<std::int64_t>(comparison.rows.size());
  if (comparison.parted == 0) {
    const ComparedRow* furthest = extreme(comparison, [](const ComparedRow& a, const ComparedRow& b) {
      return a.distance.relative > b.distance.relative;
    });
    const std::string most = furthest->distance.relative == 0
                                 ? "they are equal"
                                 : fmt::format("furthest apart is {} (relative {})", furthest->address,
                                               text::number(furthest->distance.relative));
    return say(request, "agree", fmt::format("{} of {} within {}; {}", count, count, tolerance, most));
  }
  const std::string how_many = fmt::format("{} of {} differ (tolerance {})", comparison.parted, count, tolerance);
  const ComparedRow* first = comparison.first;
  if (!first && comparison.parted == count) return say(request, "parts", "no name is in both; " + how_many);
  if (!first) return say(request, "parts", how_many);
  if (first->kind == ComparedRow::Kind::kShapes)
    return say(request, "parts", fmt::format("first at {}: its shapes differ; {}", first->address, how_many));
  if (are_two_inputs && first == comparison.rows.data()) {
    say(request, "parts", "from the input on; " + how_many);
  } else {
    say(request, "parts",
        fmt::format("first at {}: relative {}; {}", first->address, text::number(first->distance.relative), how_many));
    say(request, "there",
        fmt::format("{}{} is {} in A, {} in B", first->address, index_text(first->a, first->distance.place),
                    text::number(first->value_a), text::number(first->value_b)));
  }
  const auto parting = [](const ComparedRow& row) { return row.parts && row.distance.unlike == 0; };
  const auto among_parting = [&](auto is_more) {
    return extreme(comparison, [&, is_more](const ComparedRow& a, const ComparedRow& b) {
      return parting(a) != parting(b) ? parting(a) : is_more(a.distance, b.distance);
    });
  };
  if (comparison.parted == 1) return;
  if (are_two_inputs) {
    const ComparedRow* least = among_parting([](const Distance& a, const Distance& b) { return a.cosine < b.cosine; });
    const ComparedRow* most = among_parting([](const Distance& a, const Distance& b) { return a.cosine > b.cosine; });
    if (parting(*least) && least != most)
      say(request, "alike",
          fmt::format("least at {} (cosine {:.6f}), most at {} (cosine {:.6f})", least->address, least->distance.cosine,
                      most->address, most->distance.cosine));
  } else {
    const ComparedRow* furthest =
        among_parting([](const Distance& a, const Distance& b) { return a.relative > b.relative; });
    if (parting(*furthest))
      say(request, "furthest",
          fmt::format("at {}: relative {}", furthest->address, text::number(furthest->distance.relative)));
  }
}

Json json_of(const ComparedRow& row) {
  const bool in_a = row.kind != ComparedRow::Kind::kOnlyB, in_b = row.kind != ComparedRow::Kind::kOnlyA;
  Json entry = {{"address", row.address},
                {"shape_a", in_a ? Json(row.a.sizes()) : Json()},
                {"shape_b", in_b ? Json(row.b.sizes()) : Json()},
                {"parts", row.parts}};
  if (!row.assumes.empty()) entry["assumes"] = row.assumes;
  if (row.kind != ComparedRow::Kind::kBoth) return entry;
  entry["absolute"] = row.distance.absolute;
  entry["relative"] = row.distance.relative;
  entry["cosine"] = row.distance.cosine;
  entry["unlike"] = row.distance.unlike;
  return entry;
}

void print_json(const DiffRequest& diff, const Comparison& comparison, const Side& a, const Side& b) {
  Json layers = Json::array();
  for (const ComparedRow* row : chosen_rows(diff, comparison)) layers.push_back(json_of(*row));
  fmt::print("{}\n", Json({{"a", a.name},
                           {"b", b.name},
                           {"tolerance", diff.tolerance},
                           {"agree", comparison.parted == 0},
                           {"compared", comparison.rows.size()},
                           {"parted", comparison.parted},
                           {"first", comparison.first ? Json(comparison.first->address) : Json()},
                           {"layers", layers},
                           {"predictions", {{"a", a.prediction_json}, {"b", b.prediction_json}}}})
                         .dump(2, ' ', false, Json::error_handler_t::replace));
}

void draw(const Request& request, const DiffRequest& diff, const Comparison& comparison, const Sides& sides) {
  std::vector<CurvePoint> points;
  CurveOptions options{.title = sides.are_weights ? "Relative distance of the weights, layer by layer"
                                                  : "Relative distance, layer by layer",
                       .subtitle = fmt::format("A  {}     B  {}", sides.a.name, sides.b.name),
                       .limit = diff.tolerance,
                       .limit_name = "tolerance",
                       .marked_name = "parts first"};
  for (const ComparedRow& row : comparison.rows) {
    if (&row == comparison.first) options.marked = points.size();
    const bool is_both = row.kind == ComparedRow::Kind::kBoth;
    points.push_back({.name = row.address,
                      .value = is_both ? row.distance.relative : NAN,
                      .remark = is_both                                  ? ""
                                : row.kind == ComparedRow::Kind::kShapes ? "its shapes differ"
                                                                         : remark(row, comparison)});
  }
  const Picture picture = depth_curve(points, options);
  write_png(request.output, picture);
  say(request, "wrote",
      fmt::format("{}   {} x {}, the relative distance over the depth", request.output, picture.width, picture.height));
}

/// Options of a run have no effect on arrays and weights, so they are refused.
void refuse_run_options(const CLI::App& command, const std::string& what, const std::string& hint = "") {
  for (const CLI::Option* option : command.get_options())
    if (option->count() > 0 && option->get_group() == kHowToRun)
      throw Error({.code = "usage",
                   .what = fmt::format("--{} says how a model is run, and {}", option->get_lnames()[0], what),
                   .hint = hint});
}

struct ToRun {
  std::string word;  ///< "A"
  std::string model;
  std::vector<std::string> inputs;
  std::string preprocess;  ///< empty: as in the request
  std::string name;
};

Side run_of(const Request& given, const ToRun& side) {
  Request request = given;
  request.model = side.model;
  request.inputs = side.inputs;
  if (!side.preprocess.empty()) request.preprocess = side.preprocess;
  const std::string name =
      side.name + (side.preprocess.empty() ? "" : fmt::format(", {} preprocessing", side.preprocess));
  note(request, side.word, name);
  return side_of_run(request, name);
}

/// The weights of a model; for a file of weights alone, in the architecture of the other side if that has one.
Side weights_of(const Request& given, const std::string& path, const std::string& other) {
  Request request = given;
  request.model = path;
  if (!holds_only_weights(path)) return side_of_weights(request, path);
  if (holds_only_weights(other)) return side_of_weights_file(path, request.layers);
  request.model = other;
  request.weights = path;
  return side_of_weights(request, path);
}

Sides weights_of_both(const CLI::App& command, const Request& request, const DiffRequest& diff) {
  refuse_run_options(command, "weights are compared without an input", "kerascope diff MODEL_A MODEL_B INPUT");
  return {weights_of(request, diff.a, diff.b), weights_of(request, diff.b, diff.a), /*are_two_inputs=*/false,
          /*are_weights=*/true};
}

[[noreturn]] void refuse(const std::string& path) {
  throw Error({.code = "format-unknown",
               .what = "this is neither a model (.h5, .keras) nor arrays (.npz, .npy, a folder of .npy)",
               .where = path,
               .hint = "kerascope diff A.npz B.npz, diff MODEL_A MODEL_B INPUT, diff MODEL INPUT_A INPUT_B, or diff "
                       "MODEL_A MODEL_B for their weights"});
}

/// One input with both preprocessing modes; or several inputs, the first half for A, the second for B.
Sides two_runs(const Request& request, const DiffRequest& diff) {
  std::vector<std::string> of_a = {diff.b};
  of_a.insert(of_a.end(), request.inputs.begin(), request.inputs.end());
  std::vector<std::string> of_b = of_a;
  const auto count = static_cast<std::ptrdiff_t>(of_a.size());
  const bool compares_modes = !diff.a_preprocess.empty() || !diff.b_preprocess.empty();
  const auto needed = [&] {
    Request opened = request;
    opened.model = diff.a;
    return model_inputs(read_model(opened)).size() - request.named_inputs.size();
  };
  if (!compares_modes || of_a.size() != needed()) {
    if (count % 2 != 0)
      throw Error({.code = "usage",
                   .what = fmt::format("{} input{} cannot be split into those of A and those of B", count,
                                       count == 1 ? "" : "s"),
                   .hint = "kerascope diff MODEL INPUT_A INPUT_B, or diff MODEL_A MODEL_B INPUT; two modes of one "
                           "input: --a-preprocess tf --b-preprocess caffe"});
    of_a.erase(of_a.begin() + count / 2, of_a.end());
    of_b.erase(of_b.begin(), of_b.begin() + count / 2);
  }
  return {run_of(request, {"A", diff.a, of_a, diff.a_preprocess, text::join(of_a, ", ")}),
          run_of(request, {"B", diff.a, of_b, diff.b_preprocess, text::join(of_b, ", ")}), /*are_two_inputs=*/true};
}

/// The files' content decides what is compared.
Sides sides_of(const CLI::App& command, const Request& request, const DiffRequest& diff) {
  const std::vector<std::string>& rest = request.inputs;
  if (holds_arrays(diff.a)) {
    if (!diff.a_preprocess.empty())
      throw Error({.code = "usage", .what = "--a-preprocess says how a model's input is prepared, and A holds arrays"});
    if (is_model_file(diff.b))
      return {side_of_arrays(diff.a, request.layers), run_of(request, {"B", diff.b, rest, diff.b_preprocess, diff.b})};
    if (!holds_arrays(diff.b)) refuse(diff.b);
    refuse_run_options(command, "both sides are arrays");
    if (!rest.empty())
      throw Error({.code = "usage",
                   .what = fmt::format("two sets of arrays are compared, and a third file is given: {}", rest[0])});
    return {side_of_arrays(diff.a, request.layers), side_of_arrays(diff.b, request.layers)};
  }
  if (!is_model_file(diff.a)) refuse(diff.a);
  if (!is_model_file(diff.b)) return two_runs(request, diff);
  if (rest.empty() && request.named_inputs.empty()) return weights_of_both(command, request, diff);
  return {run_of(request, {"A", diff.a, rest, diff.a_preprocess, diff.a}),
          run_of(request, {"B", diff.b, rest, diff.b_preprocess, diff.b})};
}

int diff(const CLI::App& command, const Request& given, const DiffRequest& diff) {
  const Request request = with_standard_output(given);
  const ThreadLimit limit(request.threads);
  if (!(diff.tolerance >= 0))
    throw Error({.code = "usage", .what = fmt::format("--tol is '{}', not a number from 0", diff.tolerance)});
  if (!request.output.empty() && request.output != "/dev/stdout" && ending_of(request.output) != ".png")
    throw Error({.code = "usage",
                 .what = fmt::format("-o is '{}', and the curve is a picture", request.output),
                 .hint = "-o curve.png"});
  require_inputs_spared(request, {request.output}, {diff.a, diff.b});
  Sides sides = sides_of(command, request, diff);
  put_in_order(sides.a, sides.b);
  put_in_order(sides.b, sides.a);
  if (const std::string pair = match_by_order(sides.a, sides.b); !pair.empty())
    note(request, "note", fmt::format("the names differ; compared in order, {} and so on", pair));
  if (sides.a.order == Side::Order::kByName)
    note(request, "note",
         fmt::format("{} keep no order of layers; what parts first is the first by name",
                     sides.are_weights ? "files of weights alone" : "folders"));
  const Comparison comparison = compare(sides.a, sides.b, diff.tolerance);
  if (!request.json && !request.quiet) print_table(diff, comparison, sides.are_weights ? "weights" : "layers");
  for (const auto& line : sides.a.predictions) say(request, "predicts", "A  " + line);
  for (const auto& line : sides.b.predictions) say(request, "predicts", "B  " + line);
  if (!request.output.empty()) draw(request, diff, comparison, sides);
  if (request.json)
    print_json(diff, comparison, sides.a, sides.b);
  else
    print_summary(request, diff, comparison, sides.are_two_inputs);
  print_missing(request, comparison);
  if (comparison.parted > 0) return kFailed;
  return sides.a.is_partial || sides.b.is_partial ? kPartlyDone : kDone;
}

}  // namespace

void add_diff_command(CLI::App& app, Request& request, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("diff", "where two sets of arrays, two models, their weights or two inputs part");
  const auto given = std::make_shared<DiffRequest>();
  command->add_option("A", given->a, "arrays (.npz, .npy, a folder of .npy) or a model")->required();
  command->add_option("B", given->b, "arrays, another model, or the first input of the model A")->required();
  command->add_option("INPUT", request.inputs,
                      "what both models are fed, or what A is fed for the other side; two models without it: their "
                      "weights");
  command
      ->add_option("--tol", given->tolerance,
                   "the largest difference over the largest number of a layer; beyond it the layer parts")
      ->capture_default_str();
  command
      ->add_option("--output,-o", request.output,
                   "a .png of the relative distance over the depth, or - for standard output")
      ->type_name("FILE");
  command->add_option("--top", given->top, "only so many rows, the furthest apart first")
      ->check(CLI::Range(1, 1000000));
  command->add_flag("--all", given->all, "every row, also where many do not differ");
  add_print_options(*command, request);
  add_how_to_run_options(*command, request);
  for (const auto& [name, mode, side] : {std::tuple("--a-preprocess", &given->a_preprocess, "A"),
                                         std::tuple("--b-preprocess", &given->b_preprocess, "B")})
    command
        ->add_option(
            name, *mode,
            fmt::format("as --preprocess, for {} alone; with one input, two modes of preparing it are compared", side))
        ->group(kHowToRun)
        ->type_name(kPreprocessModes);
  command->add_option("--sample", request.sample, "which of a batch is predicted for")
      ->group(kHowToRun)
      ->capture_default_str();
  command->callback([&, command, given] { exit_code = diff(*command, request, *given); });
}

}  // namespace kerascope::cli
