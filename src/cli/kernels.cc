// kerascope show MODEL --kernels LAYER: the weights of layers as pictures.
#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "cli/held_weights.h"
#include "cli/pictures.h"
#include "cli/target.h"
#include "layers/assemble_open.h"
#include "model/json.h"
#include "render/captions.h"
#include "render/kernel.h"

namespace kerascope::cli {
namespace {

/// Every layer once, regardless of its calls, and every weight as a site inside it: "conv1", "conv1/kernel".
std::vector<Site> weight_sites(const Assembly& assembly, const HeldWeights& weights) {
  std::vector<Site> sites;
  std::set<const LayerData*> seen;
  for (Site site : assembly.sites) {
    if (!site.inner.empty() || !seen.insert(site.layer).second) continue;
    site.call = site.output = "";
    site.address = site.layer_address();
    sites.push_back(site);
    for (const HeldWeight& weight : weights.of(*site.layer)) {
      Site inside = site;
      inside.inner = weight.name;
      inside.address += "/" + weight.name;
      sites.push_back(std::move(inside));
    }
  }
  return sites;
}

/// The weights that a chosen site selects; none for a layer without weights that a pattern matched.
std::vector<HeldWeight> chosen_weights(const Selection& selection, const Site& site, const HeldWeights& all) {
  std::vector<HeldWeight> weights = all.of(*site.layer);
  if (!site.inner.empty())
    std::erase_if(weights, [&](const HeldWeight& weight) { return weight.name != site.inner; });
  else if (std::ranges::any_of(weights, is_kernel, &HeldWeight::name))
    std::erase_if(weights, [](const HeldWeight& weight) { return !is_kernel(weight.name); });
  if (weights.empty() && selection.by_name) {
    const std::string what = fmt::format("layer '{}' ({}) holds no weights", site.address, site.layer->class_name);
    if (site.layer->network)
      throw Error({.code = "weight-missing",
                   .what = what + " of its own",
                   .because = "it is a model, whose layers hold them",
                   .hint = fmt::format("--kernels '{}/*'", site.address)});
    const auto problem = all.problem_of(*site.layer);
    throw Error({.code = "weight-missing",
                 .what = what + (problem ? " that are known" : ""),
                 .where = site.layer->place,
                 .because = problem ? problem->parts().what : "",
                 .hint = "`kerascope layers MODEL` lists how many each layer has"});
  }
  return weights;
}

KernelOptions kernel_options(const Request& request, const Selection& selection, const Tensor& numbers) {
  KernelOptions options{
      .grid = grid_options(request), .filter = selection.channel, .in_color = request.colormap.empty()};
  const bool is_signed = finite_range(numbers.numbers()).minimum < 0;
  if (request.scale.empty()) options.grid.scale.kind = is_signed ? Scale::Kind::kSymmetric : Scale::Kind::kLayer;
  if (request.colormap.empty() && options.grid.scale.kind == Scale::Kind::kSymmetric)
    options.grid.colormap = Colormap::kDiverging;
  return options;
}

void require_no_place(const Selection& selection, const Site& site) {
  if (!selection.position.empty())
    throw Error({.code = "usage",
                 .what = fmt::format("'{}[{}]:{}' names one place of an output, and weights have none", site.address,
                                     fmt::join(selection.position, ","), *selection.channel),
                 .hint = fmt::format("--kernels {}:{}", site.address, *selection.channel)});
}

/// Refuses options that have no meaning without a run.
void require_no_input(const Request& request) {
  const std::string given = !request.inputs.empty()         ? "'" + request.inputs[0] + "'"
                            : !request.named_inputs.empty() ? "--input"
                            : !request.layers.empty()       ? "--layer"
                            : !request.html.empty()         ? "--html"
                            : !request.sort.empty()         ? "--sort"
                            : request.overlay               ? "--overlay"
                            : request.classes               ? "--classes"
                            : request.overview              ? "--overview"
                            : request.depth > 0             ? "--depth"
                            : !request.grid.empty()         ? "--grid"
                            : !request.sequence.empty()     ? "--sequence"
                            : !request.dump.empty()         ? "--dump"
                                                            : "";
  if (!given.empty())
    throw Error({.code = "usage",
                 .what = fmt::format("--kernels draws weights without a run, and {} is given", given),
                 .hint = "show MODEL --kernels LAYER"});
}

struct Chosen {
  Selection selection;
  Site site;
  std::vector<HeldWeight> weights;

  std::string address_of(const HeldWeight& weight) const {
    return site.inner.empty() ? site.address + "/" + weight.name : site.address;
  }
  /// The file's name.
  std::string name() const {
    const std::string filter = selection.channel ? fmt::format(":{}", *selection.channel) : "";
    return (weights.size() == 1 ? address_of(weights[0]) : site.address + "/weights") + filter;
  }
};

std::vector<Chosen> choose(const Request& request, const ModelData& model, const Assembly& assembly) {
  const HeldWeights weights(model, assembly);
  const std::vector<Site> sites = weight_sites(assembly, weights);
  std::vector<Chosen> all;
  for (const Selection& selection : select(sites, request.kernels)) {
    const Site& site = sites[static_cast<std::size_t>(selection.site)];
    require_no_place(selection, site);
    std::vector<HeldWeight> found = chosen_weights(selection, site, weights);
    if (!found.empty()) all.push_back({selection, site, std::move(found)});
  }
  return all;
}

Grid drawn(const Request& request, const Chosen& chosen, const HeldWeight& weight) {
  if (weight.problem) throw *weight.problem;
  const KernelView view = kernel_view(chosen.site.layer->class_name, weight.name, weight.shape);
  const Tensor numbers = numbers_of(weight.read()).reshaped(view.shape);
  return kernel_picture(numbers, view.roles, kernel_options(request, chosen.selection, numbers));
}

}  // namespace

int show_kernels(const Request& given) {
  const Request request = with_standard_output(given);
  require_no_input(request);
  grid_options(request);  // reports wrong options before anything is opened
  const Target target(request);
  const ModelData model = read_model(request);
  const Assembly assembly = assemble_open(model).assembly;
  const std::vector<Chosen> all = choose(request, model, assembly);
  target.require_room_for(all.size());
  std::vector<std::string> written = {request.output};
  for (const Chosen& chosen : all) written.push_back(target.path(chosen.name()));
  require_inputs_spared(request, written);
  Json pictures = Json::array();
  std::string path;
  for (const Chosen& chosen : all) {
    std::vector<Captioned> parts;
    std::vector<std::string> texts;
    for (const HeldWeight& weight : chosen.weights) {
      const Grid grid = drawn(request, chosen, weight);
      if (!request.quiet && !request.json)
        fmt::print("Shape of {}: {}\n", text::printable(chosen.address_of(weight)), weight.shape.str());
      tell_numbers(request, grid);
      parts.push_back({weight.name, grid.picture});
      texts.push_back((chosen.weights.size() > 1 ? weight.name + ": " : "") + grid.str());
      pictures.push_back(picture_json(chosen.address_of(weight), target.path(chosen.name()), weight.shape, grid));
    }
    path = target.put(parts.size() == 1 ? parts[0].picture : with_captions(parts), chosen.name(),
                      texts.size() == 1 ? texts[0] : fmt::format("{} weights", texts.size()));
    for (const std::string& text : texts)
      if (texts.size() > 1) say(request, "", text);
  }
  if (request.json) fmt::print("{}\n", json_text({{"model", request.model}, {"pictures", pictures}}, 2));
  if (request.open && !path.empty()) open_in_viewer(path);
  return kDone;
}

}  // namespace kerascope::cli
