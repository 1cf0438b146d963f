#include "ops/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/parallel.h"
#include "kerascope/error.h"
#include "ops/items.h"

namespace kerascope::ops {
namespace {

std::vector<Value> joined(std::initializer_list<std::vector<Value>> lists) {
  std::vector<Value> all;
  for (const std::vector<Value>& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::size_t bytes_of(const ValueType& type) {
  return static_cast<std::size_t>(type.shape.elements()) * element_bytes(type.dtype);
}

/// A sequence (N, T, rest..).
struct Sequence {
  ValueType step;
  std::int64_t items, steps;

  /// Bytes of one step of one item.
  std::size_t size() const { return items == 0 ? 0 : bytes_of(step) / static_cast<std::size_t>(items); }
  /// Calls use(offset in the sequence, offset in the step), both in bytes, for each item.
  template <typename Use>
  void each_item(std::int64_t at, Use use) const {
    for (std::int64_t item = 0; item < items; ++item)
      use(static_cast<std::size_t>(item * steps + at) * size(), static_cast<std::size_t>(item) * size());
  }
};

class ScanOp final : public Op {
 public:
  ScanOp(std::shared_ptr<const ScanBody> body, bool backwards) : body_(std::move(body)), backwards_(backwards) {}

  std::string kind() const override { return "scan"; }
  std::string attributes() const override {
    return fmt::format("{} states {} outputs{}", body_->states.size(), body_->outputs.size(),
                       backwards_ ? " backwards" : "");
  }
  const Graph* body() const override { return &body_->graph; }
  bool takes_float32() const override { return false; }

  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>& has_items) const override {
    std::vector<Value> with_items;
    const std::vector<Value> inputs = body_inputs();
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (has_items[i]) with_items.push_back(inputs[i]);
    // A state may start without a batch axis of its own; from the second step on it has one.
    with_items.insert(with_items.end(), body_->states.begin(), body_->states.end());
    return items_apart(body_->graph, with_items, body_results()).has_value();
  }

  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    const std::int64_t steps = require_fitting(in);
    std::vector<ValueType> types;
    for (const Value state : body_->states) types.push_back(type(state));
    for (const Value output : body_->outputs) {
      ValueType whole = type(output);
      std::vector<std::int64_t> sizes = whole.shape.sizes();
      if (sizes.empty()) fail("an output of its body has no axes");
      sizes.insert(sizes.begin() + 1, steps);
      types.push_back({Shape(std::move(sizes)), whole.dtype});
    }
    return types;
  }

  Cost cost(std::span<const Shape> in, const Shape&) const override {
    Cost all;
    const Graph& graph = body_->graph;
    for (int id = 0; id < graph.size(); ++id) {
      const Graph::Node& node = graph.node(Value{id});
      if (node.kind != Graph::Kind::kOp || node.output > 0) continue;
      std::vector<Shape> shapes;
      for (const Value input : node.inputs) shapes.push_back(graph.shape(input));
      const Cost one = node.op->cost(shapes, node.shape);
      all.flops += one.flops;
      all.bytes += one.bytes;
    }
    const double steps = static_cast<double>(in[0][1]);
    return {.flops = all.flops * steps, .bytes = all.bytes * steps};
  }

  OpMemory memory(const Session& session, std::span<const Shape>, const Shape&) const override {
    OpMemory memory = session.memory(body_->graph, body_inputs(), body_results());
    for (const Value slice : body_->slices) memory.passing += bytes_of(type(slice));
    for (const Value state : body_->states) memory.passing += 2 * bytes_of(type(state));
    for (const Value output : body_->outputs) memory.passing += bytes_of(type(output));
    return memory;
  }

  OpKernel kernel(const Session& session, std::span<const Operand> in, std::span<const ValueType> out) const override {
    std::shared_ptr<PreparedGraph> prepared = session.prepare(body_->graph, body_inputs(), body_results());
    std::vector<Sequence> read, written;
    for (std::size_t i = 0; i < body_->slices.size(); ++i)
      read.push_back({type(body_->slices[i]), in[i].shape[0], in[i].shape[1]});
    for (std::size_t i = 0; i < body_->outputs.size(); ++i) {
      const Shape& whole = out[body_->states.size() + i].shape;
      written.push_back({type(body_->outputs[i]), whole[0], whole[1]});
    }
    return [=, body = body_, backwards = backwards_](const OpArguments& args) {
      Loop(*body, *prepared, read, written, args).run(backwards);
    };
  }

 private:
  /// One run.
  class Loop {
   public:
    Loop(const ScanBody& body, PreparedGraph& prepared, const std::vector<Sequence>& read,
         const std::vector<Sequence>& written, const OpArguments& arguments)
        : body_(body), prepared_(prepared), read_(read), written_(written), args_(arguments) {
      for (const Sequence& sequence : read_) slices_.emplace_back(sequence.step.shape, sequence.step.dtype);
      for (const Sequence& sequence : written_) outputs_.emplace_back(sequence.step.shape, sequence.step.dtype);
      for (std::size_t i = 0; i < body_.states.size(); ++i) {
        const Graph::Node& node = body_.graph.node(body_.states[i]);
        next_.emplace_back(node.shape, node.dtype);
        states_.push_back(given(body_.states[i], read_.size() + i));
      }
      for (std::size_t i = 0; i < body_.fixed.size(); ++i)
        fixed_.push_back(given(body_.fixed[i], read_.size() + body_.states.size() + i));
    }

    void run(bool backwards) {
      const std::int64_t steps = read_[0].steps;
      for (std::int64_t step = 0; step < steps; ++step) {
        parallel::poll();
        compute(step, backwards ? steps - 1 - step : step);
      }
      for (std::size_t i = 0; i < states_.size(); ++i)
        if (written_to(i)) std::memcpy(written_to(i), states_[i].bytes(), states_[i].byte_size());
    }

   private:
    /// An input of the scan, without a copy.
    Tensor given(Value value, std::size_t input) const {
      const Graph::Node& node = body_.graph.node(value);
      return Tensor(node.shape, node.dtype, nullptr, args_.in[input]);
    }

    /// Null if nobody needs the output.
    void* written_to(std::size_t output) const { return args_.outputs.empty() ? args_.out : args_.outputs[output]; }

    void compute(std::int64_t step, std::int64_t from) {
      std::vector<Tensor> inputs;
      for (std::size_t i = 0; i < read_.size(); ++i) {
        auto* const slice = static_cast<std::byte*>(slices_[i].mutable_bytes());
        read_[i].each_item(from, [&](std::size_t whole, std::size_t part) {
          std::memcpy(slice + part, args_.input<std::byte>(i) + whole, read_[i].size());
        });
      }
      for (const auto* list : {&slices_, &states_, &fixed_}) inputs.insert(inputs.end(), list->begin(), list->end());
      std::vector<void*> results;
      for (Tensor& next : next_) results.push_back(next.mutable_bytes());
      for (std::size_t i = 0; i < outputs_.size(); ++i)
        results.push_back(written_to(states_.size() + i) ? outputs_[i].mutable_bytes() : nullptr);
      prepared_.run(inputs, results, args_.seed);
      inputs.clear();
      if (step == 0)  // the initial states belong to the caller
        for (std::size_t i = 0; i < states_.size(); ++i) states_[i] = Tensor(states_[i].shape(), states_[i].dtype());
      std::swap(states_, next_);
      for (std::size_t i = 0; i < outputs_.size(); ++i) {
        auto* const whole = static_cast<std::byte*>(written_to(states_.size() + i));
        if (!whole) continue;
        written_[i].each_item(step, [&](std::size_t to, std::size_t part) {
          std::memcpy(whole + to, static_cast<const std::byte*>(outputs_[i].bytes()) + part, written_[i].size());
        });
      }
    }

    const ScanBody& body_;
    PreparedGraph& prepared_;
    const std::vector<Sequence>&read_, &written_;
    const OpArguments& args_;
    std::vector<Tensor> slices_, states_, next_, fixed_, outputs_;
  };

  ValueType type(Value value) const { return body_->graph.node(value).type(); }
  std::vector<Value> body_inputs() const { return joined({body_->slices, body_->states, body_->fixed}); }
  std::vector<Value> body_results() const { return joined({body_->next_states, body_->outputs}); }
  [[noreturn]] static void fail(const std::string& what) {
    throw Error({.code = "shape-mismatch", .what = "scan: " + what});
  }

  /// @return  the number of steps
  std::int64_t require_fitting(std::span<const ValueType> in) const {
    const std::vector<Value> wanted = body_inputs();
    if (in.size() != wanted.size() || body_->slices.empty())
      fail(fmt::format("{} inputs, and its body needs {}", in.size(), wanted.size()));
    if (in[0].shape.rank() < 2) fail(fmt::format("a sequence of shape {} has no steps", in[0].shape.str()));
    const std::int64_t steps = in[0].shape[1];
    for (std::size_t i = 0; i < in.size(); ++i) {
      ValueType one = in[i];
      if (i < body_->slices.size()) {
        if (one.shape.rank() < 2 || one.shape[1] != steps)
          fail(fmt::format("sequences of shape {} and {} have different steps", in[0].shape.str(), one.shape.str()));
        std::vector<std::int64_t> sizes = one.shape.sizes();
        sizes.erase(sizes.begin() + 1);
        one.shape = Shape(std::move(sizes));
      }
      if (one != type(wanted[i]))
        fail(fmt::format("input {} is {}, and its body needs {}", i, one.shape.str(), type(wanted[i]).shape.str()));
    }
    for (std::size_t i = 0; i < body_->states.size(); ++i)
      if (type(body_->next_states.at(i)) != type(body_->states[i]))
        fail(fmt::format("state {} of shape {} becomes one of shape {}", i, type(body_->states[i]).shape.str(),
                         type(body_->next_states[i]).shape.str()));
    return steps;
  }

  std::shared_ptr<const ScanBody> body_;
  bool backwards_;
};

}  // namespace

Scanned scan(Graph& graph, std::shared_ptr<const ScanBody> body, const std::vector<Value>& sequences,
             const std::vector<Value>& states, const std::vector<Value>& fixed, bool backwards) {
  const std::vector<Value> values =
      graph.apply_all(std::make_shared<ScanOp>(body, backwards), joined({sequences, states, fixed}));
  const auto middle = values.begin() + std::ssize(body->states);
  return {{values.begin(), middle}, {middle, values.end()}};
}

}  // namespace kerascope::ops
