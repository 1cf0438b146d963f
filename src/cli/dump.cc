// --dump: the graph or the plan of a run, as text, before or instead of it.
#include "cli/request.h"
#include "kerascope/error.h"

namespace kerascope::cli {

std::vector<StandIn> stand_ins(const Request& request, const ModelData& model) {
  std::vector<StandIn> all;
  for (const ModelInput& input : model_inputs(model)) {
    if (input.shape.empty())
      throw Error({.code = "input-missing",
                   .what = fmt::format("the file does not say which shape the input '{}' has", input.name),
                   .where = request.model,
                   .hint = "give an INPUT"});
    std::vector<std::int64_t> sizes = input.shape;
    sizes[0] = std::max(request.batch, 1);
    bool is_open = false;
    for (std::int64_t& size : sizes) {
      is_open |= size < 0;
      if (size < 0) size = kStandInSize;
    }
    all.push_back({.input = input, .shape = Shape(sizes), .is_open = is_open});
  }
  return all;
}

std::string shape_text(const StandIn& input) {
  return fmt::format("{}{}", input.shape.slice(1, input.shape.rank()).str(),
                     input.is_open ? fmt::format("; {} where the file leaves the size open", kStandInSize) : "");
}

bool dump_without_input(const Request& request, bool with_outputs) {
  if (request.dump.empty()) return false;
  if (request.json)
    throw Error({.code = "usage",
                 .what = fmt::format("--dump {} prints text, and --json wants JSON", request.dump),
                 .hint = "leave one of them out"});
  if (!request.inputs.empty() || !request.named_inputs.empty()) return false;
  const ModelData model = read_model(request);
  std::vector<Shape> shapes;
  for (const StandIn& input : stand_ins(request, model)) {
    note(request, "input", fmt::format("none; '{}' is taken as {}", input.input.name, shape_text(input)));
    shapes.push_back(input.shape);
  }
  FunctionOptions options = function_options(request);
  options.with_outputs = with_outputs;
  const CompiledFunction function(model, shapes, options);
  for (const std::string& line : function.notes()) note(request, "note", line);
  tell_skipped(request, {}, function.skipped());
  return print_dump(request, function);
}

bool print_dump(const Request& request, const CompiledFunction& function) {
  if (request.dump.empty()) return false;
  fmt::print("{}", request.dump == "graph" ? function.graph_text() : function.plan_text());
  return true;
}

}  // namespace kerascope::cli
