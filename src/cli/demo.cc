// kerascope demo: the built-in model on the built-in picture.
#include "base/file.h"
#include "base/text.h"
#include "cli/request.h"
#include "model/json.h"

extern "C" {
extern const char kerascope_demo_model[], kerascope_demo_model_end[];
extern const char kerascope_demo_picture[], kerascope_demo_picture_end[];
extern const char kerascope_demo_accuracy[], kerascope_demo_accuracy_end[];
}

namespace kerascope::cli {
namespace {

std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

int demo(Request request, const std::string& program) {
  const std::filesystem::path folder = request.output.empty() ? "kerascope-demo" : request.output;
  const std::string model = folder / "digits.keras", picture = folder / "digit.png", maps = folder / "maps";
  const Json accuracy =
      parse_json(between(kerascope_demo_accuracy, kerascope_demo_accuracy_end), "the built-in accuracy.json");
  write_file(model, between(kerascope_demo_model, kerascope_demo_model_end));
  write_file(picture, between(kerascope_demo_picture, kerascope_demo_picture_end));
  if (!request.quiet) {
    fmt::print(
        "A small network that reads handwritten digits ({:.1f} % of {} test pictures right), and one of those "
        "pictures.\n\n",
        100 * accuracy.at("test_accuracy").get<double>(), accuracy.at("test_pictures").get<int>());
    fmt::print("$ {} capture {} {}\n", program, model, picture);
    std::fflush(stdout);
  }
  request.model = model;
  request.inputs = {picture};
  request.output.clear();
  if (const int code = capture(request); code != kDone) return code;
  if (!request.quiet) {
    fmt::print("\n$ {} show {} {} --layer 'conv*' -o {}\n", program, model, picture, maps);
    std::fflush(stdout);
  }
  request.layers = {"conv*"};
  request.output = maps;
  if (const int code = show(request); code != kDone) return code;
  const std::string overview = folder / "overview.png";
  if (!request.quiet) {
    fmt::print("\n$ {} show {} {} -o {}\n", program, model, picture, overview);
    std::fflush(stdout);
  }
  request.layers.clear();
  request.output = overview;
  if (const int code = show(request); code != kDone) return code;
  if (!request.quiet)
    fmt::print(
        "\nThe pictures lie in {}; overview.png first. Now try:\n  {} layers {}\n  {} show {} {} --layer conv1out -o "
        "conv1out.png\n",
        folder.string(), program, model, program, model, picture);
  return kDone;
}

}  // namespace

void add_demo_command(CLI::App& app, Request& request, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("demo", "the built-in model on the built-in picture: pictures, numbers, what to try next");
  command->add_option("--output,-o", request.output, "the folder for model, picture and maps (kerascope-demo)")
      ->type_name("FOLDER");
  command->add_flag("--quiet,-q", request.quiet, "print nothing but errors");
  command->callback([&] { exit_code = demo(request, request.program); });
}

}  // namespace kerascope::cli
