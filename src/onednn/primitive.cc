#include "onednn/primitive.h"

#include <fmt/format.h>

#include <new>

#include "base/workspace.h"
#include "kerascope/error.h"

namespace kerascope {
const dnnl::engine& onednn_engine() { static const dnnl::engine e(dnnl::engine::kind::cpu, 0); return e; }
const dnnl::stream& onednn_stream() { thread_local const dnnl::stream s(onednn_engine()); return s; }


void Primitive::run(Arguments arguments) const try {
  thread_local Workspace scratchpad;
  if (const std::size_t bytes = scratchpad_.get_size(); bytes > 0)
    arguments.emplace(DNNL_ARG_SCRATCHPAD, dnnl::memory(scratchpad_, stream_.get_engine(), scratchpad.bytes(bytes)));
  primitive_.execute(stream_, arguments);
  dnnl::stream(stream_).wait();
} catch (const dnnl::error& error) {
  rethrow(error, op_);
}

void rethrow(const dnnl::error& error, const std::string& op) {
  if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
  throw Error({.code = "compute-failed", .what = fmt::format("oneDNN cannot compute {}: {}", op, error.what())});
}

}  // namespace kerascope
