#include "model/lambda/expression.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_test_support.h"

namespace kerascope {
namespace {

using ::testing::HasSubstr;

TEST(Expression, IsWrittenAsItIsRead) {
  for (const char* text : {"x / 127.5 - 1",
                           "x",
                           "-x ** 2",
                           "(-x) ** 2",
                           "2 ** -x",
                           "x ** 2 ** x",
                           "(x ** 2) ** 3",
                           "x - (1 - x)",
                           "x / (2 * x)",
                           "x // 2 % 3",
                           "x @ x",
                           "(x + 1) * 2",
                           "x[:, -1]",
                           "x[..., ::-1]",
                           "x[:, 1:-1, None]",
                           "x[0] + x[1]",
                           "x[:]",
                           "x[1:3]",
                           "x[::2]",
                           "(x - 1)[0]",
                           "mean(x, axis=[1, 2], keepdims=True)",
                           "tf.nn.relu(x)",
                           "K.abs(-x)",
                           "cast(x > 0.5, 'float32')",
                           "(x > 1) * (x <= 2)",
                           "x - [103.939, 116.779, 123.68]",
                           "reshape(x, [-1, x.shape[1]])",
                           "1e-07 + x",
                           "x * 1.0",
                           "x * 123456789012",
                           "x + 1e999",
                           "f('it\\'s')",
                           "[x, x]",
                           "relu(x)[0].shape"})
    EXPECT_EQ(parse_expression(text).str(), text);
}

TEST(Expression, ReadsWhatPythonAllows) {
  for (const auto& [text, read] :
       std::vector<std::pair<const char*, const char*>>{{"  x/127.5-1 ", "x / 127.5 - 1"},
                                                        {"((x))", "x"},
                                                        {"(1, 2)[0] * x", "[1, 2][0] * x"},
                                                        {"keras.ops.mean(x, 1,)", "mean(x, 1)"},
                                                        {"tf.keras.backend.abs(x)", "K.abs(x)"},
                                                        {"tensorflow.abs(x)", "tf.abs(x)"},
                                                        {"- 3 * x", "-3 * x"},
                                                        {"--x", "--x"},
                                                        {"x[1,]", "x[[1]]"},
                                                        {"x*.5", "x * 0.5"},
                                                        {"\"a\"", "'a'"}})
    EXPECT_EQ(parse_expression(text).str(), read);
}

TEST(Expression, NamesThePlaceOfAMistake) {
  for (const auto& [text, place, what] :
       std::vector<std::tuple<std::string, int, const char*>>{{"", 1, "something is missing"},
                                                              {"x +", 4, "something is missing"},
                                                              {"x / 127,5", 8, "there is more after its end"},
                                                              {"x y", 3, "there is more"},
                                                              {"(x", 3, "',' is missing"},
                                                              {"x[]", 3, "an index is missing"},
                                                              {"x[1,,2]", 5, "an index is missing"},
                                                              {"y * 2", 1, "'y' is no variable; the input is x"},
                                                              {"mean(x, axis=1, 2)", 17, "comes after one with a name"},
                                                              {"mean(x, axis=1, axis=2)", 22, "given twice"},
                                                              {"os.system('ls')", 1, "'os.system' is no function"},
                                                              {"0 < x < 1", 7, "only two things"},
                                                              {"x.mean()", 2, "there is more"},
                                                              {"2x", 2, "a number ends in a letter"},
                                                              {"x and x", 3, "there is more"},
                                                              {"'abc", 5, "has no end"},
                                                              {"x; x", 2, "there is more"},
                                                              {"lambda x: x", 1, "'lambda' is no variable"}}) {
    const Error error = error_of([&] { parse_expression(text); });
    EXPECT_EQ(error.code(), "expression-invalid") << text;
    EXPECT_THAT(error.parts().what, HasSubstr(fmt::format("at character {}: ", place))) << text;
    EXPECT_THAT(error.parts().what, HasSubstr(what)) << text;
  }
}

TEST(Expression, IsRefusedIfItIsTooDeepOrTooLarge) {
  for (const std::string& text : {std::string(100'000, '(') + "x", std::string(100'000, '-') + "x",
                                  std::string(100'000, '[') + "x", "x" + std::string(100'000, '[')})
    EXPECT_EQ(error_of([&] { parse_expression(text); }).code(), "expression-invalid");
  std::string sum = "x", power = "x", parts = "x";
  for (int i = 0; i < 100'000; ++i) {
    sum += "+x";
    power += "**x";
    parts += "[0]";
  }
  for (const std::string& text : {sum, power, parts})
    EXPECT_EQ(error_of([&] { parse_expression(text); }).code(), "expression-invalid");
}

}  // namespace
}  // namespace kerascope
