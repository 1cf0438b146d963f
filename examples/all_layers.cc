// The second way: load a saved model, evaluate all layers in one pass, print each shape, draw any by its index.
//
//     all_layers digits.keras digit.png 2 layer.png
#include <kerascope/kerascope.h>

#include <cstdio>
#include <cstdlib>

namespace ks = kerascope;

int main(int count, char** arguments) try {
  if (count != 5) {
    std::puts("usage: all_layers MODEL PICTURE INDEX OUT.png");
    return 2;
  }
  const ks::Model model = ks::load(arguments[1]);
  const ks::Tensor picture = ks::read_image(arguments[2], model);
  const ks::Activations seen = model.run(picture);
  int index = 0;  // as Keras's model.layers counts
  for (const ks::Layer& layer : model.layers())
    std::printf("%2d  %-10s %s\n", index++, layer.name().c_str(), seen[layer.name()].tensor.shape().str().c_str());

  const ks::Layer layer = model.layer(std::atoi(arguments[3]));
  const ks::Grid grid = ks::grid(seen[layer.name()], {.colormap = ks::Colormap::kViridis});
  ks::write_png(arguments[4], grid);
  std::printf("%s\n", grid.str().c_str());
} catch (const ks::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
