// Models, layers, functions, runs, inputs from files, comparisons.
#include <nanobind/stl/function.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <chrono>
#include <cstring>

#include "arrays.h"
#include "bindings.h"
#include "custom_layers.h"
#include "interrupt.h"
#include "kerascope/comparison.h"
#include "kerascope/function.h"
#include "kerascope/inputs.h"
#include "kerascope/model.h"
#include "kerascope/predictions.h"
#include "kerascope/profile.h"
#include "kerascope/statistics.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace kerascope::python {
namespace {

/// For whatever may assemble the model: that may call a layer of the user's, which needs Python's lock, in a thread
/// that others wait for.
using OthersMayRun = nb::call_guard<nb::gil_scoped_release>;

Phase phase_named(const std::string& name) {
  if (name == "inference") return Phase::kInference;
  if (name == "training") return Phase::kTraining;
  if (name == "as-called") return Phase::kAsCalled;
  throw Error({.code = "phase-unknown",
               .what = "'" + name + "' is no phase",
               .hint = "'inference', 'training' or 'as-called'"});
}

/// How a call runs, from Python's keywords. It must outlive the call: the library may copy the options in any thread,
/// and so they hold no Python object.
struct PythonCall {
  using Clock = std::chrono::steady_clock;
  std::optional<nb::callable> progress;
  CallOptions options;
  bool is_interruptible;

  /// @param progress_after  seconds; before these nothing is told
  PythonCall(const std::string& phase, std::optional<std::uint64_t> seed, bool exact, int threads,
             std::optional<nb::callable> on_progress, double progress_after, bool interruptible)
      : progress(std::move(on_progress)),
        options{.phase = phase_named(phase), .seed = seed, .exact = exact, .threads = threads},
        is_interruptible(interruptible) {
    if (progress)
      options.on_progress = [this, begin = Clock::now() + std::chrono::duration<double>(progress_after)](
                                std::size_t done, std::size_t all) {
        if (Clock::now() < begin) return;
        const nb::gil_scoped_acquire python;
        (*progress)(done, all);
      };
  }
  PythonCall(const PythonCall&) = delete;
  PythonCall& operator=(const PythonCall&) = delete;

  /// compute(options), without Python's lock.
  template <typename Compute>
  auto run(const Compute& compute) const {
    return interruptible(is_interruptible, [&](std::stop_token stop) {
      CallOptions stoppable = options;
      stoppable.stop = std::move(stop);
      return compute(stoppable);
    });
  }
};

nb::list arrays_of(const std::vector<Tensor>& tensors) {
  nb::list arrays;
  for (const Tensor& tensor : tensors) arrays.append(array_of(tensor));
  return arrays;
}

nb::tuple sizes_of(const Shape& shape) {
  nb::list sizes;
  for (const std::int64_t size : shape) size == kOpen ? sizes.append(nb::none()) : sizes.append(size);
  return nb::tuple(sizes);
}

nb::dict dictionary_of(const Statistics& s) {
  nb::dict all;
  all["minimum"] = s.minimum;
  all["maximum"] = s.maximum;
  all["mean"] = s.mean;
  all["zero_share"] = s.zero_share;
  all["nan_count"] = s.nan_count;
  all["infinity_count"] = s.infinity_count;
  all["channels"] = s.channels;
  all["dead_channels"] = s.dead_indices;
  all["constant_channels"] = s.constant_indices;
  all["non_finite_channels"] = s.non_finite_indices;
  return all;
}

InputOptions input_options(const std::optional<std::string>& preprocessing, const std::optional<std::string>& resize,
                           bool keep_aspect_ratio, bool skip_damaged) {
  InputOptions options{.keep_aspect_ratio = keep_aspect_ratio, .skips_damaged = skip_damaged};
  if (preprocessing) options.preprocessing = parse_preprocessing(*preprocessing);
  options.resize = resize ? std::optional(parse_filter(*resize)) : std::nullopt;
  return options;
}

nb::object warning_of(const std::optional<PreprocessingWarning>& warning) {
  if (!warning) return nb::none();
  return nb::make_tuple(warning->what, warning->hint, warning->better ? warning->better->str() : "");
}

std::uint64_t mixed(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * 0x9E3779B97F4A7C15u;  // an odd number, 2^64 by the golden ratio: no two words give one state
  return state ^ (state >> 32);
}

/// Of all bytes, in four independent lanes; for telling whether weights changed, not against an adversary.
std::uint64_t digest_of(const Tensor& tensor) {
  const auto* bytes = static_cast<const unsigned char*>(tensor.bytes());
  std::array<std::uint64_t, 4> lanes = {1, 2, 3, 4};
  std::size_t at = 0;
  for (; at + sizeof lanes <= tensor.byte_size(); at += sizeof lanes) {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), bytes + at, sizeof words);
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) lanes[lane] = mixed(lanes[lane], words[lane]);
  }
  std::uint64_t all = tensor.byte_size();
  for (const std::uint64_t lane : lanes) all = mixed(all, lane);
  for (; at < tensor.byte_size(); ++at) all = mixed(all, bytes[at]);
  return all;
}

