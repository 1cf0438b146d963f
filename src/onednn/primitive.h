// A oneDNN primitive made ready to run, and all that differs between oneDNN 2 and 3 in making one.
#pragma once

#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "onednn/memory.h"

namespace kerascope {

/// oneDNN's refusal as an exception of ours that names the op: std::bad_alloc or Error{compute-failed}.
[[noreturn]] void rethrow(const dnnl::error& error, const std::string& op);

/// @param parts  what oneDNN's type takes behind the direction, which a matrix product has not.
/// @throws Error{compute-failed} naming `op`, where oneDNN has no way to compute this.
template <typename Forward, typename... Parts>
typename Forward::primitive_desc describe_primitive(const Session& session, const std::string& op,
                                                    const Parts&... parts) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  try {
    if constexpr (std::is_same_v<Forward, dnnl::matmul>) {
#if DNNL_VERSION_MAJOR < 3
      return {typename Forward::desc(parts...), attributes, onednn_engine()};
#else
      return {onednn_engine(), parts..., attributes};
#endif
    } else {
#if DNNL_VERSION_MAJOR < 3
      return {typename Forward::desc(dnnl::prop_kind::forward_inference, parts...), attributes, onednn_engine()};
#else
      return {onednn_engine(), dnnl::prop_kind::forward_inference, parts..., attributes};
#endif
    }
  } catch (const dnnl::error& error) {
    rethrow(error, op);
  }
}

/// May run in several threads at once: the scratchpad belongs to the thread, not to the primitive.
class Primitive {
 public:
  using Arguments = std::unordered_map<int, dnnl::memory>;

  template <typename Description>
  Primitive(const Session& session, std::string op, const Description& description)
      : op_(std::move(op)), stream_(onednn_stream()), scratchpad_(description.scratchpad_desc()) {
    try {
      primitive_ = dnnl::primitive(description);
    } catch (const dnnl::error& error) {
      rethrow(error, op_);
    }
  }

  void run(Arguments arguments) const;

 private:
  std::string op_;
  dnnl::primitive primitive_;
  dnnl::stream stream_;
  dnnl::memory::desc scratchpad_;
};

}  // namespace kerascope
