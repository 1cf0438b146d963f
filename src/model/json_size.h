// The limit for JSON in an untrusted file.
#pragma once

#include <cstdint>
#include <string>

namespace kerascope {

/// Parsed, JSON takes up to twenty times its size. The largest networks of Keras have configurations of 2 MB.
constexpr std::uint64_t kMostJsonBytes = 32 << 20;

/// @throws Error{config-too-large}
void require_json_size(std::uint64_t bytes, const std::string& place);

}  // namespace kerascope
