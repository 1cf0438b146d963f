// Inputs of a model: pictures as Keras loads them, arrays as NumPy saves them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kerascope/activations.h"
#include "kerascope/export.h"
#include "kerascope/model.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// How a picture is resized to the model's size: the `interpolation` of keras.utils.load_img, computed as Pillow's
/// Image.resize does. (How layers resize is the enum Interpolation.)
enum class Filter { kNearest, kBilinear, kBicubic, kHamming, kBox, kLanczos };
/// By load_img's names: "nearest", "bilinear", "bicubic", "hamming", "box", "lanczos".
/// @throws Error{filter-unknown} with "did you mean"
KERASCOPE_API Filter parse_filter(const std::string& name);

/// How pixel values 0..255, channels R, G, B, are transformed before the model gets them.
///
///     const ks::Preprocessing tf{.mode = ks::Preprocessing::Mode::kTf};
///     const ks::Tensor from_minus_1_to_1 = ks::read_image("digit.png", model, {.preprocessing = tf});
struct Preprocessing {
  /// The modes of keras.applications.imagenet_utils.preprocess_input, and others. For grey pictures each constant is
  /// the mean of its three numbers.
  enum class Mode {
    kRaw,      ///< unchanged, 0 to 255
    kUnit,     ///< x / 255, 0 to 1
    kTf,       ///< x / 127.5 - 1, -1 to 1
    kCaffe,    ///< in the order B, G, R, minus ImageNet's means 103.939, 116.779, 123.68
    kTorch,    ///< (x / 255 - mean) / std with means 0.485, 0.456, 0.406, stds 0.229, 0.224, 0.225
    kMeanStd,  ///< (x - mean) / std
  };
  Mode mode = Mode::kRaw;
  std::vector<float> mean, std;  ///< for kMeanStd, in units of 0..255: one number, or one per channel
  /// In the format of parse_preprocessing: "caffe", "mean=127.5,std=127.5".
  KERASCOPE_API std::string str() const;
};
/// "tf", "caffe", "torch", "unit", "raw", or "mean=a[,b,c],std=d[,e,f]", separated by commas, semicolons or blanks. The
/// default mean is 0, the default std 1.
///
///     const ks::Preprocessing own = ks::parse_preprocessing("mean=127.5,std=127.5");
///
/// @throws Error{preprocess-unknown} with "did you mean"; also if an std is 0 or a number is not finite.
KERASCOPE_API Preprocessing parse_preprocessing(const std::string& text);

/// What is probably wrong, and what to try; either is a sentence without a period.
struct InputWarning {
  std::string what, hint;  ///< the hint may be empty
};

/// How files become inputs. The defaults are those of keras.utils.load_img.
struct InputOptions {
  /// Empty: pictures as the architecture expects (networks of keras.applications are recognised by their layers; a
  /// network that scales its input itself, and any other, gets kRaw); arrays stay unchanged.
  std::optional<Preprocessing> preprocessing;
  /// Empty: pictures must have the model's size. Without effect along an axis that the model leaves open.
  std::optional<Filter> resize = Filter::kNearest;
  /// Resizes only the largest central part with the model's proportions, as load_img does; otherwise the whole picture.
  bool keep_aspect_ratio = false;
  /// Passes over pictures of a folder that cannot be read, and lists them (Inputs::skipped).
  bool skips_damaged = false;
};

struct Fed;

/// A model's inputs, read from files: the tensors, and what is worth telling about them. It can be given wherever a
/// list of tensors is: model.run(inputs).
class Inputs {
 public:
  std::vector<Tensor> tensors;              ///< one per input of the model, batch first; the batches are equal
  std::vector<std::string> done;            ///< one line per file: how it was prepared
  std::vector<InputWarning> warnings = {};  ///< what is probably wrong with the preparation
  std::vector<std::string> names = {};      ///< of a folder's pictures, one per sample; otherwise empty
  std::vector<std::string> skipped = {};    ///< pictures of a folder that cannot be read, each with the reason

  /// How many tensors there are.
  std::size_t size() const { return tensors.size(); }
  /// The tensor of an input, from 0.
  const Tensor& operator[](std::size_t input) const { return tensors[input]; }
  /// The tensors, one after the other.
  const Tensor* begin() const { return tensors.data(); }
  const Tensor* end() const { return tensors.data() + tensors.size(); }

 private:
  friend struct api::Access;
  std::shared_ptr<const Fed> fed_;
};

/// A picture as the model expects it: decoded as Pillow does (JPEG, PNG, WebP, GIF, BMP; first frame only, no rotation
/// by EXIF), converted to the model's channels (1, 3 or 4; open: 3), resized as keras.utils.load_img does, and
/// preprocessed.
///
///     const ks::Tensor picture = ks::read_image("digit.png", model);  // (1, 64, 64, 1)
///
/// Also accepts everything that read_inputs accepts for a single input.
/// @return  (1, height, width, channels); if the model expects that, (1, channels, height, width), (1, height, width)
///          or a flat row (1, height * width * channels)
/// @throws what read_inputs throws
/// Cost: linear in the pixels of the file and of the result.
KERASCOPE_API Tensor read_image(const std::string& path, const Model& model, const InputOptions& options = {});

