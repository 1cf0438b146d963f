#include "formats/layer_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "base/text.h"
#include "kerascope/error.h"
#include "model/json.h"
#include "model/made_up_name.h"

namespace kerascope {
namespace {

constexpr const char* kOldContainer = "_layer_checkpoint_dependencies";

enum class Visits { kTwice, kOnce, kAll };  ///< which visits of the traversal count: see the header

/// The layers of one class in one container, in the order of the traversal, and the numbers of that class's groups.
struct Kind {
  std::string stem;
  std::vector<LayerData*> layers;
  std::set<int> numbers;
};

/// The number of each layer's group; none if the layer was met before or has no group.
using Match = std::vector<std::optional<int>>;

/// 0 for "conv2d", 4 for "conv2d_4".
std::optional<int> number_of(const std::string& member, const std::string& stem) {
  if (member == stem) return 0;
  if (!text::starts_with(member, stem + "_")) return std::nullopt;
  const std::string digits = member.substr(stem.size() + 1);
  const auto number = text::to_integer(digits);
  if (!number || *number < 1 || *number > 1'000'000 || digits != std::to_string(*number)) return std::nullopt;
  return static_cast<int>(*number);
}

std::string group_name(const std::string& stem, int number) {
  return number == 0 ? stem : fmt::format("{}_{}", stem, number);
}

bool holds_weights(const Hdf5File& file, const std::string& group) {
  for (const std::string& member : file.members(group)) {
    const std::string path = group + "/" + member;
    if (file.has_group(path) ? member != "seed_generator" && holds_weights(file, path)
                             : text::ends_with(group, "/vars"))
      return true;
  }
  return false;
}

/// Gathers vars/0, vars/1, .. of one object, then those of the objects inside it.
void gather_weights(const Hdf5File& file, const std::string& group, const std::string& inside,
                    std::vector<StoredWeight>& weights) {
  for (std::size_t i = 0;; ++i) {
    const std::string name = fmt::format("{}vars/{}", inside, i);
    if (!file.dataset(group + "/" + name)) break;
    weights.push_back(file.stored(group + "/" + name, name));
  }
  // Layers that look tokens up name what they store.
  if (const std::string name = inside + "vars/idf_weights"; file.dataset(group + "/" + name))
    weights.push_back(file.stored(group + "/" + name, name));
  for (const std::string& member : file.members(inside.empty() ? group : group + "/" + inside))
    if (member != "vars" && member != "seed_generator" && file.has_group(group + "/" + inside + member))
      gather_weights(file, group, inside + member + "/", weights);
}

/// Whether two descriptions are equal except for the marks of shared objects, which a first description lacks.
bool say_the_same(const Json& one, const Json& other) {
  constexpr const char* kMark = "shared_object_id";
  if (one.type() != other.type()) return false;
  if (one.is_array()) return std::ranges::equal(one, other, say_the_same);
  if (!one.is_object()) return one == other;
  if (one.size() - one.count(kMark) != other.size() - other.count(kMark)) return false;
  for (const auto& [key, value] : one.items())
    if (key != kMark && (!other.contains(key) || !say_the_same(value, other[key]))) return false;
  return true;
}

class Filing {
 public:
  Filing(const Hdf5File& file, const Writer& writer) : file_(file), writer_(writer), container_(container_of(file)) {}

  std::vector<NamedPair> attach(Network& network, const Json& description) {
    describe(network, description);
    find_twins(network);
    traverse(network, "");
    for (const auto& [layer, twin] : met_before_) copy_weights(*twin, *layer);
    return std::move(names_);
  }

 private:
  /// Keeps the descriptions, parts of which LayerData leaves out.
  void describe(const Network& network, const Json& description) {
    const Json& config = member(description, "config");
    const Json& layers = config.is_array() ? config : member(config, "layers");
    const std::size_t first = network.input_layer_in_file ? 0 : 1;
    if (!layers.is_array() || layers.size() + first != network.layers.size()) return;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const LayerData& layer = network.layers[i + first];
      if (!layers[i].is_object()) continue;
      descriptions_[&layer] = &layers[i];
      if (layer.network) describe(*layer.network, layers[i]);
    }
  }

  const Json& description_of(const LayerData& layer) const {
    static const Json kNone;
    const auto found = descriptions_.find(&layer);
    return found == descriptions_.end() ? kNone : *found->second;
  }

