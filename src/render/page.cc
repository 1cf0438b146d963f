#include "render/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "render/lines.h"
#include "render/tiles.h"

namespace kerascope {
namespace {

// With these limits a page of ResNet50's 177 layers stays below 20 MB even if all maps are noise.
constexpr Size kLargestGrid{.width = 512, .height = 1024};
constexpr int kPageGreys = 16;

/// Converts an RGB picture without colours to grey, which makes a smaller file.
Picture without_idle_colors(Picture picture) {
  if (picture.channels != 3) return picture;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3)
    if (picture.pixels[i] != picture.pixels[i + 1] || picture.pixels[i] != picture.pixels[i + 2]) return picture;
  for (std::size_t i = 0; i < picture.pixels.size() / 3; ++i) picture.pixels[i] = picture.pixels[3 * i];
  picture.pixels.resize(picture.pixels.size() / 3);
  picture.channels = 1;
  return picture;
}

Picture with_few_greys(Picture picture) {
  if (picture.palette.empty())
    for (unsigned char& sample : picture.pixels) {
      const int level = (sample * (kPageGreys - 1) + 127) / 255;
      sample = static_cast<unsigned char>(level * 255 / (kPageGreys - 1));
    }
  return picture;
}

// Whatever names in a model contain, the browser runs and loads nothing. The number is the style's SHA-256.
constexpr std::string_view kPolicy =
    "default-src 'none'; img-src data:; style-src 'sha256-ltFCa8uTGB4G5Zx+f2yDNc1TroL63rw2kUal8Pqax50='; base-uri "
    "'none'; "
    "form-action 'none'";

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --page: #fff; --text: #1d2024; --calm: #5b616b; --rule: #dfe2e6; --warm: #99600a; }
@media (prefers-color-scheme: dark) {
  :root { --page: #1e1e1e; --text: #e8eaee; --calm: #9ea3ad; --rule: #3b3d42; --warm: #dea85c; }
}
body { margin: 1.5rem; background: var(--page); color: var(--text);
  font: 14px/1.4 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
header { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; margin-bottom: 2rem; }
header > div { flex: 1 1 18rem; min-width: 0; overflow-wrap: anywhere; }
h1 { margin: 0 0 .4rem; font-size: 1.5rem; font-weight: 500; }
header ul { margin: 0 0 .6rem; padding: 0; list-style: none; }
header li span { display: inline-block; margin-right: 1.4em; }
figure { margin: 0; }
th { color: var(--text); }
figcaption, header p, header li, td { color: var(--calm); }
header p { margin: 0; font-size: .86rem; }
img { display: block; box-sizing: border-box; max-width: 100%; }
.pixels { image-rendering: pixelated; height: auto; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { box-sizing: border-box; padding: .35rem .7rem .35rem 0; text-align: left; font-weight: 400; overflow-wrap: anywhere; }
tbody tr { border-bottom: 1px solid var(--rule); }
body > main > table > thead th { position: sticky; top: 0; z-index: 1; background: var(--page); color: var(--calm);
  box-shadow: 0 1px var(--rule); }
td table > thead th { padding-top: 0; padding-bottom: 0; font-size: 0; line-height: 0; }
.class { width: 160px; }
.shape { width: 108px; }
.number { width: 76px; text-align: right; overflow-wrap: normal; }
.zeros { width: 56px; text-align: right; }
.notes { width: 100px; }
.maps { width: 360px; padding-right: 0; }
td.notes, td.problem, li.problem { color: var(--warm); }
td.inside { padding: 0 0 0 .3rem; }
td.inside > details { border-left: 2px solid var(--rule); padding-left: .8rem; }
td.inside tr:last-child { border-bottom: 0; }
td.inside > details > summary, .problem summary { padding: .3rem 0; color: var(--calm); cursor: pointer; }
.problem ul { margin: 0; padding: 0; color: var(--calm); list-style: none; }
.film { padding: 4px; border-radius: 4px; background: #1e1e1e; }
.all > summary { list-style: none; cursor: zoom-in; }
.all > summary::-webkit-details-marker { display: none; }
.all > summary:hover .film { box-shadow: 0 0 0 1px var(--calm); }
summary:focus-visible { outline: 2px solid #4a90d9; outline-offset: 2px; border-radius: 4px; }
.all[open] > summary { position: fixed; inset: 0; z-index: 2; background: #1e1e1e; cursor: zoom-out; }
.all[open] > summary > * { visibility: hidden; }
.all[open] > figure { position: fixed; inset: 0; z-index: 3; box-sizing: border-box; padding: .8rem; display: flex;
  flex-direction: column; gap: .5rem; pointer-events: none; }
.all[open] > figure > figcaption { color: #c9cdd5; }
.all[open] > figure > img { flex: 1 1 0; min-height: 0; width: 100%; padding: 0; object-fit: contain; }
html:has(.all[open]) { overflow: hidden; }
@media (min-width: 1420px) { .shape { width: 138px; } .number { width: 80px; } .maps { width: 464px; } }
@media (max-width: 1100px) {
  body { margin: 1rem; }
  table, tbody, tr, th[scope], td, td.maps { display: block; width: auto; }
  thead { display: none; }
  tbody tr { padding: .5rem 0; }
  th[scope], td { padding: 0; }
  th[scope] { font-weight: 500; }
  td.class, td.shape, td.number, td.zeros, td.notes { display: inline-block; width: auto;
    margin-right: .9rem; text-align: left; }
  td[data-of]::before { content: attr(data-of) " "; opacity: .75; }
  td:empty { display: none; }
  td.maps { margin-top: .3rem; }
  td.inside > details { padding-left: .6rem; }
}
)";

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text::printable(text)) switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  return html;
}

std::string base64(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(bytes.size() - i, 3);
    unsigned three = 0;
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (k < count ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kDigits[three >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string image(const PagePicture& picture, const std::string& description) {
  return fmt::format(R"(<img class="film pixels" width="{}" height="{}" alt="{}" loading="lazy" )"
                     R"(src="data:image/png;base64,{}">)",
                     picture.shown.width, picture.shown.height, escaped(description), base64(picture.png));
}

std::string number(double value) { return std::isnan(value) ? "" : text::number(value); }

constexpr std::string_view kTableHead =
    R"(<table><thead><tr><th>layer</th><th class="class">class</th><th class="shape">shape</th>)"
    R"(<th class="number">min</th><th class="number">max</th><th class="number">mean</th><th class="zeros">zeros</th>)"
    R"(<th class="notes">notes</th><th class="maps">channels</th></tr></thead><tbody>
)";

/// Marks items that are separated by two or more spaces, as in "3 0.998   9 0.001".
std::string spaced(const std::string& line) {
  std::string html;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find("  ", at), line.size());
    html += "<span>" + escaped(line.substr(at, end - at)) + "</span> ";
    at = std::min(line.find_first_not_of(' ', end), line.size());
  }
  return html;
}

/// The layers in a row of layers that cannot be computed.
std::string folded_list(const OverviewEntry& entry, const std::vector<PageLayer>& layers) {
  if (entry.folded.empty()) return "";
  std::string html;
  for (const std::size_t i : entry.folded)
    html += fmt::format("<li>{} {}</li>", escaped(layers[i].seen.name), escaped(layers[i].seen.class_name));
  return fmt::format("<details><summary>and {} more behind it</summary><ul>{}</ul></details>", entry.folded.size(),
                     html);
}

std::string row(const OverviewEntry& entry, const std::vector<PageLayer>& layers, const std::string& problem) {
  const PageLayer& page = layers[entry.layer];
  const SeenLayer& layer = page.seen;
  std::string html = fmt::format(R"(<tr><th scope="row">{}</th><td class="class">{}</td><td class="shape">{}</td>)",
                                 escaped(layer.name), escaped(layer.class_name), layer.shape_text);
  const Statistics& s = layer.statistics;
  if (layer.shape_text.empty())
    html += R"(<td colspan="5"></td>)";
  else
    html +=
        fmt::format(R"(<td class="number" data-of="min">{}</td><td class="number" data-of="max">{}</td>)"
                    R"(<td class="number" data-of="mean">{}</td><td class="zeros" data-of="zeros">{:.1f}%</td>)"
                    R"(<td class="notes">{}</td>)",
                    number(s.minimum), number(s.maximum), number(s.mean), 100 * s.zero_share, escaped(layer.notes()));
  if (layer.is_seen())
    html += fmt::format(
        "<td class=\"maps\"><details class=\"all\"><summary>{}{}</summary><figure class=\"all\"><figcaption>{}"
        "</figcaption>{}</figure></details></td></tr>\n",
        image(page.strip, "some channels of " + layer.address),
        layer.look.empty() ? "" : "<small>" + escaped(layer.look) + "</small>",
        escaped(fmt::format("{}, {}, {}, {}", layer.address, layer.class_name, layer.shape_text, layer.range())),
        image(page.grid, "all channels of " + layer.address));
  else
    html += fmt::format("<td class=\"maps problem\">{}{}</td></tr>\n", escaped(problem), folded_list(entry, layers));
  return html;
}

/// The entries as nested tables.
class Tables {
 public:
  Tables(const std::vector<PageLayer>& layers, const std::vector<OverviewEntry>& entries)
      : layers_(layers), entries_(entries) {
    for (const PageLayer& layer : layers) seen_.push_back(&layer.seen);
  }

  /// A table of the next rows with the depth of the first one, and nested tables for deeper rows.
  std::string next() {
    std::string html(kTableHead);
    const int depth = at_ < entries_.size() ? depth_at(at_) : 0;
    while (at_ < entries_.size() && depth_at(at_) >= depth) {
      if (depth_at(at_) == depth) {
        html += row(entries_[at_], layers_, problem_of(entries_[at_], seen_));
        ++at_;
        continue;
      }
      const std::string name = layers_[entries_[at_ - 1].layer].seen.name;
      const std::size_t first = at_;
      const std::string inner = next();
      html += fmt::format(
          "<tr><td class=\"inside\" colspan=\"9\"><details open><summary>inside {}, {} rows</summary>{}"
          "</details></td></tr>\n",
          escaped(name), at_ - first, inner);
    }
    return html + "</tbody></table>";
  }

 private:
  int depth_at(std::size_t entry) const { return layers_[entries_[entry].layer].seen.depth; }

  const std::vector<PageLayer>& layers_;
  const std::vector<OverviewEntry>& entries_;
  std::vector<const SeenLayer*> seen_;
  std::size_t at_ = 0;
};

}  // namespace

ThumbnailOptions page_strip_options() { return {.width_px = 456, .height_px = 48}; }

PagePicture page_picture(const Picture& picture) {
  return {.png = png_bytes(without_idle_colors(picture)), .shown = {picture.width, picture.height}};
}

PagePicture page_grid(const View& view, const ThumbnailOptions& options) {
  GridOptions one_pixel{.gap_px = 1,
                        .zoom = 1,
                        .scale = options.scale,
                        .colormap = options.colormap,
                        .channels = options.channels,
                        .in_color = view.in_color};
  if (one_pixel.in_color) one_pixel.channels.clear();
  const bool has_text =
      view.sample.size() == 1 || are_lines(tiles_of(view.sample.shape(), view.axes), {.colormap = options.colormap});
  if (has_text) one_pixel.zoom = 0;
  Picture picture = grid(view.sample, view.axes, one_pixel).picture;
  if (has_text) return page_picture(picture);
  std::int64_t zoom = std::min(kLargestGrid.width / picture.width, kLargestGrid.width / picture.height);
  if (picture.width > kLargestGrid.width || picture.height > kLargestGrid.height) {
    const Size size = fitting(picture, kLargestGrid);
    picture = resized(picture.palette.empty() ? picture : rgb_picture(picture), size.width, size.height);
  }
  PagePicture result = page_picture(view.in_color ? std::move(picture) : with_few_greys(std::move(picture)));
  zoom = std::clamp<std::int64_t>(zoom, 1, 32);
  result.shown = {.width = zoom * result.shown.width, .height = zoom * result.shown.height};
  return result;
}

std::string html_page(const Overview& head, const std::vector<PageLayer>& layers,
                      const std::vector<OverviewEntry>& entries) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"generator\" content=\"Kerascope {}\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<header>\n",
      kPolicy, KERASCOPE_VERSION, escaped(head.title), kStyle);
  for (const Overview::Input& input : head.inputs)
    html += fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n",
                        image(page_picture(input.picture), "the input as the model sees it"), escaped(input.caption));
  html += fmt::format("<div><h1>{}</h1>\n<ul>\n", escaped(head.title));
  for (const std::string& line : head.lines) html += fmt::format("<li>{}</li>\n", spaced(line));
  for (const std::string& line : head.warnings) html += fmt::format("<li class=\"problem\">{}</li>\n", escaped(line));
  html += fmt::format(
      "</ul>\n<p>{}.</p>\n<p>A click or Enter on the channels enlarges all of them to the window, and another one "
      "closes "
      "them; of large maps the means are shown, in 16 greys: kerascope show --layer draws every "
      "number.</p></div>\n</header>\n<main>\n",
      escaped(head.legend));
  html += Tables(layers, entries).next();
  return html + "\n</main>\n</body>\n</html>\n";
}

}  // namespace kerascope
