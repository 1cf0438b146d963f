// Nodes of functional models that are operations rather than layers: x * 2, keras.ops.mean(x), tf.nn.relu6(x).
#pragma once

#include "layers/build.h"
#include "layers/fields.h"

namespace kerascope::operations {

/// The output of one call of an operation node.
/// @throws Error{layer-unknown} for an operation that is not registered, {layer-unsupported} for an argument that is.
Outputs build_call(const Call& call, Build& b);

/// A function of keras.ops of one tensor by its name there: "sin"(x). Nothing if there is none.
std::optional<Value> function_of(Build& b, Value x, std::string_view name);

/// An argument that is a tensor, or a constant taken as one.
/// @throws Error{config-missing, config-type} naming the parameter.
Value tensor(FieldReader& arguments, const char* parameter, Build& b);
/// The same for a list.
std::vector<Value> tensors(FieldReader& arguments, const char* parameter, Build& b);

/// Nothing for null, Python's None.
std::optional<Value> tensor_or_none(FieldReader& arguments, const char* parameter, Build& b);
/// The numbers of an argument that do not depend on the model's input, only on its shape; nothing for null.
/// @throws Error{layer-unsupported} if they do depend on it
std::optional<Tensor> known_tensor(FieldReader& arguments, const char* parameter, Build& b);
/// The same for whole numbers, one or several; null within a list is -1.
/// @throws Error{config-type} also if they depend on the input
std::optional<std::vector<std::int64_t>> whole_numbers(FieldReader& arguments, const char* parameter, Build& b);
/// @throws Error{config-missing} also for null
std::vector<std::int64_t> required_numbers(FieldReader& arguments, const char* parameter, Build& b);
std::int64_t whole_number(FieldReader& arguments, const char* parameter, Build& b, std::int64_t otherwise);
/// A type of numbers by its name; those of floats are all computed in float32.
DType dtype_argument(FieldReader& arguments, const char* parameter, DType otherwise);

/// The axes of an argument, counted from 0: a number or a list; all of them where it is missing.
std::vector<int> axes(FieldReader& arguments, const char* parameter, Build& b, int rank);

/// The roles of a tensor's axes without the batch's: those of an input of the same rank, or the usual ones.
std::string roles_of(Build& b, Value value);
/// An output with these roles.
Outputs output(Build& b, Value value);

}  // namespace kerascope::operations
