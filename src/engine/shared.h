// What all functions of one open model share, so that another layer or another shape costs its own computing only.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/kept.h"
#include "engine/arena.h"
#include "layers/assemble.h"

namespace kerascope {

/// Of one ModelData, which its keys point into: it must not be used for another, not even for a copy. Thread-safe.
class Shared {
 public:
  Kept made;  ///< of the weights
  ArenaLender arenas;

  /// The assembly with this key, one of the last few, or a new one.
  std::shared_ptr<const Assembly> assembly(const std::string& key, const std::function<Assembly()>& make);

 private:
  std::mutex mutex_;
  std::list<std::pair<std::string, std::shared_ptr<const Assembly>>> assemblies_;  ///< the most recently used first
};

}  // namespace kerascope
