/* Kerascope for C and, through it, for other languages.
 *
 * Functions that give a pointer give NULL where they fail, functions that give an int a negative number; then
 * kerascope_last_error() says what, where and what to do, and kerascope_last_error_code() the code that the C++
 * function behind it throws (its header names them), "pointer-null" for one that must not be NULL, "memory" for want of
 * memory. Every object is freed by its own function, once; NULL may be freed. Reading and running one model from many
 * threads is safe.
 *
 *     kerascope_model* model = kerascope_open("digits.keras");
 *     float numbers[64 * 64] = {0};
 *     const int64_t shape[] = {1, 64, 64, 1};
 *     const kerascope_tensor picture = {.data = numbers, .rank = 4, .shape = shape};
 *     kerascope_activations* seen = kerascope_run(model, &picture, 1, NULL);
 *     kerascope_tensor maps;
 *     if (kerascope_find(seen, "conv1", &maps) == 0)
 *       printf("%lld channels, the first number is %g\n", (long long)maps.shape[maps.rank - 1], maps.data[0]);
 *     else
 *       printf("%s\n", kerascope_last_error());
 *     kerascope_free_activations(seen);
 *     kerascope_free_model(model);
 */
#ifndef KERASCOPE_KERASCOPE_C_H
#define KERASCOPE_KERASCOPE_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef KERASCOPE_API
/* Stands before each function that a program may link to. */
#define KERASCOPE_API __attribute__((visibility("default")))
#endif

/* As many axes as a tensor may have in this interface. */
enum { KERASCOPE_MOST_AXES = 16 };

/* A loaded model: Model in model.h. */
typedef struct kerascope_model kerascope_model;
/* What a run gave: Activations in activations.h. It lives on when its model is freed. */
typedef struct kerascope_activations kerascope_activations;

/* Row-major float32; the batch is the first axis. Numbers and shape belong to whoever made them. */
typedef struct kerascope_tensor {
  const float* data;    /* the product of the sizes of them, the last axis varies fastest */
  int rank;             /* how many axes; 0: a single number */
  const int64_t* shape; /* `rank` sizes */
} kerascope_tensor;

/* All zero is the default: all layers, inference phase, seed 0. Each is as in RunOptions of run.h.
 *
 *     const kerascope_run_options convolutions = {.taps = "conv*", .exact = 1};
 */
typedef struct kerascope_run_options {
  const char* taps;   /* "conv*,dense": addresses and patterns joined by commas; NULL: all layers */
  int training;       /* 1: the training phase */
  int without_random; /* 1: dropout and noise keep still in it */
  uint64_t seed;      /* of the training phase's random numbers */
  int exact;          /* 1: every convolution directly, with smaller rounding errors */
  int threads;        /* how many compute, up to 1024; 0: all cores */
} kerascope_run_options;

/* "0.1.0": the library's, that the program runs with. Static. */
KERASCOPE_API const char* kerascope_version(void);

/* What went wrong in this thread's last call that failed, as lines for people; "" before any did. Valid until the
 * thread's next call that fails. */
KERASCOPE_API const char* kerascope_last_error(void);
/* The same as a stable code for programs: "layer-not-found". */
KERASCOPE_API const char* kerascope_last_error_code(void);

/* Opens a model file that Keras 2 or 3 wrote, .h5 or .keras: load in model.h, which says errors and cost. */
KERASCOPE_API kerascope_model* kerascope_open(const char* path);
/* What its runs gave lives on. */
KERASCOPE_API void kerascope_free_model(kerascope_model* model);

/* Weights from a file into the model, layer by layer in its order, or with `by_name` by their names:
 * Model::load_weights in model.h. For one thread. How many layers have new weights, or -1 with the model as it was. */
KERASCOPE_API int kerascope_load_weights(kerascope_model* model, const char* path, int by_name);

/* How many inputs the model has. */
KERASCOPE_API int kerascope_inputs(const kerascope_model* model);
/* Fills `shape` (room for KERASCOPE_MOST_AXES) with the sizes of input number `input`, from 0, batch first, -1 where
 * one is not fixed; gives the rank. Code "input-unknown" where there is no such input. */
KERASCOPE_API int kerascope_input_shape(const kerascope_model* model, int input, int64_t* shape);

/* Runs the model on `count` inputs, in its order, which are copied; a missing batch axis is added. `options` may be
 * NULL. Model::run in model.h says errors and cost. */
KERASCOPE_API kerascope_activations* kerascope_run(const kerascope_model* model, const kerascope_tensor* inputs,
                                                   int count, const kerascope_run_options* options);
/* The same on `count` files, one an input: pictures, folders of them, .npy, .npz: read_inputs in inputs.h. */
KERASCOPE_API kerascope_activations* kerascope_run_files(const kerascope_model* model, const char* const* paths,
                                                         int count, const kerascope_run_options* options);
/* And with them every tensor that was filled in from them. */
KERASCOPE_API void kerascope_free_activations(kerascope_activations* activations);

/* How many there are: in the model's order, or in that of the taps. */
KERASCOPE_API int kerascope_count(const kerascope_activations* activations);
/* By place, from 0; code "layer-index". 0, or -1. What is filled in shows the numbers without copying them and is valid
 * until the activations are freed. */
KERASCOPE_API int kerascope_at(const kerascope_activations* activations, int place, kerascope_tensor* tensor);
/* The same by address, or by a last part that only one address has; codes "layer-not-found", "layer-ambiguous". Linear
 * in how many there are. */
KERASCOPE_API int kerascope_find(const kerascope_activations* activations, const char* address,
                                 kerascope_tensor* tensor);
/* The address at a place, valid until the activations are freed; NULL if there is no such place. */
KERASCOPE_API const char* kerascope_address(const kerascope_activations* activations, int place);
/* The address of a layer that could not be computed, from 0, valid until the activations are freed; NULL, which is no
 * error, where there are no more. kerascope_find says the reason. */
KERASCOPE_API const char* kerascope_skipped(const kerascope_activations* activations, int place);

#ifdef __cplusplus
}
#endif

#endif
