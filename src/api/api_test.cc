// The library as a program sees it. Numbers are compared with real Keras in tests/test_library.py.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cstdlib>
#include <fstream>
#include <future>
#include <mutex>
#include <new>
#include <thread>

#include "api/demo_for_tests.h"
#include "base/error_test_support.h"
#include "base/parallel.h"
#include "base/sanitized_for_tests.h"
#include "kerascope/kerascope.h"

namespace kerascope {
namespace {

namespace kl = layers;
using namespace demo_tests;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> names_of(const std::vector<Layer>& layers) {
  std::vector<std::string> names;
  for (const Layer& layer : layers) names.push_back(layer.name());
  return names;
}

TEST(Run, GivesEveryLayerInOrder) {
  const Model model = digits();
  const Activations seen = model.run(digit(model));
  std::vector<std::string> addresses;
  for (const Activation& one : seen) addresses.push_back(one.address);
  const Activations again = model.run(digit(model), {.taps = addresses});
  ASSERT_EQ(again.size(), seen.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].address, again[i].address);
    EXPECT_EQ(numbers_of(seen[i].tensor), numbers_of(again[i].tensor));
  }
}

TEST(Run, AddsAMissingBatchAxis) {
  const Model model = digits();
  const Tensor batch = digit(model);
  const Tensor alone = batch.item(0);
  EXPECT_EQ(numbers_of(model.predict(alone)[0]), numbers_of(model.predict(batch)[0]));
}

TEST(Run, TellsWhatItCouldNotCompute) {
  Sequential net;
  net.add(kl::Flatten{}, {.name = "flat", .input_shape = {8, 8, 1}});
  net.add(kl::Dense{.units = 2}, {.name = "dense"});
  net.add(kl::Activation{"relu"}, {.name = "relu"});
  const Tensor input = Tensor::of({8, 8, 1}, std::vector<float>(64));
  const Activations seen = net.run(input);
  EXPECT_NE(seen.find("flat"), nullptr);
  ASSERT_EQ(seen.skipped().size(), 2);
  EXPECT_EQ(seen.skipped()[0].address, "dense");
  EXPECT_EQ(seen.skipped()[0].class_name, "Dense");
  EXPECT_EQ(seen.skipped()[0].problem->code(), "weight-missing");
  EXPECT_EQ(seen.skipped()[0].before, seen.size());
  EXPECT_EQ(seen.skipped()[1].address, "relu");
  const Error error = error_of([&] { seen["relu"]; });
  EXPECT_EQ(error.code(), "weight-missing");
  EXPECT_THAT(error.what(), HasSubstr("'relu' was not computed"));
  EXPECT_EQ(net.run(input, {.on_ready = [](const Activation&) {}}).skipped().size(), 2);
}

TEST(Activations, WhatWasSkippedIsFoundAsWhatWasComputedIs) {
  const auto problem = std::make_shared<const Error>(Error::Parts{.code = "weight-missing", .what = "no weights"});
  const Activation same{.address = "a/conv"}, other{.address = "a/relu"};
  const Activations seen({same, other},
                         {{.address = "b/conv", .problem = problem}, {.address = "b/dense", .problem = problem}});
  EXPECT_EQ(seen["conv"].address, "a/conv");
  for (const char* name : {"dense", "b/dense"}) {
    const Error error = error_of([&] { seen[name]; });
    EXPECT_EQ(error.code(), "weight-missing");
    EXPECT_THAT(error.what(), HasSubstr("'b/dense' was not computed"));
  }
  EXPECT_EQ(seen.find("dense"), nullptr);
}

TEST(Activations, AFullAddressIsNoOtherLayersName) {
  const auto problem = std::make_shared<const Error>(Error::Parts{.code = "weight-missing", .what = "no weights"});
  const Activation inner{.address = "tower/head"}, channel{.address = "conv@1:2"};
  const Activations seen({inner, channel}, {{.address = "head", .problem = problem}});
  EXPECT_EQ(error_of([&] { seen["head"]; }).code(), "weight-missing");
  EXPECT_EQ(seen.find("head"), nullptr);
  EXPECT_EQ(seen["tower/head"].address, "tower/head");
  EXPECT_EQ(seen.find("conv"), nullptr) << "a channel is not the layer";
}

TEST(Statistics, AreOfChannelsInTheLayersOwnOrder) {
  const Tensor maps = Tensor::of({1, 2, 2, 2}, std::vector<float>{0, 1, 0, 3, 0, -2, 0, 6});
  const Statistics last = statistics({.axes = "HWC", .tensor = maps});
  EXPECT_EQ(last.channels, 2);
  EXPECT_EQ(last.dead_channels, 1);
  EXPECT_EQ(last.minimum, -2);
  EXPECT_EQ(last.mean, 1);
  EXPECT_EQ(statistics(maps, "CHW").dead_channels, 0);
  EXPECT_EQ(statistics(maps.item(0), "HWC").dead_channels, 1) << "without a batch";
  EXPECT_EQ(statistics(maps, "HWT").channels, 1);
  const std::vector<ChannelStatistics> channels = channel_statistics(maps, "HWC");
  EXPECT_EQ(channels.at(1).mean, 2);
  EXPECT_THAT(sorted_channels(channels, ChannelOrder::kMaximum), ElementsAre(1, 0));
  EXPECT_THAT(sorted_channels(channels, ChannelOrder::kZeros), ElementsAre(0, 1));
}

