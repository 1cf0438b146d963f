// What each source adds to the module _core.
#pragma once

#include <nanobind/nanobind.h>

#include "kerascope/error.h"

namespace kerascope::python {

/// The Python exception for an error.
nanobind::object exception_of(const Error& error);

void add_errors(nanobind::module_& core);
void add_models(nanobind::module_& core);
void add_pictures(nanobind::module_& core);

}  // namespace kerascope::python
