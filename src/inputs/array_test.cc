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
      const bool is_wide = got.type.find('i') != std::string::npos || got.type.substr(1) == "u4";
      if (got.exact.dtype() == DType::kFloat64) {
        EXPECT_EQ(got.type.substr(1), "f8") << place;
      } else {
        EXPECT_EQ(!got.exact.empty(), got.lossy && is_wide) << place;
      }
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

/// The bytes of a .npy file.
std::vector<std::byte> npy(const std::string& type, const std::string& shape, const std::string& data,
                           const std::string& fortran = "False") {
  std::string dict = "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
  dict.resize(117, ' ');
  const std::string all = std::string("\x93NUMPY\1\0v\0", 10) + dict + "\n" + data;
  const auto bytes = std::as_bytes(std::span(all));
  return {bytes.begin(), bytes.end()};
}

TEST(ReadArrays, TextsStayTexts) {
  using namespace std::string_literals;
  const auto texts = [](const std::vector<std::byte>& bytes) {
    const Tensor tensor = parse_npy(bytes).tensor;
    const auto all = tensor.elements<std::string_view>();
    return std::vector<std::string>(all.begin(), all.end());
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts(npy("|S2", "(2,)", "a\0bc"s)), (Texts{"a", "bc"}));
  EXPECT_EQ(texts(npy("<U2", "(2,)", "a\0\0\0\0\0\0\0\xe9\0\0\0\x3c\xf6\1\0"s)), (Texts{"a", "\u00e9\U0001f63c"}));
  EXPECT_EQ(texts(npy(">U1", "(1,)", "\0\0\x20\xac"s)), (Texts{"\u20ac"}));
  EXPECT_EQ(texts(npy("|S1", "(2, 2)", "abcd", "True")), (Texts{"a", "c", "b", "d"}));
  EXPECT_THROW(texts(npy("<U2", "(2,)", "abc")), Error);
  EXPECT_THROW(texts(npy("<U0", "(2,)", "")), Error);
}

TEST(ReadArrays, SurvivesDamage) {
  const Oracle oracle;
  for (const char* name : {"10.npy", "version2.npy", "version3.npy", "stored.npz", "packed.npz"})
    input_tests::survive_mutations(oracle.path("arrays") / name, 200, [](const auto& path) { read_arrays(path); });
}

}  // namespace
}  // namespace kerascope
