// .npy and .npz: every number is cast to float32; the result is row-major.
#include "inputs/array.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>
#include <type_traits>

#include "base/file.h"
#include "base/half.h"
#include "base/text.h"
#include "formats/zip.h"
#include "inputs/npy_header.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr std::string_view kFloat32Hint = "save it as numbers: np.save(FILE, array.astype('float32'))";

struct Half {
  std::uint16_t bits;
};

float to_float(Half half) { return float_of_half(half.bits); }

template <typename Number>
float to_float(Number number) {
  return static_cast<float>(number);
}

/// Whether the cast from float64 to float32 loses digits that tell numbers apart: in the whole array, or in a column
/// (an index of the last axis), as columns may have different units.
class Digits {
 public:
  explicit Digits(const Shape& shape) {
    constexpr std::int64_t kMostColumns = 4096;
    const std::int64_t last = shape.rank() > 1 ? shape[shape.rank() - 1] : 1;
    columns_.resize(static_cast<std::size_t>(last <= kMostColumns ? std::max<std::int64_t>(last, 1) : 1));
  }
  void add(std::int64_t place, double number, float cast) {
    if (!std::isfinite(number)) return;
    is_beyond_ |= !std::isfinite(cast);
    columns_[static_cast<std::size_t>(place) % columns_.size()].add(number,
                                                                    std::abs(number - static_cast<double>(cast)));
  }
  bool are_lost() const {
    Range whole;
    for (const Range& column : columns_) {
      if (column.is_lost()) return true;
      whole.add(column);
    }
    return is_beyond_ || whole.is_lost();
  }

 private:
  struct Range {
    double least = INFINITY, greatest = -INFINITY, error = 0;

    void add(double number, double its_error) {
      least = std::min(least, number);
      greatest = std::max(greatest, number);
      error = std::max(error, its_error);
    }
    void add(const Range& other) {
      least = std::min(least, other.least);
      greatest = std::max(greatest, other.greatest);
      error = std::max(error, other.error);
    }
    bool is_lost() const {
      if (least > greatest) return false;
      const double size = std::max(std::abs(least), std::abs(greatest)), range = greatest - least;
      constexpr double kNoise = 1e-11;  // rounding noise of float64 itself
      return range > kNoise * size ? error > 1e-4 * range : error > 1e-6 * size;
    }
  };
  std::vector<Range> columns_;
  bool is_beyond_ = false;
};

/// Whether the cast changes an integer. 64-bit integers need more digits than a double has.
template <typename Number>
bool is_changed(Number number, float cast) {
  using Exact = std::conditional_t<sizeof(Number) == 8, long double, double>;
  return static_cast<Exact>(number) != static_cast<Exact>(cast);
}

// Iterates over the numbers with the last axis fastest, and gives each one's position in the file.
class FileOrder {
 public:
  FileOrder(const Shape& shape, bool fortran_order) : shape_(shape), steps_(shape.sizes()), index_(shape.sizes()) {
    std::int64_t step = 1;
    for (int i = 0; i < shape.rank(); ++i) {
      const auto axis = static_cast<std::size_t>(fortran_order ? i : shape.rank() - 1 - i);
      steps_[axis] = step;
      step *= shape.sizes()[axis];
      index_[axis] = 0;
    }
  }
  std::int64_t position() const { return position_; }
  void advance() {
    for (std::size_t axis = index_.size(); axis-- > 0;) {
      position_ += steps_[axis];
      if (++index_[axis] < shape_.sizes()[axis]) return;
      position_ -= index_[axis] * steps_[axis];
      index_[axis] = 0;
    }
  }

 private:
  const Shape& shape_;
  std::vector<std::int64_t> steps_, index_;
  std::int64_t position_ = 0;
};

