#include "engine/fusion.h"

#include <gtest/gtest.h>

#include <string>

namespace kerascope {
namespace {

constexpr std::int64_t kPixels = 100, kChannels = 16;

Stage stage(std::vector<int> made_by, Store store = Store::kNone) {
  Stage made = {.elements = kPixels * kChannels, .made_by = std::move(made_by), .store = store};
  made.kernel.rows = kPixels;
  return made;
}
Stage elementwise(std::vector<int> made_by, Store store = Store::kNone) {
  Stage made = stage(std::move(made_by), store);
  made.kernel.is_rowwise = true;
  return made;
}
Stage relu(std::vector<int> made_by, Store store = Store::kNone) {
  Stage made = elementwise(std::move(made_by), store);
  made.kernel.lane_op = LaneOp::clip(0, 1);
  return made;
}
Stage conv(std::vector<int> made_by, Store store = Store::kNone) {
  Stage made = stage(std::move(made_by), store);
  made.kernel.epilogue_channels = kChannels;
  made.kernel.reads = [](std::int64_t begin, std::int64_t end) { return ElementRange{begin, end}; };
  made.channels_read = kChannels;
  made.has_halo = true;
  return made;
}

/// "0+1 2|3" is the group {0, 1, 2} with 1 in the epilogue of 0, and the group {3}; ">3": it follows.
std::string written(const std::vector<FusionGroup>& groups) {
  std::string text;
  for (const FusionGroup& group : groups) {
    if (group.begin > 0) text += group.follows ? '>' : '|';
    for (std::size_t i = group.begin; i < group.end; ++i) {
      if (i > group.begin) text += i < group.epilogue_end ? '+' : ' ';
      text += std::to_string(i);
    }
  }
  return text;
}
std::string groups_of(const std::vector<Stage>& stages) { return written(find_groups(stages)); }
std::vector<Store> stores(const std::vector<Stage>& stages) { return stores_of(stages, find_groups(stages)); }

TEST(Fusion, RowWiseOpsJoinTheGroupBeforeThem) {
  EXPECT_EQ(groups_of({conv({-1}), relu({0}), elementwise({1}), relu({2})}), "0+1 2 3");
  EXPECT_EQ(groups_of({elementwise({-1}), relu({0}), elementwise({0, 1})}), "0 1 2");
}

TEST(Fusion, AnEpilogueReadsOnlyRegistersAndWhatWasInMemoryBefore) {
  EXPECT_EQ(groups_of({conv({-1}), relu({0}), relu({1, -1})}), "0+1+2");
  EXPECT_EQ(groups_of({conv({-1}), relu({0}), relu({0, 1})}), "0+1 2") << "an earlier stage is no longer in registers";
  EXPECT_EQ(groups_of({conv({-1}), relu({-1})}), "0 1") << "no input is in registers";
  Stage affine = relu({0});
  affine.kernel.lane_op->channels = kChannels / 2;
  EXPECT_EQ(groups_of({conv({-1}), affine}), "0 1") << "other channels";
}

TEST(Fusion, AGroupEndsIfNoStripHasWholeRowsOfAllStages) {
  Stage other_rows = elementwise({0});
  other_rows.kernel.rows = 64;
  EXPECT_EQ(groups_of({stage({-1}), other_rows}), "0|1");
  other_rows.kernel.rows = 25;
  EXPECT_EQ(groups_of({stage({-1}), other_rows}), "0 1");
  Stage whole = stage({-1});
  whole.kernel.rows = 1;
  EXPECT_EQ(groups_of({whole, elementwise({0})}), "0|1");
  Stage smaller = elementwise({0});
  smaller.elements /= 2;
  EXPECT_EQ(groups_of({stage({-1}), smaller}), "0|1");
}

TEST(Fusion, RowsThatAreTooLongForTheCacheEndAGroup) {
  Stage first = stage({-1}), next = elementwise({0});
  for (Stage* one : {&first, &next}) {
    one->kernel.rows = 2;
    one->elements = 2 * 64 * 1024;
  }
  EXPECT_EQ(groups_of({first, next}), "0 1");
  for (Stage* one : {&first, &next}) one->elements += 2;
  EXPECT_EQ(groups_of({first, next}), "0|1");
}

TEST(Fusion, AGroupFollowsIfItReadsOnlyTheLastOutputOfTheGroupBefore) {
  EXPECT_EQ(groups_of({conv({-1}), relu({0}), conv({1}), relu({2}), conv({3})}), "0+1>2+3>4");
  EXPECT_EQ(groups_of({elementwise({-1}), conv({0})}), "0>1");
  EXPECT_EQ(groups_of({conv({-1}), relu({0}), conv({0})}), "0+1|2") << "not the last output";
  EXPECT_EQ(groups_of({conv({-1}), conv({0}), elementwise({1, 0})}), "0|1 2") << "a later stage reads it, too";
  EXPECT_EQ(groups_of({stage({-1}), conv({0})}), "0|1") << "the group before can only be computed as a whole";
  Stage ragged = conv({0});
  ragged.channels_read = kChannels + 1;
  EXPECT_EQ(groups_of({conv({-1}), ragged}), "0|1") << "its rows are not whole rows of the group before";
}

TEST(Fusion, AHaloIsReadFromLineBuffersOnly) {
  using enum Store;
  Stage seen = conv({-1}, kBoth);
  seen.is_seen = true;
  EXPECT_EQ(stores({seen, conv({0}, kPlace)}), (std::vector{kStream, kPlace}));
  EXPECT_EQ(stores({conv({-1}, kPlace), conv({0}, kPlace)}), (std::vector{kNone, kPlace}));
  Stage point = conv({0}, kPlace);
  point.has_halo = false;
  EXPECT_EQ(stores({conv({-1}, kPlace), point}), (std::vector{kPlace, kPlace}));
}

TEST(Fusion, WhatALaterGroupReadsIsStored) {
  using enum Store;
  EXPECT_EQ(stores({stage({-1}), conv({0}, kPlace)}), (std::vector{kPlace, kPlace}));
  EXPECT_EQ(stores({stage({-1}, kStream), conv({0}, kPlace)}), (std::vector{kPlace, kPlace}));
  EXPECT_EQ(stores({stage({-1}, kBoth), conv({0}, kPlace)}), (std::vector{kBoth, kPlace}));
  EXPECT_EQ(stores({stage({-1}), elementwise({0}), conv({1}), elementwise({2, 0}, kPlace)}),
            (std::vector{kPlace, kPlace, kNone, kPlace}));
}

TEST(Fusion, AKernelOfOneRowStreamsOnlyFromRegisters) {
  using enum Store;
  Stage whole = stage({-1}, kStream);
  whole.kernel.rows = 1;
  EXPECT_EQ(stores({whole}), (std::vector{kPlace}));
  whole.kernel.streams = true;
  EXPECT_EQ(stores({whole}), (std::vector{kStream}));
}

}  // namespace
}  // namespace kerascope
