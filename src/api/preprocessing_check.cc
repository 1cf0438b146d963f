#include "api/preprocessing_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "api/feeding.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/statistics.h"
#include "base/text.h"
#include "inputs/own_scaling.h"

namespace kerascope::api {
namespace {

constexpr double kFarOff = 100;              // ratio; usual pictures stay below 10
constexpr double kFarOffForLittle = 10'000;  // after a short training, statistics that began at 1 are often too large
constexpr double kMuchBetter = 10;           // ratio

/// 31415 -> "31,000"
std::string about(double times) {
  const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(times)) - 1));
  return times < 1e15 ? text::thousands(std::llround(times / unit) * std::llround(unit)) : text::number(times);
}

std::string what(const NormFit& fit) {
  if (fit.variance_ratio > kFarOff)
    return fmt::format("{} varies about {} times more than its batch normalization expects", fit.address,
                       about(fit.variance_ratio));
  if (fit.variance_ratio < 1 / kFarOff)
    return fmt::format("{} varies about {} times less than its batch normalization expects", fit.address,
                       about(1 / fit.variance_ratio));
  return fmt::format("{} lies about {} standard deviations from where its batch normalization expects it", fit.address,
                     about(std::sqrt(fit.square_shift)));
}

/// Whether the picture has hardly more than one colour: then it varies little with any preprocessing.
bool is_flat(const Fed& fed) {
  for (std::size_t i = 0; i < fed.sources.size(); ++i) {
    const Tensor& given = fed.unprepared[i];
    const Shape sample = given.shape().slice(1, given.shape().rank());
    for (const ChannelStatistics& channel : channel_statistics(given, fed.sources[i].input.axes_of(sample)))
      if (channel.variance > 0.01 * channel.mean * channel.mean) return false;
  }
  return true;
}

/// The preprocessing that fits best, if it fits much better than the one that was used.
std::optional<Preprocessing> better_mode(ModelState& model, const Fed& fed, const NormFit& wrong) {
  const std::int64_t count = fed.tensors[0].shape()[0];
  FunctionOptions up_to_it{.taps = {wrong.address}, .most_norm_fits = kEarlyNorms};
  if (fed.has_layers()) up_to_it.fed = feeds_of(fed, count);
  const auto compiled = model.compiled(up_to_it, fed.has_layers() ? std::vector<Shape>() : shapes_of(fed, count));
  std::optional<NormFit> best;
  std::optional<Preprocessing> best_mode;
  for (const char* mode : {"tf", "caffe", "torch", "unit", "raw"}) {
    const Preprocessing preprocessing = parse_preprocessing(mode);
    std::vector<Tensor> prepared = fed.tensors;
    try {
      for (const std::size_t i : wrong.inputs)
        if (!fed.sources[i].is_layer) prepared[i] = fed.sources[i].prepared(fed.unprepared[i], preprocessing);
    } catch (const Error&) {
      continue;  // the mode is for another number of channels
    }
    const std::vector<NormFit> fits = run(*compiled, prepared, {}).norm_fits;
    const auto fit = std::ranges::find(fits, wrong.address, &NormFit::address);
    if (fit == fits.end() || (best && best->divergence <= fit->divergence)) continue;
    best = *fit;
    best_mode = preprocessing;
  }
  const bool is_much_better = best && best->times_off() * kMuchBetter < std::min(wrong.times_off(), 10 * kFarOff);
  return is_much_better ? best_mode : std::nullopt;
}

/// The part of the model that scales pixels, if its input was already scaled; otherwise empty.
std::string scaler_of_scaled(const ModelData& model, const Fed& fed, const NormFit& wrong) {
  constexpr double kGreatestScaled = 4;
  const std::vector<ModelInput> inputs = model_inputs(model);
  const std::vector<OwnScaling> own = own_scalings(model);
  for (const std::size_t i : wrong.inputs) {
    const Fed::Source& source = fed.sources[i];
    const auto input = std::ranges::find(inputs, source.input.name, &ModelInput::name);
    if (source.is_layer || input == inputs.end()) continue;
    const OwnScaling& its = own[static_cast<std::size_t>(input - inputs.begin())];
    const Range range = finite_range(numbers_of(fed.tensors[i]).numbers());
    if (its.scales_pixels() && std::max(std::abs(range.minimum), std::abs(range.maximum)) <= kGreatestScaled)
      return own_text(its);
  }
  return "";
}

}  // namespace

std::optional<PreprocessingWarning> preprocessing_warning(ModelState& model, const Fed& fed,
                                                          std::span<const NormFit> fits) {
  const auto wrong = std::ranges::find_if(fits, [](const NormFit& f) { return f.times_off() > kFarOff; });
  if (wrong == fits.end()) return std::nullopt;
  const std::optional<Preprocessing> better = better_mode(model, fed, *wrong);
  const std::string scaler = scaler_of_scaled(*model.data(), fed, *wrong);
  if (wrong->variance_ratio < 1 / kFarOff && !better)
    if ((wrong->times_off() < kFarOffForLittle && scaler.empty()) || is_flat(fed)) return std::nullopt;
  return PreprocessingWarning{.layer = wrong->address,
                              .variance_ratio = wrong->variance_ratio,
                              .deviations = std::sqrt(wrong->square_shift),
                              .what = what(*wrong),
                              .better = better,
                              .hint = better            ? "the preprocessing " + better->str()
                                      : !scaler.empty() ? "numbers from 0 to 255, which " + scaler + " scales"
                                                        : ""};
}

namespace {

/// The fits of the model's first batch normalizations, computed up to these only.
std::vector<NormFit> early_fits(ModelState& model, const Fed& fed) {
  const std::vector<Shape> shapes = shapes_of(fed, fed.tensors[0].shape()[0]);
  const auto whole = model.compiled({.with_taps = false, .with_outputs = true}, shapes);
  FunctionOptions up_to_them{.most_norm_fits = kEarlyNorms};
  for (const NormInput& norm : first_norms(whole->function->assembly(), whole->function->taps(), kEarlyNorms))
    up_to_them.taps.push_back(norm.address);
  if (up_to_them.taps.empty()) return {};
  return run(*model.compiled(up_to_them, shapes), fed.tensors, {}).norm_fits;
}

std::optional<PreprocessingWarning> check(ModelState& model, Fed fed) {
  constexpr std::int64_t kMostSamples = 16;
  if (fed.sources.empty() || fed.batch == 0) return std::nullopt;
  fed.take(0, std::min(fed.batch, kMostSamples));
  return preprocessing_warning(model, fed, early_fits(model, fed));
}

}  // namespace
}  // namespace kerascope::api

namespace kerascope {

using namespace api;

std::optional<PreprocessingWarning> check_preprocessing(const Model& model, const Inputs& inputs) try {
  const std::shared_ptr<const Fed>& fed = Access::fed(inputs);
  return fed ? check(*Access::state(model), *fed) : check_preprocessing(model, std::span(inputs.tensors));
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

std::optional<PreprocessingWarning> check_preprocessing(const Model& model, std::span<const Tensor> inputs) try {
  ModelState& state = *Access::state(model);
  return check(state, fed_of(inputs, model_inputs(*state.data())));
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

}  // namespace kerascope
