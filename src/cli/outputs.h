// What names of outputs mean, and that no output is a file which the command reads.
#pragma once

#include <string>
#include <vector>

#include "cli/request.h"

namespace kerascope::cli {

/// ".png" of "maps.PNG": in small letters, empty where what follows the last dot begins with no letter ("v1.2").
std::string ending_of(const std::string& path);

/// A folder is a name without an ending, one with a slash at its end, or one that is there.
bool is_folder_name(const std::string& path);

/// @throws Error{usage} if a file that would be written is one of those that the command reads, also under another name
/// (a link), or one of a folder that it reads.
void require_inputs_spared(const Request& request, const std::vector<std::string>& written,
                           const std::vector<std::string>& also_read = {});

/// Says how much will be written if that is more than 1 GB.
void tell_size(const Request& request, std::uint64_t bytes, std::size_t arrays);

}  // namespace kerascope::cli
