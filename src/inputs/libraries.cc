#include "inputs/libraries.h"

#include <fmt/format.h>
#include <gif_lib.h>
#include <jconfig.h>
#include <spng.h>
#include <webp/decode.h>

#define KERASCOPE_QUOTED(macro) KERASCOPE_QUOTED_WORDS(macro)
#define KERASCOPE_QUOTED_WORDS(words) #words

namespace kerascope {

std::vector<Library> image_libraries() {
  const int webp = WebPGetDecoderVersion();  // one byte per part
  return {{"libjpeg-turbo", KERASCOPE_QUOTED(LIBJPEG_TURBO_VERSION)},
          {"libspng", spng_version_string()},
          {"libwebp", fmt::format("{}.{}.{}", webp >> 16, webp >> 8 & 255, webp & 255)},
          {"giflib", fmt::format("{}.{}.{}", GIFLIB_MAJOR, GIFLIB_MINOR, GIFLIB_RELEASE)}};
}

}  // namespace kerascope
