#include "engine/shared.h"

namespace kerascope {

std::shared_ptr<const Assembly> Shared::assembly(const std::string& key, const std::function<Assembly()>& make) {
  constexpr std::size_t kMost = 4;
  {
    const std::lock_guard lock(mutex_);
    for (auto one = assemblies_.begin(); one != assemblies_.end(); ++one)
      if (one->first == key) {
        assemblies_.splice(assemblies_.begin(), assemblies_, one);
        return one->second;
      }
  }
  auto one_more = std::make_shared<const Assembly>(make());
  const std::lock_guard lock(mutex_);
  assemblies_.emplace_front(key, one_more);
  if (assemblies_.size() > kMost) assemblies_.pop_back();
  return one_more;
}

}  // namespace kerascope
