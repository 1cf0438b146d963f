// Compression for pictures with Huffman codes and runs of one byte (a subset of RFC 1951). It does not search for other
// repetitions, of which PNG's filters leave hardly any; this is several times faster.
#pragma once

#include <span>
#include <vector>

namespace kerascope {

/// One piece of a deflate stream; pieces that were compressed separately can be concatenated to a stream.
/// @param bytes    not empty; one Huffman code serves all of them, so they should be similar.
/// @param is_last  whether this piece ends the stream.
std::vector<unsigned char> deflated(std::span<const unsigned char> bytes, bool is_last);

}  // namespace kerascope
