#include <gmock/gmock.h>

#include "inputs/image.h"
#include "inputs/oracle_for_tests.h"

namespace kerascope {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

TEST(Preprocess, EqualsKerasApplications) {
  const input_tests::Oracle oracle;
  std::int64_t numbers = 0;
  for (const auto& one : oracle.cases("preprocessed")) {
    const Shape shape(one["shape"].get<std::vector<std::int64_t>>());
    const Tensor pixels = Tensor::of(shape, oracle.expected<float>(one["input"], shape.elements()));
    const Tensor got = preprocess(pixels, parse_preprocessing(one["mode"]), one["channels_first"].get<bool>());
    ASSERT_EQ(got.shape(), shape);
    const auto expected = oracle.expected<float>(one["offset"], shape.elements());
    for (std::int64_t i = 0; i < got.size(); ++i)
      ASSERT_FLOAT_EQ(got.data()[i], expected[static_cast<std::size_t>(i)]) << one.dump() << " at " << i;
    numbers += got.size();
  }
  RecordProperty("numbers", std::to_string(numbers));
}

Tensor preprocess_row(const std::vector<float>& pixels, const std::string& how) {
  const auto channels = static_cast<std::int64_t>(pixels.size());
  return preprocess(Tensor::of({1, 1, channels}, pixels), parse_preprocessing(how));
}

TEST(Preprocess, ScalesToUnitOrNotAtAll) {
  EXPECT_THAT(preprocess_row({0, 51, 255, 102}, "unit").numbers(), ElementsAre(0, FloatEq(0.2f), 1, FloatEq(0.4f)));
  EXPECT_THAT(preprocess_row({0, 51, 255, 102}, "raw").numbers(), ElementsAre(0, 51, 255, 102));
}

TEST(Preprocess, TakesOneNumberOrOneAChannel) {
  EXPECT_THAT(preprocess_row({10, 20, 30}, "mean=10,std=2").numbers(), ElementsAre(0, 5, 10));
  EXPECT_THAT(preprocess_row({10, 20, 30}, "mean=10,20,30,std=2").numbers(), ElementsAre(0, 0, 0));
  EXPECT_THAT(preprocess_row({10, 20, 30}, "mean=0 std=1,2,3").numbers(), ElementsAre(10, 10, 10));
  EXPECT_THAT(preprocess_row({10, 20}, "std=10").numbers(), ElementsAre(1, 2));
}

TEST(Preprocess, GivesGreyTheAverageOfTheConstants) {
  EXPECT_THAT(preprocess_row({214.79933f}, "caffe").numbers(), ElementsAre(::testing::FloatNear(100, 1e-4f)));
  EXPECT_THAT(preprocess_row({255 * 0.449f}, "torch").numbers(), ElementsAre(::testing::FloatNear(0, 1e-6f)));
  EXPECT_THAT(preprocess_row({255}, "torch").numbers(), ElementsAre(FloatEq(0.551f / 0.226f)));
}

TEST(Preprocess, NamesBothChannelCounts) {
  try {
    preprocess_row({1, 2, 3, 4}, "torch");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "preprocess-shape");
    EXPECT_THAT(error.what(), HasSubstr("torch is for 3 channels, the input has 4"));
  }
  EXPECT_THROW(preprocess_row({1}, "mean=1,2,3"), Error);
  EXPECT_THROW(preprocess_row({1, 2, 3}, "mean=1,2,3,std=1,2"), Error);
}

TEST(ParsePreprocessing, GivesBackWhatItRead) {
  for (const char* text : {"raw", "unit", "tf", "caffe", "torch", "mean=127.5,std=127.5",
                           "mean=123.7,116.8,103.9,std=58.4,57.1,57.4", "mean=0,std=255"})
    EXPECT_EQ(parse_preprocessing(text).str(), text);
}

TEST(ParsePreprocessing, AcceptsWhatAShellMakesConvenient) {
  for (const char* text : {"mean=1,2,3 std=4", "std=4;mean=1,2,3", "mean=1, 2, 3; std=4", "mean=1 2 3,std=4"})
    EXPECT_EQ(parse_preprocessing(text).str(), "mean=1,2,3,std=4") << text;
}

TEST(ParsePreprocessing, SaysWhatIsWrong) {
  const std::pair<std::string, std::string> wrong[] = {
      {"cafe", "did you mean 'caffe'?"},
      {"imagenet21k", "known are raw, unit, tf, caffe, torch, mean=..,std=.."},
      {"", "known are"},
      {"mean=..,std=..", "'..' in"},
      {"mean=1,std=0", "std is 0"},
      {"mean=1,std=1e-60", "std is 0"},
      {"mean=1,mean=2", "gives mean twice"},
      {"average=1", "'average' in"},
      {"3,mean=1", "'3' in"},
      {"mean=nan", "'nan' in"},
      {"mean=1e60", "'1e60' in"},
      {"mean=,std=2", "gives no number for mean"},
  };
  for (const auto& [text, says] : wrong) {
    try {
      parse_preprocessing(text);
      ADD_FAILURE() << text << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "preprocess-unknown");
      EXPECT_THAT(error.what(), HasSubstr(says));
    }
  }
}

}  // namespace
}  // namespace kerascope