  /// Groups are named after the class's Python name, which may differ from its registered name.
  std::string stem_of(const LayerData& layer) const {
    const std::string in_python = text_or(description_of(layer), "class_name", "");
    const std::string& name = in_python.empty() ? layer.class_name : in_python;
    return snake_case(name == "Model" ? "Functional" : name);
  }

  // --- layers that occur in two containers ---

  /// Finds each layer that may be the same object as an earlier one.
  void find_twins(Network& network) {
    for (LayerData& layer : network.layers) {
      std::vector<LayerData*>& same = met_[layer.name + "/" + layer.class_name];
      const auto twin =
          std::ranges::find_if(same, [&](const LayerData* other) { return say_the_same(other->config, layer.config); });
      if (twin != same.end())
        twins_[&layer] = *twin;
      else
        same.push_back(&layer);
      if (layer.network) find_twins(*layer.network);
    }
  }

  static void copy_weights(const LayerData& from, LayerData& to) {
    to.weights = from.weights;
    if (!to.network || !from.network || to.network->layers.size() != from.network->layers.size()) return;
    for (std::size_t i = 0; i < to.network->layers.size(); ++i)
      copy_weights(from.network->layers[i], to.network->layers[i]);
  }

  // --- the traversal ---

  void traverse(Network& network, const std::string& owner) {
    const std::string container = owner + "/" + container_;
    std::map<const LayerData*, std::string> groups;
    for (const Kind& kind : kinds(network, container)) {
      const Match match = matched(kind, container);
      for (std::size_t i = 0; i < kind.layers.size(); ++i)
        if (match[i]) groups[kind.layers[i]] = container + "/" + group_name(kind.stem, *match[i]);
    }
    take_by_name(network, container, groups);
    for (LayerData& layer : network.layers) {
      const auto group = groups.find(&layer);
      if (group != groups.end())
        take(layer, group->second);
      else if (const auto twin = twins_.find(&layer); twin != twins_.end())
        met_before_.emplace_back(&layer, twin->second);
      else if (layer.network)
        traverse(*layer.network,
                 container + "/" + stem_of(layer));  // only layers that were met before can have weights
    }
  }

  /// A group whose class no layer has belongs to the layer with its name: that layer's class may be registered under
  /// another name, or the configuration was edited.
  void take_by_name(const Network& network, const std::string& container,
                    std::map<const LayerData*, std::string>& groups) const {
    std::set<std::string> taken;
    for (const auto& [layer, group] : groups) taken.insert(group);
    for (const std::string& member : file_.members(container)) {
      const std::string group = container + "/" + member;
      if (taken.count(group)) continue;
      const auto name = file_.text(group + "/vars", "name");
      const auto layer = std::ranges::find(network.layers, name.value_or(""), &LayerData::name);
      if (layer != network.layers.end()) groups.try_emplace(&*layer, group);
    }
  }

  void take(LayerData& layer, const std::string& group) {
    if (layer.network) {
      traverse(*layer.network, group);
      return;
    }
    layer.weights = weights_below(file_, group);
    if (const auto vocabulary = vocabulary_of(group); vocabulary && member(layer.config, "vocabulary").is_null())
      layer.config["vocabulary"] = tokens_of(*vocabulary, layer);
    const auto name = file_.text(group + "/vars", "name");
    if (name && !layer.weights.empty()) names_.emplace_back(&layer, *name);
  }

  std::optional<std::string> vocabulary_of(const std::string& group) const {
    return writer_.vocabulary_of ? writer_.vocabulary_of(group) : std::nullopt;
  }

  /// A vocabulary's lines, as the list that the config would hold. Empty lines at its end are none.
  static Json tokens_of(const std::string& lines, const LayerData& layer) {
    Json tokens = Json::array();
    std::istringstream stream(lines);
    for (std::string line; std::getline(stream, line);) {
      if (line.ends_with('\r')) line.pop_back();
      const bool is_number = text_or(layer.config, "vocabulary_dtype", "string") != "string";
      std::int64_t number = 0;
      const char* const end = line.data() + line.size();
      if (is_number && std::from_chars(line.data(), end, number).ptr == end && !line.empty())
        tokens.push_back(number);
      else
        tokens.push_back(line);
    }
    while (!tokens.empty() && tokens.back() == "") tokens.erase(tokens.size() - 1);
    return tokens;
  }

