#include "model/lambda/marshal.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace kerascope {
namespace {

using Type = PythonObject::Kind;

constexpr int kDeepestObject = 50;

/// Thrown where the bytes are no marshal data; read_code() turns it into null.
struct Unreadable {};

class MarshalReader {
 public:
  MarshalReader(std::string_view bytes, CodeLayout layout) : bytes_(bytes), layout_(layout) {}

  PythonValue whole() {
    PythonValue value = object();
    if (!bytes_.empty()) throw Unreadable();
    return value;
  }

 private:
  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) throw Unreadable();
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  template <typename Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);  // marshal is little-endian, like all our machines
    return value;
  }
  /// The size of something of which each item takes at least one byte.
  std::size_t size() {
    const auto size = number<std::int32_t>();
    if (size < 0 || static_cast<std::size_t>(size) > bytes_.size()) throw Unreadable();
    return static_cast<std::size_t>(size);
  }

  PythonValue object() {
    if (++depth_ > kDeepestObject) throw Unreadable();
    const auto tag = number<std::uint8_t>();
    constexpr std::uint8_t kIsReferenced = 0x80;
    const bool is_referenced = layout_ != CodeLayout::kPython2 && (tag & kIsReferenced);
    const char type = static_cast<char>(is_referenced ? tag & ~kIsReferenced : tag);
    PythonValue value;
    if (type == 'r') {
      value = referenced(shared_);
    } else if (type == 'R') {
      value = referenced(interned_);
    } else {
      const std::size_t place = shared_.size();
      if (is_referenced) shared_.emplace_back();  // the number is given before what is inside gets its own
      value = std::make_shared<const PythonObject>(plain(type));
      if (is_referenced) shared_[place] = value;
      if (type == 't' && layout_ == CodeLayout::kPython2) interned_.push_back(value);
    }
    --depth_;
    return value;
  }

  PythonValue referenced(const std::vector<PythonValue>& known) {
    const auto place = number<std::int32_t>();
    if (place < 0 || static_cast<std::size_t>(place) >= known.size() || !known[static_cast<std::size_t>(place)])
      throw Unreadable();
    return known[static_cast<std::size_t>(place)];
  }

  PythonObject plain(char type) {
    PythonObject object;
    switch (type) {
      case 'N':
        object.kind = Type::kNone;
        break;
      case '.':
        object.kind = Type::kEllipsis;
        break;
      case 'T':
      case 'F':
        object.kind = Type::kBool;
        object.integer = type == 'T';
        break;
      case 'i':
        object.kind = Type::kInteger;
        object.integer = number<std::int32_t>();
        break;
      case 'I':
        object.kind = Type::kInteger;
        object.integer = number<std::int64_t>();
        break;
      case 'l':
        long_integer(object);
        break;
      case 'g':
        object.kind = Type::kFloat;
        object.number = number<double>();
        break;
      case 'f': {
        const auto value = text::to_number(take(number<std::uint8_t>()));
        if (!value) throw Unreadable();
        object.kind = Type::kFloat;
        object.number = *value;
        break;
      }
      case 'y':
        take(16);
        break;  // a complex number, which stays kOther
      case 's':
        object.kind = layout_ == CodeLayout::kPython2 ? Type::kText : Type::kBytes;
        object.text = take(size());
        break;
      case 't':
      case 'u':
      case 'a':
      case 'A':
        object.kind = Type::kText;
        object.text = take(size());
        break;
      case 'z':
      case 'Z':
        object.kind = Type::kText;
        object.text = take(number<std::uint8_t>());
        break;
      case '(':
      case '[':
        items(object, size());
        break;
      case ')':
        items(object, number<std::uint8_t>());
        break;
      case '<':
      case '>':  // a set, which stays kOther
        items(object, size());
        object.kind = Type::kOther;
        break;
      case 'c':
        object.kind = Type::kCode;
        object.code = code();
        for (const PythonValue& constant : object.code->constants) deepen(object, *constant);
        break;
      default:
        throw Unreadable();
    }
    return object;
  }

  void items(PythonObject& object, std::size_t count) {
    object.kind = Type::kTuple;
    for (std::size_t i = 0; i < count; ++i) {
      object.items.push_back(this->object());
      deepen(object, *object.items.back());
    }
  }

  /// By references, objects may lie deeper within each other than the bytes do.
  static void deepen(PythonObject& object, const PythonObject& inside) {
    object.depth = std::max(object.depth, inside.depth + 1);
    if (object.depth > kDeepestObject) throw Unreadable();
  }

  /// Digits of 15 bits; the sign of their number is the integer's.
  void long_integer(PythonObject& object) {
    const auto count = static_cast<std::int64_t>(number<std::int32_t>());
    std::uint64_t value = 0;
    const std::int64_t digits = count < 0 ? -count : count;
    for (std::int64_t i = 0; i < digits; ++i) {
      const std::uint64_t digit = number<std::uint16_t>();
      if (digit >= 1u << 15) throw Unreadable();
      if (i < 4) value |= digit << (15 * i);
    }
    if (digits > 4) return;  // too large for us: kOther
    object.kind = Type::kInteger;
    object.integer = count < 0 ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  }

  std::string text_of(Type kind) {
    const PythonValue value = object();
    if (value->kind != kind) throw Unreadable();
    return value->text;
  }
  std::vector<std::string> texts() {
    const PythonValue value = object();
    if (value->kind != Type::kTuple) throw Unreadable();
    std::vector<std::string> all;
    for (const PythonValue& item : value->items) {
      if (item->kind != Type::kText) throw Unreadable();
      all.push_back(item->text);
    }
    return all;
  }

  std::shared_ptr<const PythonCode> code() {
    const bool is_python2 = layout_ == CodeLayout::kPython2;
    auto code = std::make_shared<PythonCode>();
    code->arguments = number<std::int32_t>();
    if (layout_ >= CodeLayout::kPython38) number<std::int32_t>();  // those that are positional only, counted already
    if (!is_python2) code->keyword_only = number<std::int32_t>();
    if (layout_ != CodeLayout::kPython311) number<std::int32_t>();  // variables
    number<std::int32_t>();                                         // the size of the stack
    code->flags = number<std::int32_t>();
    code->instructions = text_of(is_python2 ? Type::kText : Type::kBytes);
    const PythonValue constants = object();
    if (constants->kind != Type::kTuple) throw Unreadable();
    code->constants = constants->items;
    code->names = texts();
    code->variables = texts();
    if (layout_ == CodeLayout::kPython311) {
      constexpr char kIsFree = static_cast<char>(0x80);
      const std::string kinds = text_of(Type::kBytes);
      if (kinds.size() != code->variables.size()) throw Unreadable();
      for (std::size_t i = 0; i < kinds.size(); ++i)
        if (kinds[i] & kIsFree) code->free.push_back(code->variables[i]);
    } else {
      code->free = texts();
      code->cells = texts();
    }
    text_of(Type::kText);  // the file
    code->name = text_of(Type::kText);
    if (layout_ == CodeLayout::kPython311) text_of(Type::kText);   // the name with its class
    number<std::int32_t>();                                        // the first line
    text_of(is_python2 ? Type::kText : Type::kBytes);              // the lines of the instructions
    if (layout_ == CodeLayout::kPython311) text_of(Type::kBytes);  // exceptions
    const auto parameters = std::int64_t{code->arguments} + code->keyword_only;
    if (code->arguments < 0 || code->keyword_only < 0 || parameters > std::ssize(code->variables)) throw Unreadable();
    return code;
  }

  std::string_view bytes_;
  CodeLayout layout_;
  std::vector<PythonValue> shared_, interned_;
  int depth_ = 0;
};

}  // namespace

std::shared_ptr<const PythonCode> read_code(std::string_view bytes, CodeLayout layout) try {
  return MarshalReader(bytes, layout).whole()->code;
} catch (const Unreadable&) {
  return nullptr;
}

}  // namespace kerascope
