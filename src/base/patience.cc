#include "base/patience.h"

#include <unistd.h>

#include <cstdlib>
#include <initializer_list>
#include <string_view>

namespace kerascope {
namespace {

// Measured: 10000 costs an idle machine nothing and a busy one little.
char patience[] = "GOMP_SPINCOUNT=10000";
char* lender = nullptr;  // the variable whose slot in the environment `patience` takes until main

bool is_set(const char* variable, std::string_view name) {
  const std::string_view text = variable;
  return text.size() > name.size() && text[name.size()] == '=' && text.substr(0, name.size()) == name;
}

bool user_chose(char** environment) {
  for (; *environment; ++environment)
    for (const char* name : {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"})
      if (is_set(*environment, name)) return true;
  return false;
}

/// libgomp reads the environment's list on the stack, which cannot grow: so a variable that no library reads before
/// main lends its slot.
void lend_place(int, char**, char** environment) {
  if (user_chose(environment)) return;
  for (; *environment; ++environment)
    for (const char* name : {"_", "SHLVL", "PWD", "PATH"})
      if (!lender && is_set(*environment, name)) {
        lender = *environment;
        *environment = patience;
      }
}

// Runs before the libraries' constructors.
[[gnu::section(".preinit_array"), gnu::used]] void (*const first)(int, char**, char**) = lend_place;

}  // namespace

void make_threads_patient(char** arguments) {
  for (char** variable = environ; lender && *variable; ++variable)
    if (*variable == patience) *variable = lender;
  if (lender || user_chose(environ)) return;
  setenv("GOMP_SPINCOUNT", "10000", 1);
  execv("/proc/self/exe", arguments);
}

}  // namespace kerascope
