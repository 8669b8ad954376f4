"""picture.py: regret over time, a small drawing a family and number of workers, as SVG without libraries."""

import math

COLOURS = {"random": "#9a9a9a", "hyperband": "#3d85c6", "bohb": "#e08e0b", "default": "#b4234a"}
WIDTH, HEIGHT, LEFT, TOP, GAP = 170, 110, 90, 46, 14
GRID = (1, 3, 10, 30, 100)


def position(time):
    parts = time.split("/")
    return int(parts[0]) / int(parts[1]) if len(parts) == 2 else float(time)


def height(value):
    """From the bottom; logarithmic from 0.5 to 150."""
    share = math.log(min(max(value, 0.5), 150) / 0.5) / math.log(300)
    return share * HEIGHT


def joined(points):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def panel(x, y, cells, methods, times):
    out = [f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#bbb"/>']
    for value in GRID:
        level = y + HEIGHT - height(value)
        out.append(f'<line x1="{x}" y1="{level:.1f}" x2="{x + WIDTH}" y2="{level:.1f}" stroke="#eee"/>')
    for method in methods:
        regret = next((cell["regret"] for cell in cells if cell["method"] == method), None)
        if not regret:
            continue
        places = [(x + WIDTH * position(t), regret[t]) for t in times]
        band = [(px, y + HEIGHT - height(v[1])) for px, v in places]
        band += [(px, y + HEIGHT - height(v[2])) for px, v in reversed(places)]
        line = [(px, y + HEIGHT - height(v[0])) for px, v in places]
        colour = COLOURS[method]
        out.append(f'<polygon points="{joined(band)}" fill-opacity="0.12" fill="{colour}"/>')
        out.append(f'<polyline points="{joined(line)}" fill="none" stroke-width="2" stroke="{colour}"/>')
    return out


def scale(y, family):
    """The family's name and the numbers at the left margin."""
    out = [f'<text x="4" y="{y + HEIGHT / 2}">{family}</text>']
    for value in GRID:
        level = y + HEIGHT - height(value) + 4
        out.append(f'<text x="{LEFT - 4}" y="{level:.1f}" text-anchor="end" font-size="9" fill="#888">{value}</text>')
    return out


def draw(cells, methods, times):
    families = sorted({cell["family"] for cell in cells})
    crews = sorted({cell["workers"] for cell in cells})
    width = LEFT + len(crews) * (WIDTH + GAP) + 10
    total = TOP + len(families) * (HEIGHT + GAP) + 44
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{total}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{width}" height="{total}" fill="white"/>',
    ]
    for i, method in enumerate(methods):
        out.append(f'<text x="{LEFT + 120 * i}" y="16" fill="{COLOURS[method]}" font-weight="bold">{method}</text>')
    for c, workers in enumerate(crews):
        x = LEFT + c * (WIDTH + GAP)
        out.append(f'<text x="{x}" y="38">{workers} worker{"s" * (workers > 1)}</text>')
        for f, family in enumerate(families):
            y = TOP + f * (HEIGHT + GAP)
            here = [cell for cell in cells if (cell["family"], cell["workers"]) == (family, workers)]
            out += panel(x, y, here, methods, times) + (scale(y, family) if c == 0 else [])
    out.append(
        f'<text x="{LEFT}" y="{total - 14}">mean regret (0: best known, 100: median of random configurations)'
        f'</text><text x="{LEFT}" y="{total}">over the time of the campaign; bands: 95 %</text></svg>'
    )
    return "\n".join(out) + "\n"
