#include "export/writing_thread.h"

namespace kerascope {

WritingThread::WritingThread(ArrayWriter& writer) : writer_(writer), thread_([this] { work(); }) {}

WritingThread::~WritingThread() {
  {
    const std::lock_guard lock(mutex_);
    tasks_.clear();
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void WritingThread::write(std::string key, std::int64_t first, Tensor part) {
  {
    const std::lock_guard lock(mutex_);
    require_success();
    tasks_.push_back({std::move(key), first, std::move(part)});
  }
  changed_.notify_all();
}

void WritingThread::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return (tasks_.empty() && !is_busy_) || failure_; });
  require_success();
}

void WritingThread::require_success() const {
  if (failure_) std::rethrow_exception(failure_);
}

void WritingThread::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !tasks_.empty() || is_over_; });
    if (is_over_) return;
    {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      is_busy_ = true;
      lock.unlock();
      try {
        writer_.write(task.key, task.first, task.part);
        lock.lock();
      } catch (...) {
        lock.lock();
        failure_ = std::current_exception();
        tasks_.clear();
      }
    }
    is_busy_ = false;
    changed_.notify_all();
  }
}

}  // namespace kerascope