/// One file for each input of the model, in its order: a picture, a folder of pictures (a batch, in the order of their
/// names with numbers by value: a2 before a10), .npy, or .npz by the inputs' names. "-" is standard input.
///
///     const ks::Inputs inputs = ks::read_inputs({"digit.png"}, model);
///     const ks::Activations seen = model.run(inputs);
///     std::cout << inputs.done[0];  // digit.png 64x64; raw preprocessing, the model's own layer 'unit' scales
///
/// A missing batch axis is added to an array.
/// @throws Error{file-missing, file-unreadable}; Error{image-format, image-invalid, image-size,
///         memory-short} for a picture,
///         Error{input-rank, image-channels} if the model takes no picture, Error{size-too-large} for a folder of
///         more than 1 GiB of pixels; Error{array-invalid, array-pickled, array-type} for an array, Error{zip-invalid,
///         memory-short} for an archive; Error{preprocess-shape} if the means are for other channels;
///         Error{input-missing, input-unknown, input-given-twice, input-shape} if files and inputs do not match
/// Cost: everything is read, decoded and kept as float32: 4 bytes per number.
KERASCOPE_API Inputs read_inputs(const std::vector<std::string>& paths, const Model& model,
                                 const InputOptions& options = {});

/// Inputs that were probably preprocessed for another network.
struct PreprocessingWarning {
  std::string layer;          ///< the address of the output that the inputs give unusual numbers
  double variance_ratio = 1;  ///< how much more it varies than the batch normalization behind it has learnt; median
  double deviations = 0;      ///< how many standard deviations its mean is away from the learnt one; median
  std::string what;           ///< a sentence for people
  std::optional<Preprocessing> better = {};  ///< a preprocessing that fits much better
  std::string hint = {};                     ///< what to try; may be empty
};

/// Compares the inputs of the model's first batch normalizations with the statistics that these learnt: wrong
/// preprocessing gives no error, only confident wrong answers. Nothing if all is well, or if it cannot be told, as for
/// models without batch normalization.
///
///     const ks::Inputs inputs = ks::read_inputs({"digit.png"}, model);
///     if (const auto warning = ks::check_preprocessing(model, inputs)) std::cerr << warning->what;
///
/// @param inputs  tensors, too: then another preprocessing is tried on their numbers as they are
/// Cost: runs the model up to these layers, on at most 16 samples.
/// @throws what Model::predict throws
KERASCOPE_API std::optional<PreprocessingWarning> check_preprocessing(const Model& model, const Inputs& inputs);
KERASCOPE_API std::optional<PreprocessingWarning> check_preprocessing(const Model& model,
                                                                      std::span<const Tensor> inputs);

/// The array of a .npy file of numpy.save (format versions 1 to 3, either byte order, C or Fortran order), as float32:
/// booleans become 0 and 1, other numbers the nearest float32. Objects are never unpickled. Reads and copies the file.
///
///     ks::write_npy("conv1.npy", seen["conv1"].tensor);
///     const ks::Tensor again = ks::read_npy("conv1.npy");
///
/// @return  the array's shape; no batch axis is added
/// @throws Error{file-missing, file-unreadable, array-invalid, array-pickled, array-type}; Error{size-too-large}
KERASCOPE_API Tensor read_npy(const std::string& path);
/// The arrays of an .npz file of numpy.savez or savez_compressed with their names, in the file's order; other members
/// are skipped. A .npy file gives its array with an empty name.
/// @throws what read_npy throws, Error{zip-invalid, memory-short}; Error{array-invalid} also if the archive holds no
///         array
KERASCOPE_API std::vector<std::pair<std::string, Tensor>> read_npz(const std::string& path);

/// Writes a .npy file for numpy.load (also with mmap_mode): format version 1.0, little-endian float32 in C order.
/// Missing folders are created. The file appears, or replaces an older one, only when it is complete.
/// @throws Error{output-unwritable}
KERASCOPE_API void write_npy(const std::string& path, const Tensor& tensor);
/// Writes an uncompressed .npz archive with one array per activation, named by its address; addresses must be unique.
/// Otherwise as write_npy. Numbers are written directly from the tensors, without a copy.
///
///     ks::write_npz("seen.npz", model.run(image, {.taps = {"conv*"}}));  // numpy.load("seen.npz")["conv1"]
///
/// @throws Error{output-unwritable}, Error{name-taken}, Error{name-too-long} for an address of more than 65531 bytes,
///         Error{array-invalid} for a tensor without numbers
KERASCOPE_API void write_npz(const std::string& path, const Activations& activations);

}  // namespace kerascope
