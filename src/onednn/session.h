// oneDNN's engine and stream. Each Session is used by one thread at a time.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

namespace kerascope {

class Session {
 public:
  Session() : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {}
  const dnnl::engine& engine() const { return engine_; }
  const dnnl::stream& stream() const { return stream_; }

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
};

}  // namespace kerascope