void add_activations(nb::module_& core) {
  nb::class_<Activation>(core, "Activation")
      .def(
          "__init__",
          [](Activation* self, std::string address, std::string axes, std::string class_name, nb::handle array,
             bool is_model) {
            new (self) Activation{.address = std::move(address),
                                  .axes = std::move(axes),
                                  .class_name = std::move(class_name),
                                  .is_model = is_model,
                                  .tensor = tensor_of(array)};
          },
          "address"_a, "axes"_a, "class_name"_a, "array"_a, "is_model"_a = false)
      .def_ro("address", &Activation::address)
      .def_ro("axes", &Activation::axes)
      .def_ro("class_name", &Activation::class_name)
      .def_ro("is_model", &Activation::is_model)
      .def_ro("assumes", &Activation::assumes)
      .def_ro("first", &Activation::first)
      .def_prop_ro("shape", [](const Activation& self) { return sizes_of(self.tensor.shape()); })
      .def_prop_ro("array", [](const Activation& self) { return array_of(self.tensor); })
      .def("statistics", [](const Activation& self) { return dictionary_of(statistics(self)); })
      .def(
          "order",
          [](const Activation& self, const std::string& by) {
            const ChannelOrder order = by == "mean"       ? ChannelOrder::kMean
                                       : by == "max"      ? ChannelOrder::kMaximum
                                       : by == "variance" ? ChannelOrder::kVariance
                                       : by == "zeros"
                                           ? ChannelOrder::kZeros
                                           : throw Error({.code = "sort-unknown",
                                                          .what = "channels cannot be sorted by '" + by + "'",
                                                          .hint = "'mean', 'max', 'variance' or 'zeros'"});
            return sorted_channels(channel_statistics(self), order);
          },
          "by"_a);
  nb::class_<Activations>(core, "Activations")
      .def(nb::init<std::vector<Activation>>(), "all"_a)
      .def("__len__", &Activations::size)
      .def("addresses",
           [](const Activations& self) {
             std::vector<std::string> addresses;
             for (const Activation& one : self) addresses.push_back(one.address);
             return addresses;
           })
      .def(
          "at", [](const Activations& self, const std::string& address) { return self[std::string_view(address)]; },
          "address"_a)
      .def("skipped",
           [](const Activations& self) {
             nb::list skipped;
             for (const Skipped& one : self.skipped())
               skipped.append(nb::make_tuple(one.address, one.class_name, exception_of(*one.problem)));
             return skipped;
           })
      .def(
          "write_npz",
          [](const Activations& self, const std::string& path) {
            const nb::gil_scoped_release others_may_run;
            write_npz(path, self);
          },
          "path"_a);
}

