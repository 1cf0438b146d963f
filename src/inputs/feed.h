// From files to what a model is fed: pictures, folders of them and arrays, one for each of its inputs.
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

struct InputWarning {
  std::string what, hint;
};

struct Fed {
  std::int64_t batch = 0;          ///< how many samples there are
  std::vector<Tensor> tensors;     ///< one a source, batch first: the samples that were taken last
  std::vector<Tensor> unprepared;  ///< the same before any preprocessing
  std::vector<std::string> done;   ///< one line a file: what was done to it
  std::vector<InputWarning> warnings;
  std::vector<std::string> names;    ///< of a folder's pictures, one a sample; else empty
  std::vector<std::string> skipped;  ///< pictures of a folder that cannot be read, each with why

  /// Where the samples of an input, or of a layer's output, come from.
  struct Source {
    ModelInput input;
    std::int64_t batch = 0;
    std::function<Tensor(std::int64_t first, std::int64_t count)> read;
    std::optional<Preprocessing> preprocessing = {};
    bool is_layer = false;                   ///< the output of a layer, which is then not computed
    std::optional<ModelInput> picture = {};  ///< what `read` gives, if the input takes its numbers in one row

    /// What the model is fed, of samples that were read.
    Tensor prepared(const Tensor& unprepared, const Preprocessing& preprocessing) const;
  };
  std::vector<Source> sources;  ///< one a model input, in its order, then one a layer; without layers all inputs
  bool has_layers() const { return std::ranges::any_of(sources, &Source::is_layer); }

  /// Fills `tensors` and `unprepared` with the samples [first, first + count); feed() takes the first alone.
  /// @throws Error{preprocess-shape}
  void take(std::int64_t first, std::int64_t count);
};

/// What becomes of a folder's picture that cannot be read.
enum class Damaged { kFail, kPassOver };

/// @param layers  whose outputs may be fed as well, under their addresses, with what is known of their shapes. If one
/// is, inputs may be missing.
/// @throws Error{input-missing, input-unknown, input-shape, input-rank, image-channels, ...}
Fed feed(const ModelData& model, const std::vector<InputFile>& files, const InputOptions& options,
         const std::vector<ModelInput>& layers = {}, Damaged damaged = Damaged::kFail);

/// "the model's inputs are 'picture' (8, 8, 3), 'extra' (1, 1, 3), in this order".
std::string inputs_text(const std::vector<ModelInput>& inputs);

/// Whether an input of shape `declared` takes a tensor of this one. Batch first, of any size; a size below 0 is open,
/// on either side; a declared shape of no axes is unknown.
bool fits(const Shape& shape, const Shape& declared);

/// A tensor as such an input takes it: with a batch of one where it has no batch axis. Nothing where it does not fit.
std::optional<Tensor> as_batch(const Tensor& tensor, const Shape& declared);

}  // namespace kerascope
