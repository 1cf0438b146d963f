// What programs that use the library may link to; everything else in it is hidden.
#pragma once

/// Stands before each function and class that a program may link to.
#define KERASCOPE_API __attribute__((visibility("default")))
