// oneDNN's engine and stream, and how exact the kernels are to be. Each Session is used by one thread at a time.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

namespace kerascope {

class Session {
 public:
  /// @param exact  no faster way to compute whose rounding errors are larger.
  explicit Session(bool exact = false) : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_), exact_(exact) {}
  const dnnl::engine& engine() const { return engine_; }
  const dnnl::stream& stream() const { return stream_; }
  bool exact() const { return exact_; }

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  bool exact_;
};

}  // namespace kerascope
