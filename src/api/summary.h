// A table of a model's layers, for people.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/assemble_open.h"

namespace kerascope::api {

struct Summary {
  struct Row {
    const Site* site = nullptr;
    Shape shape;  ///< batch first, -1 for an open size; empty if it is not known
    std::string axes;
    std::int64_t parameters = 0;  ///< 0 if an earlier row shows this layer's
    std::shared_ptr<const Error> problem;
  };
  std::vector<Row> rows;
  std::int64_t parameters = 0, trainable = 0;
  bool is_at_least = false;           ///< `parameters` is a lower bound: unknown layers may have more
  bool is_trainable_at_most = false;  ///< no file says which weights of an unknown layer are trainable
  std::string kind;                   ///< "sequential", "functional", or a user's class
  std::string
      training;  ///< "adam (learning rate 0.001), loss categorical_crossentropy"; empty if the file does not say
};

struct SummaryOptions {
  int depth = -1;       ///< how many levels of nested models are listed; -1: all
  bool inside = false;  ///< tensors inside layers, too: "lstm/forget_gate"
};
/// @param open  must outlive the result
Summary summarize(const ModelData& model, const OpenAssembly& open, const SummaryOptions& options = {});

/// "H8 W8 C3", with ? for an open size; "?" if nothing is known. In JSON: a list with null for open sizes; null if
/// unknown.
std::string output_text(const Shape& shape, const std::string& axes);
Json output_json(const Shape& shape);
Json problem_json(const Error& problem);

/// @param name  the model's name in the first line
std::string text_of(const Summary& summary, const ModelData& model, const std::string& name);
/// The same as JSON, without a newline at the end.
std::string json_of(const Summary& summary, const ModelData& model, const std::string& name);

}  // namespace kerascope::api
