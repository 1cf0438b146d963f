#include "inputs/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

namespace fs = std::filesystem;

/// The part of a name that is a number, without leading zeros; or one character.
std::string_view next_part(std::string_view& name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto end = std::find_if_not(name.begin(), name.end(), is_digit);
  std::string_view part = name.substr(0, std::max<std::size_t>(1, static_cast<std::size_t>(end - name.begin())));
  name.remove_prefix(part.size());
  while (part.size() > 1 && part[0] == '0') part.remove_prefix(1);
  return part;
}

bool stands_before(const std::string& a, const std::string& b) {
  const std::string small_a = text::lower(a), small_b = text::lower(b);
  std::string_view left = small_a, right = small_b;
  while (!left.empty() && !right.empty()) {
    const std::string_view x = next_part(left), y = next_part(right);
    if (x.size() != y.size() && std::isdigit(x[0]) && std::isdigit(y[0])) return x.size() < y.size();
    if (x != y) return x < y;
  }
  return left.empty() != right.empty() ? left.empty() : a < b;
}

/// The sizes and the order of axes that an input wants of a picture; -1 takes any size.
struct Wanted {
  std::int64_t channels, height, width;
  bool is_flat;            ///< (H, W) without channels takes a grey picture
  bool is_channels_first;  ///< (C, H, W)
};

Wanted wanted_by(const ModelInput& input, const std::string& path) {
  const bool flat = input.axes.size() == 2, first = input.axes == "CHW";
  if (!flat && input.axes.size() != 3)
    throw Error({.code = "input-rank",
                 .what = fmt::format("input '{}' has the shape {}, which a picture does not fit", input.name,
                                     input.shape.empty() ? "(?)" : expected_text(input)),
                 .where = path,
                 .hint = "give an .npy array"});
  const std::int64_t channels = flat ? 1 : input.shape[first ? 1 : 3] < 0 ? 3 : input.shape[first ? 1 : 3];
  if (channels != 1 && channels != 3 && channels != 4)
    throw Error({.code = "image-channels",
                 .what = fmt::format("input '{}' has {} channels, a picture 1, 3 or 4", input.name, channels),
                 .where = path,
                 .hint = "give an .npy array"});
  return {.channels = channels,
          .height = input.shape[first ? 2 : 1],
          .width = input.shape[first ? 3 : 2],
          .is_flat = flat,
          .is_channels_first = first};
}

std::string size_text(std::int64_t width, std::int64_t height) { return fmt::format("{}x{}", width, height); }

/// Reads and resizes pictures, and keeps what is to be said of them.
class Reader {
 public:
  Reader(const ModelInput& input, const Wanted& wanted, const InputOptions& options)
      : input_(input), wanted_(wanted), options_(options) {}

  Image read(const std::string& path) {
    Image image = read_image(path, static_cast<int>(wanted_.channels));
    if (image.is_clipped) clipped_.push_back(path);
    if (image.bits == 16) deep_.push_back(path);
    const std::int64_t width = wanted_.width < 0 ? image.width : wanted_.width;
    const std::int64_t height = wanted_.height < 0 ? image.height : wanted_.height;
    sizes_.insert(size_text(image.width, image.height));
    if (image.width == width && image.height == height) return image;
    if (!options_.resize)
      throw Error({.code = "input-shape",
                   .what = fmt::format("the picture has {} pixels, input '{}' needs {}",
                                       size_text(image.width, image.height), input_.name, size_text(width, height)),
                   .where = path,
                   .hint = "let it be resized"});
    Box box{.right = image.width, .bottom = image.height};
    if (options_.keep_aspect_ratio) box = centre_of(image, width, height);
    centres_.insert(size_text(box.right - box.left, box.bottom - box.top));
    resized_to_ = size_text(width, height);
    return resize(image, box, width, height, *options_.resize);
  }

  std::string done() const {
    std::string line = sizes_.size() == 1 ? *sizes_.begin() : fmt::format("{} sizes", sizes_.size());
    if (resized_to_.empty()) return line;
    if (options_.keep_aspect_ratio) line += centres_.size() == 1 ? ", centre " + *centres_.begin() : ", their centres";
    return line + fmt::format(" -> {} ({}{})", resized_to_, filter_name(*options_.resize),
                              options_.resize == Filter::kNearest ? ", as load_img" : "");
  }

  std::vector<std::string> warnings() const {
    std::vector<std::string> lines;
    const auto warn = [&](const std::vector<std::string>& paths, std::string_view what) {
      if (paths.empty()) return;
      const std::string others = paths.size() == 1 ? "" : fmt::format(" and {} more", paths.size() - 1);
      lines.push_back(fmt::format("{}{}: grey of 16 bits; {}, as load_img does", paths[0], others, what));
    };
    warn(clipped_, "numbers above 255 are cut to 255");
    warn(deep_, "its numbers up to 65,535 are kept");
    return lines;
  }

