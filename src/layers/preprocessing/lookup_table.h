// What TextVectorization shares with StringLookup.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "kerascope/layers/preprocessing.h"
#include "layers/build.h"
#include "ops/lookup.h"

namespace kerascope::layers {

std::span<const std::string_view> names_of(LookupMode);

/// The numbers of a StringLookup's tokens.
struct LookupTable {
  ops::Vocabulary vocabulary;             ///< in vectors the mask token has -1
  std::int64_t oov = 0;                   ///< the number of the first out-of-vocabulary token
  std::int64_t depth = 0;                 ///< of vectors
  std::optional<Value> idf_weights = {};  ///< (depth), of kTfIdf
};
/// @throws Error{config-type, layer-unsupported} if its arguments do not fit or it has no vocabulary
LookupTable lookup_table(const StringLookup& layer, Build& b);

/// Reads or writes an output mode, also as Keras 2 called them.
void output_mode_field(LookupMode& mode, auto& field) {
  if (field.raw("output_mode") == "binary")
    mode = LookupMode::kMultiHot;
  else if (field.raw("output_mode") == "tf-idf")
    mode = LookupMode::kTfIdf;
  else
    field("output_mode", mode);
}

}  // namespace kerascope::layers
