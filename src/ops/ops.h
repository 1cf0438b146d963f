// The verbs: each adds one op to a graph and gives its value. Shapes are batch first, channels last.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "kerascope/interpolation.h"
#include "ops/graph.h"

namespace kerascope::ops {

/// kCausal: all padding comes first, so that no output sees what lies after it.
enum class Padding { kValid, kSame, kCausal };

/// Sizes along the spatial axes, as many as the op has of them.
using Spatial = std::vector<std::int64_t>;

struct ConvOptions {
  Spatial strides;    ///< empty: all 1
  Spatial dilations;  ///< empty: all 1; counted as Keras counts, 1 is dense
  Padding padding = Padding::kValid;
  std::int64_t groups = 1;
};
/// (N, spatial.., C) with kernel (spatial.., C/groups, O) and bias (O) -> (N, spatial.., O). 1 to 3 spatial axes.
/// Correlates, as TensorFlow does. Output channel o belongs to group o / (O/groups).
Value conv(Graph& graph, Value x, Value kernel, std::optional<Value> bias, const ConvOptions& options);
/// (N, spatial.., C) with kernel (spatial.., C, M) and bias (C*M) -> (N, spatial.., C*M); output channel c*M + m.
/// options.groups is not used.
Value depthwise_conv(Graph& graph, Value x, Value kernel, std::optional<Value> bias, const ConvOptions& options);

struct ConvTransposeOptions {
  Spatial strides;                    ///< empty: all 1
  Spatial dilations;                  ///< empty: all 1
  Padding padding = Padding::kValid;  ///< or kSame
  /// Less than the strides; which of the sizes that a convolution would bring to the input's comes out. Without it the
  /// input's size times the stride, with kValid as much more as the kernel reaches further.
  std::optional<Spatial> output_padding;
};
/// (N, spatial.., C) with kernel (spatial.., O, C) and bias (O) -> (N, spatial.., O): each number of x adds itself
/// times the kernel to the output, a stride apart. 1 to 3 spatial axes.
Value conv_transpose(Graph& graph, Value x, Value kernel, std::optional<Value> bias,
                     const ConvTransposeOptions& options);

/// (..., I) with kernel (I, O) and bias (O) -> (..., O).
Value dense(Graph& graph, Value x, Value kernel, std::optional<Value> bias);

enum class PoolKind { kMax, kAverage };
struct PoolOptions {
  Spatial size;
  Spatial strides;  ///< empty: as size
  Padding padding = Padding::kValid;
};
/// (N, spatial.., C) -> (N, spatial.., C). Padding counts neither for the maximum nor for the average's divisor.
Value pool(Graph& graph, Value x, PoolKind kind, const PoolOptions& options);

/// (N, spatial.., C) -> (N, out.., C): along an axis of `in` numbers, window i of `out` reaches from i * in / out,
/// rounded down, to (i + 1) * in / out, rounded up.
Value adaptive_pool(Graph& graph, Value x, PoolKind kind, const Spatial& out);

enum class Reduction { kMean, kMax, kSum };
/// Reduces over `axes` (each from 0), which vanish or, with keepdims, become 1.
struct ReduceOptions {
  std::vector<int> axes;
  bool keepdims = false;
};
Value reduce(Graph& graph, Value x, Reduction reduction, const ReduceOptions& options);

struct BatchNormOptions {
  int axis = -1;  ///< the channel axis
  float epsilon = 1e-3f;
};
/// (x - mean) / sqrt(variance + epsilon) * gamma + beta over the channel axis; gamma and beta may be missing.
struct BatchNormWeights {
  std::optional<Value> gamma, beta;
  Value mean, variance;
};
Value batch_norm(Graph& graph, Value x, const BatchNormWeights& weights, const BatchNormOptions& options);
/// The same with the batch's own mean and biased variance over all axes but the channel's.
Value batch_norm_training(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
                          const BatchNormOptions& options);
/// How a value was made by batch_norm(); nothing where it was made otherwise.
struct BatchNormUse {
  Value x, mean, variance;
  BatchNormOptions options;
};
std::optional<BatchNormUse> batch_norm_use(const Graph& graph, Value value);

/// As batch_norm_training, but of each item alone, and `groups` neighbouring channels share their mean and variance.
struct GroupNormOptions {
  int axis = -1;  ///< the channel axis
  std::int64_t groups = 1;
  float epsilon = 1e-3f;
};
Value group_norm(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
                 const GroupNormOptions& options);

/// What the numbers of a row are divided by.
enum class RowNorm {
  kStandard,        ///< by sqrt(variance + epsilon), the mean taken off before: layer normalization
  kDeviation,       ///< by sqrt(variance + epsilon), the mean left in
  kRootMeanSquare,  ///< by sqrt(mean of squares + epsilon)
  kLength,          ///< by sqrt(sum of squares), at least epsilon
};
/// The last `axes` axes together are a row.
struct RowNormOptions {
  RowNorm norm = RowNorm::kStandard;
  int axes = 1;
  float epsilon = 1e-3f;
};
/// Then each row times gamma plus beta, of those axes' shape, if there are any.
Value row_norm(Graph& graph, Value x, std::optional<Value> gamma, std::optional<Value> beta,
               const RowNormOptions& options);

/// Elementwise functions of one argument; see unary.cc for the formula of each. a and b are the function's
/// parameters where it has some.
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
  kAffine,  ///< a * x + b, in one rounding step each
};
struct UnaryOptions {
  float a = 0, b = 0;
  /// kRelu only. max_value: infinity for none.
  float max_value = __builtin_huge_valf(), negative_slope = 0, threshold = 0;
};
/// The function's name, as in describe() and messages: "relu".
std::string name(Unary function);
Value unary(Graph& graph, Value x, Unary function, const UnaryOptions& options = {});

