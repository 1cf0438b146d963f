// The results of one run of a model: activations in order, with look-up by address.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "kerascope/activation.h"
#include "kerascope/export.h"

namespace kerascope {

/// Activations in the order in which they were asked for (for all layers: the model's order). The tensors are views of
/// the run's results: nothing is copied, and each stays valid as long as it, or a copy of it, is kept. References to
/// activations stay valid as long as this object. Several threads may read at once.
///
///     for (const ks::Activation& one : model.run(image)) std::cout << one.address << one.tensor.shape().str() << '\n';
class Activations {
 public:
  Activations() = default;
  /// Any activations, for example of several runs. To be written as an archive, their addresses must differ.
  explicit Activations(std::vector<Activation> all, std::vector<Skipped> skipped = {})
      : all_(std::move(all)), skipped_(std::move(skipped)) {}

  /// By full address, or by a part of exactly one address: "conv1_relu" for "resnet50/conv1_relu", "dense" for
  /// "dense@1" if no other call of it is here. Takes linear time.
  ///
  ///     const ks::Tensor maps = seen["conv2"];
  ///
  /// @throws Error{layer-not-found} with "did you mean", Error{layer-ambiguous} with the addresses; for a
  ///         skipped layer, its problem
  KERASCOPE_API const Activation& operator[](std::string_view address) const;
  /// The same; null if no address or several addresses match.
  KERASCOPE_API const Activation* find(std::string_view address) const;

  /// By place in the order, from 0. @throws Error{layer-index}
  KERASCOPE_API const Activation& operator[](std::size_t place) const;

  std::size_t size() const { return all_.size(); }
  bool empty() const { return all_.empty(); }
  std::vector<Activation>::const_iterator begin() const { return all_.begin(); }
  std::vector<Activation>::const_iterator end() const { return all_.end(); }

  /// The layers that were asked for and could not be computed, in the model's order.
  ///
  ///     for (const ks::Skipped& one : seen.skipped()) std::cout << one.address << ": " << one.problem->what() << '\n';
  const std::vector<Skipped>& skipped() const { return skipped_; }

 private:
  std::vector<Activation> all_;
  std::vector<Skipped> skipped_;
};

}  // namespace kerascope
