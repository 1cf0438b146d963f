// Reads pictures and arrays, writes arrays.
#include <fmt/format.h>

#include <set>

#include "api/state.h"
#include "base/memory.h"
#include "export/npz.h"
#include "inputs/array.h"
#include "inputs/feed.h"
#include "kerascope/inputs.h"

namespace kerascope {

using namespace api;

Inputs read_inputs(const std::vector<std::string>& paths, const Model& model, const InputOptions& options) try {
  std::vector<InputFile> files;
  for (const std::string& path : paths) files.push_back({.name = "", .path = path});
  const Damaged damaged = options.skips_damaged ? Damaged::kPassOver : Damaged::kFail;
  auto fed = std::make_shared<Fed>(feed(*Access::state(model)->data(), files, options, {}, damaged));
  fed->take(0, fed->batch);
  Inputs inputs;
  inputs.tensors = std::move(fed->tensors);
  inputs.done = fed->done;
  inputs.warnings = fed->warnings;
  inputs.names = fed->names;
  inputs.skipped = fed->skipped;
  fed->tensors.clear();
  fed->unprepared.clear();
  Access::fed(inputs) = std::move(fed);
  return inputs;
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

Tensor read_image(const std::string& path, const Model& model, const InputOptions& options) {
  return read_inputs({path}, model, options).tensors.at(0);
}

Tensor read_npy(const std::string& path) try {
  const std::vector<NamedArray> arrays = read_arrays(path);
  if (arrays.size() != 1 || !arrays[0].name.empty())
    throw Error({.code = "array-invalid", .what = "this is an .npz archive, not one array", .where = path});
  return arrays[0].tensor;
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

std::vector<std::pair<std::string, Tensor>> read_npz(const std::string& path) try {
  std::vector<std::pair<std::string, Tensor>> named;
  for (NamedArray& array : read_arrays(path)) named.emplace_back(std::move(array.name), std::move(array.tensor));
  return named;
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

void write_npz(const std::string& path, const Activations& activations) try {
  std::set<std::string> named;
  for (const Activation& one : activations) {
    if (!named.insert(one.address).second)
      throw Error({.code = "name-taken", .what = fmt::format("two activations are named '{}'", one.address)});
    if (one.tensor.empty())
      throw Error({.code = "array-invalid", .what = fmt::format("'{}' has a tensor without numbers", one.address)});
  }
  NpzWriter writer(path);
  for (const Activation& one : activations) writer.add(one.address, one.tensor);
  writer.commit();
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

}  // namespace kerascope
