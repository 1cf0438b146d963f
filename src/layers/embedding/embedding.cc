// Looks up a vector for each whole number. (N, ..) -> (N, .., output_dim)
#include "layers/embedding/common.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<Embedding> auto& layer, auto&& field) { embedding_fields(layer, field); }

MaskRule mask_rule(const Embedding&) { return MaskRule::kOwn; }

Outputs build(const Embedding& layer, Build& b) { return looked_up(layer, b, embeddings(layer, b)); }

const Register<Embedding> registered{"Embedding"};

}  // namespace kerascope::layers
