#include "inputs/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <set>

#include "base/text.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

namespace fs = std::filesystem;

/// Takes the next part of a name: a number without leading zeros, or one character.
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

/// The sizes and axis order that an input expects of a picture; -1 accepts any size.
struct Wanted {
  std::int64_t channels, height, width;
  bool is_flat = false;            ///< (H, W) without channels: a grey picture
  bool is_channels_first = false;  ///< (C, H, W)
  bool is_row = false;             ///< (H * W * C)
};

std::string size_text(std::int64_t width, std::int64_t height) { return fmt::format("{}x{}", width, height); }

std::string colour_text(std::int64_t channels) { return channels == 1 ? "grey" : channels == 3 ? "RGB" : "RGBA"; }

[[noreturn]] void fail_rank(const ModelInput& input, const std::string& path) {
  throw Error(
      {.code = "input-rank",
       .what = fmt::format("'{}' has the shape {}, which a picture does not fit", input.name, expected_text(input)),
       .where = path,
       .hint = "give an .npy array"});
}

/// For a flat input: the picture's own size in grey or colour if that fits, otherwise a square.
Wanted row_wanted_by(const ModelInput& input, const std::string& path) {
  const std::int64_t numbers = input.shape[1];
  const Image first = read_image(path, 1);
  for (const std::int64_t channels : {1, 3, 4})
    if (first.width * first.height * channels == numbers)
      return {.channels = channels, .height = first.height, .width = first.width, .is_row = true};
  for (const std::int64_t channels : {1, 3, 4}) {
    const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(numbers / channels))));
    if (side > 1 && side * side * channels == numbers)
      return {.channels = channels, .height = side, .width = side, .is_row = true};
  }
  fail_rank(input, path);
}

Wanted wanted_by(const ModelInput& input, const std::string& path) {
  if (input.axes.size() == 1 && input.shape[1] > 0) return row_wanted_by(input, path);
  const bool flat = input.axes.size() == 2, first = input.axes == "CHW";
  if (!flat && input.axes.size() != 3) fail_rank(input, path);
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

/// By content or by extension: a file that only has the extension (unreadable, or empty) is reported when it is read.
bool is_picture(const fs::path& path) {
  static const std::set<std::string> kEndings = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"};
  if (kEndings.count(text::lower(path.extension().string()))) return true;
  try {
    return is_image_file(path);
  } catch (const Error&) {
    return false;
  }
}

/// Whether the error concerns one file alone.
bool is_damage(const Error& error) {
  const std::string code = error.code();
  return code == "image-invalid" || code == "image-format" || code == "file-unreadable" || code == "file-missing";
}

/// Loads pictures in the size that an input needs, and collects messages about them.
class PictureLoader {
 public:
  PictureLoader(const ModelInput& input, const Wanted& wanted, const InputOptions& options)
      : input_(input), wanted_(wanted), options_(options) {}

  Image read(const std::string& path) {
    const int channels = static_cast<int>(wanted_.channels);
    Image image = read_narrow_image(path, channels);
    if (image.is_clipped) clipped_.push_back(path);
    if (image.bits == 16) deep_.push_back(path);
    const std::int64_t width = wanted_.width < 0 ? image.width : wanted_.width;
    const std::int64_t height = wanted_.height < 0 ? image.height : wanted_.height;
    sizes_.insert(size_text(image.width, image.height));
    if (image.width == width && image.height == height) return with_channels(std::move(image), channels);
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
    return with_channels(resize(image, box, width, height, *options_.resize), channels);
  }

  std::string done() const {
    std::string line = sizes_.size() == 1 ? *sizes_.begin() : fmt::format("{} sizes", sizes_.size());
    if (!resized_to_.empty()) {
      if (options_.keep_aspect_ratio)
        line += centres_.size() == 1 ? ", centre " + *centres_.begin() : ", their centres";
      line += fmt::format(" -> {} ({}{})", resized_to_, filter_name(*options_.resize),
                          options_.resize == Filter::kNearest ? ", as load_img" : "");
    }
    if (wanted_.is_row)
      line += fmt::format(", {}, in one row {}", colour_text(wanted_.channels), expected_text(input_));
    return line;
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
  if (input.shape.empty()) return "(?)";
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
    if (name[0] != '.' && entry->is_regular_file(ignored) && is_picture(entry->path()))
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

Pictures read_pictures(const ModelInput& input, const std::vector<std::string>& paths, const InputOptions& options,
                       Damaged damaged) {
  Pictures pictures;
  std::optional<Wanted> wanted;
  std::optional<PictureLoader> loader;
  std::optional<Error> first_damage;
  for (std::size_t place = 0; place < paths.size(); ++place) {
    const std::string& path = paths[place];
    std::optional<Image> read;
    try {
      if (!wanted) {
        wanted = wanted_by(input, path);
        loader.emplace(input, *wanted, options);
      }
      read = loader->read(path);
    } catch (const Error& error) {
      if (damaged == Damaged::kFail || !is_damage(error)) throw;
      pictures.skipped.push_back(fmt::format("{}: {}", path, error.parts().what));
      if (!first_damage) first_damage = error;
      continue;
    }
    Image& image = *read;
    if (pictures.images.empty()) {
      require_room(image, paths.size());
      pictures.images.reserve(paths.size());
    }
    const Image& first = pictures.images.empty() ? image : pictures.images.front();
    if (image.width != first.width || image.height != first.height)
      throw Error({.code = "input-shape",
                   .what = fmt::format("the pictures of a batch must have one size: '{}' has {}, '{}' {}",
                                       fs::path(paths[pictures.places[0]]).filename().string(),
                                       size_text(first.width, first.height), fs::path(path).filename().string(),
                                       size_text(image.width, image.height)),
                   .where = fs::path(path).parent_path().string(),
                   .because = fmt::format("input '{}' {} takes any size, so they are not resized", input.name,
                                          expected_text(input)),
                   .hint = "resize them, or give them one by one"});
    pictures.images.push_back(std::move(image));
    pictures.places.push_back(place);
  }
  if (pictures.images.empty()) throw *first_damage;
  pictures.axes = wanted->is_flat ? "HW" : wanted->is_channels_first ? "CHW" : "HWC";
  if (wanted->is_row)
    pictures.flattened =
        ModelInput{.name = input.name, .shape = {-1, wanted->height, wanted->width, wanted->channels}, .axes = "HWC"};
  pictures.done = loader->done();
  pictures.warnings = loader->warnings();
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
