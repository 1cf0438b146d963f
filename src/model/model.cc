#include "model/model.h"

#include <cctype>

#include "base/text.h"
#include "model/json.h"

namespace kerascope {
namespace {

bool has_channels_first(const Network& network) {
  for (const LayerData& layer : network.layers)
    if (text_or(layer.config, "data_format", "") == "channels_first" ||
        (layer.network && has_channels_first(*layer.network)))
      return true;
  return false;
}

}  // namespace

NestedNetwork::NestedNetwork(Network network) : network_(std::make_unique<Network>(std::move(network))) {}
NestedNetwork::NestedNetwork(const NestedNetwork& other)
    : network_(other ? std::make_unique<Network>(*other) : nullptr) {}
NestedNetwork& NestedNetwork::operator=(NestedNetwork other) noexcept {
  network_ = std::move(other.network_);
  return *this;
}
NestedNetwork::~NestedNetwork() = default;

int ModelData::keras_major() const {
  const auto number = text::to_integer(keras_version.substr(0, keras_version.find('.')));
  return number ? static_cast<int>(*number) : 1;
}

bool ModelData::freezes_statistics() const {
  if (keras_major() != 2) return keras_major() > 2;
  const std::vector<std::string> parts = text::split(keras_version, '.');
  const auto minor = parts.size() > 1 ? text::to_integer(parts[1]) : std::nullopt;
  return text::ends_with(keras_version, "-tf") || minor.value_or(0) >= 4;
}

std::string snake_case(std::string_view class_name) {
  std::string name;
  for (char c : class_name.substr(class_name.rfind('>') + 1))
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') name += c;
  auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::string snake;
  for (std::size_t i = 0; i < name.size(); ++i) {
    // A word begins at a capital that precedes or follows a small letter.
    const bool starts_word =
        is_upper(name[i]) && i > 0 && ((i + 1 < name.size() && is_lower(name[i + 1])) || is_lower(name[i - 1]));
    if (starts_word && snake.back() != '_') snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return snake;
}

bool is_keras_module(std::string_view module) {
  const std::string_view package = module.substr(0, module.find('.'));
  return package == "keras" || package == "tf_keras" || package == "tensorflow";
}

std::string usual_axes(int rank_without_batch) {
  switch (rank_without_batch) {
    case -1:  // a number for the whole batch
    case 0:
      return "";
    case 1:
      return "C";
    case 2:
      return "TC";
    case 3:
      return "HWC";
    case 4:
      return "DHWC";
    default:
      return std::string(static_cast<std::size_t>(rank_without_batch - 1), 'D') + "C";
  }
}

std::string ModelInput::axes_of(const Shape& sample) const {
  return static_cast<int>(axes.size()) == sample.rank() ? axes : usual_axes(sample.rank());
}

std::vector<ModelInput> model_inputs(const ModelData& model) {
  std::vector<ModelInput> inputs;
  const bool channels_first = has_channels_first(model.network);
  for (const TensorRef& reference : model.network.inputs) {
    const LayerData& layer = model.network.layers[static_cast<std::size_t>(reference.layer)];
    ModelInput input{.name = layer.name, .shape = {}, .axes = ""};
    for (const char* key : {"batch_shape", "batch_input_shape"})
      if (const Json& sizes = member(layer.config, key); sizes.is_array() && input.shape.empty())
        for (const Json& size : sizes)
          input.shape.push_back(size.is_number_integer() && size.get<std::int64_t>() > 0 ? size.get<std::int64_t>()
                                                                                         : -1);
    const int rank = static_cast<int>(input.shape.size()) - 1;
    input.axes = rank == 3 && channels_first ? "CHW" : rank < 0 ? "" : usual_axes(rank);
    const Json& policy = member(layer.config, "dtype");
    const auto dtype = dtype_named(policy.is_string() ? policy.get<std::string>()
                                                      : text_or(member(policy, "config"), "name", "float32"));
    if (dtype && *dtype != DType::kBFloat16) input.dtype = *dtype;
    inputs.push_back(std::move(input));
  }
  return inputs;
}

double expanded_calls(const Network& network) {
  double calls = 0;
  for (const LayerData& layer : network.layers) {
    const double own = static_cast<double>(std::max<std::size_t>(layer.calls.size(), 1));
    calls += own * (layer.network ? 1 + expanded_calls(*layer.network) : 1);
  }
  return calls;
}

std::int64_t parameter_count(const LayerData& layer) {
  std::int64_t count = 0;
  for (const StoredWeight& weight : layer.weights) count += weight.shape.elements();
  if (layer.network)
    for (const LayerData& inner : layer.network->layers) count += parameter_count(inner);
  return count;
}

}  // namespace kerascope
