// The rules of selection on sites made by hand, without a model.
#include "model/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "kerascope/error.h"

namespace kerascope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AddressTest : public testing::Test {
 protected:
  struct Options {
    std::string call = "", output = "", inner = "";
    const LayerData* layer = nullptr;  ///< an earlier site's layer; null: a new layer
  };

  /// `index` -1: not listed in model.layers.
  const LayerData* add(const std::string& container, const std::string& name, const std::string& class_name, int index,
                       const std::string& index_prefix = "", int index_count = 0) {
    return add(container, name, class_name, index, index_prefix, index_count, {});
  }
  const LayerData* add(const std::string& container, const std::string& name, const std::string& class_name, int index,
                       const std::string& index_prefix, int index_count, const Options& options) {
    const LayerData* layer = options.layer;
    if (!layer) {
      layers_.emplace_back();
      layers_.back().name = name;
      layers_.back().class_name = class_name;
      layer = &layers_.back();
    }
    Site site;
    site.container = container;
    site.name = name;
    site.call = options.call;
    site.output = options.output;
    site.inner = options.inner;
    site.address = (container.empty() ? "" : container + "/") + name + options.call + options.output +
                   (options.inner.empty() ? "" : "/" + options.inner);
    site.index = index;
    site.index_count = index_count;
    site.index_path = index < 0 ? "-" : index_prefix + std::to_string(index);
    site.layer = layer;
    sites_.push_back(site);
    return layer;
  }

  std::vector<Selection> selected(const std::vector<std::string>& requests) const { return select(sites_, requests); }

  std::vector<std::string> chosen(const std::vector<std::string>& requests) const {
    std::vector<std::string> addresses;
    for (const Selection& selection : selected(requests))
      addresses.push_back(sites_[static_cast<std::size_t>(selection.site)].address);
    return addresses;
  }

  Error::Parts error_of(const std::string& request) const {
    try {
      selected({request});
    } catch (const Error& error) {
      return error.parts();
    }
    ADD_FAILURE() << request << " is found";
    return {};
  }

  std::deque<LayerData> layers_;
  std::vector<Site> sites_;
};

/// picture, conv, base (with conv, relu, out), an op node, twins (two outputs), dense (called twice), head (with relu).
class AddressInModel : public AddressTest {
 protected:
  AddressInModel() {
    add("", "picture", "InputLayer", 0, "", 6);
    const LayerData* conv = add("", "conv", "Conv2D", 1, "", 6);
    add("", "conv", "Conv2D", 1, "", 6, {.inner = "pre_activation", .layer = conv});
    add("", "base", "Functional", 2, "", 6);
    add("base", "conv", "Conv2D", 0, "2/", 3);
    add("base", "relu", "ReLU", 1, "2/", 3);
    add("base", "out", "MaxPooling2D", 2, "2/", 3);
    add("", "add", "Add", -1, "", 6);
    const LayerData* twins = add("", "twins", "Split", 3, "", 6, {.output = "#0"});
    add("", "twins", "Split", 3, "", 6, {.output = "#1", .layer = twins});
    const LayerData* dense = add("", "dense", "Dense", 4, "", 6, {.call = "@0"});
    add("", "dense", "Dense", 4, "", 6, {.call = "@1", .layer = dense});
    add("", "head", "Sequential", 5, "", 6);
    add("head", "relu", "ReLU", 0, "5/", 1);
  }
};

TEST_F(AddressInModel, AFullAddressIsExactlyThatSite) {
  for (const Site& site : sites_) EXPECT_THAT(chosen({site.address}), ElementsAre(site.address));
}

TEST_F(AddressInModel, ANameThatOccursOnceIsFoundAtAnyDepth) { EXPECT_THAT(chosen({"out"}), ElementsAre("base/out")); }

TEST_F(AddressInModel, ANameAtTwoPlacesListsThePaths) {
  const Error::Parts parts = error_of("relu");
  EXPECT_EQ(parts.code, "layer-ambiguous");
  EXPECT_EQ(parts.what, "2 layers are named 'relu'");
  EXPECT_EQ(parts.hint, "one of base/relu, head/relu");
}

TEST_F(AddressInModel, ATopLevelNameWinsOverTheSameNameBelow) { EXPECT_THAT(chosen({"conv"}), ElementsAre("conv")); }

