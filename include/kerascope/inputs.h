// What a model is fed: pictures as Keras loads them, arrays as NumPy saves them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kerascope/activations.h"
#include "kerascope/export.h"
#include "kerascope/model.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// How a picture gets the model's size: as Pillow, with the names of keras.utils.load_img.
enum class Filter { kNearest, kBilinear, kBicubic, kHamming, kBox, kLanczos };

/// What is done to pixel values 0..255 before the model sees them.
struct Preprocessing {
  enum class Mode { kRaw, kUnit, kTf, kCaffe, kTorch, kMeanStd };
  Mode mode = Mode::kRaw;
  std::vector<float> mean, std;           ///< kMeanStd: (x - mean) / std, one number or one a channel
  KERASCOPE_API std::string str() const;  ///< "caffe"
};
/// "tf", "caffe", "torch", "unit", "raw", or "mean=a[,b,c],std=d[,e,f]", separated by commas, semicolons or blanks;
/// a mean left out is 0, an std 1.
/// @throws Error{preprocess-unknown} with did-you-mean.
KERASCOPE_API Preprocessing parse_preprocessing(const std::string& text);

struct InputOptions {
  std::optional<Preprocessing> preprocessing;       ///< empty: pictures as guessed, arrays as they are
  std::optional<Filter> resize = Filter::kNearest;  ///< empty: pictures must have the model's size
  bool keep_aspect_ratio = false;                   ///< only the centre is resized, as load_img does
};

/// A picture as the model wants it: decoded as Pillow does, given the model's channels, resized as keras.utils.load_img
/// does, preprocessed as guessed from the architecture, (1, height, width, channels).
/// @throws Error{file-missing, image-invalid, image-format, ...}
KERASCOPE_API Tensor read_image(const std::string& path, const Model& model, const InputOptions& options = {});

/// One file for each input of the model, in its order: a picture, a folder of pictures (a batch), .npy, or .npz by the
/// inputs' names; a missing batch axis is added.
/// @param done  if given: one line a file that says what was done to it, and warnings
/// @throws Error{input-missing, input-shape, ...}
KERASCOPE_API std::vector<Tensor> read_inputs(const std::vector<std::string>& paths, const Model& model,
                                              const InputOptions& options = {},
                                              std::vector<std::string>* done = nullptr);

/// The array of a .npy file, as float32. @throws Error{file-missing, array-invalid, array-pickled, array-type}
KERASCOPE_API Tensor read_npy(const std::string& path);
/// The arrays of an .npz file with their names, in the file's order.
KERASCOPE_API std::vector<std::pair<std::string, Tensor>> read_npz(const std::string& path);

/// A .npy file that numpy.load opens, also mapped. @throws Error{output-unwritable}
KERASCOPE_API void write_npy(const std::string& path, const Tensor& tensor);
/// An .npz archive with an array an activation, named by its address. Nothing half-written stays.
KERASCOPE_API void write_npz(const std::string& path, const Activations& activations);

}  // namespace kerascope
