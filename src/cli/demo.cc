// kerascope demo: the built-in model on the built-in picture.
#include "base/file.h"
#include "cli/request.h"

namespace kerascope::cli {

void add_demo_command(CLI::App& app, Request& request, int& exit_code) {
  (void)app; (void)request; (void)exit_code;
}

}  // namespace kerascope::cli
