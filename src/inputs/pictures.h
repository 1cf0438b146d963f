// Pictures for one input of a model: a file, or all of a folder as a batch, each prepared alike.
#pragma once

#include <string>
#include <vector>

#include "inputs/feed.h"

namespace kerascope {

/// The pictures of a folder, told by content or by name, in natural order (9.png before 10.png).
struct PictureFolder {
  std::vector<std::string> names;
  std::size_t passed_over = 0;  ///< files that are no pictures, or hidden
};
/// @throws Error{input-missing} without a picture, file-unreadable.
PictureFolder list_pictures(const std::string& folder);

/// Pictures of one size, as they were decoded: a fourth of what their numbers would take, or less.
struct Pictures {
  std::vector<Image> images;
  std::string axes;  ///< of a batch, without its first: "HWC", "CHW", "HW"
  std::string done;  ///< "640x427 -> 224x224 (nearest, as load_img)"
  std::vector<std::string> warnings;
  std::vector<std::size_t> places;      ///< of each image among the paths
  std::vector<std::string> skipped;     ///< paths that cannot be read, with why
  std::optional<ModelInput> flattened;  ///< their size and channels, if the input takes their numbers in one row

  /// Pictures [first, first + count), (count, ...) in the input's order of axes, not preprocessed yet.
  Tensor batch(std::int64_t first, std::int64_t count) const;
};

/// An input of one axis takes a picture of its size, or resized to a square.
/// @throws Error{input-rank, image-channels, input-shape, ...}; they are at most 2^30 bytes. Without any picture that
/// can be read what is wrong with the first.
Pictures read_pictures(const ModelInput& input, const std::vector<std::string>& paths, const InputOptions& options,
                       Damaged damaged);

/// "(224, 224, 3)", "(?, ?, 3)": what an input expects, without the batch axis; "(?)" if nothing is known.
std::string expected_text(const ModelInput& input);

}  // namespace kerascope
