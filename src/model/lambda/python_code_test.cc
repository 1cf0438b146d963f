// Code that real Pythons compiled (tests/lambda_code.py) is read as what it means, or not at all.
#include "model/lambda/python_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "model/json.h"
#include "model/lambda/lambda.h"

namespace kerascope {
namespace {

Json stored() {
  std::ifstream file(KERASCOPE_LAMBDA_CODE);
  return Json::parse(file);
}

/// As Keras 3 stores it.
Json config_of(const Json& code, const Json& given) {
  Json config = {{"function",
                  {{"class_name", "__lambda__"},
                   {"config",
                    {{"code", code},
                     {"defaults", given.value("defaults", Json())},
                     {"closure", given.value("closure", Json())}}}}}};
  if (given.contains("arguments")) config["arguments"] = given["arguments"];
  return config;
}

TEST(PythonCode, IsReadInEachVersionOrStaysOpaque) {
  int read = 0, opaque = 0;
  for (const Json& one : stored())
    for (const auto& [version, code] : one["code"].items()) {
      const LambdaMeaning meaning = lambda_meaning(config_of(code, one["given"]));
      const auto about = [&] { return version + ": " + one["source"].get<std::string>(); };
      if (one["meaning"].is_null()) {
        EXPECT_FALSE(meaning.expression) << about() << " is read as " << meaning.expression->str();
        EXPECT_NE(meaning.because, "") << about();
        ++opaque;
      } else {
        ASSERT_TRUE(meaning.expression) << about() << ": " << meaning.because;
        EXPECT_EQ(meaning.expression->str(), one["meaning"]) << about();
        EXPECT_EQ(parse_expression(meaning.expression->str()).str(), one["meaning"]) << about();
        EXPECT_EQ(meaning.divides_as_python2, version == "2.7") << about();
        ++read;
      }
    }
  EXPECT_GE(read, 9 * 50);
  EXPECT_GE(opaque, 9 * 25);
}

std::string bytes_of(const std::string& base64) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : base64) {
    const std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (c == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(digits.find(c));
    if (++count % 4 != 1) bytes += static_cast<char>(bits >> (6 - 2 * ((count - 1) % 4)) & 0xff);
  }
  return bytes;
}

TEST(PythonCode, IsReadInEachFormInWhichKerasStoresIt) {
  const Json one = stored()[0];
  for (const auto& [version, code] : one["code"].items()) {
    // Keras 2 breaks lines; Keras 1 and 2.0 write bytes as characters.
    std::string lines, characters;
    for (const char c : code.get<std::string>()) {
      lines += c;
      if (lines.size() % 77 == 76) lines += '\n';
    }
    for (const char c : bytes_of(code)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x80) characters += static_cast<char>(0xc0 | byte >> 6);
      characters += byte < 0x80 ? c : static_cast<char>(0x80 | (byte & 0x3f));
    }
    for (const std::string& text : {code.get<std::string>(), lines + "\n", characters}) {
      const LambdaMeaning meaning = lambda_meaning(
          {{"function", {text, nullptr, nullptr}}, {"function_type", "lambda"}, {"arguments", Json::object()}});
      ASSERT_TRUE(meaning.expression) << version << " " << meaning.because;
      EXPECT_EQ(meaning.expression->str(), "x / 127.5 - 1") << version;
    }
  }
}

/// Python 3.4 and 3.5 have the layout of 3.6 and the instructions of one or three bytes that 2.7 has.
TEST(PythonCode, OfPython34IsRead) {
  const std::string fields("\xe3\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0C\0\0\0", 21);
  const std::string code(
      "s\x0c\0\0\0|\0\0d\1\0\x1b"
      "d\2\0\x18S",
      17);
  const std::string rest(
      ")\3Ng\0\0\0\0\0\xe0_@\xe9\1\0\0\0\xa9\0)\1\xda\1xr\2\0\0\0r\2\0\0\0\xda\1fr\4\0\0\0\1\0\0\0s\0\0\0\0", 51);
  const ReadCode read = read_python_code(fields + code + rest, {});
  ASSERT_TRUE(read.expression) << read.because;
  EXPECT_EQ(read.expression->str(), "x / 127.5 - 1");
}

TEST(PythonCode, ThatIsOpaqueSaysWhy) {
  for (const Json& one : stored())
    for (const auto& [source, said] : std::vector<std::pair<std::string, std::string>>{
             {"lambda x: scaled(x)", "it uses 'scaled', which the file does not hold"},
             {"lambda x: np.sin(x)", "it calls 'np.sin', which the file does not hold; the names in it are np, sin"},
             {"lambda x: x if x is None else x * 2", "it is more than one expression"},
             {"lambda x, mask=None: x * mask", "it depends on 'mask'"},
             {"(lambda a: lambda x: x * a)(2)", "it uses 'a', whose value the file does not hold"},
             {"lambda: 1", "it takes no input"}}) {
      if (one["source"] != source) continue;
      for (const auto& [version, code] : one["code"].items())
        EXPECT_THAT(lambda_meaning(config_of(code, one["given"])).because, testing::HasSubstr(said)) << version;
    }
  EXPECT_THAT(lambda_meaning({{"function", "scale"}, {"function_type", "function"}}).because,
              testing::HasSubstr("'scale'"));
  EXPECT_THAT(lambda_meaning(Json::object()).because, testing::HasSubstr("no code"));
  EXPECT_THAT(lambda_meaning({{"function", {"!", nullptr, nullptr}}}).because, testing::HasSubstr("no Python"));
}

TEST(PythonCode, ThatIsDamagedIsReadOrRefused) {
  std::mt19937 random(5);
  for (const Json& one : stored())
    for (const auto& [version, code] : one["code"].items()) {
      const std::string bytes = bytes_of(code);
      for (std::size_t size = 0; size < bytes.size(); size += 1 + random() % 7)
        EXPECT_FALSE(read_python_code(std::string_view(bytes).substr(0, size), {}).expression);
      for (int change = 0; change < 12; ++change) {
        std::string damaged = bytes;
        for (unsigned flips = 1 + random() % 3; flips > 0; --flips)
          damaged[random() % damaged.size()] ^= static_cast<char>(1u << random() % 8);
        read_python_code(damaged, {});
      }
      EXPECT_FALSE(read_python_code(bytes + "N", {}).expression) << "something stands behind it";
    }
}

/// A tuple that holds the one before it twice, and so on: 2^40 items in 300 bytes; and one that lies in many others.
TEST(PythonCode, OfManyReferencesTakesLittle) {
  const auto number = [](int value) { return std::string(reinterpret_cast<const char*>(&value), 4); };
  const auto read = [&](int levels, char returned) {
    const std::string fields("\xe3\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0C\0\0\0", 21);
    const std::string code = std::string("s\4\0\0\0d", 6) + returned + std::string("S\0", 2);
    std::string constants =
        "(" + number(1 + levels) + "N" + std::string("\xa9\0", 2);  // reference 0 is the code itself
    for (int i = 1; i < levels; ++i) constants += "\xa9\2r" + number(i) + "r" + number(i);
    const std::string rest(")\0)\1z\1x)\0)\0z\1fz\1f\1\0\0\0s\0\0\0\0", 26);
    return read_python_code(fields + code + constants + rest, {});
  };
  EXPECT_EQ(read(40, 2).expression->str(), "[[], []]");
  EXPECT_EQ(read(40, 40).because, "it is too long");
  EXPECT_THAT(read(200'000, 0).because, testing::HasSubstr("no Python"));
}

}  // namespace
}  // namespace kerascope
