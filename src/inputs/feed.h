// Turns files (pictures, folders of pictures, arrays) into a model's inputs.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "inputs/image.h"
#include "model/model.h"

namespace kerascope {

/// A file, or a folder of pictures, for the input of this name; an empty name means the next input in the model's
/// order.
struct InputFile {
  std::string name, path;
};

struct Fed {
  std::int64_t batch = 0;          ///< the number of samples
  std::vector<Tensor> tensors;     ///< one per source, batch first: the samples of the last take()
  std::vector<Tensor> unprepared;  ///< the same without preprocessing
  std::vector<std::string> done;   ///< one line per file: how it was prepared
  std::vector<InputWarning> warnings;
  std::vector<std::string> names;    ///< of a folder's pictures, one per sample; else empty
  std::vector<std::string> skipped;  ///< pictures of a folder that cannot be read, each with the reason

  /// The origin of the samples for an input or for a layer's output.
  struct Source {
    ModelInput input;
    std::int64_t batch = 0;
    std::function<Tensor(std::int64_t first, std::int64_t count)> read;
    std::optional<Preprocessing> preprocessing = {};
    bool is_in_memory = false;               ///< `read` gives views of what the caller keeps
    bool is_layer = false;                   ///< the output of a layer, which is then not computed
    std::optional<ModelInput> picture = {};  ///< the shape that `read` gives, if the input is a flat row

    /// The model's input, made of samples as they were read.
    Tensor prepared(const Tensor& unprepared, const Preprocessing& preprocessing) const;
  };
  std::vector<Source> sources;  ///< one per model input, in its order, then one per layer; without layers, all inputs
  bool has_layers() const { return std::ranges::any_of(sources, &Source::is_layer); }

  /// Fills `tensors` and `unprepared` with the samples [first, first + count); feed() takes only the first.
  /// @throws Error{preprocess-shape}
  void take(std::int64_t first, std::int64_t count);
};

/// What to do with a picture of a folder that cannot be read.
enum class Damaged { kFail, kPassOver };

/// @param layers  layers whose outputs may be fed, too, by address, with their shapes as far as known. If one is fed,
/// inputs may be missing.
/// @throws Error{input-missing, input-unknown, input-shape, input-rank, image-channels, ...}
Fed feed(const ModelData& model, const std::vector<InputFile>& files, const InputOptions& options,
         const std::vector<ModelInput>& layers = {}, Damaged damaged = Damaged::kFail);

/// "the model's inputs are 'picture' (8, 8, 3), 'extra' (1, 1, 3), in this order".
std::string inputs_text(const std::vector<ModelInput>& inputs);

/// Whether an input of shape `declared` accepts a tensor of `shape`. The batch is first and may have any size; a size
/// below 0 is open, in both shapes; a declared shape without axes is unknown.
bool fits(const Shape& shape, const Shape& declared);

/// The tensor for such an input, with a batch axis of 1 if it has none. Nothing if it does not fit.
std::optional<Tensor> as_batch(const Tensor& tensor, const Shape& declared);

}  // namespace kerascope
