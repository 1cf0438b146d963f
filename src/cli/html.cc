// The overview as a page.
#include "base/text.h"
#include "cli/overview.h"

namespace kerascope::cli {
std::string html_page(const Overview&, const std::vector<SeenLayer>&) { return {}; }
}  // namespace kerascope::cli
