#include "ops/tokens.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "base/parallel.h"
#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope::ops {
namespace {

using Texts = std::span<const std::string_view>;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

std::string standardized(std::string_view text, const Tokenizer& how) {
  std::string result = how.lower ? text::lower(text) : std::string(text);
  if (how.strip_punctuation) std::erase_if(result, is_punctuation);
  return result;
}

void split_at_whitespace(const std::string& text, std::vector<std::string>& parts) {
  for (auto begin = text.begin();;) {
    begin = std::find_if_not(begin, text.end(), is_space);
    if (begin == text.end()) return;
    const auto end = std::find_if(begin, text.end(), is_space);
    parts.emplace_back(begin, end);
    begin = end;
  }
}

/// Whether some character of UTF-8 begins with these bytes, and has more.
bool begins_character(std::string_view bytes) {
  // Of all bytes that may follow, one of the extreme ones always fits if any does.
  return std::ranges::any_of(std::string_view("\x80\xbf"), [&](char next) {
    const text::Character whole = text::first_character(std::string(bytes) + std::string(3, next));
    return whole.valid && whole.length > bytes.size();
  });
}

/// As ICU does it: the longest beginning of a character that does not go on is replaced by U+FFFD.
void split_into_characters(std::string_view rest, std::vector<std::string>& parts) {
  while (!rest.empty()) {
    const text::Character first = text::first_character(rest);
    std::size_t length = first.length;
    if (!first.valid)
      for (length = std::min<std::size_t>(3, rest.size()); length > 1; --length)
        if (begins_character(rest.substr(0, length))) break;
    parts.emplace_back(first.valid ? rest.substr(0, length) : "\xef\xbf\xbd");
    rest.remove_prefix(length);
  }
}

std::vector<std::string> parts_of(Texts row, const Tokenizer& how) {
  std::vector<std::string> parts;
  for (const std::string_view text : row) {
    std::string standard = standardized(text, how);
    if (how.split == Tokenizer::Split::kWhitespace)
      split_at_whitespace(standard, parts);
    else if (how.split == Tokenizer::Split::kCharacter)
      split_into_characters(standard, parts);
    else
      parts.push_back(std::move(standard));
  }
  return parts;
}

/// Calls use(width) for each width of n-grams that `count` parts have.
void for_each_width(const Tokenizer& how, std::int64_t count, auto use) {
  if (how.most_ngrams)
    for (std::int64_t width = 1; width <= std::min(*how.most_ngrams, count); ++width) use(width);
  for (const std::int64_t width : how.ngram_widths)
    if (width <= count) use(width);
}

/// Calls use(token) for each token of a row, in Keras's order, until it returns false.
void for_each_token(Texts row, const Tokenizer& how, auto use) {
  const std::vector<std::string> parts = parts_of(row, how);
  if (!how.makes_ngrams()) {
    for (const std::string& part : parts)
      if (!use(part)) return;
    return;
  }
  bool goes_on = true;
  for_each_width(how, std::ssize(parts), [&](std::int64_t width) {
    for (auto part = parts.begin(); goes_on && parts.end() - part >= width; ++part) {
      parallel::poll();
      goes_on = use(fmt::format("{}", fmt::join(part, part + width, " ")));
    }
  });
}

class TokensOp : public Op {
 public:
  TokensOp(Tokenizer tokenizer, const Vocabulary& vocabulary, std::int64_t other)
      : tokenizer_(std::move(tokenizer)), vocabulary_(vocabulary), other_(other) {
    KERASCOPE_CHECK(vocabulary_.tokens.size() == std::ssize(vocabulary_.numbers));
  }
  bool takes_float32() const final { return false; }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>&) const final { return in[0].rank() > 1; }

 protected:
  /// Views of the vocabulary's texts, which `owner` keeps.
  struct Table {
    std::unordered_map<std::string_view, std::int64_t> numbers;
    Tensor owner;
    std::int64_t other;

    std::int64_t number_of(std::string_view token) const {
      const auto found = numbers.find(token);
      return found == numbers.end() ? other : found->second;
    }
  };
  std::shared_ptr<const Table> table() const {
    auto table = std::make_shared<Table>();
    table->owner = vocabulary_.tokens;
    table->other = other_;
    const Texts tokens = vocabulary_.tokens.elements<std::string_view>();
    for (std::size_t i = 0; i < tokens.size(); ++i) table->numbers[tokens[i]] = vocabulary_.numbers[i];
    return table;
  }
  std::string described(std::int64_t size) const {
    return fmt::format("{} entries, {}", vocabulary_.numbers.size(), size);
  }

