// Wrong preprocessing gives no error, only confident wrong answers. Batch normalizations store statistics that reveal
// it.
#include <algorithm>
#include <cmath>

#include "base/statistics.h"
#include "base/text.h"
#include "cli/channels.h"
#include "cli/feeding.h"
#include "inputs/own_scaling.h"

namespace kerascope::cli {
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
bool is_flat(const Run& run) {
  for (std::size_t i = 0; i < run.fed.sources.size(); ++i) {
    const Tensor& given = run.fed.unprepared[i];
    const Shape sample = given.shape().slice(1, given.shape().rank());
    for (const ChannelStatistics& channel : channel_statistics(given, axes_of(run.fed.sources[i].input, sample)))
      if (channel.variance > 0.01 * channel.mean * channel.mean) return false;
  }
  return true;
}

/// The mode that fits best, if it fits much better than the one that was used.
std::string better_mode(const Run& run, const NormFit& wrong) {
  const auto up_to_it = function_for(run.model, run.fed, run.fed.tensors[0].shape()[0],
                                     {.taps = {wrong.address}, .most_norm_fits = kEarlyNorms});
  std::optional<NormFit> best;
  std::string best_mode;
  for (const char* mode : {"tf", "caffe", "torch", "unit", "raw"}) {
    std::vector<Tensor> prepared = run.fed.tensors;
    try {
      for (const std::size_t i : wrong.inputs)
        if (!run.fed.sources[i].is_layer)
          prepared[i] = run.fed.sources[i].prepared(run.fed.unprepared[i], parse_preprocessing(mode));
    } catch (const Error&) {
      continue;  // the mode is for another number of channels
    }
    const std::vector<NormFit> fits = up_to_it->run(prepared, {}).norm_fits;
    const auto fit = std::ranges::find(fits, wrong.address, &NormFit::address);
    if (fit == fits.end() || (best && best->divergence <= fit->divergence)) continue;
    best = *fit;
    best_mode = mode;
  }
  const bool is_much_better = best && best->times_off() * kMuchBetter < std::min(wrong.times_off(), 10 * kFarOff);
  return is_much_better ? best_mode : std::string();
}

/// The part of the model that scales pixels, if its input was already scaled; otherwise empty.
std::string scaler_of_scaled(const Run& run, const NormFit& wrong) {
  constexpr double kGreatestScaled = 4;
  const std::vector<ModelInput> inputs = model_inputs(run.model);
  const std::vector<OwnScaling> own = own_scalings(run.model);
  for (const std::size_t i : wrong.inputs) {
    const Fed::Source& source = run.fed.sources[i];
    const auto input = std::ranges::find(inputs, source.input.name, &ModelInput::name);
    if (source.is_layer || input == inputs.end()) continue;
    const OwnScaling& its = own[static_cast<std::size_t>(input - inputs.begin())];
    const Range range = finite_range(numbers_of(run.fed.tensors[i]).numbers());
    if (its.scales_pixels() && std::max(std::abs(range.minimum), std::abs(range.maximum)) <= kGreatestScaled)
      return own_text(its);
  }
  return "";
}

}  // namespace

Json check_preprocessing(const Request& request, const Run& run, const CompiledFunction::Result& result) {
  if (request.quiet && !request.json) return nullptr;
  const auto wrong = std::ranges::find_if(result.norm_fits, [](const NormFit& f) { return f.times_off() > kFarOff; });
  if (wrong == result.norm_fits.end()) return nullptr;
  const std::string mode = better_mode(run, *wrong), scaler = scaler_of_scaled(run, *wrong);
  if (wrong->variance_ratio < 1 / kFarOff && mode.empty())
    if ((wrong->times_off() < kFarOffForLittle && scaler.empty()) || is_flat(run)) return nullptr;
  const std::string hint = !mode.empty()     ? "--preprocess " + mode
                           : !scaler.empty() ? "numbers from 0 to 255, which " + scaler + " scales"
                                             : "";
  Json warning = {{"layer", wrong->address},
                  {"variance_ratio", wrong->variance_ratio},
                  {"deviations", std::sqrt(wrong->square_shift)},
                  {"what", what(*wrong)}};
  note(request, "warning", what(*wrong));
  if (!hint.empty()) {
    warning["try"] = hint;
    note(request, "", "try: " + hint);
  }
  return warning;
}

Json warning_json(const Run& run) {
  if (!run.warning.is_null()) return run.warning;
  for (const auto& [what, hint] : run.fed.warnings)
    if (!hint.empty()) return {{"what", what}, {"try", hint}};
  return nullptr;
}

}  // namespace kerascope::cli
