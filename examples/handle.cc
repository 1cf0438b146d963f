// The first way: define the model in code, keep a handle to a layer, load the weights, compute up to that layer.
//
//     handle digits.keras digit.png conv1out.png
#include <kerascope/kerascope.h>

#include <cstdio>

namespace ks = kerascope;
namespace kl = kerascope::layers;

int main(int count, char** arguments) try {
  if (count != 4) {
    std::puts("usage: handle WEIGHTS PICTURE OUT.png");
    return 2;
  }
  ks::Sequential net;
  net.add(kl::Rescaling{.scale = {1.0f / 255}}, {.input_shape = {64, 64, 1}});
  net.add(kl::Conv2D{.filters = 64, .kernel_size = {3, 3}, .padding = kl::Padding::kSame});
  const ks::Layer conv1out = net.add(kl::Activation{"relu"});
  net.add(kl::MaxPooling2D{});
  net.add(kl::Conv2D{.filters = 128, .kernel_size = {3, 3}, .padding = kl::Padding::kSame, .activation = {"relu"}});
  net.add(kl::MaxPooling2D{});
  net.add(kl::Conv2D{.filters = 64, .kernel_size = {3, 3}, .padding = kl::Padding::kSame, .activation = {"relu"}});
  net.add(kl::MaxPooling2D{});
  net.add(kl::Conv2D{.filters = 64, .kernel_size = {3, 3}, .padding = kl::Padding::kSame, .activation = {"relu"}});
  net.add(kl::GlobalAveragePooling2D{});
  net.add(kl::Dense{.units = 10, .activation = {"softmax"}});
  net.load_weights(arguments[1]);  // and no compile(): that is for training

  const ks::Tensor picture = ks::read_image(arguments[2], net);
  const ks::Function f = ks::function(net.inputs(), {conv1out.output()});
  const ks::Tensor maps = f(picture, {.phase = ks::Phase::kInference})[0];
  std::printf("Shape of conv1out: %s\n", maps.shape().str().c_str());
  ks::write_png(arguments[3], ks::grid(maps.item(0), "HWC"));
} catch (const ks::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
