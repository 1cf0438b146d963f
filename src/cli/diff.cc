// kerascope diff: where two sets of arrays, two models, their weights, or two inputs start to differ.
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/parallel.h"
#include "base/text.h"
#include "cli/outputs.h"
#include "cli/request.h"
#include "cli/side.h"
#include "formats/open.h"
#include "kerascope/error.h"
#include "model/json.h"
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
  RunSide a, b;
  bool are_two_inputs = false;
  bool are_weights = false;
};

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
  const ComparedRow* first = comparison.first ? &comparison.rows[*comparison.first] : nullptr;
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

void print_json(const DiffRequest& diff, const Comparison& comparison, const Sides& sides) {
  Json layers = Json::array();
  for (const ComparedRow* row : api::chosen_rows(comparison, diff.top)) layers.push_back(json_of(*row));
  fmt::print("{}\n", json_text({{"a", comparison.name_a},
                                {"b", comparison.name_b},
                                {"tolerance", diff.tolerance},
                                {"agree", comparison.parted == 0},
                                {"compared", comparison.rows.size()},
                                {"parted", comparison.parted},
                                {"first", comparison.first ? Json(comparison.rows[*comparison.first].address) : Json()},
                                {"layers", layers},
                                {"predictions", {{"a", sides.a.prediction_json}, {"b", sides.b.prediction_json}}}},
                               2));
}

void draw(const Request& request, const Comparison& comparison, const Sides& sides) {
  const Picture picture = curve(comparison, sides.are_weights ? "Relative distance of the weights, layer by layer"
                                                              : "Relative distance, layer by layer");
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

RunSide run_of(const Request& given, const ToRun& side) {
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
api::Side weights_of(const Request& given, const std::string& path, const std::string& other) {
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
  return {{weights_of(request, diff.a, diff.b)},
          {weights_of(request, diff.b, diff.a)},
          /*are_two_inputs=*/false,
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
      return {{side_of_arrays(diff.a, request.layers)},
              run_of(request, {"B", diff.b, rest, diff.b_preprocess, diff.b})};
    if (!holds_arrays(diff.b)) refuse(diff.b);
    refuse_run_options(command, "both sides are arrays");
    if (!rest.empty())
      throw Error({.code = "usage",
                   .what = fmt::format("two sets of arrays are compared, and a third file is given: {}", rest[0])});
    return {{side_of_arrays(diff.a, request.layers)}, {side_of_arrays(diff.b, request.layers)}};
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
  const Comparison comparison = api::compare(sides.a.side, sides.b.side, diff.tolerance);
  if (!comparison.renamed.empty())
    note(request, "note", fmt::format("the names differ; compared in order, {} and so on", comparison.renamed));
  if (std::max(sides.a.side.order, sides.b.side.order) == api::Side::Order::kByName)
    note(request, "note",
         fmt::format("{} keep no order of layers; what parts first is the first by name",
                     sides.are_weights ? "files of weights alone" : "folders"));
  if (!request.json && !request.quiet)
    fmt::print("{}",
               table(comparison, {.top = diff.top, .all = diff.all, .what = sides.are_weights ? "weights" : "layers"}));
  for (const auto& line : sides.a.predictions) say(request, "predicts", "A  " + line);
  for (const auto& line : sides.b.predictions) say(request, "predicts", "B  " + line);
  if (!request.output.empty()) draw(request, comparison, sides);
  if (request.json)
    print_json(diff, comparison, sides);
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
  add_lambda_option(*command, request);
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
