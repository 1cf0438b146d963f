// Recognises the format of a file that Kerascope does not open by its content, so that the message can name it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace kerascope {

struct Foreign {
  std::string what;  ///< "a TensorFlow Lite model"
  std::string hint;  ///< what to do
};

/// @return  nothing if it is unknown
std::optional<Foreign> recognise(std::span<const std::byte> bytes);
/// The same for an archive with these members, or a folder with these files.
std::optional<Foreign> recognise_archive(const std::vector<std::string>& members);
std::optional<Foreign> recognise_folder(const std::vector<std::string>& files);

}  // namespace kerascope
