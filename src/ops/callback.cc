#include "ops/callback.h"

#include <fmt/format.h>

#include <cstring>

#include "kerascope/error.h"

namespace kerascope::ops {
namespace {

using Compute = std::function<std::vector<Tensor>(std::span<const Tensor>)>;

Tensor copied(const ValueType& type, const void* elements) {
  if (type.dtype == DType::kString) {
    const auto* const texts = static_cast<const std::string_view*>(elements);
    return Tensor::of(type.shape, std::vector<std::string>(texts, texts + type.shape.elements()));
  }
  Tensor tensor(type.shape, type.dtype);
  if (tensor.size() > 0) std::memcpy(tensor.mutable_bytes(), elements, tensor.byte_size());
  return tensor;
}

std::string described(const Shape& shape, DType dtype) { return fmt::format("{} {}", name_of(dtype), shape.str()); }

class CallbackOp final : public Op {
 public:
  CallbackOp(std::string name, std::vector<ValueType> types, Compute compute)
      : name_(std::move(name)), types_(std::move(types)), compute_(std::move(compute)) {}

  std::string kind() const override { return "callback"; }
  std::string attributes() const override { return name_; }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return false; }
  std::vector<ValueType> outputs(std::span<const ValueType>) const override { return types_; }
  OpMemory memory(const Session&, std::span<const Shape> in, const Shape&) const override {
    std::int64_t elements = 0;
    for (const Shape& shape : in) elements += shape.elements();
    for (const ValueType& type : types_) elements += type.shape.elements();
    return {.passing = static_cast<std::size_t>(elements) * sizeof(float)};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    std::vector<ValueType> inputs;
    for (const Operand& operand : in) inputs.push_back({operand.shape, operand.dtype});
    return [inputs = std::move(inputs), types = std::vector(out.begin(), out.end()), compute = compute_,
            name = name_](const OpArguments& args) {
      std::vector<Tensor> given;
      for (std::size_t i = 0; i < inputs.size(); ++i) given.push_back(copied(inputs[i], args.in[i]));
      const std::vector<Tensor> results = compute(given);
      if (results.size() != types.size())
        throw Error({.code = "custom-layer-shape",
                     .what = fmt::format("'{}' gave {} outputs, and {} for other numbers of the same shapes", name,
                                         results.size(), types.size())});
      for (std::size_t k = 0; k < types.size(); ++k) {
        if (results[k].shape() != types[k].shape || results[k].dtype() != types[k].dtype)
          throw Error({.code = "custom-layer-shape",
                       .what = fmt::format("'{}' gave {}, and {} for other numbers of the same shapes", name,
                                           described(results[k].shape(), results[k].dtype()),
                                           described(types[k].shape, types[k].dtype))});
        void* const into = args.outputs.empty() ? args.out : args.outputs[k];
        if (into && results[k].size() > 0) std::memcpy(into, results[k].bytes(), results[k].byte_size());
      }
    };
  }

 private:
  std::string name_;
  std::vector<ValueType> types_;
  Compute compute_;
};

}  // namespace

std::vector<Value> callback(Graph& graph, const std::string& name, std::vector<Value> inputs,
                            std::vector<ValueType> types, Compute compute) {
  return graph.apply_all(std::make_shared<CallbackOp>(name, std::move(types), std::move(compute)), std::move(inputs));
}

}  // namespace kerascope::ops
