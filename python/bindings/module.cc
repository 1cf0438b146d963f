// The module kerascope._core: the library as it is. The modules beside it make it a Python package.
#include "bindings.h"
#include "kerascope/version.h"

NB_MODULE(_core, core) {
  // A live model of a script's own layers refers to the script, which refers to it: at the end nobody releases either.
  nanobind::set_leak_warnings(false);
  core.doc() = "The C++ library; use the package kerascope.";
  core.attr("version") = kerascope::version();
  kerascope::python::add_errors(core);
  kerascope::python::add_models(core);
  kerascope::python::add_pictures(core);
}
