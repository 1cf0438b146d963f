#include "ops/hash.h"

#include <fmt/format.h>

#include <bit>

#include "base/parallel.h"
#include "kerascope/error.h"
#include "ops/cast.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kGrain = 1024;

/// The four words of SipHash's state.
struct SipState {
  std::uint64_t a, b, c, d;

  void round() {
    a += b, c += d;
    b = std::rotl(b, 13) ^ a, d = std::rotl(d, 16) ^ c;
    a = std::rotl(a, 32);
    c += b, a += d;
    b = std::rotl(b, 17) ^ c, d = std::rotl(d, 21) ^ a;
    c = std::rotl(c, 32);
  }
  void take(std::uint64_t word) {
    d ^= word;
    round(), round();
    a ^= word;
  }
};

/// One input and one output of the same shape, element by element.
class HashOp final : public Op {
 public:
  explicit HashOp(HashOptions options) : options_(std::move(options)) {}

  std::string kind() const override { return "hash"; }
  std::string attributes() const override { return fmt::format("{}", options_.count); }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return true; }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    return {{in[0].shape, DType::kInt64}};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType>) const override {
    const std::int64_t count = in[0].shape.elements();
    if (in[0].dtype == DType::kString) return of<std::string_view>(count);
    return in[0].dtype == DType::kInt64 ? of<std::int64_t>(count) : of<double>(count);
  }

 private:
  template <typename T>
  OpKernel of(std::int64_t count) const {
    return [count, options = options_](const OpArguments& args) {
      const T* const x = args.input<T>(0);
      auto* const y = args.output<std::int64_t>();
      parallel_for(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) y[i] = number_of(x[i], options);
      });
    };
  }

  static std::int64_t number_of(std::string_view text, const HashOptions& options) {
    if (text == options.zero_text) return 0;
    const std::uint64_t hash = options.key ? sip_hash(text, *options.key) : farm_hash(text);
    return options.first + static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(options.count));
  }
  static std::int64_t number_of(std::int64_t number, const HashOptions& options) {
    if (number == options.zero_number) return 0;
    return number_of(std::string_view(std::to_string(number)), options);
  }
  static std::int64_t number_of(double number, const HashOptions& options) {
    constexpr double kEnd = 0x1p63;
    const bool fits = number >= -kEnd && number < kEnd;
    const std::int64_t whole = fits ? static_cast<std::int64_t>(number) : std::numeric_limits<std::int64_t>::min();
    if (options.zero_number && number == static_cast<double>(*options.zero_number)) return 0;
    return number_of(std::string_view(std::to_string(whole)), options);
  }

  HashOptions options_;
};

/// TensorFlow's FingerprintCat64: a hash of two hashes, in this order.
std::uint64_t joined(std::uint64_t one, std::uint64_t other) {
  constexpr std::uint64_t kFactor = 0xc6a4a7935bd1e995u;
  const auto mixed = [](std::uint64_t value) { return value ^ value >> 47; };
  std::uint64_t result = one ^ kFactor;
  result ^= mixed(other * kFactor) * kFactor;
  result *= kFactor;
  return mixed(mixed(result) * kFactor);
}

class CrossHashOp final : public Op {
 public:
  explicit CrossHashOp(std::int64_t count) : count_(count) {}

  std::string kind() const override { return "cross_hash"; }
  std::string attributes() const override { return fmt::format("{}", count_); }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>& has_items) const override {
    return std::ranges::find(has_items, false) == has_items.end();
  }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    for (const ValueType& other : in)
      if (other.shape != in[0].shape)
        throw Error({.code = "shape-mismatch",
                     .what = fmt::format("{} is crossed with {}", in[0].shape.str(), other.shape.str())});
    return {{in[0].shape, DType::kInt64}};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    std::vector<bool> is_text;
    for (const Operand& operand : in) is_text.push_back(operand.dtype == DType::kString);
    return [is_text, size = out[0].shape.elements(), count = count_](const OpArguments& args) {
      parallel_for(size, kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          std::uint64_t hash = 0xdecafcaffe;  // TensorFlow's default key
          for (std::size_t k = 0; k < is_text.size(); ++k)
            hash = joined(hash, is_text[k] ? farm_hash(args.input<std::string_view>(k)[i])
                                           : static_cast<std::uint64_t>(args.input<std::int64_t>(k)[i]));
          args.output<std::int64_t>()[i] = static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(count));
        }
      });
    };
  }

 private:
  std::int64_t count_;
};

Error unhashable(DType dtype, const char* wanted) {
  return Error({.code = "type-mismatch", .what = fmt::format("{} cannot be hashed, {} can", name_of(dtype), wanted)});
}

}  // namespace

std::uint64_t sip_hash(std::string_view text, const std::array<std::uint64_t, 2>& key) {
  SipState state = {.a = key[0] ^ 0x736f6d6570736575u,
                    .b = key[1] ^ 0x646f72616e646f6du,
                    .c = key[0] ^ 0x6c7967656e657261u,
                    .d = key[1] ^ 0x7465646279746573u};
  // Words of 8 bytes, the lowest first; the last one ends with the length.
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << 8 * (i % 8);
    if (i % 8 == 7) {
      state.take(word);
      word = 0;
    }
  }
  state.take(word | static_cast<std::uint64_t>(text.size()) << 56);
  state.c ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

Value hashed(Graph& graph, Value x, const HashOptions& options) {
  const DType dtype = graph.dtype(x);
  if (dtype == DType::kBool) throw unhashable(dtype, "texts and numbers");
  if (is_integer(dtype)) x = cast(graph, x, DType::kInt64);
  if (is_floating(dtype)) x = cast(graph, x, DType::kFloat64);
  return graph.apply(std::make_shared<HashOp>(options), {x});
}

Value cross_hashed(Graph& graph, std::vector<Value> inputs, std::int64_t count) {
  for (Value& input : inputs) {
    const DType dtype = graph.dtype(input);
    if (dtype == DType::kString) continue;
    if (!is_integer(dtype)) throw unhashable(dtype, "texts and whole numbers");
    input = cast(graph, input, DType::kInt64);
  }
  return graph.apply(std::make_shared<CrossHashOp>(count), std::move(inputs));
}

}  // namespace kerascope::ops
