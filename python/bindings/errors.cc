// Error becomes kerascope.Error, which is defined in Python.
#include <nanobind/stl/string.h>

#include "bindings.h"

namespace nb = nanobind;

namespace kerascope::python {
namespace {

PyObject* make_error = nullptr;  // kept for good: at the interpreter's end nobody could release it

}  // namespace

nb::object exception_of(const Error& error) {
  const Error::Parts& parts = error.parts();
  return nb::handle(make_error)(parts.code, parts.what, parts.where, parts.because, parts.hint);
}

void add_errors(nb::module_& core) {
  core.def(
      "set_error", [](nb::object make) { make_error = make.release().ptr(); }, nb::arg("make"),
      "make(code, what, where, because, hint) gives the exception for an error of the library.");
  core.def(
      "error_text",
      [](std::string code, std::string what, std::string where, std::string because, std::string hint) {
        return std::string(Error({code, what, where, because, hint}).what());
      },
      nb::arg("code"), nb::arg("what"), nb::arg("where"), nb::arg("because"), nb::arg("hint"),
      "The whole message, as the program prints it.");
  nb::register_exception_translator(
      [](const std::exception_ptr& thrown, void*) {
        try {
          std::rethrow_exception(thrown);
        } catch (const Error& error) {
          const nb::object exception = exception_of(error);
          PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
        }
      },
      nullptr);
}

}  // namespace kerascope::python
