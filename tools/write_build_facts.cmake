# Writes what --version and the man page say of this build; at every build, but only where something changed.
execute_process(COMMAND git -C ${SOURCE} show --no-patch --format=%h\ %cs HEAD
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no
  OUTPUT_VARIABLE changes ERROR_QUIET)
string(REGEX REPLACE ".* " "" date "${commit}")
if(changes)
  string(APPEND commit " with changes")
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT
"#pragma once
#define KERASCOPE_BUILD_TYPE \"${BUILD_TYPE}\"
#define KERASCOPE_COMMIT \"${commit}\"
#define KERASCOPE_DATE \"${date}\"
")
