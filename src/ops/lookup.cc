#include "ops/lookup.h"

#include <fmt/format.h>

#include <unordered_map>

#include "base/check.h"
#include "kerascope/error.h"
#include "ops/cast.h"
#include "ops/hash.h"

namespace kerascope::ops {
namespace {

/// Element by element.
class LookupOp : public Op {
 public:
  explicit LookupOp(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {
    KERASCOPE_CHECK(vocabulary_.tokens.size() == std::ssize(vocabulary_.numbers));
  }
  std::string attributes() const final { return fmt::format("{} entries", vocabulary_.numbers.size()); }
  bool takes_float32() const final { return false; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const final { return true; }

 protected:
  Vocabulary vocabulary_;
};

class NumberOfToken final : public LookupOp {
 public:
  NumberOfToken(Vocabulary vocabulary, const OutOfVocabulary& others)
      : LookupOp(std::move(vocabulary)), others_(others) {}
  std::string kind() const override { return "number_of_token"; }

  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    if (in[0].dtype != vocabulary_.tokens.dtype())
      throw Error({.code = "type-mismatch",
                   .what = fmt::format("{} is looked up in a vocabulary of {}", name_of(in[0].dtype),
                                       name_of(vocabulary_.tokens.dtype()))});
    return {{in[0].shape, DType::kInt64}};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType>) const override {
    return in[0].dtype == DType::kString ? of<std::string_view>(in[0].shape) : of<std::int64_t>(in[0].shape);
  }

 private:
  template <typename Token>
  OpKernel of(const Shape& shape) const {
    const auto table = std::make_shared<std::unordered_map<Token, std::int64_t>>();
    const auto tokens = vocabulary_.tokens.elements<Token>();
    for (std::size_t i = 0; i < tokens.size(); ++i) (*table)[tokens[i]] = vocabulary_.numbers[i];
    // The table's keys are views of the vocabulary's texts.
    return [table, owner = vocabulary_.tokens, others = others_, count = shape.elements()](const OpArguments& args) {
      const Token* const x = args.input<Token>(0);
      for (std::int64_t i = 0; i < count; ++i) {
        const auto found = table->find(x[i]);
        args.output<std::int64_t>()[i] = found == table->end() ? number_of_other(x[i], others) : found->second;
      }
    };
  }

  template <typename Token>
  static std::int64_t number_of_other(const Token& token, const OutOfVocabulary& others) {
    if (others.count == 0)
      throw Error(
          {.code = "token-unknown",
           .what = fmt::format("'{}' is not in the vocabulary, and the layer has no number for other tokens", token),
           .hint = "feed tokens of the vocabulary only"});
    if (others.count == 1) return others.first;
    if constexpr (std::is_same_v<Token, std::int64_t>) {
      if (others.hash == OutOfVocabulary::Hash::kModulo) {
        const std::int64_t rest = token % others.count;
        return others.first + (rest < 0 ? rest + others.count : rest);
      }
      return others.first + bucket(std::to_string(token), others.count);
    } else {
      return others.first + bucket(token, others.count);
    }
  }
  static std::int64_t bucket(std::string_view text, std::int64_t count) {
    return static_cast<std::int64_t>(farm_hash(text) % static_cast<std::uint64_t>(count));
  }

  OutOfVocabulary others_;
};

class TokenOfNumber final : public LookupOp {
 public:
  TokenOfNumber(Vocabulary vocabulary, Tensor otherwise)
      : LookupOp(std::move(vocabulary)), otherwise_(std::move(otherwise)) {
    KERASCOPE_CHECK(otherwise_.size() == 1 && otherwise_.dtype() == vocabulary_.tokens.dtype());
  }
  std::string kind() const override { return "token_of_number"; }

  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    return {{in[0].shape, vocabulary_.tokens.dtype()}};
  }

  OpKernel kernel(const Session&, std::span<const Operand>, std::span<const ValueType> out) const override {
    return out[0].dtype == DType::kString ? of<std::string_view>(out[0].shape) : of<std::int64_t>(out[0].shape);
  }

 private:
  template <typename Token>
  OpKernel of(const Shape& shape) const {
    const auto table = std::make_shared<std::unordered_map<std::int64_t, Token>>();
    const auto tokens = vocabulary_.tokens.elements<Token>();
    for (std::size_t i = 0; i < tokens.size(); ++i) (*table)[vocabulary_.numbers[i]] = tokens[i];
    return
        [table, owner = vocabulary_.tokens, otherwise = otherwise_, count = shape.elements()](const OpArguments& args) {
          const auto* const x = args.input<std::int64_t>(0);
          for (std::int64_t i = 0; i < count; ++i) {
            const auto found = table->find(x[i]);
            args.output<Token>()[i] = found == table->end() ? otherwise.elements<Token>()[0] : found->second;
          }
        };
  }

  Tensor otherwise_;
};

}  // namespace

Value number_of_token(Graph& graph, Value tokens, Vocabulary vocabulary, const OutOfVocabulary& others) {
  if (graph.dtype(tokens) != DType::kString) tokens = cast(graph, tokens, DType::kInt64);
  return graph.apply(std::make_shared<NumberOfToken>(std::move(vocabulary), others), {tokens});
}

Value token_of_number(Graph& graph, Value numbers, Vocabulary vocabulary, Tensor otherwise) {
  return graph.apply(std::make_shared<TokenOfNumber>(std::move(vocabulary), std::move(otherwise)),
                     {cast(graph, numbers, DType::kInt64)});
}

}  // namespace kerascope::ops
