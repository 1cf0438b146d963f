// Nodes of functional models that are operations rather than layers: x * 2, keras.ops.mean(x), tf.nn.relu6(x).
#pragma once

#include "layers/build.h"
#include "layers/fields.h"

namespace kerascope::operations {

/// The output of one call of an operation node.
/// @throws Error{layer-unknown} for an operation that is not registered, {layer-unsupported} for an argument that is.
Outputs build_call(const Call& call, Build& b);

/// An argument that is a tensor, or a constant taken as one.
/// @throws Error{config-missing, config-type} naming the parameter.
Value tensor(FieldReader& arguments, const char* parameter, Build& b);
/// The same for a list.
std::vector<Value> tensors(FieldReader& arguments, const char* parameter, Build& b);

/// The axes of an argument, counted from 0: a number or a list; all of them where it is missing.
std::vector<int> axes(FieldReader& arguments, const char* parameter, Build& b, int rank);

/// The roles of a tensor's axes without the batch's: those of an input of the same rank, or the usual ones.
std::string roles_of(Build& b, Value value);
/// An output with these roles.
Outputs output(Build& b, Value value);

}  // namespace kerascope::operations
