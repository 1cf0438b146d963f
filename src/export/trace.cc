#include "export/trace.h"

#include <algorithm>

#include "model/json.h"

namespace kerascope {
namespace {

double microseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

Json named(const char* what, const std::string& name) {
  return {{"ph", "M"}, {"name", what}, {"pid", 1}, {"tid", 1}, {"args", {{"name", name}}}};
}

}  // namespace

void write_trace(FileWriter& file, const std::string& name, const std::vector<Span>& spans) {
  Span::Time start = Span::Time::max();
  for (const Span& span : spans) start = std::min(start, span.begin);
  std::string text = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n";
  const auto add = [&](const Json& event) { text += json_text(event); };
  add(named("process_name", name));
  text += ",\n";
  add(named("thread_name", "main"));
  for (const Span& span : spans) {
    text += ",\n";
    add({{"ph", "X"},
         {"name", span.name},
         {"cat", span.category},
         {"ts", microseconds(span.begin - start)},
         {"dur", microseconds(span.end - span.begin)},
         {"pid", 1},
         {"tid", 1},
         {"args", span.details}});
  }
  file.write(text + "\n]}\n");
  file.commit();
}

}  // namespace kerascope
