#include "onednn/primitive.h"

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "kerascope/error.h"

namespace kerascope {
namespace {

/// This thread's working memory for whatever primitive runs; it only grows.
void* scratchpad(std::size_t bytes) {
  constexpr std::size_t kPage = 4096;
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  thread_local std::unique_ptr<void, Free> memory;
  thread_local std::size_t capacity = 0;
  if (bytes > capacity) {
    const std::size_t rounded = (bytes + kPage - 1) / kPage * kPage;
    memory.reset();
    capacity = 0;
    memory.reset(std::aligned_alloc(kPage, rounded));
    if (!memory) throw std::bad_alloc();
    capacity = rounded;
  }
  return memory.get();
}

}  // namespace

void Primitive::run(Arguments arguments) const try {
  if (const std::size_t bytes = scratchpad_.get_size(); bytes > 0)
    arguments.emplace(DNNL_ARG_SCRATCHPAD, dnnl::memory(scratchpad_, stream_.get_engine(), scratchpad(bytes)));
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
