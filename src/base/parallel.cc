#include "base/parallel.h"

#include <unistd.h>

#include <cstdlib>

namespace kerascope {

void restart_with_patient_threads(char** arguments) {
  if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY")) return;
  // Measured: 10000 costs an idle machine nothing and a busy one little.
  setenv("GOMP_SPINCOUNT", "10000", 1);
  execv("/proc/self/exe", arguments);
}

}  // namespace kerascope
