// An answer as JSON, to inspect a file and for the tests.
#pragma once

#include <string>
#include <string_view>

namespace kerascope::h5 {

std::string as_json(std::string_view answer);

}  // namespace kerascope::h5
