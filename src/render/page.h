// The overview as a self-contained HTML page: no scripts, no external resources, all pictures embedded.
#pragma once

#include <string>
#include <vector>

#include "render/overview.h"
#include "render/resize.h"
#include "render/seen_layer.h"

namespace kerascope {

/// A PNG file, and the size at which it is shown.
struct PagePicture {
  std::vector<unsigned char> png;
  Size shown;
};

/// A layer, with the details that only the page shows.
struct PageLayer {
  SeenLayer seen;
  PagePicture strip, grid;
};

ThumbnailOptions page_strip_options();
PagePicture page_picture(const Picture& picture);
/// The grid of all channels; small grids are enlarged, large ones reduced.
PagePicture page_grid(const View& view, const ThumbnailOptions& options);

std::string html_page(const Overview& head, const std::vector<PageLayer>& layers,
                      const std::vector<OverviewEntry>& entries);

}  // namespace kerascope