  std::vector<Kind> kinds(Network& network, const std::string& container) const {
    std::vector<Kind> kinds;
    std::map<std::string, std::size_t> index;
    for (std::size_t i = network.is_sequential ? 1 : 0; i < network.layers.size(); ++i) {
      LayerData& layer = network.layers[i];
      if (layer.is_operation || layer.class_name == "InputLayer") continue;
      const auto [found, is_new] = index.emplace(stem_of(layer), kinds.size());
      if (is_new) kinds.push_back({.stem = found->first, .layers = {}, .numbers = {}});
      kinds[found->second].layers.push_back(&layer);
    }
    for (const std::string& member : file_.members(container)) {
      // A class's name may equal the name of another class's second group.
      if (const auto exact = index.find(member); exact != index.end()) {
        kinds[exact->second].numbers.insert(0);
        continue;
      }
      const std::string stem = member.substr(0, member.rfind('_'));
      if (const auto found = index.find(stem); found != index.end())
        if (const auto number = number_of(member, stem)) kinds[found->second].numbers.insert(*number);
    }
    return kinds;
  }

  // --- which group belongs to which layer ---

  bool has_twin(const LayerData* layer) const { return twins_.count(layer) != 0; }

  std::optional<std::string> name_of(const Kind& kind, const std::string& container, int number) const {
    return file_.text(container + "/" + group_name(kind.stem, number) + "/vars", "name");
  }

  /// Every visit counts, so the number is the layer's place among its kind.
  std::optional<Match> by_place(const Kind& kind, const std::string& container) const {
    Match match(kind.layers.size());
    for (const int number : kind.numbers)
      if (static_cast<std::size_t>(number) < match.size())
        match[static_cast<std::size_t>(number)] = number;
      else if (!name_of(kind, container,
                        number))  // another layer's group; names tell whether the others are right
        return std::nullopt;
    return match;
  }

  /// Whether all layers that were not met before have a group, as in files of Keras itself.
  bool is_complete(const Kind& kind, const Match& match) const {
    for (std::size_t i = 0; i < match.size(); ++i)
      if (!match[i] && !has_twin(kind.layers[i])) return false;
    return true;
  }

  /// The layers without a group, because they were met before; nothing if it is unclear which these are.
  std::optional<std::set<const LayerData*>> met_before(const Kind& kind) const {
    if (kind.numbers.size() > kind.layers.size()) return std::nullopt;
    const std::size_t missing = kind.layers.size() - kind.numbers.size();
    std::set<const LayerData*> possible, said;
    for (const LayerData* layer : kind.layers) {
      if (!has_twin(layer)) continue;
      possible.insert(layer);
      if (description_of(*layer).contains("shared_object_id")) said.insert(layer);
    }
    if (missing == 0) return std::set<const LayerData*>{};
    if (possible.size() == missing) return possible;
    if (said.size() == missing) return said;
    return std::nullopt;
  }

  /// In order, if the numbers are those that the traversal predicts.
  std::optional<Match> by_order(const Kind& kind, const std::string& container, Visits visits) const {
    const auto before = met_before(kind);
    if (!before) return std::nullopt;
    Match match(kind.layers.size());
    auto next = kind.numbers.begin();
    int least = 0, most = 0;  // range of the next number
    for (std::size_t i = 0; i < kind.layers.size(); ++i) {
      const bool is_new = !before->count(kind.layers[i]);
      bool weighs = false;
      if (is_new) {
        if (*next < least || *next > most) return std::nullopt;
        least = most = *next;
        weighs = holds_weights(file_, container + "/" + group_name(kind.stem, *next));
        match[i] = *next++;
      }
      if (visits == Visits::kTwice) {
        // A layer with an empty group may still have weights, stored with an earlier object.
        least += weighs ? 2 : 1;
        most += 2;
      } else if (is_new) {
        ++least;
        ++most;
      }
    }
    return match;
  }

