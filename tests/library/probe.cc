// What tests/test_library.py drives: the library through its public headers alone, as any program would use it.
#include <kerascope/kerascope.h>

#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ks = kerascope;
namespace kl = kerascope::layers;

namespace {

/// The first way of the 2017 article.
ks::Model article() {
  ks::Sequential net("article");
  net.add(kl::Conv2D{.filters = 4, .kernel_size = {3, 3}, .padding = kl::Padding::kSame},
          {.name = "conv1", .input_shape = {12, 10, 2}});
  net.add(kl::Activation{"relu"}, {.name = "conv1out"});
  net.add(kl::MaxPooling2D{});
  net.add(kl::Conv2D{.filters = 4, .kernel_size = {3, 3}, .activation = {"tanh"}});
  net.add(kl::Dropout{.rate = 0.5f});
  net.add(kl::Flatten{});
  net.add(kl::Dense{.units = 3, .activation = {"softmax"}});
  return net;
}

/// Branches of equal shapes: a wrong order of the weights shows. A shared layer, two inputs, two outputs.
ks::Model branches() {
  const auto image = ks::Input({8, 8, 3}, "image"), hint = ks::Input({8, 8, 3}, "hint");
  const auto conv = [](const std::string& name = "") {
    return ks::layer(kl::Conv2D{.filters = 3, .kernel_size = {3, 3}, .padding = kl::Padding::kSame}, {.name = name});
  };
  const auto a = conv()(image), b = conv()(image);
  const auto late = conv("late");
  const auto c = conv()(a);
  const auto shared = ks::layer(kl::DepthwiseConv2D{.kernel_size = {3, 3}, .padding = kl::Padding::kSame});
  const auto once = shared(b), twice = shared(ks::layer(kl::Add{})({c, late(hint)}));
  const auto norm = ks::layer(kl::BatchNormalization{})(twice);
  const auto joined = ks::layer(kl::Concatenate{})({once, norm, a});
  const auto pooled = ks::layer(kl::GlobalAveragePooling2D{})(joined);
  return ks::Model({image, hint}, {ks::layer(kl::Dense{.units = 2})(pooled), norm}, "branches");
}

/// A nested model, partly frozen, called twice.
ks::Model nested() {
  ks::Sequential tower("tower");
  tower.add(kl::Conv2D{.filters = 2, .kernel_size = {1, 1}},
            {.name = "first", .input_shape = {6, 6, 2}, .trainable = false});
  tower.add(kl::BatchNormalization{}, {.name = "norm"});
  tower.add(kl::Conv2D{.filters = 2, .kernel_size = {1, 1}}, {.name = "second"});
  const auto left = ks::Input({6, 6, 2}, "left"), right = ks::Input({6, 6, 2}, "right");
  const auto sum = ks::layer(kl::Subtract{})({tower(left), tower(right)});
  return ks::Model({left, right}, {ks::layer(kl::Conv2D{.filters = 2, .kernel_size = {1, 1}}, {.name = "last"})(sum)},
                   "nested");
}

/// Two layers of one shape in a nested model.
ks::Model twins(const std::string& first, const std::string& second) {
  ks::Sequential tower("tower");
  tower.add(kl::Dense{.units = 4, .activation = {"tanh"}}, {.name = first, .input_shape = {4}});
  tower.add(kl::Dense{.units = 4}, {.name = second});
  const auto input = ks::Input({4}, "input");
  return ks::Model({input}, {ks::layer(kl::Dense{.units = 4}, {.name = "last"})(tower(input))}, "twins");
}

/// One of many layers, with arguments that are not the defaults.
ks::Model many() {
  const auto image = ks::Input({12, 12, 4}, "image");
  auto x = ks::layer(kl::ZeroPadding2D{.padding = {{1, 2}, {0, 1}}})(image);
  x = ks::layer(kl::SeparableConv2D{.filters = 8, .kernel_size = {3, 3}, .strides = {2, 2}, .use_bias = false})(x);
  x = ks::layer(kl::LeakyReLU{.negative_slope = 0.1f})(x);
  x = ks::layer(kl::GroupNormalization{.groups = 4, .epsilon = 0.01f})(x);
  x = ks::layer(kl::PReLU{.shared_axes = {1, 2}})(x);
  x = ks::layer(kl::Conv2DTranspose{
      .filters = 4, .kernel_size = {3, 3}, .strides = {2, 2}, .padding = kl::Padding::kSame, .activation = {"elu"}})(x);
  x = ks::layer(kl::Cropping2D{.cropping = {{1, 0}, {2, 1}}})(x);
  x = ks::layer(kl::LayerNormalization{.axis = {-1}, .epsilon = 0.01f})(x);
  x = ks::layer(kl::UpSampling2D{.size = {2, 1}, .interpolation = ks::Interpolation::kBilinear})(x);
  x = ks::layer(kl::AveragePooling2D{.pool_size = {3, 2}, .strides = {{2, 2}}, .padding = kl::Padding::kSame})(x);
  x = ks::layer(kl::ReLU{.max_value = 3, .negative_slope = 0.2f, .threshold = 0.1f})(x);
  x = ks::layer(kl::Permute{.dims = {3, 1, 2}})(x);
  x = ks::layer(kl::Reshape{.target_shape = {4, -1}})(x);
  x = ks::layer(
      kl::Conv1D{.filters = 5, .kernel_size = {2}, .padding = kl::SequencePadding::kCausal, .dilation_rate = {2}})(x);
  x = ks::layer(kl::Softmax{.axis = {1}})(x);
  x = ks::layer(kl::Rescaling{.scale = {2}, .offset = {0.5f}})(x);
  const auto dot = ks::layer(kl::Dot{.axes = {2, 2}, .normalize = true})({x, x});
  x = ks::layer(kl::ELU{.alpha = 0.7f})(dot);
  x = ks::layer(kl::RMSNormalization{})(ks::layer(kl::UnitNormalization{})(x));
  x = ks::layer(kl::GlobalMaxPooling1D{})(x);
  return ks::Model({image}, {ks::layer(kl::RepeatVector{.n = 2})(x)}, "many");
}

const std::map<std::string, std::function<ks::Model()>> kModels = {
    {"article", article},
    {"branches", branches},
    {"nested", nested},
    {"twins", [] { return twins("", ""); }},
    {"named_twins", [] { return twins("first", "second"); }},
    {"many", many}};

ks::Inputs inputs_of(const ks::Model& model, const std::string& path) {
  return ks::read_inputs({path}, model);
}

void print(const char* word, const std::vector<std::string>& names) {
  std::printf("%s:", word);
  for (const std::string& name : names) std::printf(" %s", name.c_str());
  std::printf("\n");
}

/// in-code NAME WEIGHTS INPUTS OUT.npz OUT.keras order|name
void in_code(const std::vector<std::string>& a) {
  ks::Model model = kModels.at(a[0])();
  const ks::LoadedWeights loaded = model.load_weights(a[1], {.by_name = a[5] == "name"});
  print("loaded", loaded.loaded);
  print("missing", loaded.missing);
  print("unused", loaded.unused);
  ks::write_npz(a[3], model.run(inputs_of(model, a[2])));
  model.save(a[4]);
}

/// resave MODEL INPUTS OUT.npz OUT.keras
void resave(const std::vector<std::string>& a) {
  const ks::Model model = ks::load(a[0]);
  ks::write_npz(a[2], model.run(inputs_of(model, a[1])));
  model.save(a[3]);
}

/// predict MODEL INPUTS OUT OUT.keras: OUT.0.npy, OUT.1.npy, .. in the order of the model's outputs
void predict(const std::vector<std::string>& a) {
  const ks::Model model = ks::load(a[0]);
  const std::vector<ks::Tensor> outputs = model.predict(inputs_of(model, a[1]));
  for (std::size_t i = 0; i < outputs.size(); ++i) ks::write_npy(a[2] + "." + std::to_string(i) + ".npy", outputs[i]);
  model.save(a[3]);
}

/// from-the-middle MODEL INPUTS ADDRESS OUT.npy: what comes out when the layer's own output is fed at its place
void from_the_middle(const std::vector<std::string>& a) {
  const ks::Model model = ks::load(a[0]);
  const ks::Inputs inputs = inputs_of(model, a[1]);
  const ks::KerasTensor middle = model.layer(a[2]).output();
  const ks::Tensor map = ks::function(model.inputs(), {middle})(inputs).at(0);
  ks::write_npy(a[3], ks::function({middle}, model.outputs())(map).at(0));
}

/// twice NAME WEIGHTS OTHER_WEIGHTS INPUT FOLDER: one function before and after other weights are loaded
void twice(const std::vector<std::string>& a) {
  ks::Model model = kModels.at(a[0])();
  const ks::Function f = ks::function(model.inputs(), model.outputs());
  model.load_weights(a[1]);
  ks::write_npy(a[4] + "/first.npy", f(ks::read_npy(a[3]))[0]);
  model.load_weights(a[2]);
  ks::write_npy(a[4] + "/second.npy", f(ks::read_npy(a[3]))[0]);
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 2, words + count);
  const std::map<std::string, std::function<void(const std::vector<std::string>&)>> commands = {
      {"in-code", in_code},
      {"resave", resave},
      {"predict", predict},
      {"from-the-middle", from_the_middle},
      {"twice", twice}};
  try {
    commands.at(words[1])(arguments);
  } catch (const ks::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
