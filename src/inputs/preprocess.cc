// The preprocessing of keras.applications, in the same float32 steps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "inputs/image.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

using Mode = Preprocessing::Mode;

const std::vector<std::pair<std::string, Mode>> kNames = {{"raw", Mode::kRaw},     {"unit", Mode::kUnit},
                                                          {"tf", Mode::kTf},       {"caffe", Mode::kCaffe},
                                                          {"torch", Mode::kTorch}, {"mean=..,std=..", Mode::kMeanStd}};

// y = (x / divisor - mean) / std
struct Steps {
  float divisor = 1;
  std::vector<float> mean = {0}, std = {1};
  bool swaps_red_and_blue = false;
};

Steps steps_of(const Preprocessing& preprocessing, std::int64_t channels) {
  const bool grey = channels == 1;
  switch (preprocessing.mode) {
    case Mode::kRaw:
      return {};
    case Mode::kUnit:
      return {.divisor = 255};
    case Mode::kTf:
      return {.divisor = 127.5f, .mean = {1}};
    case Mode::kCaffe:
      // ImageNet's means, in the order blue, green, red.
      if (grey) return {.mean = {(103.939f + 116.779f + 123.68f) / 3}};
      return {.mean = {103.939f, 116.779f, 123.68f}, .swaps_red_and_blue = true};
    case Mode::kTorch:
      if (grey)
        return {.divisor = 255, .mean = {(0.485f + 0.456f + 0.406f) / 3}, .std = {(0.229f + 0.224f + 0.225f) / 3}};
      return {.divisor = 255, .mean = {0.485f, 0.456f, 0.406f}, .std = {0.229f, 0.224f, 0.225f}};
    case Mode::kMeanStd:
      return {.mean = preprocessing.mean, .std = preprocessing.std};
  }
  return {};
}

[[noreturn]] void unknown(const std::string& what, const std::string& hint) {
  throw Error({.code = "preprocess-unknown", .what = what, .hint = hint});
}

}  // namespace

std::string Preprocessing::str() const {
  if (mode == Mode::kMeanStd) return fmt::format("mean={},std={}", fmt::join(mean, ","), fmt::join(std, ","));
  for (const auto& [name, named] : kNames)
    if (named == mode) return name;
  return {};
}

Preprocessing parse_preprocessing(const std::string& text) {
  std::vector<std::string> names;
  for (const auto& [name, mode] : kNames) {
    if (name == text && mode != Mode::kMeanStd) return {.mode = mode};
    names.push_back(name);
  }
  const std::string example = "known are " + text::join(names, ", ");
  if (text.find('=') == std::string::npos) {
    const std::string meant = text::did_you_mean(text, names);
    unknown(fmt::format("there is no preprocessing '{}'", text), meant.empty() ? example : meant);
  }

  std::map<std::string, std::vector<float>> lists;
  std::string key, words = text;
  for (char& c : words)
    if (c == ',' || c == ';' || c == '\t') c = ' ';
  for (std::string word : text::split(words, ' ')) {
    if (const std::size_t equals = word.find('='); equals != std::string::npos) {
      key = word.substr(0, equals);
      word = word.substr(equals + 1);
      if (key != "mean" && key != "std")
        unknown(fmt::format("'{}' in '{}' is neither mean nor std", key, text), example);
      if (!lists.try_emplace(key).second) unknown(fmt::format("'{}' gives {} twice", text, key), example);
    }
    if (word.empty()) continue;
    const float number = static_cast<float>(text::to_number(word).value_or(NAN));
    if (key.empty() || !std::isfinite(number)) unknown(fmt::format("'{}' in '{}' is no number", word, text), example);
    lists[key].push_back(number);
  }
  for (const auto& [name, numbers] : lists)
    if (numbers.empty()) unknown(fmt::format("'{}' gives no number for {}", text, name), example);
  lists.try_emplace("mean", 1, 0.0f);
  lists.try_emplace("std", 1, 1.0f);
  if (std::count(lists["std"].begin(), lists["std"].end(), 0.0f))
    unknown(fmt::format("std is 0 in '{}', and nothing can be divided by it", text), example);
  return {.mode = Mode::kMeanStd, .mean = lists["mean"], .std = lists["std"]};
}

Tensor preprocess(const Tensor& pixels, const Preprocessing& preprocessing, bool channels_first) {
  const Shape& shape = pixels.shape();
  const int axis = channels_first && shape.rank() >= 3 ? shape.rank() - 3 : shape.rank() - 1;
  const std::int64_t channels = axis < 0 ? 1 : shape[axis];
  const Steps steps = steps_of(preprocessing, channels);
  for (const std::size_t count : {steps.mean.size(), steps.std.size()})
    if (count != 1 && static_cast<std::int64_t>(count) != channels)
      throw Error({.code = "preprocess-shape",
                   .what = fmt::format("preprocessing {} is for {} channels, the input has {}", preprocessing.str(),
                                       count, channels),
                   .hint = "choose another preprocessing"});
  if (std::count(steps.std.begin(), steps.std.end(), 0.0f))
    throw Error({.code = "preprocess-unknown",
                 .what = fmt::format("preprocessing {} divides by 0", preprocessing.str()),
                 .hint = "an std of 1 changes nothing"});
  if (preprocessing.mode == Mode::kRaw) return pixels;

  Tensor out(shape);
  const std::int64_t inner = axis < 0 ? 1 : shape.elements(axis + 1, shape.rank());
  const std::int64_t outer = axis < 0 ? 1 : shape.elements(0, axis);
  const float* in = pixels.data();
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t from = steps.swaps_red_and_blue ? channels - 1 - c : c;
      const float mean = steps.mean[steps.mean.size() == 1 ? 0 : static_cast<std::size_t>(c)];
      const float std = steps.std[steps.std.size() == 1 ? 0 : static_cast<std::size_t>(c)];
      const float* x = in + (o * channels + from) * inner;
      float* y = out.mutable_data() + (o * channels + c) * inner;
      for (std::int64_t i = 0; i < inner; ++i) y[i] = (x[i] / steps.divisor - mean) / std;
    }
  return out;
}

}  // namespace kerascope
