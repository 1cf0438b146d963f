#include "formats/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <random>

#include "kerascope/error.h"

namespace kerascope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<const MappedFile> mapped(const std::string& bytes) {
  const int memory = ::memfd_create("zip-test", MFD_CLOEXEC);
  EXPECT_EQ(::write(memory, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return MappedFile::adopt(memory, "test.keras");
}

template <typename Number>
std::string le(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}
std::string le16(std::size_t number) { return le(static_cast<std::uint16_t>(number)); }
std::string le32(std::size_t number) { return le(static_cast<std::uint32_t>(number)); }

std::string deflated(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

struct MemberPlan {
  std::string name, plain;
  bool deflate = false, zip64 = false, sizes_follow = false;
  int flags = 0;
};

/// An archive following the format's specification; the odd cases in a plan occur in archives of real programs.
std::string archive(const std::vector<MemberPlan>& plans, const std::string& comment = "", bool zip64_end = false) {
  std::string bytes, directory;
  for (const MemberPlan& plan : plans) {
    const std::string stored = plan.deflate ? deflated(plan.plain) : plan.plain;
    const std::size_t crc =
        crc32(0, reinterpret_cast<const Bytef*>(plan.plain.data()), static_cast<uInt>(plan.plain.size()));
    const std::size_t start = bytes.size();
    const std::size_t packed = plan.zip64 ? 0xFFFFFFFF : stored.size(),
                      size = plan.zip64 ? 0xFFFFFFFF : plan.plain.size();
    const std::string kind = le16(plan.flags | (plan.sizes_follow ? 8 : 0)) + le16(plan.deflate ? 8 : 0) + le32(0);
    const std::string in64 = le(std::uint64_t{plan.plain.size()}) + le(std::uint64_t{stored.size()});
    const std::string local_extra = plan.zip64 ? le16(1) + le16(16) + in64 : "";
    const std::string central_extra =
        plan.zip64 ? le16(0x5455) + le16(1) + "x" + le16(1) + le16(24) + in64 + le(std::uint64_t{start}) : "";
    bytes += "PK\3\4" + le16(20) + kind +
             (plan.sizes_follow ? le32(0) + le32(0) + le32(0) : le32(crc) + le32(packed) + le32(size)) +
             le16(plan.name.size()) + le16(local_extra.size()) + plan.name + local_extra + stored;
    if (plan.sizes_follow) bytes += "PK\7\10" + le32(crc) + le32(stored.size()) + le32(plan.plain.size());
    directory += "PK\1\2" + le16(20) + le16(20) + kind + le32(crc) + le32(packed) + le32(size) +
                 le16(plan.name.size()) + le16(central_extra.size()) + le16(0) + le16(0) + le16(0) + le32(0) +
                 le32(plan.zip64 ? 0xFFFFFFFF : start) + plan.name + central_extra;
  }
  const std::size_t at = bytes.size(), end64 = at + directory.size();
  bytes += directory;
  if (zip64_end) {
    bytes += "PK\6\6" + le(std::uint64_t{44}) + le16(45) + le16(45) + le32(0) + le32(0) +
             le(std::uint64_t{plans.size()}) + le(std::uint64_t{plans.size()}) + le(std::uint64_t{directory.size()}) +
             le(std::uint64_t{at});
    bytes += "PK\6\7" + le32(0) + le(std::uint64_t{end64}) + le32(1);
  }
  const auto in_end = [&](std::size_t number, std::size_t most) { return zip64_end ? most : number; };
  return bytes + "PK\5\6" + le32(0) + le16(in_end(plans.size(), 0xFFFF)) + le16(in_end(plans.size(), 0xFFFF)) +
         le32(in_end(directory.size(), 0xFFFFFFFF)) + le32(in_end(at, 0xFFFFFFFF)) + le16(comment.size()) + comment;
}

std::string refusal(const std::string& bytes, const std::string& member = "") {
  try {
    const auto zip = ZipArchive::open(mapped(bytes));
    if (!member.empty()) zip.member(member);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "zip-invalid");
    EXPECT_THAT(error.parts().where, HasSubstr("test.keras"));
    return error.what();
  }
  return "no error";
}

const std::string kLong(100000, 'w');

TEST(Zip, GivesStoredMembersInPlace) {
  const auto file = mapped(archive({{"config.json", "{}"}, {"model.weights.h5", kLong}}));
  ASSERT_TRUE(ZipArchive::recognises(file->bytes()));
  const auto zip = ZipArchive::open(file);
  EXPECT_THAT(zip.names(), ElementsAre("config.json", "model.weights.h5"));
  EXPECT_EQ(zip.member("config.json").text(), "{}");
  const auto weights = zip.member("model.weights.h5");
  EXPECT_EQ(weights.text(), kLong);
  EXPECT_EQ(weights.file, file);
}

TEST(Zip, InflatesDeflatedMembers) {
  const auto zip = ZipArchive::open(mapped(archive({{"a", kLong, true}, {"empty", "", true}, {"b", "x", true}})));
  EXPECT_EQ(zip.member("a").text(), kLong);
  EXPECT_EQ(zip.member("b").text(), "x");
  EXPECT_EQ(zip.member("empty").size, 0u);
}

TEST(Zip, ReadsZip64AndSizesThatFollowAndComments) {
  for (const bool deflate : {false, true})
    for (const bool zip64 : {false, true})
      for (const bool sizes_follow : {false, true})
        for (const bool zip64_end : {false, true}) {
          const auto zip = ZipArchive::open(
              mapped(archive({{"first", "1"}, {"a", kLong, deflate, zip64, sizes_follow}},
                             "a comment with PK\5\6 in it, far enough from its end to look real", zip64_end)));
          EXPECT_EQ(zip.member("a").text(), kLong);
          EXPECT_EQ(zip.member("first").text(), "1");
        }
}

TEST(Zip, AnEmptyArchiveHasNoMembers) {
  const std::string bytes = archive({});
  EXPECT_TRUE(ZipArchive::recognises(mapped(bytes)->bytes()));
  EXPECT_TRUE(ZipArchive::open(mapped(bytes)).names().empty());
}

TEST(Zip, TheLastOfSeveralMembersOfOneNameCounts) {
  EXPECT_EQ(ZipArchive::open(mapped(archive({{"a", "old"}, {"a", "new"}}))).member("a").text(), "new");
}

TEST(Zip, NamesThatClimbAreOnlyNames) {
  const auto zip = ZipArchive::open(mapped(archive({{"../../etc/passwd", "x"}})));
  EXPECT_TRUE(zip.has("../../etc/passwd"));
}

TEST(Zip, AMemberThatIsNotThereNamesItsNeighbour) {
  EXPECT_THAT(refusal(archive({{"config.json", "{}"}}), "confg.json"), HasSubstr("did you mean 'config.json'?"));
}

TEST(Zip, RefusesWhatIsNoArchive) {
  EXPECT_FALSE(ZipArchive::recognises({}));
  EXPECT_FALSE(ZipArchive::recognises(mapped("PK")->bytes()));
  for (const std::string bytes : {"", "PK", "not an archive at all, but longer than its end would be"})
    EXPECT_THAT(refusal(bytes), HasSubstr("no directory at its end"));
}

TEST(Zip, RefusesAnArchiveThatWasCutShortAnywhere) {
  const std::string bytes = archive({{"a", "12345678", true}, {"b", "12345678"}});
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_NE(refusal(bytes.substr(0, size)), "no error") << size;
}

TEST(Zip, RefusesEncryptedMembersAndUnknownMethods) {
  EXPECT_THAT(refusal(archive({{.name = "a", .plain = "x", .flags = 1}})), HasSubstr("encrypted"));
  std::string bytes = archive({{"a", "x"}});
  bytes[bytes.find("PK\1\2") + 10] = 93;
  EXPECT_THAT(refusal(bytes, "a"), HasSubstr("method 93"));
}

TEST(Zip, RefusesADeflatedMemberWithAWrongByte) {
  const std::string bytes = archive({{"a", "some text, some more text", true}});
  const std::size_t packed = bytes.find("PK\1\2") - 31;
  for (std::size_t at = 31; at < 31 + packed; ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_THAT(refusal(changed, "a"), HasSubstr("compressed member is damaged")) << at;
  }
}

TEST(Zip, DoesNotBelieveImpossibleSizes) {
  std::string bytes = archive({{.name = "a", .plain = kLong, .deflate = true, .zip64 = true}});
  const std::size_t claimed = bytes.find("PK\1\2") + 46 + 1 + 5 + 4;
  bytes.replace(claimed, 8, le(std::uint64_t{1} << 46));
  EXPECT_THAT(refusal(bytes, "a"), HasSubstr("claims to hold 64 TB"));
}

TEST(Zip, OutlivesDamageOfEveryKind) {
  std::mt19937 random(3);
  const std::string whole =
      archive({{"config.json", "{\"a\": 1}"}, {"b", kLong.substr(0, 300), true, true, true}}, "c", true);
  int opened = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (int change = static_cast<int>(random() % 4); change >= 0; --change) {
      constexpr unsigned char kTelling[] = {0x00, 0xFF, 0x7F, 0x80, 0x01};
      bytes[random() % bytes.size()] = static_cast<char>(random() % 2 ? kTelling[random() % 5] : random());
    }
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    try {
      const auto zip = ZipArchive::open(mapped(bytes));
      for (const auto& name : zip.names()) EXPECT_LE(zip.member(name).text().size(), 400u * 1032u);
      ++opened;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "zip-invalid");
      ++refused;
    }
  }
  EXPECT_GT(opened, 100);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace kerascope
