/* Kerascope for C and, through it, for other languages.
 *
 * On failure, functions that return a pointer return NULL, functions that return an int a negative number. Then
 * kerascope_last_error() gives the message, and kerascope_last_error_code() a code: the one that the corresponding C++
 * function throws (see its header), "pointer-null" for an invalid NULL argument, or "memory" if memory is short. Free
 * every object once, with its own function; NULL may be freed. Many threads may read and run one model.
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

/* The most axes that a tensor may have in this interface. */
enum { KERASCOPE_MOST_AXES = 16 };

/* A loaded model: Model in model.h. */
typedef struct kerascope_model kerascope_model;
/* The results of a run: Activations in activations.h. They stay valid after their model is freed. */
typedef struct kerascope_activations kerascope_activations;

/* Row-major float32; the batch is the first axis. Numbers and shape belong to their creator. */
typedef struct kerascope_tensor {
  const float* data;    /* as many as the product of the sizes; the last axis varies fastest */
  int rank;             /* how many axes; 0: a single number */
  const int64_t* shape; /* `rank` sizes */
} kerascope_tensor;

/* Zero is each field's default: all layers, inference phase, seed 0. The fields mean the same as in RunOptions and
 * CallOptions of run.h.
 *
 *     const kerascope_run_options convolutions = {.taps = "conv*", .exact = 1};
 */
typedef struct kerascope_run_options {
  const char* taps;   /* "conv*,dense": addresses and patterns joined by commas; NULL: all layers */
  int training;       /* 1: the training phase */
  int without_random; /* 1: no dropout and no noise in it */
  uint64_t seed;      /* seed of the training phase's random numbers */
  int exact;          /* 1: computes every convolution directly, with smaller rounding errors */
  int threads;        /* number of threads, up to 1024; 0: all cores */
} kerascope_run_options;

/* The version of the library that the program runs with: "0.1.0". A static string. */
KERASCOPE_API const char* kerascope_version(void);

/* The message of this thread's last failed call, as lines for people; "" if none failed yet. Valid until the thread's
 * next failed call. */
KERASCOPE_API const char* kerascope_last_error(void);
/* The stable code of the same error, for programs: "layer-not-found". */
KERASCOPE_API const char* kerascope_last_error_code(void);

/* Opens a model file of Keras 2 or 3, .h5 or .keras. Errors and cost: see load in model.h. */
KERASCOPE_API kerascope_model* kerascope_open(const char* path);
/* Frees the model; results of its runs stay valid. */
KERASCOPE_API void kerascope_free_model(kerascope_model* model);

/* Loads weights into the model's layers by order, or with `by_name` by name: see Model::load_weights in model.h. Not
 * thread-safe. Returns how many layers have new weights, or -1 with the model unchanged. */
KERASCOPE_API int kerascope_load_weights(kerascope_model* model, const char* path, int by_name);

/* The number of the model's inputs. */
KERASCOPE_API int kerascope_inputs(const kerascope_model* model);
/* Fills `shape` (room for KERASCOPE_MOST_AXES) with the sizes of input number `input`, from 0, batch first, -1 for a
 * size that is not fixed; returns the rank. Code "input-unknown" if there is no such input. */
KERASCOPE_API int kerascope_input_shape(const kerascope_model* model, int input, int64_t* shape);

/* Runs the model on copies of `count` inputs, in the model's order; a missing batch axis is added. `options` may be
 * NULL. Errors and cost: see Model::run in model.h. */
KERASCOPE_API kerascope_activations* kerascope_run(const kerascope_model* model, const kerascope_tensor* inputs,
                                                   int count, const kerascope_run_options* options);
/* The same for `count` files, one per input: pictures, folders of pictures, .npy, .npz. See read_inputs in inputs.h. */
KERASCOPE_API kerascope_activations* kerascope_run_files(const kerascope_model* model, const char* const* paths,
                                                         int count, const kerascope_run_options* options);
/* Frees the activations; every kerascope_tensor filled from them becomes invalid. */
KERASCOPE_API void kerascope_free_activations(kerascope_activations* activations);

/* The number of activations. They are in the model's order, or in the order of the taps. */
KERASCOPE_API int kerascope_count(const kerascope_activations* activations);
/* Fills `tensor` with the activation at a place, from 0, as a view that is valid until the activations are freed.
 * Returns 0, or -1 with the code "layer-index". */
KERASCOPE_API int kerascope_at(const kerascope_activations* activations, int place, kerascope_tensor* tensor);
/* The same by address, or by the last part of exactly one address; codes "layer-not-found", "layer-ambiguous". Takes
 * time linear in the number of activations. */
KERASCOPE_API int kerascope_find(const kerascope_activations* activations, const char* address,
                                 kerascope_tensor* tensor);
/* The address at a place, valid until the activations are freed; NULL if there is no such place. */
KERASCOPE_API const char* kerascope_address(const kerascope_activations* activations, int place);
/* The address of the layer number `place`, from 0, among those that could not be computed; valid until the activations
 * are freed. NULL, which is no error, if there are no more. kerascope_find on it fails with the reason. */
KERASCOPE_API const char* kerascope_skipped(const kerascope_activations* activations, int place);

#ifdef __cplusplus
}
#endif

#endif
