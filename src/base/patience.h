// For programs: how OpenMP's threads wait. Not part of the library, since it concerns the whole process.
#pragma once

namespace kerascope {

/// Has OpenMP's threads soon sleep where they wait for each other: by default they spin, and on a busy machine a
/// network then takes ten times as long. libgomp reads its environment before main, which is prepared before that;
/// where it cannot be, this starts the program again, once. To be called first; does nothing where the user's
/// environment says how to wait.
void make_threads_patient(char** arguments);

}  // namespace kerascope
