// Texts -> the numbers of their tokens, or one vector per text. (N) or (N, 1) -> (N, T) or (N, tokens)
#include "layers/preprocessing/encoded.h"
#include "layers/preprocessing/lookup_table.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/binary.h"
#include "ops/reshape.h"
#include "ops/tokens.h"

namespace kerascope::layers {

using Standardize = TextVectorization::Standardize;
using Split = TextVectorization::Split;

std::span<const std::string_view> names_of(Standardize) {
  static constexpr std::array<std::string_view, 3> kNames = {"lower_and_strip_punctuation", "lower",
                                                             "strip_punctuation"};
  return kNames;
}
std::span<const std::string_view> names_of(Split) {
  static constexpr std::array<std::string_view, 2> kNames = {"whitespace", "character"};
  return kNames;
}

namespace {

/// One of Keras's names, or none. @throws Error{layer-unsupported} for a function
void name_or_none(const char* key, auto& value, auto& field) {
  const Json& given = field.raw(key);
  if (member(given, "class_name").is_string())
    throw Error(
        {.code = "layer-unsupported",
         .what = fmt::format("'{}' of a TextVectorization is the Python function '{}', which Kerascope cannot run", key,
                             text_or(given, "config", ""))});
  field.or_none(key, value);
}

ops::Tokenizer tokenizer_of(const TextVectorization& layer) {
  const auto& standardize = layer.standardize;
  ops::Tokenizer tokenizer = {
      .lower = standardize && *standardize != Standardize::kStripPunctuation,
      .strip_punctuation = standardize && *standardize != Standardize::kLower,
      .split = !layer.split                         ? ops::Tokenizer::Split::kNone
               : *layer.split == Split::kWhitespace ? ops::Tokenizer::Split::kWhitespace
                                                    : ops::Tokenizer::Split::kCharacter,
  };
  if (layer.ngrams && layer.ngrams->index() == 0) tokenizer.most_ngrams = std::get<0>(*layer.ngrams);
  if (layer.ngrams && layer.ngrams->index() == 1) tokenizer.ngram_widths = std::get<1>(*layer.ngrams);
  return tokenizer;
}

void check(const TextVectorization& layer, const ops::Tokenizer& tokenizer, const Build& b) {
  require_dense(b, "sparse");
  require_dense(b, "ragged");
  b.require_at_least(1, "ngrams", tokenizer.most_ngrams.value_or(1));
  for (const std::int64_t width : tokenizer.ngram_widths) b.require_at_least(1, "ngrams", width);
  b.require_at_least(0, "output_sequence_length", layer.output_sequence_length.value_or(0));
  if (layer.output_sequence_length && layer.output_mode != LookupMode::kInt)
    b.refuse("output_sequence_length", std::to_string(*layer.output_sequence_length), "none, as vectors have no steps");
  const Json& config = b.layer().config;
  if (layer.output_mode == LookupMode::kOneHot || (config.contains("output_mode") && config["output_mode"].is_null()))
    b.fail("layer-unsupported",
           fmt::format("layer '{}' ({}) gives a ragged tensor, and Kerascope computes dense ones only", b.layer().name,
                       b.layer().class_name));
}

}  // namespace

void fields(of<TextVectorization> auto& layer, auto&& field) {
  field("max_tokens", layer.max_tokens);
  name_or_none("standardize", layer.standardize, field);
  name_or_none("split", layer.split, field);
  number_or("ngrams", layer.ngrams, field);
  output_mode_field(layer.output_mode, field);
  field("output_sequence_length", layer.output_sequence_length);
  field("pad_to_max_tokens", layer.pad_to_max_tokens);
  field("vocabulary", layer.vocabulary);
  field("idf_weights", layer.idf_weights);
  field.ignored("sparse");  // require_dense reads these
  field.ignored("ragged");
  field.ignored("encoding");
  field.ignored("vocabulary_size");
  field.ignored("has_input_vocabulary");
}

Outputs build(const TextVectorization& layer, Build& b) {
  const ops::Tokenizer tokenizer = tokenizer_of(layer);
  check(layer, tokenizer, b);
  const LookupTable table = lookup_table({.max_tokens = layer.max_tokens,
                                          .mask_token = "",
                                          .vocabulary = layer.vocabulary,
                                          .idf_weights = layer.idf_weights,
                                          .output_mode = layer.output_mode,
                                          .pad_to_max_tokens = layer.pad_to_max_tokens},
                                         b);
  const bool gives_numbers = layer.output_mode == LookupMode::kInt;
  Value x = b.input();
  std::vector<std::int64_t> sizes = b.shape().sizes();
  const bool is_flat = sizes.size() == 1;  // (N)
  if (layer.split ? !is_flat && sizes.back() != 1
                  : is_flat && (!gives_numbers || layer.output_sequence_length || tokenizer.makes_ngrams()))
    b.fail("shape-mismatch",
           fmt::format("layer '{}' ({}) needs {} and gets {}", b.layer().name, b.layer().class_name,
                       layer.split ? "one text per sample, (N) or (N, 1)," : "texts of shape (N, T)", b.shape().str()));
  if (!gives_numbers && sizes.size() > 2)
    b.fail("shape-rank", fmt::format("layer '{}' ({}) makes vectors of texts of 2 axes and gets {}", b.layer().name,
                                     b.layer().class_name, b.shape().str()));
  if (is_flat) {
    sizes.push_back(1);
    x = ops::reshape(b.graph, x, Shape(sizes));
  }
  if (!gives_numbers) {
    const Value counts =
        ops::token_counts(b.graph, x, tokenizer, table.vocabulary, table.oov,
                          {.depth = table.depth, .counts = layer.output_mode != LookupMode::kMultiHot});
    return b.usual(table.idf_weights ? ops::binary(b.graph, counts, *table.idf_weights, ops::Binary::kMultiply)
                                     : counts);
  }
  std::int64_t length = layer.output_sequence_length.value_or(tokenizer.tokens_of(sizes.back()));
  if (layer.split && !layer.output_sequence_length) {
    const Value most = b.by_numbers({x}, [tokenizer](std::span<const Tensor> texts) {
      return std::vector{Tensor::of({1}, std::vector{tokenizer.most_tokens(texts[0])})};
    })[0];
    length = b.graph.node(most).constant.elements<std::int64_t>()[0];
  }
  x = ops::token_numbers(b.graph, x, tokenizer, table.vocabulary, table.oov, length);
  return b.usual(is_flat && !layer.split ? ops::reshape(b.graph, x, b.shape()) : x);
}

const Register<TextVectorization> registered{"TextVectorization"};

}  // namespace kerascope::layers
