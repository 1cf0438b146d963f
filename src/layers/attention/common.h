// What the attention layers share.
#pragma once

#include "layers/build.h"

namespace kerascope::layers {

/// Inserts an axis of size 1 at a place that is counted from the end of the new shape.
Value with_axis(Graph& graph, Value x, int place);

/// Bools (1, T, S), true if step t of the query may attend to step s.
Value allowed_steps(Graph& graph, std::int64_t queries, std::int64_t keys,
                    const std::function<bool(std::int64_t t, std::int64_t s)>& may_look);
/// The same for steps that see none that come later.
Value earlier_steps(Graph& graph, std::int64_t queries, std::int64_t keys);

/// scores - 1e9 where the mask does not allow: a row that is masked as a whole keeps its softmax.
Value lowered(Build& b, Value scores, Value mask);

/// The scores as they weigh the values: in the training phase some are dropped.
Value with_dropout(Build& b, Value scores, float dropout);

}  // namespace kerascope::layers
