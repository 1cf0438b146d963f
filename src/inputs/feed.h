// From files to what a model is fed: pictures, folders of them and arrays, one for each of its inputs.
#pragma once

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
  std::int64_t batch = 0;          ///< how many samples there are
  std::vector<Tensor> tensors;     ///< one a model input, batch first: the samples that were taken last
  std::vector<Tensor> unprepared;  ///< the same before any preprocessing
  std::vector<std::string> done;   ///< one line a file: what was done to it
  std::vector<std::string> warnings;
  std::vector<std::string> names;  ///< of a folder's pictures, one a sample; else empty

  /// Where an input's samples come from.
  struct Source {
    ModelInput input;
    std::int64_t batch = 0;
    std::function<Tensor(std::int64_t first, std::int64_t count)> read;
    std::optional<Preprocessing> preprocessing;
  };
  std::vector<Source> sources;  ///< one a model input

  /// Fills `tensors` and `unprepared` with the samples [first, first + count); feed() takes the first alone.
  /// @throws Error{preprocess-shape}
  void take(std::int64_t first, std::int64_t count);
};

/// @throws Error{input-missing, input-unknown, input-shape, input-rank, image-channels, ...}
Fed feed(const ModelData& model, const std::vector<InputFile>& files, const InputOptions& options);

/// Whether an input of shape `declared` takes a tensor of this one. Batch first, of any size; a size below 0 is open,
/// on either side; a declared shape of no axes is unknown.
bool fits(const Shape& shape, const Shape& declared);

/// A tensor as such an input takes it: with a batch of one where it has no batch axis. Nothing where it does not fit.
std::optional<Tensor> as_batch(const Tensor& tensor, const Shape& declared);

/// What `--preprocess` does to a picture or an array for this input.
Tensor prepare_input(const ModelInput& input, const Tensor& unprepared, const Preprocessing& preprocessing);

}  // namespace kerascope