void add_layers(nb::module_& core) {
  nb::class_<KerasTensor>(core, "KerasTensor")
      .def_prop_ro("name", &KerasTensor::name)
      .def_prop_ro("shape", [](const KerasTensor& self) { return sizes_of(self.shape()); });
  nb::class_<Layer>(core, "Layer")
      .def_prop_ro("name", &Layer::name, OthersMayRun())
      .def_prop_ro("class_name", &Layer::class_name, OthersMayRun())
      .def_prop_ro("calls", &Layer::calls, OthersMayRun())
      .def("output", &Layer::output, "index"_a = 0, "call"_a = 0, OthersMayRun())
      .def("outputs", &Layer::outputs, "call"_a = 0, OthersMayRun())
      .def("layers", &Layer::layers, OthersMayRun())
      .def("weights", [](const Layer& self) {
        const std::vector<Weight> found = [&] {
          const nb::gil_scoped_release others_may_run;
          return self.weights();
        }();
        nb::list weights;
        for (const Weight& weight : found) weights.append(nb::make_tuple(weight.name, array_of(weight.numbers)));
        return weights;
      });
}

void add_model(nb::module_& core) {
  nb::class_<Model>(core, "Model")
      .def_prop_ro("name", &Model::name)
      .def_prop_ro("class_name", &Model::class_name)
      .def_prop_ro("keras_version", &Model::keras_version)
      .def("inputs", &Model::inputs, OthersMayRun())
      .def("outputs", &Model::outputs, OthersMayRun())
      .def("layers", &Model::layers, OthersMayRun())
      .def(
          "layer", [](const Model& self, const std::string& address) { return self.layer(std::string_view(address)); },
          "address"_a, OthersMayRun())
      .def(
          "layer", [](const Model& self, int index) { return self.layer(index); }, "index"_a, OthersMayRun())
      .def(
          "tensor", [](const Model& self, const std::string& address) { return self.tensor(address); }, "address"_a,
          OthersMayRun())
      .def("summary", &Model::summary, OthersMayRun())
      .def("summary_json", &Model::summary_json, OthersMayRun())
      .def("save", &Model::save, "path"_a, OthersMayRun())
      .def(
          "load_weights",
          [](Model& self, const std::string& path, bool by_name) {
            const LoadedWeights done = [&] {
              const nb::gil_scoped_release others_may_run;
              return self.load_weights(path, {.by_name = by_name});
            }();
            return nb::make_tuple(done.loaded, done.missing, done.unused);
          },
          "path"_a, "by_name"_a)
      .def(
          "run",
          [](const Model& self, const nb::list& inputs, std::vector<std::string> taps, std::vector<std::string> assume,
             const std::string& phase, std::optional<std::uint64_t> seed, bool exact, int threads,
             std::size_t most_memory, std::optional<nb::callable> on_ready, std::optional<nb::callable> on_progress,
             double progress_after, bool interruptible) {
            const std::vector<Tensor> tensors = tensors_of(inputs);
            RunOptions options{.taps = std::move(taps), .assume = std::move(assume), .most_memory = most_memory};
            if (on_ready)
              options.on_ready = [&](const Activation& one) {
                const nb::gil_scoped_acquire python;
                (*on_ready)(one.address, one.axes, one.class_name, one.is_model, one.first,
                            copied_array_of(one.tensor));
              };
            return PythonCall(phase, seed, exact, threads, on_progress, progress_after, interruptible)
                .run([&](const CallOptions& call) {
                  options.call = call;
                  return self.run(tensors, options);
                });
          },
          "inputs"_a, "taps"_a, "assume"_a, "phase"_a, "seed"_a.none(), "exact"_a, "threads"_a, "most_memory"_a,
          "on_ready"_a.none(), "on_progress"_a.none(), "progress_after"_a, "interruptible"_a)
      .def(
          "predict",
          [](const Model& self, const nb::list& inputs, const std::string& phase, std::optional<std::uint64_t> seed,
             bool exact, int threads, std::optional<nb::callable> on_progress, double progress_after,
             bool interruptible) {
            const std::vector<Tensor> tensors = tensors_of(inputs);
            return arrays_of(PythonCall(phase, seed, exact, threads, on_progress, progress_after, interruptible)
                                 .run([&](const CallOptions& call) { return self.predict(tensors, call); }));
          },
          "inputs"_a, "phase"_a, "seed"_a.none(), "exact"_a, "threads"_a, "on_progress"_a.none(), "progress_after"_a,
          "interruptible"_a)
      .def(
          "profile",
          [](const Model& self, const nb::list& inputs, std::vector<std::string> taps, int runs,
             const std::string& phase, std::optional<std::uint64_t> seed, bool exact, int threads,
             std::optional<nb::callable> on_progress, double progress_after, bool interruptible) {
            const std::vector<Tensor> tensors = tensors_of(inputs);
            return PythonCall(phase, seed, exact, threads, on_progress, progress_after, interruptible)
                .run([&](const CallOptions& call) {
                  return profile(self, tensors, {.taps = std::move(taps), .runs = runs, .call = call});
                });
          },
          "inputs"_a, "taps"_a, "runs"_a, "phase"_a, "seed"_a.none(), "exact"_a, "threads"_a, "on_progress"_a.none(),
          "progress_after"_a, "interruptible"_a)
      .def(
          "read_inputs",
          [](const Model& self, const std::vector<std::string>& paths, std::optional<std::string> preprocessing,
             std::optional<std::string> resize, bool keep_aspect_ratio, bool skip_damaged) {
            const Inputs inputs = [&] {
              const InputOptions options = input_options(preprocessing, resize, keep_aspect_ratio, skip_damaged);
              const nb::gil_scoped_release others_may_run;
              return read_inputs(paths, self, options);
            }();
            nb::list warnings;
            for (const InputWarning& one : inputs.warnings) warnings.append(nb::make_tuple(one.what, one.hint));
            return nb::make_tuple(arrays_of(inputs.tensors), inputs.done, warnings, inputs.names, inputs.skipped,
                                  warning_of(check_preprocessing(self, inputs)));
          },
          "paths"_a, "preprocessing"_a.none(), "resize"_a.none(), "keep_aspect_ratio"_a, "skip_damaged"_a)
      .def(
          "check_preprocessing",
          [](const Model& self, const nb::list& inputs) {
            const std::vector<Tensor> tensors = tensors_of(inputs);
            const std::optional<PreprocessingWarning> warning = [&] {
              const nb::gil_scoped_release others_may_run;
              return check_preprocessing(self, tensors);
            }();
            return warning_of(warning);
          },
          "inputs"_a)
      .def(
          "labels", [](const Model& self) { return labels(self); }, OthersMayRun());
  nb::class_<Function>(core, "Function")
      .def(
          "call",
          [](const Function& self, const nb::list& inputs, const std::string& phase, std::optional<std::uint64_t> seed,
             bool exact, int threads, std::optional<nb::callable> on_progress, double progress_after,
             bool interruptible) {
            const std::vector<Tensor> tensors = tensors_of(inputs);
            return arrays_of(PythonCall(phase, seed, exact, threads, on_progress, progress_after, interruptible)
                                 .run([&](const CallOptions& call) { return self(tensors, call); }));
          },
          "inputs"_a, "phase"_a, "seed"_a.none(), "exact"_a, "threads"_a, "on_progress"_a.none(), "progress_after"_a,
          "interruptible"_a);
  core.def(
      "require_filter", [](const std::string& name) { parse_filter(name); }, "name"_a);
  core.def("function", &function, "inputs"_a, "outputs"_a, OthersMayRun());
  core.def(
      "load",
      [](const std::string& path, ByClass custom, const std::vector<std::pair<std::string, std::string>>& lambdas,
         bool stops_on_interrupt) {
        const CustomLayers layers = custom_layers(std::move(custom));
        return interruptible(stops_on_interrupt, [&](std::stop_token stop) {
          return load(path, {.stop = std::move(stop), .custom_layers = layers, .lambdas = lambdas});
        });
      },
      "path"_a, "custom"_a, "lambdas"_a, "interruptible"_a);
  core.def(
      "digest",
      [](const nb::list& arrays) {
        std::uint64_t all = 0;
        for (nb::handle array : arrays) all = mixed(all, digest_of(shared_tensor_of(array)));
        return all;
      },
      "arrays"_a, "A number that changes when the arrays do.");
  core.def(
      "from_json",
      [](const std::string& json, const std::vector<std::pair<std::string, nb::object>>& weights,
         const std::string& keras_version, ByClass custom, nb::object otherwise) {
        std::vector<std::pair<std::string, Tensor>> tensors;
        for (const auto& [path, array] : weights) tensors.emplace_back(path, shared_tensor_of(array));
        return from_json(json, tensors, keras_version, custom_layers(std::move(custom), std::move(otherwise)));
      },
      "json"_a, "weights"_a, "keras_version"_a, "custom"_a, "otherwise"_a);
}