  /// The texts' shape with another size of the last axis.
  static Shape with_last(std::span<const ValueType> in, std::int64_t size) {
    if (in[0].dtype != DType::kString || in[0].shape.rank() < 1)
      throw Error(
          {.code = "type-mismatch",
           .what = fmt::format("tokens are made of texts, not of {} {}", name_of(in[0].dtype), in[0].shape.str())});
    Shape out = in[0].shape;
    out[out.rank() - 1] = size;
    return out;
  }

  Tokenizer tokenizer_;

 private:
  Vocabulary vocabulary_;
  std::int64_t other_;
};

/// Calls compute(row, its index) for each row of T texts.
OpKernel by_texts(const Shape& texts, auto compute) {
  const std::int64_t length = texts[texts.rank() - 1], rows = texts.elements(0, texts.rank() - 1);
  return [=](const OpArguments& args) {
    const auto* const x = args.input<std::string_view>(0);
    parallel_for(rows, 8, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row)
        compute(args, Texts(x + row * length, static_cast<std::size_t>(length)), row);
    });
  };
}

class TokenNumbersOp final : public TokensOp {
 public:
  TokenNumbersOp(const Tokenizer& tokenizer, const Vocabulary& vocabulary, std::int64_t other, std::int64_t length)
      : TokensOp(tokenizer, vocabulary, other), length_(length) {}
  std::string kind() const override { return "token_numbers"; }
  std::string attributes() const override { return described(length_); }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    return {{with_last(in, length_), DType::kInt64}};
  }
  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType>) const override {
    return by_texts(in[0].shape, [table = table(), how = tokenizer_, length = length_](const OpArguments& args,
                                                                                       Texts texts, std::int64_t row) {
      auto* next = args.output<std::int64_t>() + row * length;
      auto* const end = next + length;
      for_each_token(texts, how, [&](std::string_view token) {
        if (next != end) *next++ = table->number_of(token);
        return next != end;
      });
      std::fill(next, end, 0);
    });
  }

 private:
  std::int64_t length_;
};

class TokenCountsOp final : public TokensOp {
 public:
  TokenCountsOp(const Tokenizer& tokenizer, const Vocabulary& vocabulary, std::int64_t other,
                const CategoriesOptions& options)
      : TokensOp(tokenizer, vocabulary, other), options_(options) {}
  std::string kind() const override { return "token_counts"; }
  std::string attributes() const override { return described(options_.depth); }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    return {{with_last(in, options_.depth)}};
  }
  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType>) const override {
    return by_texts(in[0].shape, [table = table(), how = tokenizer_, options = options_](
                                     const OpArguments& args, Texts texts, std::int64_t row) {
      float* const counts = args.out + row * options.depth;
      std::fill_n(counts, options.depth, 0.0f);
      for_each_token(texts, how, [&](std::string_view token) {
        const std::int64_t number = table->number_of(token);
        if (number >= 0 && number < options.depth) counts[number] = options.counts ? counts[number] + 1 : 1;
        return true;
      });
    });
  }

 private:
  CategoriesOptions options_;
};

}  // namespace

std::int64_t Tokenizer::tokens_of(std::int64_t parts) const {
  if (!makes_ngrams()) return parts;
  std::int64_t tokens = 0;
  for_each_width(*this, parts, [&](std::int64_t width) { tokens += parts - width + 1; });
  return tokens;
}

std::int64_t Tokenizer::most_tokens(const Tensor& texts) const {
  const Shape& shape = texts.shape();
  const std::int64_t length = shape[shape.rank() - 1];
  std::int64_t most = 0;
  for (std::int64_t begin = 0; begin < texts.size(); begin += length) {
    const Texts row =
        texts.elements<std::string_view>().subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(length));
    most = std::max(most, tokens_of(std::ssize(parts_of(row, *this))));
  }
  return most;
}

Value token_numbers(Graph& graph, Value texts, const Tokenizer& tokenizer, const Vocabulary& vocabulary,
                    std::int64_t other, std::int64_t length) {
  return graph.apply(std::make_shared<TokenNumbersOp>(tokenizer, vocabulary, other, length), {texts});
}

Value token_counts(Graph& graph, Value texts, const Tokenizer& tokenizer, const Vocabulary& vocabulary,
                   std::int64_t other, const CategoriesOptions& options) {
  return graph.apply(std::make_shared<TokenCountsOp>(tokenizer, vocabulary, other, options), {texts});
}

}  // namespace kerascope::ops
