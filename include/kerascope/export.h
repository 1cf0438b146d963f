// Marks the symbols that programs may link to; all others are hidden.
#pragma once

/// Precedes each function and class that a program may link to.
#define KERASCOPE_API __attribute__((visibility("default")))