nb::dict dictionary_of(const StepProfile& step) {
  nb::dict all;
  all["addresses"] = step.addresses;
  all["operation"] = step.operation;
  all["shape"] = sizes_of(step.shape);
  all["seconds"] = step.seconds;
  all["flops"] = step.flops;
  all["bytes"] = step.bytes;
  all["least_seconds"] = step.least_seconds;
  return all;
}

void add_profile(nb::module_& core) {
  nb::class_<ModelProfile>(core, "ModelProfile")
      .def_prop_ro("steps",
                   [](const ModelProfile& self) {
                     nb::list steps;
                     for (const StepProfile& step : self.steps) steps.append(dictionary_of(step));
                     return steps;
                   })
      .def_ro("seconds", &ModelProfile::seconds)
      .def_ro("first_seconds", &ModelProfile::first_seconds)
      .def_ro("least_seconds", &ModelProfile::least_seconds)
      .def("table", &ModelProfile::table);
}

nb::dict dictionary_of(const ComparedRow& row) {
  nb::dict all;
  all["address"] = row.address;
  all["axes"] = row.axes;
  all["kind"] = row.kind == ComparedRow::Kind::kBoth     ? "both"
                : row.kind == ComparedRow::Kind::kShapes ? "shapes"
                : row.kind == ComparedRow::Kind::kOnlyA  ? "only a"
                                                         : "only b";
  all["shape_a"] = sizes_of(row.a);
  all["shape_b"] = sizes_of(row.b);
  all["absolute"] = row.distance.absolute;
  all["relative"] = row.distance.relative;
  all["cosine"] = row.distance.cosine;
  all["parts"] = row.parts;
  return all;
}

