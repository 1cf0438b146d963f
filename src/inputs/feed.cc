#include "inputs/feed.h"

#include <fmt/format.h>

#include "base/text.h"
#include "inputs/array.h"
#include "inputs/guess.h"
#include "inputs/own_scaling.h"
#include "inputs/pictures.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

/// Whether this error is clearer with a list of the model's inputs.
bool wants_inputs_listed(const Error& error) {
  const std::string code = error.code();
  return (code.starts_with("input-") || code == "image-channels") && code != "input-given-twice";
}

class Feeder {
 public:
  Feeder(const ModelData& model, const InputOptions& options, const std::vector<ModelInput>& layers, Damaged damaged)
      : inputs_(model_inputs(model)),
        count_(inputs_.size()),
        options_(options),
        damaged_(damaged),
        own_(own_scalings(model)),
        guesses_(guess_preprocessing(model)) {
    inputs_.insert(inputs_.end(), layers.begin(), layers.end());
    fed_.sources.resize(inputs_.size());
  }

  void file(const InputFile& file) {
    try {
      read(file);
    } catch (const Error& error) {
      if (!wants_inputs_listed(error) || !error.parts().because.empty() || (count_ == 1 && names_input(error))) throw;
      throw with_inputs(error);
    }
  }

  Fed finish() {
    require_inputs();
    std::erase_if(fed_.sources, [](const Fed::Source& source) { return !source.read; });
    fed_.batch = fed_.sources[0].batch;
    for (const Fed::Source& source : fed_.sources)
      if (source.batch != fed_.batch)
        throw with_inputs(
            Error({.code = "input-shape",
                   .what = fmt::format("the inputs' batches differ: {} and {}", fed_.batch, source.batch),
                   .where = fmt::format("'{}' and '{}'", fed_.sources[0].input.name, source.input.name)}));
    fed_.take(0, 1);  // finds inputs that cannot be prepared
    return std::move(fed_);
  }

 private:
  std::vector<ModelInput> model_inputs_only() const {
    return {inputs_.begin(), inputs_.begin() + static_cast<std::ptrdiff_t>(count_)};
  }
  bool is_layer(std::size_t at) const { return at >= count_; }
  bool names_input(const Error& error) const {
    return error.parts().what.find('\'' + inputs_[0].name + '\'') != std::string::npos;
  }

  Error with_inputs(const Error& error) const {
    Error::Parts parts = error.parts();
    parts.because = inputs_text(model_inputs_only());
    return Error(std::move(parts));
  }

