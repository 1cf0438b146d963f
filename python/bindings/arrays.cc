#include "arrays.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>

#include "kerascope/error.h"

namespace nb = nanobind;

namespace kerascope::python {
namespace {

using Given = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;

struct Type {
  DType dtype;
  nb::dlpack::dtype code;
};
constexpr nb::dlpack::dtype code(nb::dlpack::dtype_code kind, std::uint8_t bits) {
  return {static_cast<std::uint8_t>(kind), bits, 1};
}
constexpr Type kTypes[] = {{DType::kFloat32, code(nb::dlpack::dtype_code::Float, 32)},
                           {DType::kFloat16, code(nb::dlpack::dtype_code::Float, 16)},
                           {DType::kFloat64, code(nb::dlpack::dtype_code::Float, 64)},
                           {DType::kInt8, code(nb::dlpack::dtype_code::Int, 8)},
                           {DType::kInt16, code(nb::dlpack::dtype_code::Int, 16)},
                           {DType::kInt32, code(nb::dlpack::dtype_code::Int, 32)},
                           {DType::kInt64, code(nb::dlpack::dtype_code::Int, 64)},
                           {DType::kUInt8, code(nb::dlpack::dtype_code::UInt, 8)},
                           {DType::kBool, code(nb::dlpack::dtype_code::Bool, 8)}};

nb::dlpack::dtype code_of(DType dtype) {
  for (const Type& type : kTypes)
    if (type.dtype == dtype) return type.code;
  throw Error({.code = "array-type", .what = "NumPy has no type " + std::string(name_of(dtype))});
}

DType dtype_of_code(nb::dlpack::dtype given) {
  for (const Type& type : kTypes)
    if (type.code == given) return type.dtype;
  throw Error(
      {.code = "array-type", .what = "an array of this type is not taken", .hint = "array.astype(\"float32\")"});
}

Shape shape_of(const Given& given) {
  std::vector<std::int64_t> sizes;
  for (std::size_t axis = 0; axis < given.ndim(); ++axis) sizes.push_back(static_cast<std::int64_t>(given.shape(axis)));
  return Shape(std::move(sizes));
}

nb::object texts_of(const Tensor& tensor) {
  nb::list texts;
  for (const std::string_view text : tensor.elements<std::string_view>())
    texts.append(nb::steal(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace")));
  const nb::object numpy = nb::module_::import_("numpy");
  nb::object array = numpy.attr("empty")(texts.size(), nb::arg("dtype") = "object");
  array[nb::slice(nb::none(), nb::none(), nb::none())] = texts;
  array = array.attr("reshape")(nb::cast(tensor.shape().sizes()));
  array.attr("flags").attr("writeable") = false;
  return array;
}

}  // namespace

Tensor shared_tensor_of(nb::handle array) {
  auto given = std::make_shared<Given>(nb::cast<Given>(array));  // takes Python's lock itself to release the array
  const void* elements = given->data();
  Shape shape = shape_of(*given);
  const DType dtype = dtype_of_code(given->dtype());
  return Tensor(std::move(shape), dtype, std::move(given), elements);
}

Tensor tensor_of(nb::handle array) {
  if (nb::isinstance<nb::tuple>(array)) {
    const auto shape = nb::cast<std::vector<std::int64_t>>(array[0]);
    return Tensor::of(Shape(shape), nb::cast<std::vector<std::string>>(array[1]));
  }
  const auto given = nb::cast<Given>(array);
  Tensor tensor(shape_of(given), dtype_of_code(given.dtype()));
  if (tensor.size() > 0) std::memcpy(tensor.mutable_bytes(), given.data(), tensor.byte_size());
  return tensor;
}

std::vector<Tensor> tensors_of(const nb::list& arrays) {
  std::vector<Tensor> tensors;
  for (nb::handle array : arrays) tensors.push_back(tensor_of(array));
  return tensors;
}

nb::object array_of(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) return texts_of(tensor);
  auto kept = std::make_unique<Tensor>(tensor.dtype() == DType::kBFloat16 ? tensor.astype(DType::kFloat32) : tensor);
  const Tensor& shown = *kept;
  const nb::capsule owner(kept.release(), [](void* tensor_) noexcept { delete static_cast<Tensor*>(tensor_); });
  std::vector<std::size_t> sizes;
  for (const std::int64_t size : shown.shape()) sizes.push_back(static_cast<std::size_t>(size));
  const nb::ndarray<nb::numpy, nb::ro> array(shown.bytes(), sizes.size(), sizes.data(), owner, nullptr,
                                             code_of(shown.dtype()));
  return nb::cast(array, nb::rv_policy::reference);
}

nb::object copied_array_of(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) return texts_of(tensor);
  Tensor copy(tensor.shape(), tensor.dtype());
  if (copy.size() > 0) std::memcpy(copy.mutable_bytes(), tensor.bytes(), copy.byte_size());
  return array_of(copy);
}

}  // namespace kerascope::python
