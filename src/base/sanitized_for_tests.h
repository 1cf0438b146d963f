// Sanitizers make a test some ten times slower. Tests of thousands of cases then try only a part of them.
#pragma once

namespace kerascope {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

/// The step through cases that are counted: every case, or one of seven.
inline constexpr unsigned kCaseStep = kIsSanitized ? 7 : 1;

}  // namespace kerascope
