#include "custom_layers.h"

#include <memory>
#include <stdexcept>

#include "arrays.h"

namespace nb = nanobind;

namespace kerascope::python {
namespace {

nb::object array_or_none(const std::optional<Tensor>& tensor) {
  return tensor ? array_of(*tensor) : nb::object(nb::none());
}

CustomOutputs computed(nb::handle function, const CustomCall& call) {
  nb::list weights, inputs, masks;
  for (const auto& [name, numbers] : call.weights) weights.append(nb::make_tuple(name, array_of(numbers)));
  for (const Tensor& input : call.inputs) inputs.append(array_of(input));
  for (const std::optional<Tensor>& mask : call.masks) masks.append(array_or_none(mask));
  const nb::object results =
      function(call.address, call.class_name, call.config, call.arguments, weights, inputs, masks, call.training);
  CustomOutputs outputs;
  for (nb::handle output : nb::object(results[0])) outputs.tensors.push_back(tensor_of(output));
  for (nb::handle mask : nb::object(results[1]))
    outputs.masks.push_back(mask.is_none() ? std::nullopt : std::optional(tensor_of(mask)));
  return outputs;
}

/// "KeyError: 'kernel' (layers.py, line 12)"
std::string short_text(const nb::python_error& error) {
  const std::string type = nb::cast<std::string>(error.type().attr("__name__"));
  std::string text = type + ": " + nb::cast<std::string>(nb::str(error.value()));
  nb::object last = error.traceback();
  if (!last.is_valid() || last.is_none()) return text;
  while (!nb::object(last.attr("tb_next")).is_none()) last = last.attr("tb_next");
  const std::string file = nb::cast<std::string>(last.attr("tb_frame").attr("f_code").attr("co_filename"));
  return text + " (" + file + ", line " + std::to_string(nb::cast<int>(last.attr("tb_lineno"))) + ")";
}

/// The library copies and drops it in any thread, without Python's lock.
CustomLayer custom_layer(nb::object function) {
  const std::shared_ptr<nb::object> held(new nb::object(std::move(function)), [](nb::object* object) {
    if (!nb::is_alive()) return;  // at the interpreter's end nobody can release it
    const nb::gil_scoped_acquire python;
    delete object;
  });
  return [held](const CustomCall& call) {
    const nb::gil_scoped_acquire python;
    try {
      return computed(*held, call);
    } catch (const nb::python_error& error) {
      if (!call.is_trial) throw;
      throw std::runtime_error(short_text(error));
    }
  };
}

}  // namespace

CustomLayers custom_layers(ByClass by_class, std::optional<nb::object> otherwise) {
  CustomLayers layers;
  for (auto& [name, function] : by_class) layers.by_class.emplace(name, custom_layer(std::move(function)));
  if (otherwise) layers.otherwise = custom_layer(*std::move(otherwise));
  return layers;
}

}  // namespace kerascope::python