 private:
  const ModelInput& input_;
  const Wanted& wanted_;
  const InputOptions& options_;
  std::set<std::string> sizes_, centres_;
  std::string resized_to_;
  std::vector<std::string> clipped_, deep_;
};

void require_room(const Image& first, std::size_t count) {
  const auto pictures = static_cast<std::int64_t>(count), bytes = std::ssize(first.pixels);
  constexpr std::int64_t kMostBytes = 1 << 30;
  if (pictures > 1 && pictures > kMostBytes / bytes)
    throw Error({.code = "size-too-large",
                 .what = fmt::format("{} pictures of {} are {} bytes, more than the {} that are taken",
                                     text::thousands(pictures), size_text(first.width, first.height),
                                     text::thousands(pictures * bytes), text::thousands(kMostBytes)),
                 .hint = fmt::format("give folders of up to {} pictures",
                                     text::thousands(std::max<std::int64_t>(1, kMostBytes / bytes)))});
}

}  // namespace

std::string expected_text(const ModelInput& input) {
  std::vector<std::string> sizes;
  for (std::size_t i = 1; i < input.shape.size(); ++i)
    sizes.push_back(input.shape[i] < 0 ? "?" : std::to_string(input.shape[i]));
  return fmt::format("({}{})", fmt::join(sizes, ", "), sizes.size() == 1 ? "," : "");
}

PictureFolder list_pictures(const std::string& folder) {
  PictureFolder found;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (name[0] != '.' && entry->is_regular_file(ignored) && is_image_file(entry->path()))
      found.names.push_back(name);
    else
      ++found.passed_over;
  }
  if (error)
    throw Error({.code = "file-unreadable", .what = "the folder cannot be read: " + error.message(), .where = folder});
  if (found.names.empty())
    throw Error({.code = "input-missing",
                 .what = found.passed_over == 0 ? "the folder is empty"
                                                : fmt::format("the folder holds no picture, and {} other file{}",
                                                              found.passed_over, found.passed_over == 1 ? "" : "s"),
                 .where = folder,
                 .hint = "give a picture, an array, or a folder of pictures"});
  std::sort(found.names.begin(), found.names.end(), stands_before);
  return found;
}

Pictures read_pictures(const ModelInput& input, const std::vector<std::string>& paths, const InputOptions& options) {
  const Wanted wanted = wanted_by(input, paths[0]);
  Reader reader(input, wanted, options);
  Pictures pictures;
  pictures.axes = wanted.is_flat ? "HW" : wanted.is_channels_first ? "CHW" : "HWC";
  for (const std::string& path : paths) {
    Image image = reader.read(path);
    if (pictures.images.empty()) {
      require_room(image, paths.size());
      pictures.images.reserve(paths.size());
    }
    const Image& first = pictures.images.empty() ? image : pictures.images.front();
    if (image.width != first.width || image.height != first.height)
      throw Error({.code = "input-shape",
                   .what = fmt::format("the pictures of a batch must have one size: '{}' has {}, '{}' {}",
                                       fs::path(paths[0]).filename().string(), size_text(first.width, first.height),
                                       fs::path(path).filename().string(), size_text(image.width, image.height)),
                   .where = fs::path(path).parent_path().string(),
                   .because = fmt::format("input '{}' {} takes any size, so they are not resized", input.name,
                                          expected_text(input)),
                   .hint = "resize them, or give them one by one"});
    pictures.images.push_back(std::move(image));
  }
  pictures.done = reader.done();
  pictures.warnings = reader.warnings();
  return pictures;
}

Tensor Pictures::batch(std::int64_t first, std::int64_t count) const {
  const Image& one = images.at(static_cast<std::size_t>(first));
  const std::int64_t pixels = one.width * one.height, channels = one.channels;
  Tensor all(axes == "HW"    ? Shape{count, one.height, one.width}
             : axes == "CHW" ? Shape{count, channels, one.height, one.width}
                             : Shape{count, one.height, one.width, channels});
  float* out = all.mutable_data();
  for (std::int64_t i = 0; i < count; ++i, out += pixels * channels) {
    const Tensor tensor = tensor_from_image(images.at(static_cast<std::size_t>(first + i)));
    if (axes == "CHW")
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
        for (std::int64_t c = 0; c < channels; ++c) out[c * pixels + pixel] = tensor.data()[pixel * channels + c];
    else
      std::copy_n(tensor.data(), tensor.size(), out);
  }
  return all;
}

}  // namespace kerascope
