#include "h5/sandbox.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>

namespace kerascope::h5 {
namespace {

// Sanitizers need additional address space and system calls.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

void limit(__rlimit_resource resource, std::uint64_t most) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0 || now.rlim_cur <= most) return;
  now.rlim_cur = most;
  ::setrlimit(resource, &now);
}

void allow_only_reading(int file, int memory, int answer) {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (!filter) return;
  const auto allow = [filter](int call) { seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0); };
  const auto allow_on = [filter](int call, int descriptor) {
    seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_A0_32(SCMP_CMP_EQ, static_cast<std::uint32_t>(descriptor)));
  };
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
                         SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
                         SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(clock_gettime)})
    allow(call);
  seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  allow_on(SCMP_SYS(pread64), file);
  allow_on(SCMP_SYS(pwrite64), memory);
  allow_on(SCMP_SYS(write), answer);
  seccomp_load(filter);
  seccomp_release(filter);
}

}  // namespace

void enter_sandbox(const Source& source, int answer) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, 5 + (source.length >> 23));
  if (kSanitized) return;
  limit(RLIMIT_AS, (std::uint64_t{1} << 30) + 4 * source.length);
  allow_only_reading(source.file, source.memory, answer);
}

}  // namespace kerascope::h5
