// What all functions of one open model share: assemblies, prepared weights and arenas.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/weight_cache.h"
#include "engine/arena.h"
#include "layers/assemble.h"

namespace kerascope {

/// Belongs to one ModelData. Keys contain addresses of its parts, so it must not be used for another one, not even for
/// a copy. Thread-safe.
class Shared {
 public:
  WeightCache weights;  ///< prepared: converted, packed, transformed
  ArenaPool arenas;

  /// The assembly with this key; a new one if it is not among the last few.
  std::shared_ptr<const Assembly> assembly(const std::string& key, const std::function<Assembly()>& make);

 private:
  std::mutex mutex_;
  std::list<std::pair<std::string, std::shared_ptr<const Assembly>>> assemblies_;  ///< the most recently used first
};

}  // namespace kerascope
