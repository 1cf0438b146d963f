// Wrong preprocessing is silent: the answers are sure and wrong. Batch normalizations know what they learnt from.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "cli/channels.h"

namespace kerascope::cli {
namespace {

constexpr double kFarOff = 100;              // times; usual pictures stay below 10
constexpr double kFarOffForLittle = 10'000;  // statistics of a short training begin at 1 and are often too large
constexpr double kMuchBetter = 10;           // times

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

/// A picture of hardly more than one colour varies little anywhere, however it is prepared.
bool is_flat(const Run& run) {
  const std::vector<ModelInput> inputs = model_inputs(run.model);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& given = run.fed.unprepared[i];
    const Shape sample = given.shape().slice(1, given.shape().rank());
    for (const ChannelStatistics& channel : channel_statistics(given, axes_of(inputs[i], sample)))
      if (channel.variance > 0.01 * channel.mean * channel.mean) return false;
  }
  return true;
}

/// The mode whose numbers fit best, if they fit much better than what was fed.
std::string better_mode(const Run& run, const NormFit& wrong) {
  const std::vector<ModelInput> inputs = model_inputs(run.model);
  std::vector<Shape> shapes;
  for (const Tensor& tensor : run.fed.tensors) shapes.push_back(tensor.shape());
  CompiledFunction up_to_it(run.model, shapes, {.taps = {wrong.address}, .most_norm_fits = kEarlyNorms});

  std::optional<NormFit> best;
  std::string best_mode;
  for (const char* mode : {"tf", "caffe", "torch", "unit", "raw"}) {
    std::vector<Tensor> prepared;
    try {
      for (std::size_t i = 0; i < inputs.size(); ++i)
        prepared.push_back(prepare_input(inputs[i], run.fed.unprepared[i], parse_preprocessing(mode)));
    } catch (const Error&) {
      continue;  // for other numbers of channels
    }
    const std::vector<NormFit> fits = up_to_it.run(prepared, {}).norm_fits;
    const auto fit = std::ranges::find(fits, wrong.address, &NormFit::address);
    if (fit == fits.end() || (best && best->divergence <= fit->divergence)) continue;
    best = *fit;
    best_mode = mode;
  }
  const bool is_much_better = best && best->times_off() * kMuchBetter < std::min(wrong.times_off(), 10 * kFarOff);
  return is_much_better ? best_mode : std::string();
}

}  // namespace

Json check_preprocessing(const Request& request, const Run& run, const CompiledFunction::Result& result) {
  if (request.quiet && !request.json) return nullptr;
  const auto wrong = std::ranges::find_if(result.norm_fits, [](const NormFit& f) { return f.times_off() > kFarOff; });
  if (wrong == result.norm_fits.end()) return nullptr;
  const std::string mode = better_mode(run, *wrong);
  if (wrong->variance_ratio < 1 / kFarOff && mode.empty())
    if (wrong->times_off() < kFarOffForLittle || is_flat(run)) return nullptr;
  Json warning = {{"layer", wrong->address},
                  {"variance_ratio", wrong->variance_ratio},
                  {"deviations", std::sqrt(wrong->square_shift)},
                  {"what", what(*wrong)}};
  note(request, "warning", what(*wrong));
  if (!mode.empty()) {
    warning["try"] = "--preprocess " + mode;
    note(request, "", "try: --preprocess " + mode);
  }
  return warning;
}

}  // namespace kerascope::cli
