#include "ops/spectrum.h"

#include <fmt/format.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "base/check.h"
#include "base/parallel.h"
#include "kerascope/error.h"

namespace kerascope::ops {
namespace {

using Complex = std::complex<double>;

/// Fourier transforms of one length, by the prime factors of the length.
class Fourier {
 public:
  explicit Fourier(std::int64_t length) : length_(length) {
    for (std::int64_t k = 0; k < length; ++k)
      roots_.push_back(std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(length)));
    for (std::int64_t rest = length, factor = 2; rest > 1; ++factor) {
      if (factor * factor > rest) factor = rest;
      for (; rest % factor == 0; rest /= factor) factors_.push_back(factor);
    }
  }

  /// @param x, out, spare  `length` numbers each; no two of them overlap.
  void transform(const Complex* x, Complex* out, Complex* spare) const { transform(x, 1, length_, 0, out, spare); }

 private:
  /// The transform of `length` numbers, `stride` apart: those of every p-th number, put together.
  void transform(const Complex* x, std::int64_t stride, std::int64_t length, std::size_t level, Complex* out,
                 Complex* spare) const {
    if (length == 1) {
      *out = *x;
      return;
    }
    const std::int64_t p = factors_[level], part = length / p;
    for (std::int64_t i = 0; i < p; ++i)
      transform(x + i * stride, stride * p, part, level + 1, spare + i * part, out + i * part);
    if (p == 2) {  // the roots of the second half are those of the first with another sign
      for (std::int64_t k = 0; k < part; ++k) {
        const Complex term = product(root(k * stride), spare[part + k]);
        out[k] = spare[k] + term;
        out[part + k] = spare[k] - term;
      }
      return;
    }
    for (std::int64_t k = 0; k < length; ++k) {
      out[k] = spare[k % part];
      for (std::int64_t i = 1; i < p; ++i) out[k] += product(root(i * k % length * stride), spare[i * part + k % part]);
    }
  }

  const Complex& root(std::int64_t k) const { return roots_[static_cast<std::size_t>(k)]; }
  /// Without the checks for NaN of operator*.
  static Complex product(const Complex& l, const Complex& r) {
    return {l.real() * r.real() - l.imag() * r.imag(), l.real() * r.imag() + l.imag() * r.real()};
  }

  std::int64_t length_;
  std::vector<Complex> roots_;  ///< e^(-2 pi i k / length)
  std::vector<std::int64_t> factors_;
};

class SpectrumOp final : public Float32Op {
 public:
  explicit SpectrumOp(SpectrumOptions options) : options_(std::move(options)) {
    KERASCOPE_CHECK(!options_.window.empty() && options_.stride > 0);
  }

  std::string kind() const override { return "spectrum"; }
  std::string attributes() const override { return fmt::format("{} stride {}", length(), options_.stride); }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>&) const override {
    return in[0].rank() > 1;
  }

  Shape infer(std::span<const Shape> in) const override {
    const Shape& x = in[0];
    if (x.rank() < 1 || x[x.rank() - 1] <= length() / 2)
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("a signal of shape {} is mirrored by {} steps, and has no more", x.str(),
                                       length() / 2)});
    std::vector<std::int64_t> sizes = x.sizes();
    sizes.back() = (sizes.back() + length() / 2 * 2 - length()) / options_.stride + 1;
    sizes.push_back(length() / 2 + 1);
    return Shape(sizes);
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    const auto frames = static_cast<double>(out.elements()) / static_cast<double>(out[out.rank() - 1]);
    return {.flops = 8 * frames * static_cast<double>(length()) * std::log2(static_cast<double>(length()) + 1),
            .bytes = 4.0 * static_cast<double>(in[0].elements() + out.elements())};
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    const std::int64_t steps = in[0].shape[in[0].shape.rank() - 1], bins = out[out.rank() - 1],
                       frames = out[out.rank() - 2], all = out.elements() / bins;
    return [=, fourier = std::make_shared<const Fourier>(length()), options = options_](const OpArguments& args) {
      parallel_for(all, 1, [&](std::int64_t begin, std::int64_t end) {
        const std::size_t length = options.window.size();
        std::vector<Complex> frame(length), transformed(length), spare(length);
        for (std::int64_t i = begin; i < end; ++i) {
          parallel::poll();
          const float* const signal = args.in[0] + i / frames * steps;
          const std::int64_t first = i % frames * options.stride - std::ssize(frame) / 2;
          for (std::size_t k = 0; k < length; ++k) {
            std::int64_t step = std::abs(first + static_cast<std::int64_t>(k));
            if (step >= steps) step = 2 * (steps - 1) - step;
            frame[k] = static_cast<double>(signal[step]) * static_cast<double>(options.window[k]);
          }
          fourier->transform(frame.data(), transformed.data(), spare.data());
          for (std::int64_t k = 0; k < bins; ++k)
            args.out[i * bins + k] = static_cast<float>(std::abs(transformed[static_cast<std::size_t>(k)]));
        }
      });
    };
  }

 private:
  std::int64_t length() const { return std::ssize(options_.window); }

  SpectrumOptions options_;
};

}  // namespace

Value magnitude_spectrum(Graph& graph, Value x, const SpectrumOptions& options) {
  return graph.apply(std::make_shared<SpectrumOp>(options), {x});
}

}  // namespace kerascope::ops
