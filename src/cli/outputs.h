// How names of outputs are understood; no output may be a file that the command reads.
#pragma once

#include <string>
#include <vector>

#include "cli/request.h"

namespace kerascope::cli {

/// The extension in lower case, ".png" for "maps.PNG"; empty if no letter follows the last dot ("v1.2").
std::string ending_of(const std::string& path);

/// True for a name without an extension, a name that ends with a slash, and an existing folder.
bool is_folder_name(const std::string& path);

/// @throws Error{usage} if an output is a file that the command reads, also under another name (a link) or in a folder
/// that it reads.
void require_inputs_spared(const Request& request, const std::vector<std::string>& written,
                           const std::vector<std::string>& also_read = {});

/// Prints how much will be written if that is more than 1 GB.
void tell_size(const Request& request, std::uint64_t bytes, std::size_t arrays);

}  // namespace kerascope::cli
