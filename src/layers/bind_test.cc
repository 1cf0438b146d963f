#include "layers/bind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kerascope/error.h"

namespace kerascope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Wanted {
  std::string name;
  bool trainable = true;
};
struct Layer {
  std::string name;
  std::vector<Wanted> weights;
  bool trainable = true;
};

/// A model that holds a nested one, whose weights are one list, as in HDF5. Each stored weight holds its place in the
/// list.
class NestedWeights : public testing::Test {
 protected:
  void make(const std::vector<Layer>& layers, const std::vector<std::string>& stored) {
    model.format = "HDF5";
    Network inner;
    for (const Layer& layer : layers) {
      LayerData& data = inner.layers.emplace_back();
      data.name = layer.name;
      data.class_name = "Dense";
      data.trainable = layer.trainable;
    }
    LayerData base;
    base.name = "base";
    base.class_name = "Functional";
    base.trainable = is_trainable;
    base.network = std::move(inner);
    for (const std::string& name : stored)
      base.weights.push_back({.name = name, .place = name, .shape = {1}, .read = [i = float(base.weights.size())] {
                                return Tensor::of({1}, std::vector{i});
                              }});
    model.network.layers.push_back(std::move(base));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      LayerWeights& needs = weights[&model.network.layers[0].network->layers[i]];
      needs.is_known = true;
      for (const Wanted& wanted : layers[i].weights) {
        const auto slot = std::make_shared<WeightSlot>();
        slot->name = wanted.name;
        slot->shape = {1};
        slot->trainable = wanted.trainable;
        needs.slots[wanted.name] = slot;
        needs.order.push_back(wanted.name);
        slots.push_back(slot);
      }
    }
    bind_weights(model, weights);
  }
  /// For each weight, in the order of creation, its place in the file's list; -1 if it has a problem.
  std::vector<int> places() const {
    std::vector<int> all;
    for (const auto& slot : slots) all.push_back(slot->problem ? -1 : static_cast<int>(slot->read().data()[0]));
    return all;
  }

  ModelData model{.keras_version = "2.12.0"};
  bool is_trainable = true;
  std::map<const LayerData*, LayerWeights> weights;
  std::vector<std::shared_ptr<WeightSlot>> slots;
};

const std::vector<Layer> kTwo = {{"one", {{"kernel"}, {"bias"}}}, {"two", {{"kernel"}, {"bias"}}}};

TEST_F(NestedWeights, HaveTrainableOnesFirst) {
  make({{"norm", {{"gamma"}, {"mean", false}}}, {"frozen", {{"kernel"}}, false}, {"dense", {{"kernel"}}}},
       {"a", "b", "c", "d"});
  EXPECT_THAT(places(), ElementsAre(0, 2, 3, 1));
}

TEST_F(NestedWeights, OfAFrozenModelAreSortedByItsLayersFlagsBeforeKeras3) {
  is_trainable = false;
  make({{"norm", {{"gamma"}, {"mean", false}}}, {"dense", {{"kernel"}}}}, {"a", "b", "c"});
  EXPECT_THAT(places(), ElementsAre(0, 2, 1));
}

TEST_F(NestedWeights, OfAFrozenModelKeepTheOrderOfCreationInKeras3) {
  is_trainable = false;
  model.keras_version = "3.5.0";
  make({{"norm", {{"gamma"}, {"mean", false}}}, {"dense", {{"kernel"}}}}, {"a", "b", "c"});
  EXPECT_THAT(places(), ElementsAre(0, 1, 2));
}

TEST_F(NestedWeights, OfRenamedLayersGoByTheirOrder) {
  make(kTwo, {"x/kernel:0", "x/bias:0", "y/kernel:0", "y/bias:0"});
  EXPECT_THAT(places(), ElementsAre(0, 1, 2, 3));
}

TEST_F(NestedWeights, OfNamedLayersGoByTheirNamesIfTheOrderIsThatOfOtherFlags) {
  make(kTwo, {"two/kernel:0", "two/bias:0", "base/one/depthwise_kernel:0", "base/one/bias:0"});
  EXPECT_THAT(places(), ElementsAre(2, 3, 0, 1));
}

TEST_F(NestedWeights, ThatWouldTearALayerOfTheFileApartAreRefused) {
  make(kTwo, {"x/kernel:0", "y/kernel:0", "y/bias:0", "x/bias:0"});
  EXPECT_THAT(places(), ElementsAre(-1, -1, -1, -1));
  EXPECT_EQ(slots[0]->problem->code(), "weights-mismatch");
  EXPECT_THAT(slots[0]->problem->parts().what, HasSubstr("'x/kernel:0' where 'kernel' of 'one' is expected"));
}

TEST_F(NestedWeights, ThatAreNotThereAreMissing) {
  make(kTwo, {"one/kernel:0", "one/bias:0", "two/kernel:0"});
  EXPECT_THAT(places(), ElementsAre(0, 1, 2, -1));
  EXPECT_EQ(slots[3]->problem->code(), "weight-missing");
}

}  // namespace
}  // namespace kerascope
