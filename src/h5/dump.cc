#include "h5/dump.h"

#include <nlohmann/json.hpp>

#include "formats/hdf5_answer.h"

namespace kerascope::h5 {

using hdf5_answer::Extent;
using hdf5_answer::Record;
using hdf5_answer::Storage;
using Json = nlohmann::ordered_json;

std::string as_json(std::string_view answer) {
  hdf5_answer::AnswerReader reader(answer);
  Json json = {{"groups", Json::array()},
               {"datasets", Json::object()},
               {"attributes", Json::object()},
               {"unreadable", Json::object()},
               {"failed", Json::array()}};
  for (;;) {
    const auto record = reader.get<Record>();
    if (record == Record::kEnd) break;
    const std::string path = reader.text();
    if (record == Record::kGroup) {
      json["groups"].push_back(path);
    } else if (record == Record::kFailed) {
      json["failed"].push_back(path);
    } else if (record == Record::kUnreadable) {
      const std::string attribute = reader.text();
      json["unreadable"][attribute.empty() ? path : path + "@" + attribute] = reader.text();
    } else if (record == Record::kDataset) {
      Json& data = json["datasets"][path] = {{"type", reader.text()}, {"shape", Json::array()}};
      for (auto rank = reader.get<std::uint32_t>(); rank > 0; --rank)
        data["shape"].push_back(reader.get<std::uint64_t>());
      data["offset"] = reader.get<std::uint64_t>();
      data["bytes"] = reader.get<std::uint64_t>();
      data["storage"] = reader.get<Storage>() == Storage::kFile ? "file" : "memory";
    } else {
      Json& attribute = json["attributes"][path][reader.text()];
      const bool scalar = reader.get<Extent>() == Extent::kScalar;
      attribute = Json::array();
      for (auto count = reader.get<std::uint32_t>(); count > 0; --count) attribute.push_back(reader.text());
      if (scalar) attribute = Json(attribute.at(0));
    }
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kerascope::h5