enum class Binary {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kMaximum,
  kMinimum,
  kPower,
  kPrelu,  ///< max(left, 0) - right * max(-left, 0)
};
/// NumPy's broadcasting.
Value binary(Graph& graph, Value left, Value right, Binary function);

Value softmax(Graph& graph, Value x, int axis = -1);
Value log_softmax(Graph& graph, Value x, int axis = -1);
Value sparsemax(Graph& graph, Value x, int axis = -1);
/// Splits the axis in two halves: first * sigmoid(second).
Value glu(Graph& graph, Value x, int axis = -1);

Value concatenate(Graph& graph, const std::vector<Value>& parts, int axis);

/// before and after for every axis, batch included; what is added is `fill`.
struct PadOptions {
  std::vector<std::array<std::int64_t, 2>> sizes;
  float fill = 0;
};
Value pad(Graph& graph, Value x, const PadOptions& options);

/// `size` positions from `start` on, `step` apart; a negative step walks backwards.
struct SliceAxis {
  std::int64_t start = 0, size = 0, step = 1;
};
/// One entry for every axis, batch included.
Value slice(Graph& graph, Value x, std::vector<SliceAxis> axes);

/// Interpolates along each axis that is named with its new size, as tf.image.resize does.
struct ResizeOptions {
  struct AxisSize {
    int axis;
    std::int64_t size;
  };
  std::vector<AxisSize> sizes;
  Interpolation interpolation = Interpolation::kNearest;
  bool antialias = false;  ///< where an axis shrinks, every number of it counts
};
Value resize(Graph& graph, Value x, const ResizeOptions& options);

/// (.., T) -> (.., depth): 1 where one of the T whole numbers is the place's; what lies outside is passed over.
struct CategoriesOptions {
  std::int64_t depth = 1;
  bool counts = false;  ///< how often it is, or the sum of its weights
};
/// @param weights  (.., T), of the numbers; counts only
Value categories(Graph& graph, Value x, std::optional<Value> weights, const CategoriesOptions& options);

/// (N, H, W, C): each channel of each picture is stretched from its own range to [low, high]; a constant one stays.
Value auto_contrast(Graph& graph, Value x, float low, float high);

/// Contrast limited adaptive histogram equalization: (N, H, W, C), each channel by itself.
struct ClaheOptions {
  std::array<std::int64_t, 2> tiles = {8, 8};  ///< down and across
  float clip_limit = 4;                        ///< how many times a level may be commoner than the mean; 0: any number
  float low = 0, high = 255;                   ///< the pictures' range
};
Value clahe(Graph& graph, Value x, const ClaheOptions& options);

/// Which operands have their last two axes the other way round: (B.., K, M), (B.., O, K).
struct MatmulOptions {
  bool transpose_left = false, transpose_right = false;
};
/// (B.., M, K) by (B.., K, O) -> (B.., M, O), matrix by matrix; the axes before the last two broadcast as NumPy's.
Value matmul(Graph& graph, Value left, Value right, const MatmulOptions& options = {});

/// axes[i] is the input's axis that becomes axis i, as numpy.transpose. A view where no number moves.
Value transpose(Graph& graph, Value x, std::vector<int> axes);
/// A view: the same numbers, another shape of as many elements.
Value reshape(Graph& graph, Value x, Shape shape);
/// The shape of `elements` numbers that is meant by one in which a single -1 takes what remains; empty where there is
/// none.
std::optional<Shape> completed_shape(Shape wanted, std::int64_t elements);

enum class Distribution {
  kKeepMask,  ///< 1 / (1 - a) with probability 1 - a, else 0: Dropout's factor with a = rate
  kNormal,    ///< mean a, standard deviation b
};
/// Random numbers that depend only on (the run's seed, key, position): neither taps nor threads change them.
struct RandomOptions {
  Distribution distribution = Distribution::kKeepMask;
  float a = 0, b = 0;
  std::uint64_t key = 0;
};
Value random(Graph& graph, Shape shape, const RandomOptions& options);

}  // namespace kerascope::ops