TEST_F(AddressInModel, CallsAndOutputsThatAreNotNamedMeanAllOfThem) {
  EXPECT_THAT(chosen({"dense"}), ElementsAre("dense@0", "dense@1"));
  EXPECT_THAT(chosen({"dense@1"}), ElementsAre("dense@1"));
  EXPECT_THAT(chosen({"twins"}), ElementsAre("twins#0", "twins#1"));
  EXPECT_THAT(chosen({"twins#1"}), ElementsAre("twins#1"));
  EXPECT_EQ(error_of("dense@2").code, "layer-not-found");
  EXPECT_EQ(error_of("conv@0").code, "layer-not-found") << "it has one call";
}

TEST_F(AddressInModel, AnIndexCountsAsModelLayersDoes) {
  EXPECT_THAT(chosen({"0"}), ElementsAre("picture"));
  EXPECT_THAT(chosen({"4"}), ElementsAre("dense@0", "dense@1"));
  EXPECT_THAT(chosen({"-1"}), ElementsAre("head"));
  EXPECT_THAT(chosen({"-6"}), ElementsAre("picture"));
  EXPECT_THAT(chosen({"base/1"}), ElementsAre("base/relu"));
  EXPECT_THAT(chosen({"base/-1"}), ElementsAre("base/out"));
  EXPECT_THAT(chosen({"2/1"}), ElementsAre("base/relu"));
}

TEST_F(AddressInModel, ARangeIncludesBothEnds) {
  EXPECT_THAT(chosen({"1..3"}), ElementsAre("conv", "base", "twins#0", "twins#1"));
  EXPECT_THAT(chosen({"2..2"}), ElementsAre("base"));
  EXPECT_THAT(chosen({"-2..-1"}), ElementsAre("dense@0", "dense@1", "head"));
  EXPECT_THAT(chosen({"base/0..1"}), ElementsAre("base/conv", "base/relu"));
}

TEST_F(AddressInModel, AnIndexOutOfRangeSaysTheRange) {
  for (const auto& [request, what] : {
           std::pair{"6", "there is no layer 6: the model has 6 layers, 0 to 5"},
           {"-7", "there is no layer -7: the model has 6 layers, 0 to 5"},
           {"base/3", "there is no layer base/3: 'base' has 3 layers, 0 to 2"},
           {"3..2", "there is no layer 3..2: the model has 6 layers, 0 to 5"},
       }) {
    EXPECT_EQ(error_of(request).code, "layer-index") << request;
    EXPECT_EQ(error_of(request).what, what);
  }
}

TEST_F(AddressInModel, APatternWithoutSlashMatchesTheLastSegmentAtAnyDepth) {
  EXPECT_THAT(chosen({"co*"}), ElementsAre("conv", "base/conv"));
  EXPECT_THAT(chosen({"????"}), ElementsAre("conv", "base", "base/conv", "base/relu", "head", "head/relu"));
  EXPECT_THAT(chosen({"re*"}), ElementsAre("base/relu", "head/relu"));
}

TEST_F(AddressInModel, APatternWithSlashMatchesTheWholePath) {
  EXPECT_THAT(chosen({"base/*"}), ElementsAre("base/conv", "base/relu", "base/out"));
  EXPECT_THAT(chosen({"*/relu"}), ElementsAre("base/relu", "head/relu"));
  EXPECT_THAT(chosen({"**/o?t"}), ElementsAre("base/out"));
  EXPECT_EQ(error_of("*/*/relu").code, "layer-not-found") << "a star stops at a slash";
}

TEST_F(AddressInModel, PatternsLeaveOutWhatLiesInsideALayer) {
  EXPECT_THAT(chosen({"*"}).size(), sites_.size() - 1);
  EXPECT_THAT(chosen({"**"}).size(), sites_.size() - 1);
  EXPECT_THAT(chosen({"conv/pre_activation"}), ElementsAre("conv/pre_activation"));
  EXPECT_THAT(chosen({"*/pre_activation"}), ElementsAre("conv/pre_activation"));
}

