// Where a command's pictures go.
#pragma once

#include <algorithm>

#include "base/text.h"
#include "cli/request.h"
#include "export/npz.h"
#include "render/grid.h"

namespace kerascope::cli {

/// One .png, a folder, or names made from the model's and the layer's.
class Target {
 public:
  explicit Target(const Request& request) : request_(request) {
    is_single_ = text::ends_with(request.output, ".png") || request.output == "/dev/stdout";
    is_folder_ = !request.output.empty() && !is_single_;
  }
  bool is_single() const { return is_single_; }
  bool is_folder() const { return is_folder_; }

  /// @throws Error{usage} where one file is to take several pictures.
  void require_room_for(std::size_t pictures) const {
    if (is_single_ && pictures != 1)
      throw Error({.code = "usage",
                   .what = fmt::format("-o {} takes one picture, and {} layers are chosen",
                                       request_.output == "/dev/stdout" ? "-" : request_.output, pictures),
                   .hint = "give a folder: -o maps/"});
  }

  /// Says where the picture went.
  std::string write(const Picture& picture, const std::string& address) const {
    const std::string path = path_of(address);
    write_png(path, picture);
    return path;
  }

 private:
  std::string path_of(const std::string& address) const {
    if (is_single_) return request_.output;
    const std::string name = file_name_from_address(address);
    if (is_folder_) return (std::filesystem::path(request_.output) / (name + ".png")).string();
    std::string flat = name;
    std::replace(flat.begin(), flat.end(), '/', '-');
    // A name that we chose never overwrites.
    const std::string stem = model_stem(request_) + "-" + flat;
    std::string path = stem + ".png";
    for (int number = 2; std::filesystem::exists(path); ++number) path = fmt::format("{}-{}.png", stem, number);
    return path;
  }

  const Request& request_;
  bool is_single_ = false, is_folder_ = false;
};

}  // namespace kerascope::cli
