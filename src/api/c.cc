// The C interface. No exception leaves it.
#include <stdexcept>

#include "kerascope/kerascope.h"
#include "kerascope/kerascope_c.h"

struct kerascope_model {
  kerascope::Model model;
};

struct kerascope_activations {
  kerascope::Activations seen;
};

namespace {

using kerascope::Error;

thread_local std::string last_error, last_code;

void keep(const char* what, const std::string& code) {
  last_error = what;
  last_code = code;
}

/// Keeps the error "out of memory"; if there is no memory for its text, code and text are empty.
void keep_want_of_memory() {
  try {
    keep("error[memory]: there is not enough memory", "memory");
  } catch (const std::bad_alloc&) {
    last_error.clear();
    last_code.clear();
  }
}

/// Returns body(), or, if that throws, keeps the error and returns `failed`.
template <typename Result, typename Body>
Result guarded(Result failed, const Body& body) {
  try {
    return body();
  } catch (const Error& error) {
    keep(error.what(), error.code());
  } catch (const std::bad_alloc&) {
    keep_want_of_memory();
  } catch (const std::exception& error) {
    keep(error.what(), "internal");
  }
  return failed;
}

void require(bool is_given, const char* what) {
  if (!is_given) throw Error({.code = "pointer-null", .what = std::string(what) + " is NULL"});
}

kerascope::Tensor copy_of(const kerascope_tensor& given) {
  require(given.data && (given.rank == 0 || given.shape), "an input's data or shape");
  if (given.rank < 0 || given.rank > KERASCOPE_MOST_AXES)
    throw Error({.code = "input-shape", .what = "an input has " + std::to_string(given.rank) + " axes"});
  for (int axis = 0; axis < given.rank; ++axis)
    if (given.shape[axis] < 0) throw Error({.code = "input-shape", .what = "an input has a size below 0"});
  const kerascope::Shape shape(std::vector<std::int64_t>(given.shape, given.shape + given.rank));
  return kerascope::Tensor::of(shape, {given.data, static_cast<std::size_t>(shape.elements())});
}

kerascope::RunOptions run_options(const kerascope_run_options* options) {
  kerascope::RunOptions run;
  if (!options) return run;
  if (options->taps) run.taps = {options->taps};
  if (options->training) run.call.phase = kerascope::Phase::kTraining;
  run.call.seed = options->without_random ? std::nullopt : std::optional(options->seed);
  run.call.exact = options->exact != 0;
  run.call.threads = options->threads;
  return run;
}

std::size_t place_of(const kerascope_activations& activations, int place) {
  if (place < 0 || place >= static_cast<int>(activations.seen.size()))
    throw Error({.code = "layer-index",
                 .what = "activation " + std::to_string(place) + " is asked for, and there are " +
                         std::to_string(activations.seen.size())});
  return static_cast<std::size_t>(place);
}

int show(const kerascope::Activation& one, kerascope_tensor* tensor) {
  require(tensor, "the tensor");
  const kerascope::Shape& shape = one.tensor.shape();
  *tensor = {.data = one.tensor.data(), .rank = shape.rank(), .shape = shape.sizes().data()};
  return 0;
}

}  // namespace

const char* kerascope_version(void) { return kerascope::version(); }
const char* kerascope_last_error(void) { return last_error.c_str(); }
const char* kerascope_last_error_code(void) { return last_code.c_str(); }

kerascope_model* kerascope_open(const char* path) {
  return guarded<kerascope_model*>(nullptr, [&] {
    require(path, "the path");
    return new kerascope_model{kerascope::load(path)};
  });
}
void kerascope_free_model(kerascope_model* model) { delete model; }

int kerascope_load_weights(kerascope_model* model, const char* path, int by_name) {
  return guarded(-1, [&] {
    require(model && path, "the model or the path");
    return static_cast<int>(model->model.load_weights(path, {.by_name = by_name != 0}).loaded.size());
  });
}

int kerascope_inputs(const kerascope_model* model) {
  return guarded(-1, [&] {
    require(model, "the model");
    return static_cast<int>(model->model.inputs().size());
  });
}

int kerascope_input_shape(const kerascope_model* model, int input, int64_t* shape) {
  return guarded(-1, [&] {
    require(model && shape, "the model or the shape");
    const std::vector<kerascope::KerasTensor> inputs = model->model.inputs();
    if (input < 0 || input >= static_cast<int>(inputs.size()))
      throw Error(
          {.code = "input-unknown",
           .what = "input " + std::to_string(input) + " is asked for, the model has " + std::to_string(inputs.size())});
    const kerascope::Shape& sizes = inputs[static_cast<std::size_t>(input)].shape();
    if (sizes.rank() > KERASCOPE_MOST_AXES)
      throw Error({.code = "input-shape", .what = "the input has " + std::to_string(sizes.rank()) + " axes"});
    std::copy(sizes.begin(), sizes.end(), shape);
    return sizes.rank();
  });
}

kerascope_activations* kerascope_run(const kerascope_model* model, const kerascope_tensor* inputs, int count,
                                     const kerascope_run_options* options) {
  return guarded<kerascope_activations*>(nullptr, [&] {
    require(model && (inputs || count <= 0), "the model or its inputs");
    std::vector<kerascope::Tensor> tensors;
    for (int i = 0; i < count; ++i) tensors.push_back(copy_of(inputs[i]));
    return new kerascope_activations{model->model.run(tensors, run_options(options))};
  });
}

kerascope_activations* kerascope_run_files(const kerascope_model* model, const char* const* paths, int count,
                                           const kerascope_run_options* options) {
  return guarded<kerascope_activations*>(nullptr, [&] {
    require(model && (paths || count <= 0), "the model or its files' paths");
    std::vector<std::string> files;
    for (int i = 0; i < count; ++i) {
      require(paths[i], "a path");
      files.emplace_back(paths[i]);
    }
    return new kerascope_activations{
        model->model.run(kerascope::read_inputs(files, model->model), run_options(options))};
  });
}

void kerascope_free_activations(kerascope_activations* activations) { delete activations; }

int kerascope_count(const kerascope_activations* activations) {
  return guarded(-1, [&] {
    require(activations, "the activations");
    return static_cast<int>(activations->seen.size());
  });
}

int kerascope_at(const kerascope_activations* activations, int place, kerascope_tensor* tensor) {
  return guarded(-1, [&] {
    require(activations, "the activations");
    return show(activations->seen[place_of(*activations, place)], tensor);
  });
}

int kerascope_find(const kerascope_activations* activations, const char* address, kerascope_tensor* tensor) {
  return guarded(-1, [&] {
    require(activations && address, "the activations or the address");
    return show(activations->seen[std::string_view(address)], tensor);
  });
}

const char* kerascope_address(const kerascope_activations* activations, int place) {
  return guarded<const char*>(nullptr, [&] {
    require(activations, "the activations");
    return activations->seen[place_of(*activations, place)].address.c_str();
  });
}

const char* kerascope_skipped(const kerascope_activations* activations, int place) {
  return guarded<const char*>(nullptr, [&]() -> const char* {
    require(activations, "the activations");
    const std::vector<kerascope::Skipped>& skipped = activations->seen.skipped();
    if (place < 0 || place >= static_cast<int>(skipped.size())) return nullptr;
    return skipped[static_cast<std::size_t>(place)].address.c_str();
  });
}
