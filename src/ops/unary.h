// Elementwise functions of one argument.
#pragma once

#include <string>

#include "ops/graph.h"

namespace kerascope::ops {

/// Elementwise functions of one argument, formulas in unary.cc. a and b are parameters of some of them.
enum class Unary {
  kRelu,  ///< Keras: x > threshold ? min(x, max) : slope * (x - threshold); at the threshold itself 0
  kSigmoid,
  kTanh,
  kSilu,  ///< x * sigmoid(x)
  kElu,   ///< a: alpha
  kSelu,
  kCelu,  ///< a: alpha
  kExp,
  kGeluExact,  ///< with erf
  kGeluTanh,
  kHardSigmoid,     ///< Keras 3: relu6(x + 3) / 6
  kHardSigmoidOld,  ///< Keras 1 and 2: clip(0.2 x + 0.5, 0, 1)
  kHardSilu,        ///< x * relu6(x + 3) / 6
  kHardTanh,        ///< clip(x, -1, 1)
  kHardShrink,      ///< a: threshold; |x| <= a ? 0 : x
  kSoftShrink,      ///< a: threshold
  kTanhShrink,      ///< x - tanh(x)
  kLogSigmoid,
  kMish,
  kSoftplus,
  kSoftsign,
  kSparsePlus,
  kSparseSigmoid,
  kSquareplus,  ///< a: b of the formula, 4
  kThreshold,   ///< a: threshold, b: value; x > a ? x : b
  kSqrt,
  kRsqrt,
  kSquare,
  kAbs,
  kNegative,
  kLog,
  kSin,
  kCos,
  kTan,
  kArcsin,
  kArccos,
  kArctan,
  kSinh,
  kCosh,
  kArcsinh,
  kArccosh,
  kArctanh,
  kExp2,
  kExpm1,
  kLog1p,
  kLog2,
  kLog10,
  kFloor,
  kCeil,
  kRound,  ///< halves to the even neighbour
  kTrunc,
  kSign,
  kCbrt,
  kErf,
  kErfc,
  kErfinv,
  kSinc,    ///< sin(pi x) / (pi x)
  kI0,      ///< the modified Bessel function of order 0
  kAffine,  ///< a * x + b, in one rounding step each
};
struct UnaryOptions {
  float a = 0, b = 0;
  /// kRelu only. max_value: infinity for none.
  float max_value = __builtin_huge_valf(), negative_slope = 0, threshold = 0;
};
/// The function's name, as in describe() and messages: "relu".
std::string name(Unary function);
/// Of integers the square, the negative, the absolute value, the sign, kRound, kTrunc and a plain kRelu stay integers;
/// all else is float32.
Value unary(Graph& graph, Value x, Unary function, const UnaryOptions& options = {});

}  // namespace kerascope::ops
