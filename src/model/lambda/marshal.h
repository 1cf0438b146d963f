// Reads what Python's marshal wrote: the code of a Lambda, as data. Nothing of it is ever run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kerascope {

struct PythonCode;

/// A constant of Python, or code.
struct PythonObject {
  enum class Kind { kNone, kBool, kInteger, kFloat, kText, kBytes, kTuple, kEllipsis, kCode, kOther };
  Kind kind = Kind::kOther;
  std::int64_t integer = 0;  ///< of a bool, too
  double number = 0;
  std::string text;                                        ///< also of bytes
  std::vector<std::shared_ptr<const PythonObject>> items;  ///< of a tuple or a list
  std::shared_ptr<const PythonCode> code;
  int depth = 1;  ///< how many objects lie within each other
};
using PythonValue = std::shared_ptr<const PythonObject>;

/// The fields of a code object that say what it computes.
struct PythonCode {
  std::int32_t arguments = 0, keyword_only = 0, flags = 0;
  std::string instructions;
  std::vector<PythonValue> constants;
  std::vector<std::string> names;
  /// The parameters and other variables; from 3.11 on, cells and free variables stand behind them.
  std::vector<std::string> variables;
  std::vector<std::string> cells, free;  ///< up to 3.10, cells that are parameters stand in `variables`, too
  std::string name;
};

/// How the fields of a code object are laid out.
enum class CodeLayout { kPython2, kPython30, kPython38, kPython311 };

/// Reads a code object and nothing behind it. Null if the bytes are none of that layout.
std::shared_ptr<const PythonCode> read_code(std::string_view bytes, CodeLayout layout);

}  // namespace kerascope
