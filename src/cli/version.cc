#include "cli/version.h"

#include <chafa.h>
#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <array>
#include <string_view>

#include <build_facts.h>
#include "base/parallel.h"
#include "base/process.h"
#include "base/simd.h"
#include "base/text.h"
#include "inputs/libraries.h"

namespace kerascope::cli {
namespace {

std::string hdf5_version() {
  const auto program = find_companion("kerascope-h5", "KERASCOPE_H5");
  if (!program || !std::filesystem::exists(*program))
    return "missing: the program kerascope-h5 is not beside kerascope";
  const ProcessResult answer =
      run_process(*program, {.arguments = {"--version"}, .timeout = std::chrono::seconds(10), .most_output = 100});
  return answer.failure.empty() ? text::printable(answer.output) : "unknown: kerascope-h5 fails: " + answer.failure;
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace

std::string version_text() {
  std::vector<Library> lines = {{"built", fmt::format("{} by {}", KERASCOPE_BUILD_TYPE, compiler())}};
  if (*KERASCOPE_COMMIT) lines.push_back({"commit", KERASCOPE_COMMIT});
  lines.push_back({"kernels", fmt::format("{}, {} thread{}", simd::name(simd::instructions()), thread_count(),
                                          thread_count() == 1 ? "" : "s")});
  lines.push_back({"HDF5", hdf5_version()});
  for (Library& library : image_libraries()) lines.push_back(std::move(library));
  lines.push_back({"chafa", fmt::format("{}.{}.{}", CHAFA_MAJOR_VERSION, CHAFA_MINOR_VERSION, CHAFA_MICRO_VERSION)});
  lines.push_back({"libdeflate", LIBDEFLATE_VERSION_STRING});
  lines.push_back({"zlib", zlibVersion()});
  std::string all = "kerascope " KERASCOPE_VERSION;
  for (const Library& line : lines) all += fmt::format("\n{:<13}  {}", line.name, line.version);
  return all;
}

}  // namespace kerascope::cli