template <typename Number>
void cast(const std::byte* numbers, const NpyHeader& header, NamedArray& array) {
  if (array.tensor.size() == 0) return;  // the product of the other sizes may overflow
  const bool big_endian = header.type[0] == '>';
  float* out = array.tensor.mutable_data();
  Digits digits(header.shape);
  bool is_rounded = false;
  const auto each = [&](auto use) {
    FileOrder order(header.shape, header.fortran_order);
    for (std::int64_t i = 0; i < array.tensor.size(); ++i, order.advance()) {
      std::byte bytes[sizeof(Number)];
      std::memcpy(bytes, numbers + order.position() * static_cast<std::int64_t>(sizeof(Number)), sizeof(Number));
      if (big_endian != (std::endian::native == std::endian::big)) std::reverse(std::begin(bytes), std::end(bytes));
      use(i, std::bit_cast<Number>(bytes));
    }
  };
  each([&](std::int64_t i, Number number) {
    out[i] = to_float(number);
    if constexpr (std::is_same_v<Number, double>) {
      digits.add(i, number, out[i]);
      is_rounded |= number == number && out[i] != number;
    }
    if constexpr (std::is_integral_v<Number>) array.lossy |= is_changed(number, out[i]);
  });
  if constexpr (std::is_integral_v<Number> && !std::is_same_v<Number, std::uint64_t>)
    if (array.lossy) {
      array.exact = Tensor(array.tensor.shape(), DType::kInt64);
      const auto exact = array.exact.mutable_elements<std::int64_t>();
      each([&](std::int64_t i, Number number) { exact[static_cast<std::size_t>(i)] = number; });
    }
  if constexpr (std::is_same_v<Number, double>) {
    array.lossy = digits.are_lost();
    if (is_rounded) {
      array.exact = Tensor(array.tensor.shape(), DType::kFloat64);
      const auto exact = array.exact.mutable_elements<double>();
      each([&](std::int64_t i, Number number) { exact[static_cast<std::size_t>(i)] = number; });
    }
  }
}

/// A code point as UTF-8; what is none becomes the replacement character.
void append_utf8(std::string& text, std::uint32_t point) {
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) point = 0xfffd;
  if (point < 0x80) {
    text += static_cast<char>(point);
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;  // bytes behind the first
  constexpr std::uint32_t kFirst[] = {0, 0xc0, 0xe0, 0xf0};
  text += static_cast<char>(kFirst[more] | point >> 6 * more);
  for (int byte = more - 1; byte >= 0; --byte) text += static_cast<char>(0x80 | (point >> 6 * byte & 0x3f));
}

/// Texts of one length each, with zeros behind: of bytes ("S7"), or of code points of 4 bytes ("U7").
Tensor texts_of(const std::byte* begin, const NpyHeader& header, std::int64_t width, bool has_points) {
  const bool swaps = (header.type[0] == '>') != (std::endian::native == std::endian::big);
  const std::int64_t unit = has_points ? 4 : 1;
  std::vector<std::string> texts(static_cast<std::size_t>(header.shape.elements()));
  FileOrder order(header.shape, header.fortran_order);
  for (std::string& text : texts) {
    const std::byte* const at = begin + order.position() * width * unit;
    std::vector<std::uint32_t> points;
    for (std::int64_t i = 0; i < width; ++i) {
      std::byte bytes[4] = {};
      std::memcpy(bytes, at + i * unit, static_cast<std::size_t>(unit));
      if (has_points && swaps) std::reverse(std::begin(bytes), std::end(bytes));
      points.push_back(has_points ? std::bit_cast<std::uint32_t>(bytes) : std::to_integer<std::uint32_t>(bytes[0]));
    }
    while (!points.empty() && points.back() == 0) points.pop_back();
    for (const std::uint32_t point : points) {
      if (has_points)
        append_utf8(text, point);
      else
        text += static_cast<char>(point);
    }
    order.advance();
  }
  return Tensor::of(header.shape, std::move(texts));
}

struct Type {
  std::string_view code;  ///< NumPy's type code: kind and size
  std::int64_t size = 0;
  void (*cast)(const std::byte*, const NpyHeader&, NamedArray&) = nullptr;
};

constexpr Type kTypes[] = {
    {"f2", 2, cast<Half>},          {"f4", 4, cast<float>},         {"f8", 8, cast<double>},
    {"i1", 1, cast<std::int8_t>},   {"i2", 2, cast<std::int16_t>},  {"i4", 4, cast<std::int32_t>},
    {"i8", 8, cast<std::int64_t>},  {"u1", 1, cast<std::uint8_t>},  {"u2", 2, cast<std::uint16_t>},
    {"u4", 4, cast<std::uint32_t>}, {"u8", 8, cast<std::uint64_t>}, {"b1", 1, cast<std::uint8_t>},
};

