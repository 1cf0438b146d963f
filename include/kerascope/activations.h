// What one run of a model gave: activations in order, looked up by address.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "kerascope/activation.h"
#include "kerascope/export.h"

namespace kerascope {

/// Activations in the order in which they were asked for (all layers: the model's). The tensors are views of what the
/// run computed: nothing is copied, and each stays valid as long as it, or a copy of it, is kept. References to
/// activations live as long as this object. Reading from several threads is safe.
///
///     for (const ks::Activation& one : model.run(image)) std::cout << one.address << one.tensor.shape().str() << '\n';
class Activations {
 public:
  Activations() = default;
  /// Any activations, as of several runs; to be written as an archive their addresses must differ.
  explicit Activations(std::vector<Activation> all, std::vector<Skipped> skipped = {})
      : all_(std::move(all)), skipped_(std::move(skipped)) {}

  /// By full address, or by a part that only one address has: "conv1_relu" for "resnet50/conv1_relu", "dense" for
  /// "dense@1" where that call alone is here. Linear.
  ///
  ///     const ks::Tensor maps = seen["conv2"];
  ///
  /// @throws Error{layer-not-found} with "did you mean", Error{layer-ambiguous} with the addresses; the reason for one
  ///         that was skipped
  KERASCOPE_API const Activation& operator[](std::string_view address) const;
  /// The same; null where there is no such address or several fit.
  KERASCOPE_API const Activation* find(std::string_view address) const;

  /// By place in the order, from 0. @throws Error{layer-index}
  KERASCOPE_API const Activation& operator[](std::size_t place) const;

  std::size_t size() const { return all_.size(); }
  bool empty() const { return all_.empty(); }
  std::vector<Activation>::const_iterator begin() const { return all_.begin(); }
  std::vector<Activation>::const_iterator end() const { return all_.end(); }

  /// What the run was to look at and could not compute, in the model's order.
  ///
  ///     for (const ks::Skipped& one : seen.skipped()) std::cout << one.address << ": " << one.problem->what() << '\n';
  const std::vector<Skipped>& skipped() const { return skipped_; }

 private:
  std::vector<Activation> all_;
  std::vector<Skipped> skipped_;
};

}  // namespace kerascope
