#include "inputs/feed.h"

#include <fmt/format.h>

#include "base/text.h"
#include "inputs/array.h"
#include "inputs/guess.h"
#include "inputs/pictures.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

class Feeder {
 public:
  Feeder(const ModelData& model, const InputOptions& options)
      : inputs_(model_inputs(model)), options_(options), guess_(guess_preprocessing(model)) {
    fed_.sources.resize(inputs_.size());
  }

  void file(const InputFile& file) {
    if (std::filesystem::is_directory(file.path)) return folder(position(file), file.path);
    if (is_image_file(file.path)) return pictures(position(file), {file.path}, file.path, file.path);
    const std::vector<NamedArray> arrays = read_arrays(file.path);
    if (arrays.empty())
      throw Error({.code = "array-invalid", .what = "the archive holds no array", .where = file.path});
    const bool by_name = file.name.empty() && (arrays.size() > 1 || (!arrays[0].name.empty() && inputs_.size() > 1));
    for (const NamedArray& array : arrays) {
      const std::size_t at = by_name ? named(array.name, file.path) : position(file);
      array_given(at, array, file.path);
    }
  }

  Fed finish() {
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (!fed_.sources[i].read) missing.push_back(fmt::format("'{}' {}", inputs_[i].name, expected_text(inputs_[i])));
    if (!missing.empty())
      throw Error({.code = "input-missing",
                   .what = fmt::format("the model has {} input{}, and nothing is given for {}", inputs_.size(),
                                       inputs_.size() == 1 ? "" : "s", text::join(missing, ", ")),
                   .hint = "give one file for each in this order, or an .npz with their names"});
    fed_.batch = fed_.sources[0].batch;
    for (const Fed::Source& source : fed_.sources)
      if (source.batch != fed_.batch)
        throw Error({.code = "input-shape",
                     .what = fmt::format("the inputs' batches differ: {} and {}", fed_.batch, source.batch)});
    fed_.take(0, 1);  // what cannot be prepared is found here
    return std::move(fed_);
  }

 private:
  std::size_t named(const std::string& name, const std::string& path) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].name == name) return i;
      names.push_back(inputs_[i].name);
    }
    const std::string meant = text::did_you_mean(name, names);
    throw Error({.code = "input-unknown",
                 .what = fmt::format("the model has no input '{}'", name),
                 .where = path,
                 .hint = meant.empty() ? "its inputs are " + text::join(names, ", ") : meant});
  }

  std::size_t position(const InputFile& file) const {
    if (!file.name.empty()) return named(file.name, file.path);
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (!fed_.sources[i].read) return i;
    throw Error({.code = "input-unknown",
                 .what = fmt::format("the model has {} input{}, and more files are given", inputs_.size(),
                                     inputs_.size() == 1 ? "" : "s"),
                 .where = file.path,
                 .hint = "for a batch give one folder of pictures, or one .npy"});
  }

  void give(std::size_t at, Fed::Source source, const std::string& path) {
    if (fed_.sources[at].read)
      throw Error({.code = "input-given-twice",
                   .what = fmt::format("two arrays or pictures are given for input '{}'", inputs_[at].name),
                   .where = path});
    source.input = inputs_[at];
    fed_.sources[at] = std::move(source);
  }

  /// @param what  how they are called in the line that tells of them
  void pictures(std::size_t at, const std::vector<std::string>& paths, const std::string& what,
                const std::string& path) {
    const Preprocessing preprocessing = options_.preprocessing.value_or(guess_.preprocessing);
    const auto read = std::make_shared<const Pictures>(read_pictures(inputs_[at], paths, options_));
    std::string line = fmt::format("{} {}; {} preprocessing", what, read->done, preprocessing.str());
    if (!options_.preprocessing) line += guess_.reason.empty() ? " (numbers 0 to 255)" : ", " + guess_.reason;
    fed_.done.push_back(line);
    fed_.warnings.insert(fed_.warnings.end(), read->warnings.begin(), read->warnings.end());
    give(at,
         {.batch = std::ssize(paths),
          .read = [read](std::int64_t first, std::int64_t count) { return read->batch(first, count); },
          .preprocessing = preprocessing},
         path);
  }

  void folder(std::size_t at, const std::string& folder) {
    PictureFolder listed = list_pictures(folder);
    std::vector<std::string> paths;
    for (const std::string& name : listed.names) paths.push_back((std::filesystem::path(folder) / name).string());
    std::string what = fmt::format("{} picture{} of {}", paths.size(), paths.size() == 1 ? "" : "s", folder);
    if (listed.passed_over > 0)
      what += fmt::format(" ({} other file{} passed over)", listed.passed_over, listed.passed_over == 1 ? "" : "s");
    if (fed_.names.empty()) fed_.names = std::move(listed.names);
    pictures(at, paths, what + ",", folder);
  }

  void array_given(std::size_t at, const NamedArray& array, const std::string& path) {
    const ModelInput& input = inputs_[at];
    const std::optional<Tensor> fitting = as_batch(array.tensor, Shape(input.shape));
    if (!fitting)
      throw Error(
          {.code = "input-shape",
           .what = fmt::format("the array has shape {}, input '{}' needs {} with or without a batch axis before",
                               array.tensor.shape().str(), input.name, expected_text(input)),
           .where = path});
    const Tensor& tensor = *fitting;
    std::string line = fmt::format("{} {}", path, array.tensor.shape().str());
    if (tensor.shape().rank() > array.tensor.shape().rank()) line += ", as a batch of one";
    if (tensor.shape()[0] == 0)
      throw Error({.code = "input-shape", .what = "the array is an empty batch", .where = path});
    if (array.lossy)
      fed_.warnings.push_back(fmt::format("{} holds {} numbers that float32 cannot hold exactly", path, array.type));
    if (options_.preprocessing) line += "; " + options_.preprocessing->str() + " preprocessing";
    fed_.done.push_back(line);
    give(at,
         {.batch = tensor.shape()[0],
          .read = [tensor = tensor](std::int64_t first, std::int64_t count) { return tensor.items(first, count); },
          .preprocessing = options_.preprocessing},
         path);
  }

  std::vector<ModelInput> inputs_;
  const InputOptions& options_;
  PreprocessingGuess guess_;
  Fed fed_;
};

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

void Fed::take(std::int64_t first, std::int64_t count) {
  tensors.clear();
  unprepared.clear();
  for (const Source& source : sources) {
    unprepared.push_back(source.read(first, count));
    tensors.push_back(source.preprocessing ? prepare_input(source.input, unprepared.back(), *source.preprocessing)
                                           : unprepared.back());
  }
}

Fed feed(const ModelData& model, const std::vector<InputFile>& files, const InputOptions& options) {
  Feeder feeder(model, options);
  for (const InputFile& file : files) feeder.file(file);
  return feeder.finish();
}

Tensor prepare_input(const ModelInput& input, const Tensor& unprepared, const Preprocessing& preprocessing) {
  const bool by_channel = preprocessing.mode == Preprocessing::Mode::kMeanStd || input.axes.size() != 2;
  if (by_channel) return preprocess(unprepared, preprocessing, input.axes == "CHW");
  // (H, W): a grey picture without an axis for its one channel.
  std::vector<std::int64_t> sizes = unprepared.shape().sizes();
  sizes.push_back(1);
  return preprocess(unprepared.reshaped(Shape(sizes)), preprocessing).reshaped(unprepared.shape());
}

}  // namespace kerascope