const Type& type_of(const std::string& descr) {
  const bool has_order = !descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  const std::string_view code = std::string_view(descr).substr(has_order ? 1 : 0);
  if (has_order)
    for (const Type& type : kTypes)
      if (type.code == code) return type;
  if (code.starts_with("O"))
    throw Error({.code = "array-pickled",
                 .what = "the array holds pickled Python objects, which are never loaded",
                 .because = "a pickle can run any code",
                 .hint = std::string(kFloat32Hint)});
  throw Error(
      {.code = "array-type",
       .what = fmt::format("the array has the type '{}', known are f2 to f8, i1 to i8, u1 to u8, b1, U and S", descr),
       .hint = std::string(kFloat32Hint)});
}

/// The length of texts: 7 of "<U7" and "|S7"; nothing for other types.
std::optional<std::int64_t> text_width(const std::string& descr) {
  constexpr std::int64_t kMost = 1 << 20;
  if (descr.size() < 3 || (descr[1] != 'U' && descr[1] != 'S') || !std::strchr("<>|=", descr[0])) return {};
  const auto width = text::to_integer(std::string_view(descr).substr(2));
  return width && *width > 0 && *width <= kMost ? width : std::nullopt;
}

}  // namespace

NamedArray parse_npy(std::span<const std::byte> bytes) {
  const NpyHeader header = parse_npy_header(bytes);
  const auto width = text_width(header.type);
  const bool has_points = width && header.type[1] == 'U';
  const Type& type = width ? kTypes[0] : type_of(header.type);
  const std::int64_t left = static_cast<std::int64_t>(bytes.size() - header.size);
  const std::int64_t size = width ? *width * (has_points ? 4 : 1) : type.size;
  const std::int64_t needed = header.shape.elements() * size;  // below 2^63
  if (needed > left)
    throw Error({.code = "array-invalid",
                 .what = fmt::format("the array is cut short: its shape {} of '{}' needs {} bytes, {} are left",
                                     header.shape.str(), header.type, text::thousands(needed), text::thousands(left))});
  if (width)
    return {
        .name = {}, .tensor = texts_of(bytes.data() + header.size, header, *width, has_points), .type = header.type};
  NamedArray array{.tensor = Tensor(header.shape), .type = header.type};
  type.cast(bytes.data() + header.size, header, array);
  return array;
}

namespace {

std::vector<NamedArray> read_npz(const std::shared_ptr<const MappedFile>& file) {
  const ZipArchive archive = ZipArchive::open(file);
  std::vector<NamedArray> arrays;
  for (const std::string& name : archive.names()) {
    if (!text::ends_with(name, ".npy")) continue;
    try {
      const ZipArchive::Member member = archive.member(name);
      arrays.push_back(parse_npy(std::as_bytes(std::span(member.text()))));
      arrays.back().name = name.substr(0, name.size() - 4);
    } catch (const Error& error) {
      throw error.inside("'" + name + "'");
    }
  }
  if (arrays.empty() && !archive.names().empty())
    throw Error({.code = "array-invalid",
                 .what = fmt::format("none of the archive's {} members is an array (.npy)", archive.names().size())});
  return arrays;
}

std::vector<NamedArray> read(const std::shared_ptr<const MappedFile>& file) {
  if (ZipArchive::recognises(file->bytes())) return read_npz(file);
  if (!is_npy(file->bytes()))
    throw Error({.code = "array-invalid",
                 .what = "the file begins neither as .npy nor as .npz does, nor as a picture",
                 .because = file->size() == 0 ? "it is empty" : "",
                 .hint = "give a picture (JPEG, PNG, WebP, GIF, BMP), or an array that np.save or np.savez wrote"});
  std::vector<NamedArray> arrays;
  arrays.push_back(parse_npy(file->bytes()));
  return arrays;
}

}  // namespace

bool holds_arrays(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return ZipArchive::recognises(file->bytes()) || is_npy(file->bytes());
}

NamedArray read_lines(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  std::string_view rest(reinterpret_cast<const char*>(file->bytes().data()), file->size());
  if (constexpr std::string_view kMark = "\xef\xbb\xbf"; rest.starts_with(kMark)) rest.remove_prefix(kMark.size());
  std::vector<std::string> lines;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (lines.empty())
    throw Error({.code = "array-invalid", .what = "the file is empty", .where = path.filename().string()});
  const Shape shape = {std::ssize(lines)};
  return {.name = {}, .tensor = Tensor::of(shape, std::move(lines)), .type = "lines"};
}

std::vector<NamedArray> read_arrays(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  try {
    return read(file);
  } catch (const Error& error) {
    throw error.inside(path.filename().string());
  }
}

}  // namespace kerascope