TEST(Run, ACallbackMayRunTheModelAsWell) {
  const Model model = digits();
  const Tensor picture = digit(model);
  const RunOptions wanted{.taps = {"pool2", "digit"}};
  const std::vector<float> expected = numbers_of(model.run(picture, wanted)["digit"].tensor);
  std::vector<float> within, deeper;
  RunOptions outer = wanted, inner = wanted;
  inner.call.on_progress = [&](std::size_t done, std::size_t) {
    if (done == 0) deeper = numbers_of(model.run(picture, wanted)["digit"].tensor);
  };
  outer.call.on_progress = [&](std::size_t done, std::size_t) {
    if (done == 1) within = numbers_of(model.run(picture, inner)["digit"].tensor);
  };
  EXPECT_EQ(numbers_of(model.run(picture, outer)["digit"].tensor), expected);
  EXPECT_EQ(within, expected);
  EXPECT_EQ(deeper, expected);
}

TEST(Run, CallbacksOfTwoThreadsMayCallEachOthersFunctions) {
  const Model model = digits();
  const Tensor picture = digit(model);
  const Function one = function(model.inputs(), {model.layer("conv1").output()});
  const Function other = function(model.inputs(), {model.layer("conv2").output()});
  std::barrier both_run(2);
  const auto call = [&](const Function& outer, const Function& inner) {
    const auto on_progress = [&](std::size_t done, std::size_t) {
      if (done > 0) return;
      both_run.arrive_and_wait();
      inner(picture);
    };
    outer(picture, {.on_progress = on_progress});
  };
  std::thread thread([&] { call(one, other); });
  call(other, one);
  thread.join();
}

/// Returns once the kernel says that this thread of ours sleeps.
void wait_until_asleep(pid_t thread) {
  for (char state = 0; state != 'S'; std::this_thread::yield()) {
    std::ifstream file(fmt::format("/proc/self/task/{}/stat", thread));
    const std::string stat(std::istreambuf_iterator<char>(file), {});
    state = stat.at(stat.rfind(')') + 2);
  }
}

TEST(Function, ACallThatWaitsCanBeStopped) {
  const Model model = digits();
  const Tensor picture = digit(model);
  const Function f = function(model.inputs(), {model.layer("conv1").output()});
  std::stop_source stop;
  const auto on_progress = [&](std::size_t done, std::size_t) {
    if (done > 0) return;
    std::promise<pid_t> id;
    std::thread waiting([&] {
      id.set_value(gettid());
      EXPECT_EQ(error_of([&] { f(picture, {.threads = 1, .stop = stop.get_token()}); }).code(), "cancelled");
    });
    wait_until_asleep(id.get_future().get());
    stop.request_stop();
    waiting.join();
  };
  f(picture, {.threads = 1, .on_progress = on_progress});
}

TEST(Function, FromTheMiddleOnComputesOnlyWhatFollows) {
  const Model model = digits();
  const KerasTensor middle = model.layer("pool2").output();
  const Tensor picture = digit(model);
  std::size_t steps = 0;
  const auto count = [&](std::size_t, std::size_t all) { steps = all; };
  const Tensor map = function(model.inputs(), {middle})(picture)[0];
  const Function rest = function({middle}, model.outputs());
  EXPECT_EQ(numbers_of(rest(map, {.on_progress = count})[0]), numbers_of(model.predict(picture)[0]));
  const std::size_t after = steps;
  model.predict(picture, {.on_progress = count});
  EXPECT_LT(after, steps);
  Tensor changed = map;
  for (float& number : std::span(changed.mutable_data(), static_cast<std::size_t>(changed.size()))) number = 0;
  EXPECT_NE(numbers_of(rest(changed)[0]), numbers_of(rest(map)[0]));
}

TEST(Run, TwoModelsRunAtATime) {
  const Model one = digits(), other = digits();
  const Tensor picture = digit(one);
  const std::vector<float> expected = numbers_of(one.predict(picture)[0]);
  // Each waits at each of its steps for the other, which only ends if both go on.
  std::barrier both(2);
  const auto run = [&](const Model& model) {
    const auto on_progress = [&](std::size_t, std::size_t) { both.arrive_and_wait(); };
    EXPECT_EQ(numbers_of(model.predict(picture, {.on_progress = on_progress})[0]), expected);
  };
  std::thread thread([&] { run(one); });
  run(other);
  thread.join();
}

TEST(Run, OneLayerIsLookedAtTwiceAtATime) {
  const Model model = digits();
  const Tensor picture = digit(model);
  std::barrier both(2);
  const auto run = [&] {
    model.run(picture, {.taps = {"conv1"}, .call = {.threads = 2, .on_progress = [&](std::size_t, std::size_t) {
                                                      both.arrive_and_wait();
                                                    }}});
  };
  std::thread thread(run);
  run();
  thread.join();
}

