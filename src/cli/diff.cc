// kerascope diff: where two sets of arrays, two models or two inputs part.
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

/// What the command is given beside the common options.
struct DiffRequest {
  std::string a, b;
  double tolerance = 1e-4;
};

std::string shape_text(const ComparedRow& row) {
  const Shape& shape = row.kind == ComparedRow::Kind::kOnlyB ? row.b : row.a;
  return row.axes.empty() ? shape.str() : shape_with_roles(shape, row.axes);
}

std::string remark(const ComparedRow& row, const Comparison& comparison) {
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

void print_table(const Comparison& comparison) {
  std::size_t address = 7, shape = 5;
  for (const ComparedRow& row : comparison.rows) {
    address = std::max(address, text::printable(row.address).size());
    shape = std::max(shape, shape_text(row).size());
  }
  fmt::print("{:<{}}  {:<{}} {:>10} {:>10} {:>9}\n", "address", address, "shape", shape, "absolute", "relative",
             "cosine");
  for (const ComparedRow& row : comparison.rows) {
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
}

/// "[0, 3, 4, 17]", as NumPy indexes.
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
  if (row.kind != ComparedRow::Kind::kBoth) return entry;
  entry["absolute"] = row.distance.absolute;
  entry["relative"] = row.distance.relative;
  entry["cosine"] = row.distance.cosine;
  entry["unlike"] = row.distance.unlike;
  return entry;
}

void print_json(const DiffRequest& diff, const Comparison& comparison, const Side& a, const Side& b) {
  Json layers = Json::array();
  for (const ComparedRow& row : comparison.rows) layers.push_back(json_of(row));
  fmt::print("{}\n", Json({{"a", a.name},
                           {"b", b.name},
                           {"tolerance", diff.tolerance},
                           {"agree", comparison.parted == 0},
                           {"first", comparison.first ? Json(comparison.first->address) : Json()},
                           {"layers", layers},
                           {"predictions", {{"a", a.prediction_json}, {"b", b.prediction_json}}}})
                         .dump(2, ' ', false, Json::error_handler_t::replace));
}

struct Sides {
  Side a, b;
  bool are_two_inputs = false;
};

void draw(const Request& request, const DiffRequest& diff, const Comparison& comparison, const Sides& sides) {
  std::vector<CurvePoint> points;
  CurveOptions options{.title = "Relative distance, layer by layer",
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

/// How a model is run says nothing about arrays.
void refuse_run_options(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options())
    if (option->count() > 0 && option->get_group() == kHowToRun)
      throw Error(
          {.code = "usage",
           .what = fmt::format("--{} says how a model is run, and both sides are arrays", option->get_lnames()[0])});
}

Side run_of(const Request& given, const std::string& word, const std::string& model,
            const std::vector<std::string>& inputs, const std::string& name) {
  Request request = given;
  request.model = model;
  request.inputs = inputs;
  note(request, word, name);
  return side_of_run(request, name);
}

[[noreturn]] void refuse(const std::string& path) {
  throw Error({.code = "format-unknown",
               .what = "this is neither a model (.h5, .keras) nor arrays (.npz, .npy, a folder of .npy)",
               .where = path,
               .hint = "kerascope diff A.npz B.npz, diff MODEL_A MODEL_B INPUT, or diff MODEL INPUT_A INPUT_B"});
}

/// The files are told apart by what they hold.
Sides sides_of(const CLI::App& command, const Request& request, const DiffRequest& diff) {
  const std::vector<std::string>& rest = request.inputs;
  if (holds_arrays(diff.a)) {
    if (is_model_file(diff.b))
      return {side_of_arrays(diff.a, request.layers), run_of(request, "B", diff.b, rest, diff.b)};
    if (!holds_arrays(diff.b)) refuse(diff.b);
    refuse_run_options(command);
    if (!rest.empty())
      throw Error({.code = "usage",
                   .what = fmt::format("two sets of arrays are compared, and a third file is given: {}", rest[0])});
    return {side_of_arrays(diff.a, request.layers), side_of_arrays(diff.b, request.layers)};
  }
  if (!is_model_file(diff.a)) refuse(diff.a);
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
          run_of(request, "B", diff.a, of_b, text::join(of_b, ", ")), /*are_two_inputs=*/true};
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
  if (!sides.a.is_in_order)
    note(request, "note", "folders keep no order of layers; what parts first is the first by name");
  const Comparison comparison = compare(sides.a, sides.b, diff.tolerance);
  if (!request.json && !request.quiet) print_table(comparison);
  for (const auto& line : sides.a.predictions) say(request, "predicts", "A  " + line);
  for (const auto& line : sides.b.predictions) say(request, "predicts", "B  " + line);
  if (!request.output.empty()) draw(request, diff, comparison, sides);
  if (request.json)
    print_json(diff, comparison, sides.a, sides.b);
  else
    print_summary(request, diff, comparison, sides.are_two_inputs);
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
  command
      ->add_option("--output,-o", request.output,
                   "a .png of the relative distance over the depth, or - for standard output")
      ->type_name("FILE");
  add_print_options(*command, request);
  add_how_to_run_options(*command, request);
  command->add_option("--sample", request.sample, "which of a batch is predicted for")
      ->group(kHowToRun)
      ->capture_default_str();
  command->callback([&, command, given] { exit_code = diff(*command, request, *given); });
}

}  // namespace kerascope::cli
