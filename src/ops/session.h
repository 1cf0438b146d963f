// What all kernels of a plan are told when they are prepared.
#pragma once

namespace kerascope {

class Session {
 public:
  /// @param exact  no faster way to compute whose rounding errors are larger.
  explicit Session(bool exact = false) : exact_(exact) {}
  bool exact() const { return exact_; }

 private:
  bool exact_;
};

}  // namespace kerascope
