// Spans of time in the Trace Event format, which https://ui.perfetto.dev and chrome://tracing open.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/file.h"
#include "model/json.h"

namespace kerascope {

/// A span is inside another if its times are.
struct Span {
  using Time = std::chrono::steady_clock::time_point;
  std::string name, category;
  Time begin, end;
  Json details = Json::object();
};

/// @param name  the viewer's name for the process.
/// @throws Error{output-unwritable}
void write_trace(FileWriter& file, const std::string& name, const std::vector<Span>& spans);

}  // namespace kerascope