TEST_F(AddressTest, WhatLiesInsideALayerIsFoundByTheLayersNameAtAnyDepth) {
  add("", "base", "Functional", 0, "", 2);
  const LayerData* conv = add("base", "conv", "Conv2D", 0, "0/", 1);
  add("base", "conv", "Conv2D", 0, "0/", 1, {.inner = "bias", .layer = conv});
  add("base", "conv", "Conv2D", 0, "0/", 1, {.inner = "query/kernel", .layer = conv});
  EXPECT_THAT(chosen({"conv/bias"}), ElementsAre("base/conv/bias"));
  EXPECT_THAT(chosen({"c*/bias"}), ElementsAre("base/conv/bias"));
  EXPECT_THAT(chosen({"conv/query/kernel"}), ElementsAre("base/conv/query/kernel"));
  EXPECT_THAT(chosen({"base/conv/bias"}), ElementsAre("base/conv/bias"));
  add("", "head", "Functional", 1, "", 2);
  const LayerData* other = add("head", "conv", "Conv2D", 0, "1/", 1);
  add("head", "conv", "Conv2D", 0, "1/", 1, {.inner = "bias", .layer = other});
  EXPECT_EQ(error_of("conv/bias").hint, "one of base/conv/bias, head/conv/bias");
  EXPECT_THAT(chosen({"*/bias"}), ElementsAre("base/conv/bias", "head/conv/bias"));
}

TEST_F(AddressTest, APatternThatMeansNoLayerMeansWhatIsInside) {
  const LayerData* both = add("", "both", "Bidirectional", 0, "", 2);
  for (const char* inner : {"forward/gate", "forward/state", "forward"})
    add("", "both", "Bidirectional", 0, "", 2, {.inner = inner, .layer = both});
  EXPECT_THAT(chosen({"both/*"}), ElementsAre("both/forward"));
  EXPECT_THAT(chosen({"b*/**"}), ElementsAre("both/forward/gate", "both/forward/state", "both/forward"));
  EXPECT_THAT(chosen({"both/forward/*"}), ElementsAre("both/forward/gate", "both/forward/state"));
  EXPECT_THAT(chosen({"both/*/g?te"}), ElementsAre("both/forward/gate"));
  EXPECT_EQ(error_of("both/*/gates").code, "layer-not-found");
  // Where a layer matches, only layers are meant.
  add("", "base", "Functional", 1, "", 2);
  add("base", "conv", "Conv2D", 0, "1/", 1);
  EXPECT_THAT(chosen({"b*/*"}), ElementsAre("base/conv"));
}

TEST_F(AddressTest, AnUnknownNameInsideALayerIsToldFromThoseThatItHas) {
  const LayerData* gru = add("", "gru", "GRU", 0, "", 1);
  add("", "gru", "GRU", 0, "", 1, {.inner = "update_gate", .layer = gru});
  add("", "gru", "GRU", 0, "", 1, {.inner = "cell/candidate", .layer = gru});
  EXPECT_EQ(error_of("gru/updategate").what, "layer 'gru' (GRU) has no 'updategate'");
  EXPECT_EQ(error_of("gru/updategate").hint, "did you mean 'update_gate'?");
  EXPECT_EQ(error_of("gru/cell/memory").what, "layer 'gru' (GRU) has no 'cell/memory'");
  EXPECT_EQ(error_of("gru/cell/memory").hint, "it has update_gate, cell/candidate");
}

TEST_F(AddressInModel, ATypeMeansEveryLayerOfTheClass) {
  EXPECT_THAT(chosen({"type:Conv2D"}), ElementsAre("conv", "base/conv"));
  EXPECT_THAT(chosen({"type:*al"}), ElementsAre("base", "head"));
  const Error::Parts parts = error_of("type:Conv2d");
  EXPECT_EQ(parts.code, "layer-not-found");
  EXPECT_EQ(parts.hint, "did you mean 'Conv2D'?");
}

TEST_F(AddressInModel, CommasAndRepeatsJoinWithoutRepetition) {
  EXPECT_THAT(chosen({"out,conv"}), ElementsAre("base/out", "conv"));
  EXPECT_THAT(chosen({"out", "conv,out", "co*"}), ElementsAre("base/out", "conv", "base/conv"));
  EXPECT_THAT(chosen({}), IsEmpty());
}

