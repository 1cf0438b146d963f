// Numbers of tokens in a vocabulary, or vectors of them; or back from numbers to tokens. (..) -> (..) or vectors
#include <numeric>
#include <set>

#include "kerascope/layers/preprocessing.h"
#include "layers/preprocessing/encoded.h"
#include "layers/preprocessing/lookup_table.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/binary.h"
#include "ops/lookup.h"

namespace kerascope::layers {

std::span<const std::string_view> names_of(LookupMode) {
  static constexpr std::array<std::string_view, 5> kNames = {"int", "one_hot", "multi_hot", "count", "tf_idf"};
  return kNames;
}
std::span<const std::string_view> names_of(IntegerLookup::OovMethod) {
  static constexpr std::array<std::string_view, 2> kNames = {"floormod", "farmhash"};
  return kNames;
}

namespace {

void lookup_fields(auto& layer, auto& field) {
  field("max_tokens", layer.max_tokens);
  field("num_oov_indices", layer.num_oov_indices);
  field("mask_token", layer.mask_token);
  field("oov_token", layer.oov_token);
  field("vocabulary", layer.vocabulary);
  field("idf_weights", layer.idf_weights);
  field("invert", layer.invert);
  output_mode_field(layer.output_mode, field);
  field("pad_to_max_tokens", layer.pad_to_max_tokens);
  field.ignored("sparse");  // the same numbers, stored without the zeros
  field.ignored("salt");    // table_of reads it
  field.ignored("vocabulary_size");
  field.ignored("has_input_vocabulary");
}

Tensor tensor_of(const std::vector<std::string>& texts) { return Tensor::of({std::ssize(texts)}, texts); }
Tensor tensor_of(const std::vector<std::int64_t>& numbers) { return Tensor::of({std::ssize(numbers)}, numbers); }

/// The layer's vocabulary without the special tokens that Keras put before it, and the numbers of all tokens.
template <typename Token>
struct Numbered {
  std::vector<Token> tokens;
  std::int64_t oov = 0;      ///< the number of the first out-of-vocabulary token
  std::int64_t first = 0;    ///< the number of tokens[0]
  bool has_special = false;  ///< the layer's vocabulary began with those tokens