TEST(Run, OneModelShowsTwoLayersAtATime) {
  const Model model = digits();
  const Tensor picture = digit(model);
  const Activations expected = model.run(picture, {.taps = {"conv1", "conv2"}});
  std::vector<std::thread> threads;
  for (const char* layer : {"conv1", "conv2"})
    threads.emplace_back([&, layer] {
      for (int round = 0; round < 20; ++round)
        EXPECT_EQ(numbers_of(model.run(picture, {.taps = {layer}})[0].tensor), numbers_of(expected[layer].tensor));
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(Run, WantOfMemoryIsAnError) {
  const Model model = digits();
  const Tensor picture = digit(model);
  const auto fail = [](const Activation&) { throw std::bad_alloc(); };
  EXPECT_EQ(error_of([&] { model.run(picture, {.on_ready = fail}); }).code(), "memory");
  EXPECT_GT(model.run(picture).size(), 5u);
}

TEST(Tensor, WantOfMemoryIsAnError) {
  if (kIsSanitized) GTEST_SKIP() << "the sanitizer itself needs more address space than the test leaves";
  const auto ask_for_too_much = [] {
    const rlimit limit = {std::size_t{1} << 30, std::size_t{1} << 30};
    setrlimit(RLIMIT_AS, &limit);
    std::_Exit(error_of([] { Tensor(Shape{1 << 30}); }).code() == "memory" ? 0 : 1);
  };
  EXPECT_EXIT(ask_for_too_much(), testing::ExitedWithCode(0), "");
}

TEST(Files, LoadingCanBeStopped) {
  std::stop_source stop;
  load(kDemo + "/digits.keras", {.stop = stop.get_token()});
  stop.request_stop();
  const Error error = error_of([&] { load(kDemo + "/digits.keras", {.stop = stop.get_token()}); });
  EXPECT_EQ(error.code(), "cancelled");
  EXPECT_THAT(error.what(), HasSubstr("digits.keras"));
}

TEST(Run, AWrongShapeSaysWhatIsNeeded) {
  const Model model = digits();
  const Error error = error_of([&] { model.run(Tensor::of({2, 3}, std::vector<float>(6))); });
  EXPECT_EQ(error.code(), "input-shape");
  EXPECT_THAT(error.what(), HasSubstr("(2, 3)"));
  EXPECT_THAT(error.what(), HasSubstr("(64, 64, 1)"));
  EXPECT_EQ(error_of([&] { model.run({digit(model), digit(model)}); }).code(), "input-count");
}

TEST(Tensor, MisuseIsAnErrorAndNoCrash) {
  const std::vector<float> two = {1, 2};
  EXPECT_EQ(error_of([&] { Tensor::of({3}, two); }).code(), "tensor-shape");
  const Tensor tensor = Tensor::of({2}, two);
  EXPECT_EQ(error_of([&] { tensor.reshaped({3}); }).code(), "tensor-shape");
  EXPECT_EQ(error_of([&] { tensor.item(2); }).code(), "sample-index");
  EXPECT_EQ(error_of([&] { tensor.items(1, 2); }).code(), "sample-index");
  EXPECT_EQ(error_of([] { Tensor().mutable_data(); }).code(), "tensor-shape");
}

TEST(Tensor, IsAValueWhoeverHasItsNumbers) {
  Tensor tensor = Tensor::of({2}, std::vector<float>{1, 2});
  const Tensor copy = tensor, view = tensor.reshaped({2, 1});
  EXPECT_EQ(copy.data(), tensor.data());
  tensor.mutable_data()[0] = 5;
  const float* own = tensor.data();
  tensor.mutable_data()[1] = 6;
  EXPECT_EQ(tensor.data(), own) << "copied once";
  EXPECT_THAT(numbers_of(tensor), ElementsAre(5, 6));
  EXPECT_THAT(numbers_of(copy), ElementsAre(1, 2));
  EXPECT_THAT(numbers_of(view), ElementsAre(1, 2));
}

TEST(Run, WhatItGaveStaysWhenTheInputIsUsedAgain) {
  const Model model = digits();
  Tensor picture = digit(model);
  const Activations seen = model.run(picture, {.taps = {"pixels", "conv1"}});
  const float before = picture.data()[0], output = seen["conv1"].tensor.data()[0];
  picture.mutable_data()[0] = before + 1;
  EXPECT_EQ(seen["pixels"].tensor.data()[0], before);
  Tensor maps = seen["conv1"].tensor;
  maps.mutable_data()[0] = output + 1;
  EXPECT_EQ(seen["conv1"].tensor.data()[0], output);
}

TEST(Run, ViewsOutliveTheRunTheModelAndLaterRuns) {
  Tensor kept;
  std::vector<float> then;
  {
    const Model model = digits();
    const Tensor input = digit(model);
    kept = model.run(input, {.taps = {"conv1out"}})["conv1out"].tensor;
    then = numbers_of(kept);
    Tensor other = Tensor::of(input.shape(), std::vector<float>(static_cast<std::size_t>(input.size()), 0.5f));
    model.run(other, {.taps = {"conv1out"}});
  }
  EXPECT_EQ(numbers_of(kept), then);
}

TEST(Run, ShowsEachLayerAndKeepsNone) {
  const Model model = digits();
  const Activations kept = model.run(digit(model));
  std::size_t next = 0;
  const auto on_ready = [&](const Activation& one) {
    EXPECT_EQ(numbers_of(one.tensor), numbers_of(kept[one.address].tensor)) << one.address;
    ++next;
  };
  for (int round = 0; round < 2; ++round) EXPECT_TRUE(model.run(digit(model), {.on_ready = on_ready}).empty());
  EXPECT_EQ(next, 2 * kept.size());
}

TEST(Run, TellsOfProgressAndCanBeStopped) {
  const Model model = digits();
  std::vector<std::size_t> done;
  std::stop_source source;
  const auto on_progress = [&](std::size_t steps, std::size_t) {
    done.push_back(steps);
    if (steps == 2) source.request_stop();
  };
  const Error error =
      error_of([&] { model.run(digit(model), {.call = {.stop = source.get_token(), .on_progress = on_progress}}); });
  EXPECT_EQ(error.code(), "cancelled");
  EXPECT_THAT(done, ElementsAre(0u, 1u, 2u));
  EXPECT_GT(model.run(digit(model)).size(), 5u) << "and runs again after that";
}

TEST(Activations, AreFoundByAddressAndPlace) {
  const Activations seen(std::vector<Activation>{{.address = "a/conv"}, {.address = "b/conv"}, {.address = "b/dense"}});
  EXPECT_EQ(seen["b/conv"].address, "b/conv");
  EXPECT_EQ(seen["dense"].address, "b/dense");
  EXPECT_EQ(seen[1].address, "b/conv");
  EXPECT_EQ(seen.find("conv"), nullptr);
  EXPECT_EQ(seen.find("nothing"), nullptr);
  EXPECT_THAT(error_of([&] { seen["conv"]; }).what(), HasSubstr("give one of a/conv, b/conv"));
  EXPECT_THAT(error_of([&] { seen["densee"]; }).what(), HasSubstr("did you mean"));
  EXPECT_EQ(error_of([&] { seen[3]; }).code(), "layer-index");
}

TEST(LayerHandle, IsFoundByNameIndexAndWalk) {
  const Model model = digits();
  EXPECT_EQ(model.layer("conv1out").name(), "conv1out");
  EXPECT_EQ(model.layer(0).name(), model.layers().front().name());
  EXPECT_EQ(model.layer(-1).name(), model.layers().back().name());
  EXPECT_THAT(error_of([&] { model.layer("conv1oot"); }).what(), HasSubstr("did you mean"));
  EXPECT_EQ(error_of([&] { model.layer(99); }).code(), "layer-index");
  EXPECT_EQ(error_of([&] { model.layer("conv*"); }).code(), "layer-ambiguous");
}

TEST(LayerHandle, GivesWeightsInKerassOrder) {
  const Model model = digits();
  for (const Layer& layer : model.layers())
    if (layer.class_name() == "Conv2D") {
      const std::vector<Weight> weights = layer.weights();
      ASSERT_EQ(weights.size(), 2u);
      EXPECT_EQ(weights[0].name, "kernel");
      EXPECT_EQ(weights[0].shape, weights[0].numbers.shape());
      EXPECT_EQ(weights[1].name, "bias");
    }
}

TEST(Function, GoesFromTheMiddleToTheAnswer) {
  const Model model = digits();
  const KerasTensor middle = model.layer("conv1out").output();
  const Tensor input = digit(model);
  const Function first = function(model.inputs(), {middle}), rest = function({middle}, model.outputs());
  EXPECT_EQ(numbers_of(rest(first(input)[0])[0]), numbers_of(model.predict(input)[0]));
}

TEST(Function, GivesOutputsInTheOrderAskedForAlsoTwice) {
  const Model model = digits();
  const KerasTensor early = model.layer(0).output(), late = model.layer(-1).output();
  const std::vector<Tensor> outputs = function(model.inputs(), {late, early, late})(digit(model));
  ASSERT_EQ(outputs.size(), 3u);
  EXPECT_EQ(numbers_of(outputs[0]), numbers_of(outputs[2]));
  EXPECT_EQ(outputs[1].shape().rank(), 4);
}

TEST(Function, OneWithoutWhatItNeedsIsRefusedWhenItIsMade) {
  const Model model = digits();
  const Error error = error_of([&] { function({model.layer(-1).output()}, {model.layer(0).output()}); });
  EXPECT_EQ(error.code(), "graph-disconnected");
  EXPECT_THAT(error.what(), HasSubstr("is not fed"));
  EXPECT_EQ(error_of([&] { function({}, model.outputs()); }).code(), "graph-disconnected");
  EXPECT_EQ(error_of([&] {
              function({model.inputs()[0], model.inputs()[0]}, model.outputs());
            }).code(),
            "input-given-twice");
}

TEST(Function, ManyThreadsMayCallOne) {
  const Model model = digits();
  const Function answer = function(model.inputs(), model.outputs());
  const Tensor input = digit(model);
  const std::vector<float> expected = numbers_of(answer(input)[0]);
  std::vector<std::vector<float>> seen(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < seen.size(); ++i)
      threads.emplace_back([&, i] {
        for (int round = 0; round < 5; ++round) {
          // Batches of different sizes are compiled while others run.
          Tensor batch(Shape{1 + static_cast<std::int64_t>(i) % 3, 64, 64, 1});
          for (std::int64_t item = 0; item < batch.shape()[0]; ++item)
            std::copy_n(input.data(), input.size(), batch.mutable_data() + item * input.size());
          seen[i] = numbers_of(answer(batch)[0].item(0));
        }
      });
  }
  for (const auto& one : seen) EXPECT_THAT(one, testing::Pointwise(testing::FloatNear(1e-5f), expected));
}

TEST(Threads, RunOneModelEachInItsOwnWayAndLetGoElsewhere) {
  const Model model = digits();
  const Tensor input = digit(model);
  const std::vector<float> expected = numbers_of(model.run(input)["conv2"].tensor);
  std::mutex mutex;
  std::vector<Activations> given;  // released by an arbitrary thread
  std::atomic<int> equal = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i)
      threads.emplace_back([&, i] {
        for (int round = 0; round < 6; ++round) {
          RunOptions options{.call = {.threads = i % 3}};
          if (i % 2 == 1) options.taps = {"conv2"};
          Activations seen = model.run(input, options);
          const std::span<const float> numbers = seen["conv2"].tensor.numbers();
          equal += std::equal(numbers.begin(), numbers.end(), expected.begin(), expected.end(),
                              [](float a, float b) { return std::abs(a - b) < 1e-4f; });
          const std::lock_guard lock(mutex);
          given.push_back(std::move(seen));
          if (given.size() > 4) given.erase(given.begin());
        }
      });
  }
  EXPECT_EQ(equal, 6 * 6);
}

