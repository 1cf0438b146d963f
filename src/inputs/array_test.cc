#include "inputs/array.h"

#include "inputs/oracle_for_tests.h"

namespace kerascope {
namespace {

using input_tests::Oracle;

TEST(ReadArrays, EqualsNumPyCastToFloat32) {
  const Oracle oracle;
  std::size_t compared = 0;
  for (const auto& one : oracle.cases("arrays")) {
    const auto arrays = read_arrays(oracle.path("arrays") / one["file"]);
    ASSERT_EQ(arrays.size(), one["arrays"].size()) << one.dump();
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      const auto& wanted = one["arrays"][i];
      const NamedArray& got = arrays[i];
      const auto place = one["file"].get<std::string>() + " " + wanted.dump();
      EXPECT_EQ(got.name, wanted["name"].get<std::string>()) << place;
      EXPECT_EQ(got.type, wanted["type"].get<std::string>()) << place;
      EXPECT_EQ(got.lossy, wanted["lossy"].get<bool>()) << place;
      ASSERT_EQ(got.tensor.shape(), Shape(wanted["shape"].get<std::vector<std::int64_t>>())) << place;
      const auto expected = oracle.expected<float>(wanted["offset"], got.tensor.size());
      for (std::int64_t k = 0; k < got.tensor.size(); ++k) {
        const float a = got.tensor.data()[k], b = expected[static_cast<std::size_t>(k)];
        ASSERT_TRUE(a == b ? std::signbit(a) == std::signbit(b) : std::isnan(a) && std::isnan(b))
            << place << " at " << k << ": " << a << ", NumPy has " << b;
      }
      ++compared;
    }
  }
  RecordProperty("arrays", std::to_string(compared));
}

TEST(ReadArrays, RefusesWhatHoldsNoNumbers) {
  input_tests::expect_refusals(Oracle(), "refused_arrays", [](const auto& path) { read_arrays(path); });
}

TEST(ReadArrays, SurvivesDamage) {
  const Oracle oracle;
  for (const char* name : {"10.npy", "version2.npy", "version3.npy", "stored.npz", "packed.npz"})
    input_tests::survive_mutations(oracle.path("arrays") / name, 200, [](const auto& path) { read_arrays(path); });
}

}  // namespace
}  // namespace kerascope