  void require_inputs() const {
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < count_; ++i)
      if (!fed_.sources[i].read) missing.push_back(fmt::format("'{}' {}", inputs_[i].name, expected_text(inputs_[i])));
    const bool has_layer = std::any_of(fed_.sources.begin() + static_cast<std::ptrdiff_t>(count_), fed_.sources.end(),
                                       [](const Fed::Source& source) { return bool(source.read); });
    if (missing.empty() || has_layer) return;
    const Error error({.code = "input-missing",
                       .what = fmt::format("the model has {} input{}, and nothing is given for {}", count_,
                                           count_ == 1 ? "" : "s", text::join(missing, ", ")),
                       .hint = "give one file for each in this order, or an .npz with their names"});
    throw missing.size() == count_ ? error : with_inputs(error);
  }

  void read(const InputFile& file) {
    if (std::filesystem::is_directory(file.path)) return folder(position(file), file.path);
    if (takes_lines(file)) return lines_given(position(file), file.path);
    if (is_image_file(file.path)) return picture(position(file), file.path);
    const std::vector<NamedArray> arrays = read_arrays(file.path);
    if (arrays.empty())
      throw Error({.code = "array-invalid", .what = "the archive holds no array", .where = file.path});
    if (!file.name.empty() && arrays.size() > 1)
      return array_given(position(file), array_named(file, arrays), file.path);
    const bool by_name = file.name.empty() && (arrays.size() > 1 || (!arrays[0].name.empty() && count_ > 1));
    for (const NamedArray& array : arrays) {
      const std::size_t at = by_name ? named(array.name, file.path) : position(file);
      array_given(at, array, file.path);
    }
  }

  /// The array with the wanted name, in an archive with the outputs of all layers.
  static const NamedArray& array_named(const InputFile& file, const std::vector<NamedArray>& arrays) {
    const auto found = std::ranges::find(arrays, file.name, &NamedArray::name);
    if (found != arrays.end()) return *found;
    std::vector<std::string> names;
    for (const NamedArray& array : arrays) names.push_back(array.name);
    throw Error({.code = "array-missing",
                 .what = fmt::format("the archive holds {} arrays, and none is named '{}'", arrays.size(), file.name),
                 .where = file.path,
                 .hint = text::did_you_mean(file.name, names)});
  }

  std::size_t named(const std::string& name, const std::string& path) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].name == name) return i;
      if (!is_layer(i)) names.push_back(inputs_[i].name);
    }
    throw Error({.code = "input-unknown",
                 .what = fmt::format("the model has no input '{}'", name),
                 .where = path,
                 .hint = text::did_you_mean(name, names)});
  }

  std::size_t position(const InputFile& file) const {
    if (!file.name.empty()) return named(file.name, file.path);
    for (std::size_t i = 0; i < count_; ++i)
      if (!fed_.sources[i].read) return i;
    throw Error(
        {.code = "input-unknown",
         .what = fmt::format("the model has {} input{}, and more files are given", count_, count_ == 1 ? "" : "s"),
         .where = file.path,
         .hint = "for a batch give one folder of pictures, or one .npy"});
  }

  void give(std::size_t at, Fed::Source source, const std::string& path) {
    if (fed_.sources[at].read)
      throw Error({.code = "input-given-twice",
                   .what = fmt::format("two arrays or pictures are given for {} '{}'", is_layer(at) ? "layer" : "input",
                                       inputs_[at].name),
                   .where = path});
    source.input = inputs_[at];
    source.is_layer = is_layer(at);
    if (is_layer(at)) source.preprocessing = {};
    if (!is_layer(at) && source.preprocessing && options_.preprocessing &&
        is_scaled_twice(own_[at], *source.preprocessing))
      fed_.warnings.push_back({fmt::format("input '{}' is scaled twice: by {} preprocessing, and by {}",
                                           inputs_[at].name, source.preprocessing->str(), own_text(own_[at])),
                               "--preprocess raw"});
    fed_.sources[at] = std::move(source);
  }

  /// ", fed as the output of layer 'conv1'"; if there are several inputs, the input's name.
  std::string destination(std::size_t at) const {
    if (is_layer(at)) return fmt::format(", fed as the output of layer '{}'", inputs_[at].name);
    return inputs_.size() > 1 ? fmt::format(" for input '{}'", inputs_[at].name) : "";
  }

  /// @param what  what to call them in the message
  void pictures(std::size_t at, const Pictures& read, const std::string& what, const std::string& path) {
    const Preprocessing preprocessing =
        is_layer(at) ? Preprocessing() : options_.preprocessing.value_or(guesses_[at].preprocessing);
    std::string line = fmt::format("{} {}{}", what, read.done, destination(at));
    if (!is_layer(at)) {
      line += fmt::format("; {} preprocessing", preprocessing.str());
      const std::string& reason = guesses_[at].reason;
      if (!options_.preprocessing) line += reason.empty() ? " (numbers 0 to 255)" : ", " + reason;
    }
    fed_.done.push_back(line);
    for (const std::string& warning : read.warnings) fed_.warnings.push_back({warning, ""});
    const auto kept = std::make_shared<const Pictures>(read);
    give(at,
         {.input = {},
          .batch = std::ssize(read.images),
          .read = [kept](std::int64_t first, std::int64_t count) { return kept->batch(first, count); },
          .preprocessing = preprocessing,
          .picture = read.flattened},
         path);
  }

  void picture(std::size_t at, const std::string& path) {
    pictures(at, read_pictures(inputs_[at], {path}, options_, Damaged::kFail), path, path);
  }

  void folder(std::size_t at, const std::string& folder) {
    const PictureFolder listed = list_pictures(folder);
    std::vector<std::string> paths;
    for (const std::string& name : listed.names) paths.push_back((std::filesystem::path(folder) / name).string());
    const Pictures read = read_pictures(inputs_[at], paths, options_, damaged_);
    const auto count = read.images.size();
    std::string what = fmt::format("{} picture{} of {}", count, count == 1 ? "" : "s", folder);
    if (listed.passed_over > 0)
      what += fmt::format(" ({} other file{} passed over)", listed.passed_over, listed.passed_over == 1 ? "" : "s");
    if (fed_.names.empty())
      for (const std::size_t place : read.places) fed_.names.push_back(listed.names[place]);
    fed_.skipped.insert(fed_.skipped.end(), read.skipped.begin(), read.skipped.end());
    pictures(at, read, what + ",", folder);
  }

  /// Whether the file is a text for an input of strings.
  bool takes_lines(const InputFile& file) const {
    const auto is_text = [](const ModelInput& input) { return input.dtype == DType::kString; };
    if (std::ranges::none_of(inputs_, is_text) || holds_arrays(file.path)) return false;
    const std::size_t at = position(file);
    return !is_layer(at) && is_text(inputs_[at]);
  }

  /// Each line is a sample.
  void lines_given(std::size_t at, const std::string& path) {
    NamedArray lines = read_lines(path);
    std::vector<std::int64_t> sizes = lines.tensor.shape().sizes();
    sizes.resize(std::max<std::size_t>(inputs_[at].shape.size(), 1), 1);
    lines.tensor = lines.tensor.reshaped(Shape(std::move(sizes)));
    array_given(at, lines, path);
  }

  /// Numbers are for inputs of numbers, and texts for those of texts.
  void require_same_kind(std::size_t at, const NamedArray& array, const std::string& path) const {
    const bool is_text = array.tensor.dtype() == DType::kString;
    const bool wants_text = !is_layer(at) && inputs_[at].dtype == DType::kString;
    if (is_text == wants_text) return;
    throw Error(
        {.code = "array-type",
         .what = fmt::format("the array holds {} ('{}'), {} '{}' takes {}", is_text ? "strings" : "numbers", array.type,
                             is_layer(at) ? "layer" : "input", inputs_[at].name, wants_text ? "strings" : "numbers"),
         .where = path,
         .hint = wants_text ? "give a text file with a line per sample, or an array of texts"
                            : "save it as numbers: np.save(FILE, array.astype('float32'))"});
  }

  void array_given(std::size_t at, const NamedArray& array, const std::string& path) {
    const ModelInput& input = inputs_[at];
    require_same_kind(at, array, path);
    const bool is_exact = !is_layer(at) && !array.exact.empty() &&
                          (is_integer(input.dtype) ? is_integer(array.exact.dtype())
                                                   : input.dtype == array.exact.dtype() && !options_.preprocessing);
    const std::optional<Tensor> fitting = as_batch(is_exact ? array.exact : array.tensor, Shape(input.shape));
    if (!fitting)
      throw Error({.code = "input-shape",
                   .what = fmt::format("the array has shape {}, {} '{}' {} {} with or without a batch axis before",
                                       array.tensor.shape().str(), is_layer(at) ? "layer" : "input", input.name,
                                       is_layer(at) ? "gives" : "needs", expected_text(input)),
                   .where = path});
    const Tensor& tensor = *fitting;
    std::string line = fmt::format("{} {}", path, array.tensor.shape().str());
    if (tensor.shape().rank() > array.tensor.shape().rank()) line += ", as a batch of one";
    line += destination(at);
    if (is_layer(at) && input.shape.empty())
      line += fmt::format(", whose shape is not known: as it is, a batch of {}", tensor.shape()[0]);
    if (tensor.shape()[0] == 0)
      throw Error({.code = "input-shape", .what = "the array is an empty batch", .where = path});
    if (array.lossy && !is_exact)
      fed_.warnings.push_back(
          {fmt::format("{} holds {} numbers; float32 loses digits that tell them apart", path, array.type), ""});
    const bool is_text = tensor.dtype() == DType::kString;
    const auto preprocessing = is_text || is_exact || is_layer(at) ? std::nullopt : options_.preprocessing;
    if (preprocessing) line += "; " + preprocessing->str() + " preprocessing";
    fed_.done.push_back(line);
    give(at,
         {.input = {},
          .batch = tensor.shape()[0],
          .read = [tensor = tensor](std::int64_t first, std::int64_t count) { return tensor.items(first, count); },
          .preprocessing = preprocessing},
         path);
  }

  std::vector<ModelInput> inputs_;  ///< the model's inputs, then fed layers
  std::size_t count_;               ///< how many of them are the model's
  const InputOptions& options_;
  Damaged damaged_;
  std::vector<OwnScaling> own_;
  std::vector<PreprocessingGuess> guesses_;
  Fed fed_;
};

