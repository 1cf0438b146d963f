/* From C, and so from any language: open, run, look up, free.
 *
 *     look_c digits.keras conv1out
 */
#include <kerascope/kerascope_c.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char** arguments) {
  if (count != 3) {
    puts("usage: look_c MODEL LAYER");
    return 2;
  }
  kerascope_model* model = kerascope_open(arguments[1]);
  if (!model) {
    fprintf(stderr, "%s\n", kerascope_last_error());
    return 1;
  }
  int64_t shape[KERASCOPE_MOST_AXES];
  const int rank = kerascope_input_shape(model, 0, shape);
  int64_t numbers = 1;
  for (int axis = 0; axis < rank; ++axis) {
    if (shape[axis] < 0) shape[axis] = axis == 0 ? 1 : 64; /* what the model leaves open */
    numbers *= shape[axis];
  }
  float* input = calloc((size_t)numbers, sizeof(float));
  const kerascope_tensor given = {.data = input, .rank = rank, .shape = shape};
  kerascope_run_options options = {.taps = arguments[2]};
  kerascope_activations* seen = kerascope_run(model, &given, 1, &options);
  kerascope_tensor maps;
  const int found = seen && kerascope_find(seen, arguments[2], &maps) == 0;
  if (found) {
    printf("%s of %d axes:", arguments[2], maps.rank);
    for (int axis = 0; axis < maps.rank; ++axis) printf(" %lld", (long long)maps.shape[axis]);
    printf(", first number %g\n", maps.data[0]);
  } else {
    fprintf(stderr, "%s\n", kerascope_last_error());
  }
  kerascope_free_activations(seen);
  kerascope_free_model(model);
  free(input);
  return found ? 0 : 1;
}
