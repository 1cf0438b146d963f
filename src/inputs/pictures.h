// Pictures for one input of a model: one file, or a folder as a batch, all prepared alike.
#pragma once

#include <string>
#include <vector>

#include "inputs/feed.h"

namespace kerascope {

/// The pictures of a folder, recognised by content or extension, in natural order (9.png before 10.png).
struct PictureFolder {
  std::vector<std::string> names;
  std::size_t passed_over = 0;  ///< files that are not pictures, or are hidden
};
/// @throws Error{input-missing} if there is no picture, Error{file-unreadable}
PictureFolder list_pictures(const std::string& folder);

/// Pictures of one size as decoded bytes, which take a fourth of the memory of float32 or less.
struct Pictures {
  std::vector<Image> images;
  std::string axes;  ///< of a sample, without the batch: "HWC", "CHW", "HW"
  std::string done;  ///< "640x427 -> 224x224 (nearest, as load_img)"
  std::vector<std::string> warnings;
  std::vector<std::size_t> places;      ///< each image's index among the paths
  std::vector<std::string> skipped;     ///< unreadable paths, each with the reason
  std::optional<ModelInput> flattened;  ///< their size and channels, if the input is a flat row

  /// Pictures [first, first + count) as (count, ...) in the input's axis order, not preprocessed.
  Tensor batch(std::int64_t first, std::int64_t count) const;
};

/// Reads pictures for an input. A flat input takes a picture with as many numbers, or one resized to a square.
/// @throws Error{input-rank, image-channels, input-shape, ...}; also beyond 2^30 bytes. If no picture can be read, the
/// error of the first one.
Pictures read_pictures(const ModelInput& input, const std::vector<std::string>& paths, const InputOptions& options,
                       Damaged damaged);

/// "(224, 224, 3)", "(?, ?, 3)": what an input expects, without the batch axis; "(?)" if nothing is known.
std::string expected_text(const ModelInput& input);

}  // namespace kerascope
