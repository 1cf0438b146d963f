// WebP, lossy, lossless or animated (its first frame on the canvas) -> RGB or RGBA.
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>

#include "inputs/decode.h"
#include "kerascope/error.h"

namespace kerascope {

Image decode_webp(std::span<const std::byte> bytes) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  const Error damaged({.code = "image-invalid",
                       .what = "the WebP picture cannot be decoded",
                       .because = "it is damaged or cut short",
                       .hint = "copy or download the file again"});
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> parts(WebPDemux(&data), WebPDemuxDelete);
  if (!parts) throw damaged;
  const auto fact = [&](WebPFormatFeature which) { return WebPDemuxGetI(parts.get(), which); };
  const bool has_alpha = fact(WEBP_FF_FORMAT_FLAGS) & ALPHA_FLAG;
  Image image = allocate_image(fact(WEBP_FF_CANVAS_WIDTH), fact(WEBP_FF_CANVAS_HEIGHT), has_alpha ? 4 : 3,
                               most_blank_pixels(bytes.size()));

  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(WebPAnimDecoderNew(&data, nullptr),
                                                                             WebPAnimDecoderDelete);
  std::uint8_t* rgba = nullptr;
  int timestamp_ms = 0;
  if (!decoder || !WebPAnimDecoderGetNext(decoder.get(), &rgba, &timestamp_ms)) throw damaged;
  for (unsigned char* pixel = image.pixels.data(); pixel != image.pixels.data() + image.pixels.size(); rgba += 4)
    pixel = std::copy_n(rgba, image.channels, pixel);
  return image;
}

}  // namespace kerascope
