// kerascope man: the manual page, made from the same options as --help; `kerascope man | man -l -` shows it.
#include <build_facts.h>
#include "base/text.h"
#include "cli/options.h"
#include "cli/request.h"

namespace kerascope::cli {
namespace {

/// Escapes text for man(7): backslashes, hyphens that readers may copy, and dots at the beginning of a line.
std::string roff(const std::string& words) {
  constexpr std::size_t kWidth = 72;
  std::string out, line;
  const auto end_line = [&] {
    out += (out.empty() ? "" : "\n") + line;
    line.clear();
  };
  for (const std::string& word : text::split(words, ' ')) {
    if (word.empty()) continue;
    if (!line.empty() && line.size() + word.size() > kWidth) end_line();
    if (!line.empty())
      line += " ";
    else if (word[0] == '.' || word[0] == '\'')
      line += "\\&";
    for (const char c : word) line += c == '\\' ? "\\e" : c == '-' ? "\\-" : c == '\'' ? "\\(aq" : std::string(1, c);
    // Begin each sentence on a new line.
    if (word.back() == '.' && word.find("..") == word.npos) end_line();
  }
  if (!line.empty()) end_line();
  return out;
}

std::string bold(const std::string& words) { return "\\fB" + roff(words) + "\\fR"; }
std::string italic(const std::string& words) { return "\\fI" + roff(words) + "\\fR"; }

std::string paragraph(const std::string& term, const std::string& words) {
  return ".TP\n" + term + "\n" + roff(words) + "\n";
}

std::string option_paragraph(const OptionText& option) {
  if (option.names.empty()) return paragraph(italic(option.value), option.description);
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back(bold(name));
  return paragraph(text::join(names, ", ") + (option.value.empty() ? "" : " " + italic(option.value)),
                   option.description);
}

struct Entry {
  const char *term, *words;
};

constexpr Entry kLayers[] = {
    {"conv1", "a layer by its name, at any depth if it occurs once"},
    {"resnet50/conv1_relu", "by its path inside a nested model"},
    {"3, -1, 0..5, resnet50/3", "by index, as model.layers counts; ranges include both ends"},
    {"conv*, block?_conv*", "every layer that matches; * stops at /, ** does not"},
    {"type:Conv2D", "every layer of a class"},
    {"dense@1", "the second call of a shared layer; dense alone is all its calls"},
    {"lstm#1", "the second output of a layer with several"},
    {"conv1/pre_activation", "before the layer's own activation"},
    {"conv5:17, conv5[3,4]:17", "a channel; one unit at row 3, column 4"},
};

constexpr Entry kExitCodes[] = {
    {"0", "done; for diff: both agree"},
    {"1", "an error; for diff: they part"},
    {"2", "wrong usage"},
    {"3", "partly done: some layers cannot be computed, the rest was written"},
};

constexpr Entry kExamples[] = {
    {"kerascope layers model.keras", "what the model consists of"},
    {"kerascope show model.keras cat.jpg --layer conv1 -o maps.png", "the feature maps of one layer"},
    {"kerascope capture model.keras cat.jpg -o out.npz", "every layer's numbers, for numpy.load"},
    {"kerascope profile model.keras cat.jpg --sort time", "which layers take how long, and why"},
    {"kerascope diff old.keras new.keras cat.jpg -o curve.png", "where two checkpoints part"},
    {"kerascope diff golden.npz model.keras cat.jpg --tol 1e-5", "whether a model still gives what it once gave"},
};

std::string manual(const CLI::App& app) {
  std::string page =
      fmt::format(".TH KERASCOPE 1 \"{}\" \"kerascope {}\"\n.SH NAME\nkerascope \\- {}\n", KERASCOPE_DATE,
                  KERASCOPE_VERSION, roff("show what every layer of a trained Keras model does to an input"));
  page += ".SH SYNOPSIS\n";
  for (const CLI::App* command : commands_of(app)) {
    if (command != commands_of(app)[0]) page += ".br\n";
    const std::string whole = synopsis(*command);
    const std::string positionals = whole.substr(command->get_name().size());
    page += bold("kerascope " + command->get_name()) +
            (positionals.empty() ? "" : " " + italic(positionals.substr(1))) + " [" + italic("options") + "]\n";
  }
  page +=
      ".SH DESCRIPTION\n" +
      roff(
          "Kerascope opens a trained Keras model (.h5 of Keras 2 and 3, .keras) and shows what every layer does to a "
          "picture or an array: as numbers, and as grids of feature maps. It needs neither Python nor TensorFlow and "
          "never runs code from a model file. Results go to standard output, notes and errors to standard error.") +
      "\n";
  page += ".SH COMMANDS\n";
  for (const CLI::App* command : commands_of(app)) {
    page += fmt::format(".SS {}\n", roff("kerascope " + command->get_name()));
    page += roff(command->get_description()) + "\n";
    for (const OptionText& option : options_of(*command)) page += option_paragraph(option);
  }
  page += ".SH LAYERS\n" + roff("What --layer takes. Several are joined with commas, or --layer is repeated.") + "\n";
  for (const Entry& entry : kLayers) page += paragraph(bold(entry.term), entry.words);
  page += ".SH EXIT STATUS\n";
  for (const Entry& entry : kExitCodes) page += paragraph(bold(entry.term), entry.words);
  page += ".SH ENVIRONMENT\n" +
          paragraph(bold("KERASCOPE_H5"),
                    "the program kerascope-h5, which reads HDF5 files, if it does not lie beside kerascope");
  page += ".SH EXAMPLES\n";
  for (const Entry& entry : kExamples) page += paragraph(bold(entry.term), entry.words);
  return page;
}

}  // namespace

void add_man_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("man", "the manual page; `kerascope man | man -l -` shows it");
  command->callback([&app] { fmt::print("{}", manual(app)); });
}

}  // namespace kerascope::cli
