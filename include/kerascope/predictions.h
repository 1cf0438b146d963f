// What a model predicts: the largest numbers of a classifier's output, with the names of the classes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kerascope/export.h"
#include "kerascope/model.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// One class of a classifier's output.
struct Prediction {
  std::int64_t index = 0;  ///< of the class
  float value = 0;         ///< the output's number for it: a probability after a softmax or a sigmoid
  std::string label;       ///< the name of the class; empty if it has none
};

/// The classes with the largest numbers, the largest first; NaN comes last.
///
///     const ks::Tensor digit = model.predict(ks::read_image("digit.png", model))[0];  // (1, 10)
///     for (const ks::Prediction& one : ks::predictions(digit)) std::cout << one.index << ' ' << one.value << '\n';
///
/// @param output  (N, classes), float32; an output of another rank or type has no predictions
/// @param labels  by index; there may be fewer or more than classes
/// @param sample  index in the batch, from 0
/// @param most    how many at most
/// @throws Error{sample-index}
KERASCOPE_API std::vector<Prediction> predictions(const Tensor& output, const std::vector<std::string>& labels = {},
                                                  std::int64_t sample = 0, int most = 5);

/// Reads names of classes: one per line, a JSON list, or JSON from index to name or to [id, name] like Keras's
/// imagenet_class_index.json.
/// @throws Error{file-missing, file-unreadable, json-invalid}; Error{labels-invalid} for other content
KERASCOPE_API std::vector<std::string> read_labels(const std::string& path);

/// The names of the classes that a model was trained on: ImageNet's for a network that ends as those of
/// keras.applications do, with 1000 classes. Otherwise empty, as model files hold no names.
///
///     const std::vector<std::string> names = ks::labels(model);
KERASCOPE_API std::vector<std::string> labels(const Model& model);

}  // namespace kerascope
