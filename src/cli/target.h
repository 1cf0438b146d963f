// The destination of a command's pictures: files, or the terminal.
#pragma once

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "cli/outputs.h"
#include "cli/request.h"
#include "cli/terminal.h"
#include "export/npz.h"
#include "render/grid.h"

namespace kerascope::cli {

/// One .png, a folder, the terminal, or files named after model and layer.
class Target {
 public:
  explicit Target(const Request& request) : request_(request) {
    is_single_ = ending_of(request.output) == ".png" || request.output == "/dev/stdout";
    is_folder_ = !request.output.empty() && !is_single_;
    if (is_folder_) require_folder_name();
    if (!request.output.empty() || request.json || request.terminal == "off") return;
    terminal_ = find_terminal();
    if (const auto graphics = parse_graphics(request.terminal)) {
      if (!terminal_) terminal_.emplace();
      terminal_->graphics = *graphics;
    }
  }
  bool is_single() const { return is_single_; }
  bool is_folder() const { return is_folder_; }

  /// @throws Error{usage} for several pictures in one file.
  void require_room_for(std::size_t pictures) const {
    if (is_single_ && pictures != 1)
      throw Error({.code = "usage",
                   .what = fmt::format("-o {} takes one picture, and {} layers are chosen",
                                       request_.output == "/dev/stdout" ? "-" : request_.output, pictures),
                   .hint = request_.kernels.empty() ? "give a folder: -o maps/, or --overview for one picture of all"
                                                    : "give a folder: -o maps/"});
  }

  /// The options, adapted so that a sample is readable at its destination.
  GridOptions fit(const GridOptions& options, const Shape& shape, const std::string& axes) const {
    return terminal_ ? fit_to_terminal(options, *terminal_, shape, axes) : options;
  }

  /// What must stay readable in a picture: maps, which may be scaled, or small text.
  enum class Content { kTiles, kText };

  /// Writes or draws the picture and prints `about`. A picture with small text goes into a file if the terminal would
  /// scale it down.
  /// @return  the path; empty for the terminal.
  std::string put(const Picture& picture, const std::string& address, const std::string& about,
                  Content content = Content::kTiles) const {
    if (terminal_ && (content == Content::kTiles || terminal_->has_room_for(picture))) {
      fmt::print("{}", terminal_text(picture, *terminal_, terminal_->picture_rows()));
      say(request_, "drawn", about);
      return "";
    }
    const std::string path = this->path(address);
    write_png(path, picture);
    say(request_, "wrote", path + "   " + about + (terminal_ ? ", for which this terminal has no room" : ""));
    return path;
  }

  std::string path(const std::string& address) const {
    if (is_single_) return request_.output;
    const std::string name = file_name_from_address(address);
    if (is_folder_) return (std::filesystem::path(request_.output) / (name + ".png")).string();
    std::string flat = name;
    std::replace(flat.begin(), flat.end(), '/', '-');
    // A made-up name never overwrites a file.
    const std::string stem = model_stem(request_) + "-" + flat;
    std::string path = stem + ".png";
    for (int number = 2; std::filesystem::exists(path); ++number) path = fmt::format("{}-{}.png", stem, number);
    return path;
  }

 private:
  void require_folder_name() const {
    if (is_folder_name(request_.output)) return;
    const std::string ending = ending_of(request_.output);
    const std::string picture = std::filesystem::path(request_.output).replace_extension(".png").string();
    if (ending == ".html" || ending == ".htm")
      throw Error({.code = "usage",
                   .what = fmt::format("-o is '{}', and pictures are written as .png", request_.output),
                   .hint = "--html " + request_.output});
    throw Error({.code = "usage",
                 .what = fmt::format("-o is '{}', and pictures are written as .png", request_.output),
                 .hint = fmt::format("-o {}, or -o {}/ for a folder", picture, request_.output)});
  }

  const Request& request_;
  bool is_single_ = false, is_folder_ = false;
  std::optional<Terminal> terminal_;
};

}  // namespace kerascope::cli
