/* Kerascope for C and, through it, for other languages.
 *
 * Functions that give a pointer give NULL where they fail, functions that give an int a negative number; then
 * kerascope_last_error() says what, where and what to do. Every object is freed by its own function, once; NULL may be
 * freed. Reading and running one model from many threads is safe.
 */
#ifndef KERASCOPE_KERASCOPE_C_H
#define KERASCOPE_KERASCOPE_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef KERASCOPE_API
#define KERASCOPE_API __attribute__((visibility("default")))
#endif

/* As many axes as a tensor may have in this interface. */
enum { KERASCOPE_MOST_AXES = 16 };

typedef struct kerascope_model kerascope_model;
typedef struct kerascope_activations kerascope_activations;

/* Row-major float32; the batch is the first axis. Numbers and shape belong to whoever made them. */
typedef struct kerascope_tensor {
  const float* data;
  int rank;
  const int64_t* shape;
} kerascope_tensor;

/* All zero is the default: all layers, inference phase, seed 0. */
typedef struct kerascope_run_options {
  const char* taps;   /* "conv*,dense": addresses and patterns joined by commas; NULL: all layers */
  int training;       /* 1: the training phase */
  int without_random; /* 1: dropout and noise keep still in it */
  uint64_t seed;      /* of the training phase's random numbers */
  int exact;          /* 1: every convolution directly, with smaller rounding errors */
  int threads;        /* how many compute; 0: all cores */
} kerascope_run_options;

/* "0.1.0" */
KERASCOPE_API const char* kerascope_version(void);

/* What went wrong in this thread's last call that failed, as lines for people; "" before any did. Valid until the
 * thread's next call that fails. */
KERASCOPE_API const char* kerascope_last_error(void);
/* The same as a stable code for programs: "layer-not-found". */
KERASCOPE_API const char* kerascope_last_error_code(void);

/* Opens a model file of any Keras: .h5, .keras. */
KERASCOPE_API kerascope_model* kerascope_open(const char* path);
KERASCOPE_API void kerascope_free_model(kerascope_model* model);

/* How many inputs the model has. */
KERASCOPE_API int kerascope_inputs(const kerascope_model* model);
/* Fills `shape` (room for KERASCOPE_MOST_AXES) with an input's sizes, batch first, -1 where one is not fixed; gives the
 * rank. */
KERASCOPE_API int kerascope_input_shape(const kerascope_model* model, int input, int64_t* shape);

/* Runs the model on `count` inputs. `options` may be NULL. */
KERASCOPE_API kerascope_activations* kerascope_run(const kerascope_model* model, const kerascope_tensor* inputs,
                                                   int count, const kerascope_run_options* options);
KERASCOPE_API void kerascope_free_activations(kerascope_activations* activations);

/* How many there are, in the model's order. */
KERASCOPE_API int kerascope_count(const kerascope_activations* activations);
/* By place and by address (see Activations in activations.h); 0, or -1. What is filled in shows the numbers without
 * copying them and is valid until the activations are freed. */
KERASCOPE_API int kerascope_at(const kerascope_activations* activations, int place, kerascope_tensor* tensor);
KERASCOPE_API int kerascope_find(const kerascope_activations* activations, const char* address,
                                 kerascope_tensor* tensor);
/* The address at a place, valid until the activations are freed; NULL if there is no such place. */
KERASCOPE_API const char* kerascope_address(const kerascope_activations* activations, int place);

#ifdef __cplusplus
}
#endif

#endif
