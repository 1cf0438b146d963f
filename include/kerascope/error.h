// The one exception type: what went wrong, where, why, and what to do about it.
#pragma once

#include <exception>
#include <string>

#include "kerascope/export.h"

namespace kerascope {

/// What a user or a file can cause. Bugs of our own are failed KERASCOPE_CHECKs instead.
///
/// Sentences are lower case and have no final period; `where` names the place inside the file, the file's name last.
class KERASCOPE_API Error : public std::exception {
 public:
  struct Parts {
    std::string code;     ///< stable, for programs: "weight-shape"
    std::string what;     ///< what is wrong, with both numbers
    std::string where;    ///< the place; may be empty
    std::string because;  ///< may be empty
    std::string hint;     ///< what to try; may be empty
  };

  explicit Error(Parts parts);

  const Parts& parts() const { return parts_; }
  const std::string& code() const { return parts_.code; }

  /// The whole message as it is printed: "error[code]: what", then the indented where/because/try lines.
  const char* what() const noexcept override { return text_.c_str(); }

  /// The same error seen from one level further up: the place is put before or after what is already known.
  Error inside(const std::string& outer_place) const;
  Error with_because(const std::string& because) const;

 private:
  Parts parts_;
  std::string text_;
};

}  // namespace kerascope
