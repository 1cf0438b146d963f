// kerascope profile: the time of each step of a run, compared with the machine's limits.
#include <random>

#include "base/parallel.h"
#include "base/text.h"
#include "cli/outputs.h"
#include "cli/profile_report.h"
#include "export/trace.h"
#include "model/json.h"

namespace kerascope::cli {
namespace {

using Clock = Plan::Clock;

double milliseconds(Clock::duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

/// One sample of random numbers for each input.
Fed random_inputs(const Request& request, const ModelData& model) {
  Fed fed{.batch = 1};
  std::minstd_rand random;
  std::uniform_real_distribution<float> uniform;
  for (const StandIn& input : stand_ins(request, model)) {
    note(request, "input", fmt::format("random numbers for '{}', {}", input.input.name, shape_text(input)));
    Tensor tensor{input.shape};
    std::generate_n(tensor.mutable_data(), tensor.size(), [&] { return uniform(random); });
    fed.sources.push_back({.input = input.input, .batch = 1, .read = {}});
    fed.tensors.push_back(std::move(tensor));
  }
  return fed;
}

/// A batch of the wanted size, made by repeating the given samples.
Tensor repeated(const Tensor& tensor, std::int64_t batch) {
  Shape shape = tensor.shape();
  shape[0] = batch;
  Tensor result(shape);
  const std::int64_t size = tensor.size() / tensor.shape()[0];
  for (std::int64_t i = 0; i < batch; ++i)
    std::copy_n(tensor.item(i % tensor.shape()[0]).data(), size, result.mutable_data() + i * size);
  return result;
}

Fed given_inputs(const Request& request, const ModelData& model) {
  Fed fed = read_inputs(request, model);
  fed.take(0, fed.batch);
  warn_of_infinite_inputs(request, fed);
  return fed;
}

/// Tensors in memory, so that no run reads a file.
Fed inputs(const Request& request, const ModelData& model) {
  const bool is_given = !request.inputs.empty() || !request.named_inputs.empty();
  Fed given = is_given ? given_inputs(request, model) : random_inputs(request, model);
  if (request.batch > 0)
    for (Tensor& tensor : given.tensors) tensor = repeated(tensor, request.batch);
  std::vector<ModelInput> inputs;
  for (const Fed::Source& source : given.sources) inputs.push_back(source.input);
  Fed fed = api::fed_of(given.tensors, inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) fed.sources[i].is_layer = given.sources[i].is_layer;
  fed.skipped = given.skipped;
  return fed;
}

void add_run(std::vector<Span>& spans, const std::string& name, const TimedRun& run, const Profile& profile) {
  spans.push_back({.name = name, .category = "run", .begin = run.begin, .end = run.end});
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    const ProfiledStep& step = profile.steps[i];
    spans.push_back({.name = step.addresses(),
                     .category = "step",
                     .begin = run.steps[i].begin,
                     .end = run.steps[i].end,
                     .details = {{"operation", step.operation()},
                                 {"shape", step.shape.str()},
                                 {"GFLOP", step.work.flops / 1e9},
                                 {"bytes", step.work.bytes()}}});
  }
}

int profile(const Request& given) {
  const Request request = with_standard_output(given);
  const ThreadLimit limit(request.threads);
  CallOptions call = call_options(request);
  require_standard_input_once(request);
  require_inputs_spared(request, {request.trace});
  if (dump_without_input(request)) return kDone;

  std::vector<Span> spans;
  const auto begin = [&](const char* name) {
    spans.push_back({.name = name, .category = "start", .begin = Clock::now()});
  };
  const auto end = [&] { spans.back().end = Clock::now(); };
  begin("open the model");
  const auto state = std::make_shared<api::ModelState>(read_model(request));
  end();
  begin("read the input");
  Fed fed = inputs(request, *state->data());
  end();
  api::BatchRun batch(state, std::move(fed), {.function = function_options(request)});
  CompiledFunction& function = batch.function();
  const CompiledFunction::Times& times = function.times();
  spans.push_back({.name = "assemble", .category = "start", .begin = times.begin, .end = times.assembled});
  spans.push_back({.name = "plan", .category = "start", .begin = times.assembled, .end = times.planned});
  for (const std::string& line : function.notes()) note(request, "note", line);
  if (print_dump(request, function)) return kDone;
  std::optional<FileWriter> trace;
  if (!request.trace.empty()) trace.emplace(request.trace);
  begin("measure the machine");
  Measured measured{.profile = {}, .machine = measure_machine()};
  end();
  {
    Progress progress(!request.quiet);
    call.on_progress = [&](std::size_t done, std::size_t all) { progress.step(done, all); };
    measured.profile = profile(function, batch.fed().tensors, request.runs, call);
  }
  const Profile& profile = measured.profile;
  measured.plan_ms = milliseconds(times.planned - times.begin);

  const bool partly = tell_skipped(request, batch.fed(), batch.skipped());
  if (request.json) {
    fmt::print("{}\n", json_text(json_of(request, batch.fed().tensors, measured), 2));
  } else if (!request.quiet) {
    print_steps(request, measured);
    fmt::print("\n");
    print_kinds(measured);
    fmt::print("\n");
    say(request, "ms", times_text(measured));
    say(request, "prepared",
        fmt::format("in the first run, which took {:.1f} ms longer: weights read and reordered, kernels made",
                    measured.preparation_ms()));
    say(request, "machine",
        fmt::format("{:.0f} GFLOP/s, reads {:.1f} GB/s, writes {:.1f} GB/s, measured just now with {} thread{}",
                    measured.machine.flops / 1e9, measured.machine.read_bytes / 1e9,
                    measured.machine.written_bytes / 1e9, thread_count(), thread_count() == 1 ? "" : "s"));
    say(request, "limit",
        fmt::format("{} ms for the whole, {} ms step by step, all data in memory; what a cache still holds beats it",
                    text::number(measured.bound_ms()), text::number(1e3 * measured.steps().best_s)));
  }
  if (trace) {
    add_run(spans, "first run", profile.first, profile);
    for (std::size_t i = 0; i < profile.runs.size(); ++i)
      add_run(spans, fmt::format("run {}", i + 1), profile.runs[i], profile);
    write_trace(*trace, "kerascope profile " + request.model, spans);
    say(request, "wrote", fmt::format("{}   for https://ui.perfetto.dev", request.trace));
  }
  return partly ? kPartlyDone : kDone;
}

}  // namespace

void add_profile_command(CLI::App& app, Request& request, int& exit_code) {
  CLI::App* command = app.add_subcommand("profile", "where the time of a run goes, step by step");
  add_run_options(*command, request);
  command->remove_option(command->get_option("--labels"));
  command->get_option("INPUT")->description("as for capture; without it: random numbers of the model's input shape");
  command->add_option("--runs", request.runs, "how many runs are timed, after two that are not")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--batch", request.batch, "how many samples a run takes; the input's are repeated")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--sort", request.sort, "the table's order")
      ->check(CLI::IsMember({"plan", "time"}))
      ->default_str("plan");
  command->add_option("--top", request.top, "only the slowest steps, and the sum of the others")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--trace", request.trace, "every run as a file in the Trace Event format, which Perfetto opens")
      ->type_name("FILE");
  command->callback([&] { exit_code = profile(request); });
}

}  // namespace kerascope::cli
