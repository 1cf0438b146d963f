#include "engine/norm_fit.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/simd.h"
#include "ops/batch_norm.h"

namespace kerascope {
namespace {

constexpr std::int64_t kMostRead = 4096, kLeastForVariance = 16;  // numbers a channel
constexpr double kMostDivergence = 20;                            // of one channel, which might be a dead one
constexpr double kGoldenRatio = 0.6180339887498949;               // spreads places whatever the width of a row

double median(std::vector<double>& numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

bool is_untrained(const Tensor& moving_mean, const Tensor& moving_variance) {
  return std::ranges::all_of(moving_mean.numbers(), [](float x) { return x == 0; }) &&
         std::ranges::all_of(moving_variance.numbers(), [](float x) { return x == 1; });
}

std::vector<bool> values_behind(const Graph& graph, Value input) {
  std::vector<bool> behind(static_cast<std::size_t>(graph.size()), false);
  if (input.id < 0) return behind;
  behind[static_cast<std::size_t>(input.id)] = true;
  for (int id = input.id + 1; id < graph.size(); ++id)
    for (const Value from : graph.node(Value{id}).inputs)
      if (behind[static_cast<std::size_t>(from.id)]) behind[static_cast<std::size_t>(id)] = true;
  return behind;
}

/// Much less than the variances: a normalization's own epsilon, which may be more than they are, would hide that hardly
/// anything arrives.
double least_variance(const Tensor& moving_variance, double epsilon) {
  std::vector<double> variances(moving_variance.numbers().begin(), moving_variance.numbers().end());
  const double usual = median(variances);
  return usual > 0 ? std::min(epsilon, 1e-6 * usual) : epsilon;
}

}  // namespace

std::vector<NormInput> first_norms(const Assembly& assembly, std::span<const Value> taps, std::size_t most) {
  if (most == 0) return {};
  std::vector<bool> needed(static_cast<std::size_t>(assembly.graph.size()), false);
  for (const Value tap : taps) needed[static_cast<std::size_t>(tap.id)] = true;
  for (int id = assembly.graph.size() - 1; id >= 0; --id)
    if (needed[static_cast<std::size_t>(id)])
      for (const Value input : assembly.graph.node(Value{id}).inputs) needed[static_cast<std::size_t>(input.id)] = true;

  std::map<int, std::string> addresses;   // by value id; the first site that has a value is the one that made it
  std::map<int, ops::BatchNormUse> uses;  // by the normalized value's id, which is the order of computation
  for (std::size_t i = 0; i < assembly.sites.size(); ++i) {
    if (assembly.results[i].problem) continue;
    const Value value = assembly.results[i].output->value;
    addresses.emplace(value.id, assembly.sites[i].address);
    const auto use = ops::batch_norm_use(assembly.graph, value);
    if (use && needed[static_cast<std::size_t>(use->x.id)]) uses.emplace(value.id, *use);
  }
  std::vector<std::vector<bool>> behind;  // by input, by value id
  for (const Value input : assembly.inputs) behind.push_back(values_behind(assembly.graph, input));
  std::vector<std::size_t> counts(behind.size(), 0);
  std::vector<NormInput> norms;
  for (const auto& [id, use] : uses) {
    const auto address = addresses.find(use.x.id);
    if (address == addresses.end()) continue;
    NormInput norm{.address = address->second, .use = use, .inputs = {}};
    bool is_early = false;
    for (std::size_t input = 0; input < behind.size(); ++input) {
      if (!behind[input][static_cast<std::size_t>(use.x.id)]) continue;
      norm.inputs.push_back(input);
      is_early |= counts[input]++ < most;
    }
    if (is_early) norms.push_back(std::move(norm));
  }
  return norms;
}

double NormFit::times_off() const { return std::max({variance_ratio, 1 / variance_ratio, square_shift}); }

std::optional<NormFit> norm_fit(const NormInput& norm, const Tensor& moving_mean, const Tensor& moving_variance,
                                const Tensor& x) {
  if (is_untrained(moving_mean, moving_variance)) return {};
  const ops::BatchNormOptions& options = norm.use.options;
  const Shape& shape = x.shape();
  const int axis = options.axis < 0 ? options.axis + shape.rank() : options.axis;
  const std::int64_t inner = shape.elements(axis + 1, shape.rank()), count = shape.elements(0, axis) * inner;
  const std::int64_t channels = shape[axis], read = std::min(count, kMostRead);
  std::vector<double> sums(static_cast<std::size_t>(channels)), squares = sums;  // of distances from the moving mean
  for (std::int64_t i = 0; i < read; ++i) {
    const double turns = static_cast<double>(i) * kGoldenRatio;
    const auto place =
        count == read ? i : static_cast<std::int64_t>((turns - std::floor(turns)) * static_cast<double>(count));
    const float* numbers = x.data() + place / inner * channels * inner + place % inner;
    vectorized([channels, inner, numbers, means = moving_mean.data(), sum = sums.data(), square = squares.data()] {
      for (std::int64_t c = 0; c < channels; ++c) {
        const double distance = static_cast<double>(numbers[c * inner]) - means[c];
        sum[c] += distance;
        square[c] += distance * distance;
      }
    });
  }

  const double least = least_variance(moving_variance, options.epsilon);
  std::vector<double> ratios, shifts;
  double divergence = 0;
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto channel = static_cast<std::size_t>(c);
    const double shift = sums[channel] / static_cast<double>(read);
    const double variance = std::max(0.0, squares[channel] / static_cast<double>(read) - shift * shift);
    const double expected = static_cast<double>(moving_variance.data()[c]) + options.epsilon;
    const double learnt = moving_variance.data()[c];
    double ratio = variance < learnt ? (variance + least) / (learnt + least) : (variance + options.epsilon) / expected;
    if (!std::isfinite(shift) || !std::isfinite(ratio) || ratio <= 0) continue;
    if (read < kLeastForVariance) ratio = std::max(ratio, 1.0);
    ratios.push_back(ratio);
    shifts.push_back(shift * shift / expected);
    divergence += std::min((ratio + shifts.back() - 1 - std::log(ratio)) / 2, kMostDivergence);
  }
  if (ratios.empty() || static_cast<std::int64_t>(ratios.size()) * 2 < channels) return {};
  divergence /= static_cast<double>(ratios.size());
  return NormFit{.address = norm.address,
                 .variance_ratio = median(ratios),
                 .square_shift = median(shifts),
                 .divergence = divergence,
                 .inputs = norm.inputs};
}

}  // namespace kerascope