/// Applies the preprocessing to the pictures or arrays of one input.
Tensor prepare_input(const ModelInput& input, const Tensor& unprepared, const Preprocessing& preprocessing) {
  const bool by_channel = preprocessing.mode == Preprocessing::Mode::kMeanStd || input.axes.size() != 2;
  if (by_channel) return preprocess(unprepared, preprocessing, input.axes == "CHW");
  // (H, W): a grey picture without a channel axis.
  std::vector<std::int64_t> sizes = unprepared.shape().sizes();
  sizes.push_back(1);
  return preprocess(unprepared.reshaped(Shape(sizes)), preprocessing).reshaped(unprepared.shape());
}

}  // namespace

bool fits(const Shape& shape, const Shape& declared) {
  if (declared.rank() == 0) return shape.rank() > 0;
  if (shape.rank() != declared.rank()) return false;
  for (int axis = 1; axis < shape.rank(); ++axis)
    if (declared[axis] >= 0 && shape[axis] >= 0 && shape[axis] != declared[axis]) return false;
  return true;
}

std::optional<Tensor> as_batch(const Tensor& tensor, const Shape& declared) {
  if (fits(tensor.shape(), declared)) return tensor;
  std::vector<std::int64_t> with_batch = tensor.shape().sizes();
  with_batch.insert(with_batch.begin(), 1);
  return fits(Shape(with_batch), declared) ? std::optional(tensor.reshaped(Shape(with_batch))) : std::nullopt;
}

