#include "kerascope/version.h"

namespace kerascope {

const char* version() { return KERASCOPE_VERSION; }

}  // namespace kerascope
