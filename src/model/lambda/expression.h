// What a Lambda computes, as a tree: arithmetic, comparisons, parts of tensors and calls of named operations, as Python
// writes them. It is data: it has no loops, no assignments and no names of its own, so that nothing in it can be run.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/model.h"

namespace kerascope {

struct Expression {
  enum class Kind {
    kConstant,   ///< `constant`: a number, a bool, a text or null (Python's None)
    kVariable,   ///< `name`: "x", the layer's input or the list of its inputs
    kOperator,   ///< `name` of one or two `parts`: "-", "**", "<="
    kCall,       ///< `name` of a function, its arguments in `parts` and `keywords`
    kSubscript,  ///< parts[0][parts[1]]
    kSlice,      ///< start:stop:step in `parts`, null constants if they are left out; only within a subscript's key
    kEllipsis,   ///< the same
    kList,       ///< a list or a tuple
    kShape,      ///< parts[0].shape
  };
  Kind kind = Kind::kConstant;
  std::string name = {};
  Json constant = {};
  std::vector<Expression> parts = {};
  std::vector<std::pair<std::string, Expression>> keywords = {};

  static Expression number_or_text(Json constant) { return {.kind = Kind::kConstant, .constant = std::move(constant)}; }
  static Expression variable(std::string name) { return {.kind = Kind::kVariable, .name = std::move(name)}; }
  static Expression operation(std::string name, std::vector<Expression> parts) {
    return {.kind = Kind::kOperator, .name = std::move(name), .parts = std::move(parts)};
  }
  static Expression of(Kind kind, std::vector<Expression> parts) { return {.kind = kind, .parts = std::move(parts)}; }

  bool is_null() const { return kind == Kind::kConstant && constant.is_null(); }
  /// As Python writes it, with the fewest parentheses: "x / 127.5 - 1".
  std::string str() const;
};

/// Deeper expressions and larger ones are refused, so that no text and no code from a file costs much.
constexpr int kDeepestExpression = 100, kLargestExpression = 1000;

/// Reads an expression. Its only variables are `variables`, its functions any names with dots: "mean", "tf.nn.relu".
/// @throws Error{expression-invalid} with the place
Expression parse_expression(std::string_view text, const std::vector<std::string>& variables = {"x"});

/// A function as expressions name it: "mean" of keras.ops, "K.mean" of keras.backend, "tf.reduce_mean". Python code
/// reaches them by several paths ("keras.ops.mean", "tensorflow.reduce_mean"). Empty for any other path, because
/// nobody knows what it means.
std::string function_at(std::string_view path);

}  // namespace kerascope
