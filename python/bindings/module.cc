// The module kerascope._core: the library as it is. The modules beside it make it a Python package.
#include "bindings.h"
#include "kerascope/version.h"

NB_MODULE(_core, core) {
  core.doc() = "The C++ library; use the package kerascope.";
  core.attr("version") = kerascope::version();
  kerascope::python::add_errors(core);
  kerascope::python::add_models(core);
  kerascope::python::add_pictures(core);
}