TEST_F(AddressInModel, AChannelOrAUnitIsTakenOffTheEnd) {
  const std::vector<Selection> all = selected({"conv:17", "base/conv[3,4]:2,out:0", "1:5", "co*:1"});
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(sites_[static_cast<std::size_t>(all[0].site)].address, "conv");
  EXPECT_EQ(all[0].channel, 17);
  EXPECT_THAT(all[0].position, IsEmpty());
  EXPECT_EQ(all[1].channel, 2);
  EXPECT_THAT(all[1].position, ElementsAre(3, 4)) << "commas in brackets do not separate";
  EXPECT_EQ(sites_[static_cast<std::size_t>(all[2].site)].address, "base/out");
  EXPECT_EQ(sites_[static_cast<std::size_t>(all[3].site)].address, "conv");
  EXPECT_EQ(all[3].channel, 5);
  EXPECT_EQ(all[4].channel, 1);
  for (const char* request : {"conv:", "conv:-1", "conv:x", "conv[1]", "conv[a]:1", "conv[-1,2]:1"})
    EXPECT_EQ(error_of(request).code, "layer-not-found") << request;
}

TEST_F(AddressInModel, OnlyWhatIsNamedCountsAsAskedForByName) {
  for (const auto& [request, by_name] : {std::pair{"conv", true},
                                         {"out", true},
                                         {"base/out", true},
                                         {"1", true},
                                         {"dense", true},
                                         {"co*", false},
                                         {"0..1", false},
                                         {"type:Add", false}})
    for (const Selection& selection : selected({request})) EXPECT_EQ(selection.by_name, by_name) << request;
  EXPECT_TRUE(selected({"co*,conv"})[0].by_name) << "both ways";
}

TEST_F(AddressInModel, AnUnknownNameGetsDidYouMean) {
  const Error::Parts parts = error_of("base/reul");
  EXPECT_EQ(parts.code, "layer-not-found");
  EXPECT_EQ(parts.what, "the model has no layer 'base/reul'");
  EXPECT_EQ(parts.hint, "did you mean 'base/relu'?");
  EXPECT_EQ(error_of("zzzzzz").hint, "`kerascope layers MODEL`, or model.summary(), lists them");
  EXPECT_THAT(error_of("zz*").what, HasSubstr("no layer matches 'zz*'"));
  EXPECT_EQ(error_of("").code, "layer-not-found");
}

/// Names that look like syntax.
class OddNames : public AddressTest {
 protected:
  OddNames() {
    int index = 0;
    for (const char* name : {"a,b", "7", "conv*", "x:3", "x", "type:Conv2D", "b\\c", "enc/dense", "dense", "../../x"})
      add("", name, "Conv2D", index++, "", 10);
  }
};

TEST_F(OddNames, AnExactAddressWinsBeforeAnySyntaxIsRead) {
  for (const Site& site : sites_) EXPECT_THAT(chosen({site.address}), ElementsAre(site.address));
  EXPECT_FALSE(selected({"x:3"})[0].channel);
  EXPECT_THAT(chosen({"dense,7"}), ElementsAre("dense", "7"));
}

TEST_F(OddNames, ABackslashTakesACharacterLiterally) {
  EXPECT_THAT(chosen({"a\\,b"}), ElementsAre("a,b"));
  EXPECT_THAT(chosen({"conv\\*"}), ElementsAre("conv*"));
  EXPECT_THAT(chosen({"x\\:3,a\\,b"}), ElementsAre("x:3", "a,b"));
  EXPECT_THAT(chosen({"b\\\\c"}), ElementsAre("b\\c"));
}

TEST_F(AddressTest, ModelsThatAreCalledTwice) {
  const LayerData* tower = add("", "tower", "Functional", 0, "", 2, {.call = "@0"});
  const LayerData* conv = add("tower@0", "conv", "Conv2D", 0, "0/", 1);
  add("", "tower", "Functional", 0, "", 2, {.call = "@1", .layer = tower});
  add("tower@1", "conv", "Conv2D", 0, "0/", 1, {.layer = conv});
  EXPECT_THAT(chosen({"conv"}), ElementsAre("tower@0/conv", "tower@1/conv")) << "one layer, so not ambiguous";
  EXPECT_THAT(chosen({"tower/conv"}), ElementsAre("tower@0/conv", "tower@1/conv"));
  EXPECT_THAT(chosen({"tower@1/conv"}), ElementsAre("tower@1/conv"));
  EXPECT_THAT(chosen({"tower@1/*"}), ElementsAre("tower@1/conv"));
  EXPECT_THAT(chosen({"tower/0"}), ElementsAre("tower@0/conv", "tower@1/conv"));
  EXPECT_THAT(chosen({"tower"}), ElementsAre("tower@0", "tower@1"));
}

}  // namespace
}  // namespace kerascope
