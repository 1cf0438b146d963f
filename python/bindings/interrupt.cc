#include "interrupt.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <mutex>
#include <thread>

namespace kerascope::python {
namespace {

/// A signal handler may only write into a descriptor; this thread reads from it and requests the stop.
class Watcher {
 public:
  static Watcher& instance() {
    static auto* const watcher = new Watcher;  // lives as long as the process
    return *watcher;
  }

  /// False within a call that is watched already: its callback ends by Python's own means.
  bool begin(std::stop_source* source) {
    const std::lock_guard lock(mutex_);
    if (source_) return false;
    start_in_this_process();
    source_ = source;
    struct sigaction action = {};
    action.sa_sigaction = on_interrupt;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &former_);
    return true;
  }

  void end() {
    const std::lock_guard lock(mutex_);
    ::sigaction(SIGINT, &former_, nullptr);
    source_ = nullptr;
  }

 private:
  /// A child made by fork() has no threads.
  void start_in_this_process() {
    if (process_ == ::getpid()) return;
    process_ = ::getpid();
    event_ = ::eventfd(0, EFD_CLOEXEC);
    std::thread([this, event = event_] {
      std::uint64_t count = 0;
      while (::read(event, &count, sizeof count) == sizeof count) {
        const std::lock_guard lock(mutex_);
        if (source_) source_->request_stop();
      }
    }).detach();
  }

  static void on_interrupt(int signal, siginfo_t* info, void* context) {
    const std::uint64_t one = 1;
    if (::write(event_, &one, sizeof one) < 0) return;
    if (former_.sa_flags & SA_SIGINFO)
      former_.sa_sigaction(signal, info, context);
    else if (former_.sa_handler != SIG_DFL && former_.sa_handler != SIG_IGN)
      former_.sa_handler(signal);
  }

  std::mutex mutex_;
  std::stop_source* source_ = nullptr;
  pid_t process_ = 0;
  static inline int event_ = -1;
  static inline struct sigaction former_ = {};
};

}  // namespace

StopOnInterrupt::StopOnInterrupt(bool is_wanted) : is_watched_(is_wanted && Watcher::instance().begin(&source_)) {}

StopOnInterrupt::~StopOnInterrupt() {
  if (is_watched_) Watcher::instance().end();
}

}  // namespace kerascope::python
