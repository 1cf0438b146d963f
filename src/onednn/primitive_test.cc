#include "onednn/primitive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kerascope/error.h"
#include "onednn/memory.h"

namespace kerascope {
namespace {

TEST(Primitive, WhatOneDnnRefusesIsAnErrorThatNamesTheOp) {
  const Session session;
  try {
    describe_primitive<dnnl::inner_product_forward>(session, "dense", row_major({2, 3}), row_major({5, 4}),
                                                    row_major({5}), row_major({2, 5}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "compute-failed");
    EXPECT_THAT(error.what(), testing::HasSubstr("oneDNN cannot compute dense: could not create"));
  }
}

TEST(Memory, ReorderedKernelsHaveTheirAxesOutputFirst) {
  const Session session;
  const std::array<float, 6> hwoi = {0, 1, 2, 3, 4, 5};  // (1, 2, 1, 3)
  const auto from = view(session, transposed_kernel_desc({1, 2, 1, 3}, Layout::kKeras), hwoi.data());
  const auto to =
      reordered(session, from, {{1, 3, 1, 2}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::oihw});
  const auto* numbers = static_cast<const float*>(to.get_data_handle());
  EXPECT_THAT(std::vector<float>(numbers, numbers + 6), testing::ElementsAre(0, 3, 1, 4, 2, 5));
}

}  // namespace
}  // namespace kerascope