TEST(Threads, AreTheCallsOwnAffair) {
  const Model model = digits();
  const int before = thread_count();
  int within = 0;
  model.run(digit(model),
            {.call = {.threads = before + 1}, .on_ready = [&](const Activation&) { within = thread_count(); }});
  EXPECT_EQ(within, before + 1);
  EXPECT_EQ(thread_count(), before);
}

TEST(Run, RefusesWhatTakesMoreMemoryThanItMay) {
  const Model model = digits();
  const Tensor input = digit(model);
  const Error error = error_of([&] { model.run(input, {.most_memory = 1 << 20}); });
  EXPECT_EQ(error.code(), "memory");
  EXPECT_THAT(error.what(), testing::HasSubstr("1 MB are allowed"));
  const auto run_with = [&](std::size_t most) {
    model.run(input, {.on_ready = [](const Activation&) {}, .most_memory = most});
  };
  EXPECT_EQ(error_of([&] { run_with(1000); }).code(), "memory");
  run_with(std::size_t{6} << 20);
  EXPECT_EQ(model.run(input, {.most_memory = std::size_t{1} << 30}).size(), 12u);
}

/// x + 1 in the inference phase, x + noise in the training phase.
Model noisy() {
  Sequential net;
  net.add(kl::Rescaling{.scale = {1}, .offset = {1}}, {.input_shape = {4}});
  net.add(kl::Dropout{.rate = 0.5f}, {.name = "drop"});
  return net;
}

