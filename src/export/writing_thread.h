// Writes arrays while others are computed.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

#include "export/npz.h"

namespace kerascope {

/// Passes arrays on to a writer, which must outlive it; nobody else may use the writer until wait() returns.
class WritingThread {
 public:
  explicit WritingThread(ArrayWriter& writer);
  /// Drops arrays whose writing has not begun.
  ~WritingThread();
  WritingThread(const WritingThread&) = delete;
  WritingThread& operator=(const WritingThread&) = delete;

  /// See ArrayWriter::write; the tensor's numbers must not change until wait().
  /// @throws what an earlier write threw.
  void write(std::string key, std::int64_t first, Tensor part);
  /// Waits until everything is written. @throws what a write threw.
  void wait();

 private:
  struct Task {
    std::string key;
    std::int64_t first;
    Tensor part;
  };
  void work();
  void require_success() const;

  ArrayWriter& writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool is_busy_ = false, is_over_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace kerascope