  std::int64_t size() const { return first + std::ssize(tokens); }
};

template <typename Layer, typename Token>
Numbered<Token> numbered(const Layer& layer, const std::vector<Token>& vocabulary, const Build& b) {
  Numbered<Token> all;
  const bool has_mask = layer.mask_token && layer.output_mode == LookupMode::kInt;
  all.oov = has_mask ? 1 : 0;
  all.first = all.oov + layer.num_oov_indices;
  std::vector<Token> special(static_cast<std::size_t>(all.first), layer.oov_token);
  if (has_mask) special[0] = *layer.mask_token;
  all.has_special =
      vocabulary.size() >= special.size() && std::equal(special.begin(), special.end(), vocabulary.begin());
  all.tokens.assign(vocabulary.begin() + (all.has_special ? std::ssize(special) : 0), vocabulary.end());
  std::set<Token> known;
  for (const Token& token : all.tokens)
    if (!known.insert(token).second)
      b.refuse("vocabulary", fmt::format("one with '{}' twice", token), "distinct tokens");
  if (layer.max_tokens && all.size() > *layer.max_tokens)
    b.refuse("vocabulary", fmt::format("one of {} tokens with the special ones", all.size()),
             fmt::format("of at most {} (max_tokens)", *layer.max_tokens));
  return all;
}

/// The weight of each entry of the vectors, from the config or the file: special tokens have the mean, padding has 0.
template <typename Layer, typename Token>
Value idf_weights(const Layer& layer, const Numbered<Token>& all, std::int64_t depth, Build& b) {
  if (layer.idf_weights.empty()) return b.weight("idf_weights", {depth}, /*trainable=*/false);
  std::vector<float> weights = layer.idf_weights;
  if (weights.size() != layer.vocabulary.size())
    b.refuse("idf_weights", fmt::format("a list of {}", weights.size()),
             fmt::format("one number per token of the vocabulary, {}", layer.vocabulary.size()));
  const double mean = std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
  if (!all.has_special) weights.insert(weights.begin(), static_cast<std::size_t>(all.first), static_cast<float>(mean));
  weights.resize(static_cast<std::size_t>(depth));
  return b.constant({depth}, weights);
}

template <typename Layer>
LookupTable table_of(const Layer& layer, Build& b) {
  b.require_at_least(0, "num_oov_indices", layer.num_oov_indices);
  b.require_at_least(2, "max_tokens", layer.max_tokens.value_or(2));
  if (layer.pad_to_max_tokens && !layer.max_tokens) b.refuse("max_tokens", "none", "a number, which is padded to");
  if (layer.invert && layer.output_mode != LookupMode::kInt) b.refuse("output_mode", "of vectors", "'int' with invert");
  if (layer.vocabulary.empty())
    b.fail("layer-unsupported",
           fmt::format(
               "layer '{}' ({}) has no vocabulary: Keras stores one that it learnt (adapt), or read from a file, in "
               ".keras archives only",
               b.layer().name, b.layer().class_name));
  if (layer.num_oov_indices > 1 && !member(b.layer().config, "salt").is_null())
    b.fail("layer-unsupported",
           fmt::format("layer '{}' ({}) hashes other tokens with a salt, which Kerascope does not yet", b.layer().name,
                       b.layer().class_name));
  const auto all = numbered(layer, layer.vocabulary, b);
  LookupTable table = {
      .vocabulary = {.tokens = {}, .numbers = std::vector<std::int64_t>(all.tokens.size())},
      .oov = all.oov,
      .depth = layer.pad_to_max_tokens ? *layer.max_tokens : all.size(),
  };
  std::iota(table.vocabulary.numbers.begin(), table.vocabulary.numbers.end(), all.first);
  auto tokens = all.tokens;
  if (layer.mask_token) {
    tokens.push_back(*layer.mask_token);
    // Vectors have no entry for the mask token.
    table.vocabulary.numbers.push_back(layer.output_mode == LookupMode::kInt ? 0 : -1);
  }
  table.vocabulary.tokens = tensor_of(tokens);
  if (layer.output_mode == LookupMode::kTfIdf) table.idf_weights = idf_weights(layer, all, table.depth, b);
  return table;
}

template <typename Layer>
Outputs looked_up(const Layer& layer, Build& b, ops::OutOfVocabulary::Hash hash) {
  LookupTable table = table_of(layer, b);
  Value x = b.input();
  if (layer.invert)
    return b.same_axes(
        ops::token_of_number(b.graph, x, std::move(table.vocabulary), tensor_of(std::vector{layer.oov_token})));
  x = ops::number_of_token(b.graph, x, std::move(table.vocabulary),
                           {.first = table.oov, .count = layer.num_oov_indices, .hash = hash});
  if (layer.output_mode == LookupMode::kInt) return b.same_axes(x);
  const CategoryMode mode =
      table.idf_weights ? CategoryMode::kCount : static_cast<CategoryMode>(static_cast<int>(layer.output_mode) - 1);
  Value vectors = encoded(b, x, table.depth, mode);
  if (table.idf_weights) vectors = ops::binary(b.graph, vectors, *table.idf_weights, ops::Binary::kMultiply);
  return b.usual(vectors);
}

}  // namespace

LookupTable lookup_table(const StringLookup& layer, Build& b) { return table_of(layer, b); }

void fields(of<StringLookup> auto& layer, auto&& field) {
  lookup_fields(layer, field);
  field.ignored("encoding");
  field.ignored("oov_method");  // for integers only
}

Outputs build(const StringLookup& layer, Build& b) {
  return looked_up(layer, b, ops::OutOfVocabulary::Hash::kFarmHash);
}

void fields(of<IntegerLookup> auto& layer, auto&& field) {
  lookup_fields(layer, field);
  field.ignored("vocabulary_dtype");
  field("oov_method", layer.oov_method);
}

Outputs build(const IntegerLookup& layer, Build& b) {
  const bool is_hashed = layer.oov_method == IntegerLookup::OovMethod::kFarmhash;
  return looked_up(layer, b, is_hashed ? ops::OutOfVocabulary::Hash::kFarmHash : ops::OutOfVocabulary::Hash::kModulo);
}

const Register<StringLookup> registered_strings{"StringLookup"};
const Register<IntegerLookup> registered_integers{"IntegerLookup"};

}  // namespace kerascope::layers
