// kerascope capture: every layer's numbers in one pass.
#include "base/parallel.h"
#include "base/text.h"
#include "cli/channels.h"
#include "cli/outputs.h"
#include "cli/request.h"
#include "export/writing_thread.h"
#include "model/json.h"

namespace kerascope::cli {
namespace {

struct Row {
  std::string address, shape;
  Statistics statistics;
  std::vector<std::string> assumes;
  std::string texts = {};  ///< what a layer of texts gave, instead of statistics
};

std::string notes_of(const Row& row) {
  std::string text = channels_text(row.statistics);
  if (!row.assumes.empty())
    text += fmt::format("{}assumes {}", text.empty() ? "" : "; ", text::join(row.assumes, ", "));
  return text::printable(text);
}

void print_table(const std::vector<Row>& rows) {
  std::size_t address = 7, shape = 5;
  for (const Row& row : rows) {
    address = std::max(address, text::printable(row.address).size());
    shape = std::max(shape, row.shape.size());
  }
  fmt::print("{:<{}}  {:<{}} {:>10} {:>10} {:>10} {:>7}  {}\n", "address", address, "shape", shape, "min", "max",
             "mean", "zeros", "channels");
  for (const Row& row : rows) {
    if (!row.texts.empty()) {
      fmt::print("{:<{}}  {:<{}}  {}\n", text::printable(row.address), address, row.shape, shape, row.texts);
      continue;
    }
    const Statistics& s = row.statistics;
    std::string line = fmt::format("{:<{}}  {:<{}} {:>10} {:>10} {:>10} {:>6.1f}%  {}", text::printable(row.address),
                                   address, row.shape, shape, text::number(s.minimum), text::number(s.maximum),
                                   text::number(s.mean), 100 * s.zero_share, notes_of(row));
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
}

Json json_of(const Row& row, const Activation& activation, const ValueType& type) {
  const Statistics& s = row.statistics;
  Json json = {{"address", row.address},
               {"class", activation.class_name},
               {"shape", type.shape.sizes()},
               {"axes", activation.axes},
               {"min", s.minimum},
               {"max", s.maximum},
               {"mean", s.mean},
               {"zeros", s.zero_share}};
  if (!row.texts.empty()) json["texts"] = row.texts;
  if (type.dtype != DType::kFloat32) json["dtype"] = std::string(name_of(type.dtype));
  json.update(channel_json(s));
  if (!row.assumes.empty()) json["assumes"] = row.assumes;
  return json;
}

/// Writes an .npz, an .npy, or a folder of .npy, while the rest is computed.
class Output {
 public:
  explicit Output(const std::string& path) : path_(path) {
    const std::string ending = ending_of(path);
    const bool is_file = ending == ".npz" || ending == ".npy";
    if (path.empty() || is_file || path == "/dev/stdout" || is_folder_name(path)) return;
    const std::string archive = std::filesystem::path(path).replace_extension(".npz").string();
    throw Error({.code = "usage",
                 .what = fmt::format("-o is '{}', and arrays are written as .npz, as .npy, or into a folder", path),
                 .hint = fmt::format("-o {}, or -o {}/ for a folder", archive, path)});
  }
  /// Call before anything is written. @throws Error{usage} for several arrays in one .npy, or if an input file would be
  /// overwritten.
  void open(const Request& request, const std::vector<std::pair<std::string, ValueType>>& arrays) {
    if (path_.empty()) return;
    std::error_code ignored;
    const bool is_array = ending_of(path_) == ".npy" && !std::filesystem::is_directory(path_, ignored);
    if (is_array && arrays.size() != 1)
      throw Error({.code = "usage",
                   .what = fmt::format("-o is '{}', and an .npy holds one array only; {} layers are chosen", path_,
                                       arrays.size()),
                   .hint = "-o " + std::filesystem::path(path_).replace_extension(".npz").string()});
    std::vector<std::string> written = {path_};
    if (is_array) {
      writer_ = std::make_unique<NpyWriter>(path_);
    } else if (ending_of(path_) == ".npz" || path_ == "/dev/stdout") {
      writer_ = std::make_unique<NpzWriter>(path_);
    } else {
      auto folder = std::make_unique<NpyFolderWriter>(path_);
      for (const auto& [address, type] : arrays) written.push_back(folder->path(address));
      writer_ = std::move(folder);
    }
    require_inputs_spared(request, written);
    std::uint64_t bytes = 0;
    for (const auto& [address, type] : arrays) {
      writer_->reserve(address, type.shape, type.dtype);
      bytes += static_cast<std::uint64_t>(type.shape.elements()) * element_bytes(type.dtype);
    }
    tell_size(request, bytes, arrays.size());
    thread_ = std::make_unique<WritingThread>(*writer_);
  }
  void list(const std::vector<std::string>& addresses) {
    if (writer_) writer_->list(addresses);
  }
  /// @param first      the batch index of its first sample
  /// @param passes_by  whether its memory is reused at once
  void write(const Activation& activation, std::int64_t first, bool passes_by) {
    if (!thread_) return;
    thread_->write(activation.address, first, activation.tensor);
    if (passes_by) thread_->wait();
  }
  void wait() {
    if (thread_) thread_->wait();
  }
  void commit() {
    if (writer_) writer_->commit();
  }

 private:
  std::string path_;
  std::unique_ptr<ArrayWriter> writer_;
  std::unique_ptr<WritingThread> thread_;
};

}  // namespace

int capture(const Request& given) {
  const Request request = with_standard_output(given);
  const ThreadLimit limit(request.threads);
  if (dump_without_input(request, /*with_outputs=*/!request.quiet)) return kDone;
  Output output(request.output);
  require_inputs_spared(request, {request.output});
  PreparedRun prepared = prepare_run(request, /*with_outputs=*/!request.quiet, api::Samples::kInParts);
  if (print_dump(request, prepared.function())) return kDone;
  std::vector<std::pair<std::string, ValueType>> arrays = prepared.function().addresses(), computed;
  if (prepared.batch.is_in_parts())
    for (auto& [address, type] : arrays) type.shape[0] = prepared.fed().batch;
  // Arrays are stored in the order of computation, so that `diff` knows where two archives start to differ.
  for (const std::size_t place : prepared.function().order_of_computation()) computed.push_back(arrays[place]);
  output.open(request, computed);
  std::vector<std::string> addresses;
  for (const auto& [address, type] : arrays) addresses.push_back(address);
  output.list(addresses);
  const std::map<std::string, ValueType> types(arrays.begin(), arrays.end());
  const bool wants_statistics = !request.quiet || request.json;
  std::map<std::string, RunningStatistics> statistics;
  std::map<std::string, std::string> texts;
  const auto on_ready = [&](const Activation& activation) {
    output.write(activation, activation.first, prepared.batch.passes_by());
    if (activation.tensor.dtype() == DType::kString) texts.emplace(activation.address, first_texts(activation.tensor));
    if (wants_statistics) add_by_role(statistics, activation);
  };
  const CompiledFunction::Result result = run(request, prepared, on_ready, [&] { output.wait(); });
  output.commit();
  std::vector<Row> rows;
  Json listed = Json::array();
  for (const Activation& activation : result.activations) {
    if (!wants_statistics) break;
    rows.push_back({.address = activation.address,
                    .shape = shape_with_roles(types.at(activation.address).shape, activation.axes,
                                              types.at(activation.address).dtype),
                    .statistics = statistics.at(activation.address).result(),
                    .assumes = activation.assumes});
    if (const auto first = texts.find(activation.address); first != texts.end()) rows.back().texts = first->second;
    if (request.json) listed.push_back(json_of(rows.back(), activation, types.at(activation.address)));
  }
  const bool partly = tell_skipped(request, prepared.fed(), prepared.batch.skipped());
  if (request.json) {
    Json all = {{"model", request.model},
                {"layers", listed},
                {"predictions", prediction_json(request, prepared, result.outputs)}};
    if (const Json warning = warning_json(prepared); !warning.is_null()) all["warning"] = warning;
    if (!request.output.empty()) all["output"] = request.output;
    fmt::print("{}\n", json_text(all, 2));
  } else if (!request.quiet) {
    print_table(rows);
    if (!request.output.empty())
      say(request, "wrote",
          fmt::format("{}   {} array{}", request.output, result.activations.size(),
                      result.activations.size() == 1 ? "" : "s"));
    for (const std::string& line : prediction_lines(request, prepared, result.outputs)) say(request, "predicts", line);
  }
  return partly ? kPartlyDone : kDone;
}

void add_capture_command(CLI::App& app, Request& request, int& exit_code) {
  CLI::App* command = app.add_subcommand("capture", "every layer's numbers in one pass");
  add_run_options(*command, request);
  command
      ->add_option(
          "--output,-o", request.output,
          "an .npz archive, an .npy of one layer, a folder of .npy files, or - for standard output; without it: "
          "statistics only")
      ->type_name("FILE");
  add_memory_option(*command, request);
  command->add_option("--sample", request.sample, "which of a batch is predicted for")->capture_default_str();
  command->callback([&] { exit_code = capture(request); });
}

}  // namespace kerascope::cli