std::string inputs_text(const std::vector<ModelInput>& inputs) {
  std::vector<std::string> names;
  for (const ModelInput& input : inputs) names.push_back(fmt::format("'{}' {}", input.name, expected_text(input)));
  if (names.size() == 1) return "the model's input is " + names[0];
  return fmt::format("the model's inputs are {}, in this order", text::join(names, ", "));
}

Tensor Fed::Source::prepared(const Tensor& unprepared, const Preprocessing& mode) const {
  if (!picture) return prepare_input(input, unprepared, mode);
  const std::int64_t count = unprepared.shape()[0];
  return prepare_input(*picture, unprepared, mode).reshaped({count, unprepared.size() / count});
}

void Fed::take(std::int64_t first, std::int64_t count) {
  tensors.clear();
  unprepared.clear();
  for (const Source& source : sources) {
    unprepared.push_back(source.read(first, count));
    tensors.push_back(source.preprocessing || source.picture
                          ? source.prepared(unprepared.back(), source.preprocessing.value_or(Preprocessing()))
                          : unprepared.back());
  }
}

Fed feed(const ModelData& model, const std::vector<InputFile>& files, const InputOptions& options,
         const std::vector<ModelInput>& layers, Damaged damaged) {
  Feeder feeder(model, options, layers, damaged);
  for (const InputFile& file : files) feeder.file(file);
  return feeder.finish();
}

}  // namespace kerascope