void add_comparisons(nb::module_& core) {
  nb::class_<Comparison>(core, "Comparison")
      .def_ro("tolerance", &Comparison::tolerance)
      .def_ro("parted", &Comparison::parted)
      .def_ro("renamed", &Comparison::renamed)
      .def_prop_ro("first",
                   [](const Comparison& self) -> std::optional<std::string> {
                     return self.first ? std::optional(self.rows[*self.first].address) : std::nullopt;
                   })
      .def("rows",
           [](const Comparison& self) {
             nb::list rows;
             for (const ComparedRow& row : self.rows) rows.append(dictionary_of(row));
             return rows;
           })
      .def(
          "table",
          [](const Comparison& self, int top, bool all, const std::string& what) {
            return table(self, {.top = top, .all = all, .what = what});
          },
          "top"_a, "all"_a, "what"_a);
  core.def(
      "compare", [](const Activations& a, const Activations& b, double tolerance) { return compare(a, b, tolerance); },
      "a"_a, "b"_a, "tolerance"_a, OthersMayRun());
  core.def("compare_weights", &compare_weights, "a"_a, "b"_a, "tolerance"_a, OthersMayRun());
  core.def(
      "predictions",
      [](nb::handle output, const std::vector<std::string>& names, std::int64_t sample, int most) {
        nb::list best;
        for (const Prediction& one : predictions(tensor_of(output), names, sample, most))
          best.append(nb::make_tuple(one.index, one.value, one.label));
        return best;
      },
      "output"_a, "labels"_a, "sample"_a, "most"_a);
  core.def("read_labels", &read_labels, "path"_a);
}

}  // namespace

void add_models(nb::module_& core) {
  add_layers(core);
  add_activations(core);
  add_profile(core);
  add_model(core);
  add_comparisons(core);
}

}  // namespace kerascope::python
