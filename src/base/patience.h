// For programs: how OpenMP's threads wait. Not part of the library, since it concerns the whole process.
#pragma once

namespace kerascope {

/// Makes OpenMP's threads sleep soon when they wait for each other: by default they spin, which on a busy machine makes
/// a network ten times slower. libgomp reads its environment before main, so the variable is set even earlier; if that
/// is impossible, this restarts the program once. Call it first in main. It does nothing if the user's environment
/// already says how to wait.
void make_threads_patient(char** arguments);

}  // namespace kerascope