  Match matched(const Kind& kind, const std::string& container) const {
    if (std::ranges::none_of(kind.numbers, [&](int number) {
          const std::string group = container + "/" + group_name(kind.stem, number);
          return holds_weights(file_, group) || vocabulary_of(group);
        }))
      return Match(kind.layers.size());
    const auto once = by_order(kind, container, Visits::kOnce);
    if (container_ == kOldContainer) {
      if (const auto twice = by_order(kind, container, Visits::kTwice)) return *twice;
      return once ? *once : fail(kind, container);
    }
    const auto all = by_place(kind, container);
    if (!all || !once) return all ? *all : once ? *once : fail(kind, container);
    if (*all == *once) return *all;
    if (writer_.is_certain) return writer_.keras_major < 3 ? *once : *all;
    if (name_of(kind, container, *kind.numbers.begin())) return *all;
    if (!is_complete(kind, *all)) return *once;
    throw Error({.code = "weights-ambiguous",
                 .what = fmt::format("the weights of the {} layers could be matched in two ways: {}",
                                     kind.layers[0]->class_name, text::join(names_of(kind), ", ")),
                 .where = place(kind, container),
                 .because = "some of them occur in two models, and the file does not say which Keras wrote it",
                 .hint = "give the whole model: model.save(\"name.keras\")"});
  }

  static std::vector<std::string> names_of(const Kind& kind) {
    std::vector<std::string> names;
    for (const LayerData* layer : kind.layers) names.push_back(layer->name);
    return names;
  }

  std::string place(const Kind& kind, const std::string& container) const {
    return fmt::format("{}/{} in {}", container, kind.stem, file_.name());
  }

  [[noreturn]] Match fail(const Kind& kind, const std::string& container) const {
    std::vector<std::string> groups;
    for (const int number : kind.numbers) groups.push_back(group_name(kind.stem, number));
    throw Error({.code = "weights-mismatch",
                 .what = fmt::format("the file stores weights of {} layers of the class {}, the model has {}",
                                     groups.size(), kind.layers[0]->class_name, kind.layers.size()),
                 .where = place(kind, container),
                 .because = fmt::format("its groups are {}, the model's layers {}", text::join(groups, ", "),
                                        text::join(names_of(kind), ", ")),
                 .hint = "give the weights that were saved with this architecture"});
  }

  const Hdf5File& file_;
  const Writer& writer_;
  const std::string container_;
  std::map<const LayerData*, const Json*> descriptions_;
  std::map<std::string, std::vector<LayerData*>> met_;
  std::map<const LayerData*, LayerData*> twins_;               ///< a layer, and an equal earlier one
  std::vector<std::pair<LayerData*, LayerData*>> met_before_;  ///< in the order of the traversal
  std::vector<NamedPair> names_;
};

bool is_made_up(const std::string& name, const LayerData& layer) {
  return is_made_up_name(name, layer.class_name) || (layer.network && is_made_up_name(name, "Model"));
}

/// The number at the end of a name made up by Keras.
std::int64_t count_in(const std::string& name) {
  const auto last = name.rfind('_');
  return last == name.npos ? 0 : text::to_integer(name.substr(last + 1)).value_or(0);
}

std::string said(const NamedPair& pair) {
  return fmt::format("the weights that '{}' would get are named '{}'", pair.first->name, pair.second);
}

}  // namespace

std::string container_of(const Hdf5File& file) {
  return file.has_group("/layers") || !file.has_group(std::string("/") + kOldContainer) ? "layers" : kOldContainer;
}

std::vector<StoredWeight> weights_below(const Hdf5File& file, const std::string& group) {
  std::vector<StoredWeight> weights;
  gather_weights(file, group, "", weights);
  return weights;
}

std::vector<NamedPair> attach_by_path(const Hdf5File& file, Network& network, const Writer& writer,
                                      const Json& description) {
  return Filing(file, writer).attach(network, description);
}

std::string disagreement(const std::vector<NamedPair>& pairs) {
  std::multiset<std::string> stored, own;
  for (const auto& [layer, name] : pairs) {
    stored.insert(name);
    own.insert(layer->name);
  }
  const bool are_the_same_layers = stored == own;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> counts;  // by class: counts in the file, in the model
  for (const NamedPair& pair : pairs) {
    const auto& [layer, name] = pair;
    const bool says_little = is_made_up(name, *layer);
    if (name != layer->name && (are_the_same_layers || (!says_little && own.count(name)))) return said(pair);
    if (!says_little || !is_made_up(layer->name, *layer)) continue;
    const auto [last, is_first] = counts.try_emplace(layer->class_name, count_in(name), count_in(layer->name));
    if (is_first) continue;
    const std::pair now(count_in(name), count_in(layer->name));
    if ((now.first > last->second.first) != (now.second > last->second.second)) return said(pair);
    last->second = now;
  }
  return "";
}

}  // namespace kerascope
