// Compression for pictures, by Huffman codes and runs of one byte (a part of RFC 1951): no other repetition is looked
// for, as PNG's filters leave hardly any. Several times as fast as searching for them.
#pragma once

#include <span>
#include <vector>

namespace kerascope {

/// One piece of a deflate stream: pieces that were compressed apart give a stream side by side.
/// @param bytes    not empty; one code is made for all of them, so they should be alike.
/// @param is_last  ends the stream.
std::vector<unsigned char> deflated(std::span<const unsigned char> bytes, bool is_last);

}  // namespace kerascope
