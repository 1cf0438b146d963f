// The one exception type: what went wrong, where, why, and what to do about it.
#pragma once

#include <exception>
#include <string>

#include "kerascope/export.h"

namespace kerascope {

/// The library throws only this type and what a program's own callbacks throw, and never ends the program. Most errors
/// are caused by a user or a file. Two are not: "memory" says that there is not enough of it, "internal" that the
/// library itself has a bug, at the place that `where` names; please report it.
///
/// Sentences are lower case without a final period; `where` names the place inside the file, then the file.
///
///     try {
///       model.run(image, {.taps = {"conv1oot"}});
///     } catch (const ks::Error& error) {
///       if (error.code() == "layer-not-found") std::cerr << error.parts().hint;  // did you mean 'conv1out'?
///     }
class KERASCOPE_API Error : public std::exception {
 public:
  /// The parts of the message.
  struct Parts {
    std::string code;     ///< stable, for programs: "weight-shape"
    std::string what;     ///< what is wrong, with both numbers
    std::string where;    ///< the place; may be empty
    std::string because;  ///< may be empty
    std::string hint;     ///< what to try; may be empty
  };

  /// For programs that throw it themselves. Takes time linear in the text.
  explicit Error(Parts parts);

  const Parts& parts() const { return parts_; }
  /// Parts::code, stable across versions: compare this, as sentences may change.
  const std::string& code() const { return parts_.code; }

  /// The whole message as it is printed: "error[code]: what", then the indented where/because/try lines, without a
  /// newline at the end. Valid as long as this object.
  const char* what() const noexcept override { return text_.c_str(); }

  /// The same error with an outer place added: `where` becomes "<where> in <outer_place>", unless it is that place.
  Error inside(const std::string& outer_place) const;
  /// The same error with another `because`.
  Error with_because(const std::string& because) const;

 private:
  Parts parts_;
  std::string text_;
};

}  // namespace kerascope