TEST(Phase, IsGivenAtTheCall) {
  const Model model = noisy();
  const Tensor input = Tensor::of({1, 4}, std::vector<float>{1, 2, 3, 4});
  const Function f = function(model.inputs(), model.outputs());
  EXPECT_THAT(numbers_of(f(input)[0]), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(numbers_of(f(input, {.phase = Phase::kTraining, .seed = std::nullopt})[0]), ElementsAre(2, 3, 4, 5));
  const auto trained = numbers_of(f(input, {.phase = Phase::kTraining, .seed = 3})[0]);
  EXPECT_NE(trained, (std::vector<float>{2, 3, 4, 5}));
  EXPECT_EQ(trained, numbers_of(f(input, {.phase = Phase::kTraining, .seed = 3})[0]));
  EXPECT_EQ(trained, numbers_of(model.run(input, {.call = {.phase = Phase::kTraining, .seed = 3}})["drop"].tensor));
}

TEST(Sequential, NamesAndShapesAreKerass) {
  Sequential net;
  net.add(kl::Conv2D{.filters = 2, .kernel_size = {3, 3}}, {.input_shape = {kOpen, 8, 1}});
  const Layer relu = net.add(kl::Activation{"relu"});
  net.add(kl::Conv2D{.filters = 3, .kernel_size = {1, 1}});
  EXPECT_THAT(names_of(net.layers()), ElementsAre("conv2d", "activation", "conv2d_1"));
  EXPECT_EQ(relu.output().shape(), (Shape{kOpen, kOpen, 6, 2}));
  EXPECT_EQ(net.outputs()[0].shape(), (Shape{kOpen, kOpen, 6, 3}));
  EXPECT_THAT(net.summary(), HasSubstr("conv2d_1     Conv2D      H? W6 C3"));
}

TEST(Sequential, WhatCannotBeAddedIsSaidAtOnceAndLeavesItAsItWas) {
  Sequential net;
  EXPECT_EQ(error_of([&] { net.add(kl::Flatten{}); }).code(), "input-shape-missing");
  EXPECT_EQ(error_of([&] { net.summary(); }).code(), "model-empty");
  net.add(kl::Flatten{}, {.input_shape = {2, 3}});
  const Error error = error_of([&] { net.add(kl::MaxPooling2D{}); });
  EXPECT_THAT(error.what(), HasSubstr("MaxPooling2D"));
  EXPECT_THAT(error.what(), HasSubstr("a layer defined in code"));
  EXPECT_THAT(names_of(net.layers()), ElementsAre("flatten"));
}

TEST(Sequential, RefusesANameThatIsTakenAndTheLayerOfAnotherModel) {
  Sequential net;
  net.add(kl::Flatten{}, {.name = "flat", .input_shape = {4}});
  EXPECT_EQ(error_of([&] { net.add(kl::ReLU{}, {.name = "flat"}); }).code(), "name-taken");
  EXPECT_EQ(error_of([&] { net.add(digits().layer("conv1"), {4}); }).code(), "graph-disconnected");
  EXPECT_EQ(net.layers().size(), 1u);
}

TEST(Activations, AreTensorsWhereverOneIsWanted) {
  const Model model = digits();
  const Activations seen = model.run(digit(model));
  const Tensor copied = seen["conv2"], braced{seen["conv2"]}, from_temporary = model.run(digit(model))["conv2"];
  Tensor assigned;
  assigned = seen["conv2"];
  for (const Tensor* one : {&copied, &braced, &from_temporary, static_cast<const Tensor*>(&assigned)})
    EXPECT_EQ(numbers_of(*one), numbers_of(seen["conv2"].tensor));
  EXPECT_EQ(copied.data(), seen["conv2"].tensor.data()) << "a copy";
  const Function f = function({model.layer("pool2").output()}, model.outputs());
  EXPECT_EQ(numbers_of(f(seen["pool2"])[0]), numbers_of(seen["digit"]));
  EXPECT_EQ(numbers_of(f({seen["pool2"]})[0]), numbers_of(seen["digit"]));
  const std::vector<Tensor> several = {seen["conv1"], seen["conv2"]};
  EXPECT_EQ(several[1].shape(), copied.shape());
  EXPECT_EQ(numbers_of(model.predict(seen["pixels"])[0]), numbers_of(seen["digit"]));
}

TEST(Grid, OfWhatAFunctionGivesIsThatOfTheActivation) {
  const Model model = digits();
  const Tensor image = digit(model);
  const Activations seen = model.run(image);
  for (const char* name : {"conv2", "digit"}) {
    const Tensor given = function(model.inputs(), {model.layer(name).output()})(image)[0];
    EXPECT_EQ(grid(given).picture.pixels, grid(seen[name]).picture.pixels);
    EXPECT_EQ(grid(given, {.colormap = Colormap::kMagma}).picture.pixels,
              grid(seen[name], {.colormap = Colormap::kMagma}).picture.pixels);
    EXPECT_EQ(statistics(given).dead_channels, statistics(seen[name]).dead_channels);
    EXPECT_EQ(channel_statistics(given)[1].mean, channel_statistics(seen[name])[1].mean);
  }
  EXPECT_THAT(
      error_of([] {
        grid(Tensor({3, 4, 4, 2}));
      }).what(),
      HasSubstr("error[axes-invalid]: a tensor of shape (3, 4, 4, 2) is to be drawn, and its axes are not known"));
  EXPECT_EQ(error_of([] { grid(Tensor()); }).code(), "axes-invalid");
  EXPECT_EQ(grid(Tensor::of({1}, std::vector<float>{2})).picture.pixels,
            grid(Tensor::of({}, std::vector<float>{2}), "").picture.pixels);
  EXPECT_EQ(error_of([] { statistics(Tensor()); }).code(), "axes-invalid");
}

TEST(Mistakes, AreErrors) {
  EXPECT_EQ(error_of([] { Function()(Tensor({1})); }).code(), "call-invalid");
  EXPECT_EQ(error_of([] { digits().run(digit(digits()), {.call = {.threads = 100000}}); }).code(), "threads-invalid");
  const Tensor map = Tensor::of({2, 2, 1}, std::vector<float>{1, 2, 3, 4});
  EXPECT_EQ(error_of([&] { grid(map, "HW"); }).code(), "axes-invalid");
  EXPECT_EQ(error_of([&] { grid(map, "HWC", {.gap_px = -1}); }).code(), "grid-invalid");
  EXPECT_EQ(error_of([&] { grid(map, "HWC", {.columns = -1}); }).code(), "grid-invalid");
  EXPECT_EQ(error_of([&] { grid(map, "HWC", {.scale = {Scale::Kind::kFixed, 5, 5}}); }).code(), "scale-unknown");
  EXPECT_EQ(error_of([] { grid(Tensor(), ""); }).code(), "shape-empty");
  EXPECT_EQ(error_of([] { input_picture(Tensor(), ""); }).code(), "shape-empty");
  EXPECT_EQ(error_of([&] { statistics(map, "HWCXYZ"); }).code(), "axes-invalid");
  EXPECT_EQ(error_of([&] { kernel_picture(map, "HWIO"); }).code(), "axes-invalid");
  EXPECT_EQ(error_of([&] { kernel_picture(map, "IIO"); }).code(), "axes-invalid");
  EXPECT_EQ(error_of([&] { kernel_picture(map, "HWO", {.filter = -1}); }).code(), "channel-invalid");
  EXPECT_EQ(error_of([&] { kernel_picture(map, "HWO", {.grid = {.channels = {0}}}); }).code(), "channel-invalid");
  const Preprocessing by_zero{.mode = Preprocessing::Mode::kMeanStd, .mean = {1}, .std = {0}};
  EXPECT_EQ(error_of([&] { read_image(kDemo + "/digit.png", digits(), {.preprocessing = by_zero}); }).code(),
            "preprocess-unknown");
  EXPECT_EQ(error_of([] { write_npz("/dev/null", Activations({Activation{.address = "a"}})); }).code(),
            "array-invalid");
  EXPECT_EQ(error_of([] { grid(Activation{}); }).code(), "sample-index");
  EXPECT_EQ(error_of([] { png_bytes(Picture{}); }).code(), "picture-invalid");
  EXPECT_EQ(error_of([] { write_npy("/dev/null", Tensor()); }).code(), "array-invalid");
  EXPECT_EQ(error_of([] { Input({3}, "a/b"); }).code(), "name-invalid");
  EXPECT_EQ(error_of([] { Sequential("a/b"); }).code(), "name-invalid");
  EXPECT_EQ(error_of([] { parse_filter("biliner"); }).parts().hint, "did you mean 'bilinear'?");
  EXPECT_EQ(error_of([] { kernel_picture(digits().layer("pool2")); }).code(), "weight-missing");
  EXPECT_EQ(error_of([] { overview(digits().run(digit(digits())), {}, 1); }).code(), "sample-index");
  const Activation one{.address = "twice", .tensor = map};
  EXPECT_EQ(error_of([&] { write_npz("/dev/null", Activations({one, one})); }).code(), "name-taken");
}

TEST(Handles, AnAddressOfATensorIsNoLayer) {
  const Model model = digits();
  for (const char* address : {"conv2/pre_activation", "conv1:3", "conv1[2,3]:4"})
    EXPECT_EQ(error_of([&] { model.layer(address); }).code(), "call-invalid") << address;
  const Tensor picture = digit(model);
  const KerasTensor before = model.tensor("conv2/pre_activation");
  EXPECT_EQ(before.shape(), (Shape{kOpen, 32, 32, 128}));
  EXPECT_EQ(numbers_of(function(model.inputs(), {before})(picture)[0]),
            numbers_of(model.run(picture, {.taps = {"conv2/pre_activation"}})[std::size_t{0}].tensor));
  EXPECT_EQ(error_of([&] { model.tensor("conv*"); }).code(), "layer-ambiguous");
  EXPECT_EQ(error_of([&] { model.tensor("conv1:3"); }).code(), "channel-invalid");
  EXPECT_EQ(error_of([&] { model.run(picture, {.taps = {"conv1,"}}); }).code(), "layer-not-found");
}

TEST(Handles, OfASharedLayersCallsHaveAddresses) {
  const KerasTensor x = Input({2});
  const Layer half = layer(kl::Rescaling{.scale = {0.5f}}, {.name = "half"});
  const KerasTensor once = half(x);
  const Model model({x}, {half(once)});
  EXPECT_EQ(model.layer("half").calls(), 2);
  EXPECT_EQ(error_of([&] { model.layer("half@1"); }).code(), "call-invalid");
  const Tensor input = Tensor::of({1, 2}, std::vector<float>{4, 8});
  EXPECT_THAT(numbers_of(function({x}, {half.output(0, 0)})(input)[0]), ElementsAre(2, 4));
  EXPECT_THAT(numbers_of(function(model.inputs(), {model.tensor("half@1")})(input)[0]), ElementsAre(1, 2));
  EXPECT_THAT(error_of([&] { model.run(input)["half"]; }).what(), HasSubstr("half@0, half@1"));
  EXPECT_EQ(model.run(input, {.taps = {"half@1"}})["half"].address, "half@1");
  EXPECT_THAT(error_of([&] { half.output(0, 2); }).what(), HasSubstr("call 2 of layer 'half' is asked for"));
}

TEST(Handles, OfAModelInCodeMayBeBuiltOn) {
  Sequential net("net");
  net.add(kl::Rescaling{.scale = {2.0f}}, {.name = "twice", .input_shape = {2}});
  net.add(kl::Activation{"relu"}, {.name = "relu"});
  const KerasTensor twice = net.layer("twice").output();
  const Model shorter(net.inputs(), {layer(kl::Rescaling{.scale = {0.25f}})(twice)});
  const Tensor input = Tensor::of({1, 2}, std::vector<float>{-4, 8});
  EXPECT_THAT(numbers_of(shorter.predict(input)[0]), ElementsAre(-2, 4));
  EXPECT_THAT(numbers_of(function({net.tensor("twice")}, net.outputs())(input)[0]), ElementsAre(0, 8));
}

TEST(Handles, AreNeverEmpty) {
  Model model = digits();
  const Model moved = std::move(model);
  EXPECT_EQ(model.name(), moved.name());
  KerasTensor tensor = Input({2});
  const KerasTensor other = std::move(tensor);
  EXPECT_EQ(tensor.shape(), other.shape());
}

TEST(Sequential, CannotLieInItself) {
  Sequential outer("outer"), inner("inner");
  outer.add(kl::Activation{"relu"}, {.input_shape = {3}});
  inner.add(kl::Activation{"relu"}, {.input_shape = {3}});
  EXPECT_EQ(error_of([&] { outer.add(outer); }).code(), "call-invalid");
  outer.add(inner);
  EXPECT_EQ(error_of([&] { inner.add(outer); }).code(), "call-invalid");
  EXPECT_THAT(names_of(outer.layers()), ElementsAre("activation", "inner"));
  Sequential one("one"), other("other"), around("around");
  for (Sequential* net : {&one, &other}) net->add(kl::Activation{"relu"}, {.input_shape = {3}});
  const Layer of_other = around.add(other);
  other.add(one);
  EXPECT_EQ(error_of([&] { one.add(of_other); }).code(), "call-invalid");
}

TEST(Functional, NamesCountInTheOrderInWhichLayersAreMade) {
  const KerasTensor x = Input({3});
  const Layer first = layer(kl::Activation{"relu"}), second = layer(kl::Activation{"tanh"});
  EXPECT_THAT(names_of(Model({x}, {first(second(x))}).layers()),
              ElementsAre("input_layer", "activation_1", "activation"));
  Sequential left, right;
  left.add(first, {3});
  right.add(second, {3});
  EXPECT_THAT(names_of(Model({x}, {layer(kl::Add{})({right(x), left(x)})}).layers()),
              ElementsAre("input_layer", "sequential_1", "sequential", "add"));
}

TEST(Functional, AModelTakesTheShapesOfItsInputs) {
  Sequential net("net");
  net.add(kl::Activation{"relu"}, {.input_shape = {6, 6, 3}});
  EXPECT_EQ(net(Input({6, 6, 3})).shape(), (Shape{kOpen, 6, 6, 3}));
  EXPECT_EQ(net(Input({kOpen, 6, 3})).shape().rank(), 4);
  EXPECT_EQ(error_of([&] { net(Input({7, 7, 3})); }).code(), "shape-mismatch");
  EXPECT_EQ(error_of([&] { net(Input({6, 3})); }).code(), "shape-mismatch");
  EXPECT_EQ(error_of([&] { net(std::vector{Input({6, 6, 3}), Input({6, 6, 3})}); }).code(), "call-invalid");
}

TEST(Functional, LayersStandInKerassOrder) {
  // In keras.Model's order: by depth, then in the order of a walk back from the outputs.
  const KerasTensor x = Input({4}, "x");
  const KerasTensor a = layer(kl::Dense{.units = 1}, {.name = "a"})(x);
  const KerasTensor b = layer(kl::Dense{.units = 1}, {.name = "b"})(layer(kl::Dense{.units = 1}, {.name = "c"})(x));
  const Model model({x}, {layer(kl::Add{}, {.name = "sum"})({a, b})});
  EXPECT_THAT(names_of(model.layers()), ElementsAre("x", "c", "a", "b", "sum"));
}

TEST(Functional, AMissingInputIsSaid) {
  const KerasTensor x = Input({4}, "x"), y = Input({4}, "y");
  const KerasTensor sum = layer(kl::Add{})({x, y});
  const Error error = error_of([&] { Model({x}, {sum}); });
  EXPECT_EQ(error.code(), "graph-disconnected");
  EXPECT_THAT(error.what(), HasSubstr("'y'"));
}

TEST(Functional, TwoLayersOfOneNameAreRefused) {
  const KerasTensor x = Input({4});
  const Layer a = layer(kl::Identity{}, {.name = "same"}), b = layer(kl::Identity{}, {.name = "same"});
  EXPECT_EQ(error_of([&] { Model({x}, {b(a(x))}).summary(); }).code(), "name-taken");
}

TEST(Functional, AModelIsALayerAndItsCallsAreCounted) {
  Sequential tower("tower");
  tower.add(kl::Rescaling{.scale = {2}, .offset = {0}}, {.name = "twice", .input_shape = {3}});
  const KerasTensor x = Input({3}, "x");
  const Model model({x}, {tower(tower(x))});
  const Activations seen = model.run(Tensor::of({1, 3}, std::vector<float>{1, 2, 3}));
  EXPECT_THAT(numbers_of(seen["tower@0/twice"].tensor), ElementsAre(2, 4, 6));
  EXPECT_THAT(numbers_of(seen["tower@1"].tensor), ElementsAre(4, 8, 12));
  EXPECT_EQ(model.layer("tower").calls(), 2);
  EXPECT_THAT(names_of(model.layer("tower").layers()), ElementsAre("twice"));
}

TEST(Weights, WithoutThemWhatNeedsThemSaysSo) {
  Sequential net;
  net.add(kl::Flatten{}, {.input_shape = {2, 2}});
  net.add(kl::Dense{.units = 2});
  const Tensor input = Tensor::of({1, 2, 2}, std::vector<float>{1, 2, 3, 4});
  EXPECT_EQ(net.run(input, {.taps = {"flatten"}}).size(), 1u);
  const Error error = error_of([&] { net.run(input, {.taps = {"dense"}}); });
  EXPECT_EQ(error.code(), "weight-missing");
  EXPECT_THAT(error.what(), HasSubstr("load_weights"));
  EXPECT_EQ(error_of([&] { net.save("unweighted.keras"); }).code(), "weight-missing");
}

/// A model that differs from the built-in one.
Sequential one_convolution() {
  Sequential net;
  net.add(kl::Conv2D{.filters = 1, .kernel_size = {1, 1}}, {.input_shape = {64, 64, 1}});
  return net;
}

TEST(Weights, ThoseThatDoNotFitAreAllListedAndChangeNothing) {
  Sequential net = one_convolution();
  const Error error = error_of([&] { net.load_weights(kDemo + "/digits.keras"); });
  EXPECT_EQ(error.code(), "weights-mismatch");
  EXPECT_THAT(error.what(), HasSubstr("'kernel' of layer 'conv2d'"));
  EXPECT_THAT(error.what(), HasSubstr("more weights in the file"));
  EXPECT_TRUE(net.layer(0).weights().empty());
}

TEST(Weights, AFunctionSeesThoseThatWereLoadedAfterIt) {
  const std::string path = testing::TempDir() + "kerascope-api-test.keras";
  Model model = digits();
  model.save(path);
  const Function f = function(model.inputs(), model.outputs());
  const auto before = numbers_of(f(digit(model))[0]);
  const LoadedWeights loaded = model.load_weights(path);
  EXPECT_FALSE(loaded.loaded.empty());
  EXPECT_EQ(numbers_of(f(digit(model))[0]), before);
  std::remove(path.c_str());
}

TEST(Files, WhatIsNoWeightsSaysSo) {
  Sequential net = one_convolution();
  const Error error = error_of([&] { net.load_weights(kDemo + "/digit.png"); });
  EXPECT_EQ(error.code(), "weights-missing");
  EXPECT_EQ(error_of([&] { net.load_weights("no/such/file"); }).code(), "file-missing");
  EXPECT_EQ(error_of([&] { load("no/such/file"); }).code(), "file-missing");
  EXPECT_EQ(error_of([&] { digits().save("model.h5"); }).code(), "save-unsupported");
}

TEST(Drawing, AnActivationKnowsItsAxes) {
  const Model model = digits();
  const Activations seen = model.run(digit(model), {.taps = {"conv1out"}});
  const Grid picture = grid(seen["conv1out"], {.gap_px = 0, .zoom = 1});
  const Shape& shape = seen["conv1out"].tensor.shape();
  EXPECT_EQ(picture.picture.height, picture.rows * shape[1]);
  EXPECT_EQ(picture.picture.width, picture.columns * shape[2]);
  EXPECT_EQ(error_of([&] { grid(seen["conv1out"], {}, 1); }).code(), "sample-index");
}

}  // namespace
}  // namespace kerascope
