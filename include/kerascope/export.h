// What programs that use the library may link to; everything else in it is hidden.
#pragma once

#define KERASCOPE_API __attribute__((visibility("default")))
