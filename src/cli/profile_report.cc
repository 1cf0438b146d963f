#include "cli/profile_report.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/text.h"

namespace kerascope::cli {
namespace {

constexpr std::size_t kWidestOperation = 34;

struct Line {
  std::string name, about, columns;
};

const std::string kColumnNames =
    fmt::format("{:>9} {:>7} {:>8} {:>7} {:>7}", "ms", "share", "GFLOP/s", "GB/s", "limit");

std::string columns(const Measured& measured, const Numbers& numbers) {
  const auto rounded = [](double number, const char* unit) {
    return number == 0 ? "-" : number < 0.05 ? "<0.1" : fmt::format("{:.1f}{}", number, unit);
  };
  const int decimals = measured.profile.run_s < 1e-3 ? 5 : 3;
  return fmt::format("{:>9.{}f} {:>6.1f}% {:>8} {:>7} {:>7}", 1e3 * numbers.seconds, decimals,
                     100 * measured.share(numbers.seconds), rounded(numbers.gflops(), ""), rounded(numbers.gb_s(), ""),
                     rounded(numbers.over_bound(), "x"));
}

void print_lines(const std::vector<Line>& lines) {
  std::size_t name = 0, about = 0;
  for (const Line& line : lines) {
    name = std::max(name, line.name.size());
    about = std::max(about, line.about.size());
  }
  for (const Line& line : lines) {
    std::string text = fmt::format("{:<{}}  {:<{}} {}", line.name, name, line.about, about, line.columns);
    text.erase(text.find_last_not_of(' ') + 1);
    fmt::print("{}\n", text);
  }
}

std::string shortened(const std::string& operation) {
  return operation.size() <= kWidestOperation ? operation : fmt::format("{:.{}}..", operation, kWidestOperation - 2);
}

/// The steps of the table, in its order.
std::vector<const ProfiledStep*> shown_steps(const Request& request, const Profile& profile) {
  std::vector<const ProfiledStep*> steps;
  for (const ProfiledStep& step : profile.steps) steps.push_back(&step);
  if (request.sort == "time" || request.top > 0)
    std::ranges::stable_sort(steps, {}, [](const ProfiledStep* step) { return -step->seconds; });
  if (request.top > 0) steps.resize(std::min(steps.size(), static_cast<std::size_t>(request.top)));
  if (request.sort != "time") std::ranges::sort(steps);  // back to the plan's order
  return steps;
}

struct Kind {
  std::string name;
  int steps = 0;
  Numbers numbers;
};

/// Kinds of operations, the slowest first.
std::vector<Kind> kinds_of(const Measured& measured) {
  std::vector<Kind> kinds;
  for (const ProfiledStep& step : measured.profile.steps) {
    auto kind = std::ranges::find(kinds, step.kind, &Kind::name);
    if (kind == kinds.end()) kind = kinds.insert(kind, {.name = step.kind});
    ++kind->steps;
    kind->numbers += measured.of(step);
  }
  std::ranges::stable_sort(kinds, {}, [](const Kind& kind) { return -kind.numbers.seconds; });
  return kinds;
}

Json json_of(const Numbers& numbers, const Measured& measured) {
  return {
      {"ms", 1e3 * numbers.seconds},       {"share", measured.share(numbers.seconds)},
      {"gflop", numbers.work.flops / 1e9}, {"bytes", numbers.work.bytes()},
      {"gflops", numbers.gflops()},        {"gb_s", numbers.gb_s()},
      {"bound_ms", 1e3 * numbers.best_s},  {"over_bound", numbers.best_s > 0 ? Json(numbers.over_bound()) : Json()}};
}

Json json_of(const ProfiledStep& step, const Measured& measured) {
  Json json = json_of(measured.of(step), measured);
  json["layers"] = Json::array();
  for (const ProfiledStep::Part& part : step.parts) json["layers"].push_back(part.address);
  json["operation"] = step.operation();
  json["shape"] = step.shape.sizes();
  return json;
}

}  // namespace

void print_steps(const Request& request, const Measured& measured) {
  const auto columns_of = [&](const Numbers& numbers) { return columns(measured, numbers); };
  std::vector<Line> lines = {{"address", "operation", kColumnNames}};
  const std::vector<const ProfiledStep*> shown = shown_steps(request, measured.profile);
  for (const ProfiledStep* step : shown)
    for (const ProfiledStep::Part& part : step->parts) {
      const bool is_first = &part == &step->parts[0];
      lines.push_back({(is_first ? "" : "  ") + text::printable(part.address), shortened(part.operation),
                       is_first ? columns_of(measured.of(*step)) : ""});
    }
  if (shown.size() < measured.profile.steps.size()) {
    Numbers rest;
    for (const ProfiledStep& step : measured.profile.steps)
      if (std::ranges::find(shown, &step) == shown.end()) rest += measured.of(step);
    lines.push_back({"..", fmt::format("{} more", measured.profile.steps.size() - shown.size()), columns_of(rest)});
  }
  const Numbers steps = measured.steps();
  lines.push_back({"all steps", std::to_string(measured.profile.steps.size()), columns_of(steps)});
  lines.push_back({"outside of steps", "", columns_of({.seconds = measured.profile.outside_s})});
  lines.push_back(
      {"whole run", "",
       columns_of({.seconds = measured.profile.run_s, .work = steps.work, .best_s = measured.bound_ms() / 1e3})});
  print_lines(lines);
}

void print_kinds(const Measured& measured) {
  std::vector<Line> lines = {{"operation", "steps", kColumnNames}};
  for (const Kind& kind : kinds_of(measured))
    lines.push_back({kind.name, fmt::format("{:>5}", kind.steps), columns(measured, kind.numbers)});
  print_lines(lines);
}

std::string times_text(const Measured& measured) {
  const std::size_t runs = measured.profile.runs.size(), used = measured.profile.runs_used;
  const std::string what = runs == 1 ? "those of one run"
                           : used == runs
                               ? fmt::format("means of {} runs", runs)
                               : fmt::format("means of the middle {} of {} runs by their length", used, runs);
  return what + ", after two that do not count";
}

Json json_of(const Request& request, const std::vector<Tensor>& fed, const Measured& measured) {
  const Machine& machine = measured.machine;
  Json json = {{"model", request.model},
               {"threads", thread_count()},
               {"machine",
                {{"gflops", machine.flops / 1e9},
                 {"read_gb_s", machine.read_bytes / 1e9},
                 {"write_gb_s", machine.written_bytes / 1e9}}},
               {"runs", request.runs},
               {"runs_used", measured.profile.runs_used},
               {"times", times_text(measured)},
               {"plan_ms", measured.plan_ms},
               {"first_run_ms", 1e3 * measured.profile.first_s},
               {"preparation_ms", measured.preparation_ms()},
               {"run_ms", 1e3 * measured.profile.run_s},
               {"outside_ms", 1e3 * measured.profile.outside_s},
               {"bound_ms", measured.bound_ms()},
               {"steps_bound_ms", 1e3 * measured.steps().best_s}};
  for (const Tensor& tensor : fed) json["input"].push_back(tensor.shape().sizes());
  json["steps"] = json["kinds"] = Json::array();
  for (const ProfiledStep& step : measured.profile.steps) json["steps"].push_back(json_of(step, measured));
  for (const Kind& kind : kinds_of(measured)) {
    json["kinds"].push_back(json_of(kind.numbers, measured));
    json["kinds"].back().update({{"operation", kind.name}, {"steps", kind.steps}});
  }
  return json;
}

}  // namespace kerascope::cli
