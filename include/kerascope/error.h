// The one exception type: what went wrong, where, why, and what to do about it.
#pragma once

#include <exception>
#include <string>

#include "kerascope/export.h"

namespace kerascope {

/// What a user or a file can cause; the one type that the library throws, beside std::bad_alloc and what a program's
/// own callbacks throw. A bug of the library's own prints a line and ends the program.
///
/// Sentences are lower case and have no final period; `where` names the place inside the file, the file's name last.
///
///     try {
///       model.run(image, {.taps = {"conv1oot"}});
///     } catch (const ks::Error& error) {
///       if (error.code() == "layer-not-found") std::cerr << error.parts().hint;  // did you mean 'conv1out'?
///     }
class KERASCOPE_API Error : public std::exception {
 public:
  /// What the message is made of.
  struct Parts {
    std::string code;     ///< stable, for programs: "weight-shape"
    std::string what;     ///< what is wrong, with both numbers
    std::string where;    ///< the place; may be empty
    std::string because;  ///< may be empty
    std::string hint;     ///< what to try; may be empty
  };

  /// For programs that throw it themselves. Linear in the text.
  explicit Error(Parts parts);

  const Parts& parts() const { return parts_; }
  /// That of Parts: what a program may compare, as sentences change.
  const std::string& code() const { return parts_.code; }

  /// The whole message as it is printed: "error[code]: what", then the indented where/because/try lines, without a
  /// newline at the end. Valid as long as the error.
  const char* what() const noexcept override { return text_.c_str(); }

  /// The same error seen from one level further up: `where` becomes "what is known in outer_place".
  Error inside(const std::string& outer_place) const;
  /// The same error with another `because`.
  Error with_because(const std::string& because) const;

 private:
  Parts parts_;
  std::string text_;
};

}  // namespace kerascope
