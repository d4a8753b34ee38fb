"""Scenes as SVG: text as text, ink of the page's own colour, a title for each thing that is hovered over."""

from __future__ import annotations

from html import escape
from math import hypot

from catlearn.draw.scene import Curve, Label, Mark, Rectangle, Scene, Sign

# of middling lightness, so that they have a contrast of 3 and more to white and to black
BLUE, ORANGE, GREEN, PURPLE, BROWN, PINK = COLOURS = "#2f80c2", "#d2622a", "#2e9465", "#9a63c9", "#a87a12", "#c2528b"
GREY = "#767676"

WIRES = {
    "data": 'stroke="currentColor" stroke-width="1.4"',
    "plain": 'stroke="currentColor" stroke-width="1"',
    "parameter": f'stroke="{BLUE}" stroke-width="1.6"',
    "state": f'stroke="{PURPLE}" stroke-width="1.2"',
    "context": f'stroke="{GREEN}" stroke-width="1.6" stroke-dasharray="7 2 1.5 2"',
    "back": f'stroke="{ORANGE}" stroke-width="1.4" stroke-dasharray="5 3"',
    "residual": 'stroke="currentColor" stroke-width="2" stroke-dasharray="0.1 4" stroke-linecap="round"',
    "feedback": f'stroke="{GREEN}" stroke-width="1.6"',
}
WIRES |= {f"block{i}": f'stroke="{colour}" stroke-width="2.5"' for i, colour in enumerate(COLOURS)}
WIRES |= {"leg": f'stroke="{GREY}" stroke-width="1.5" stroke-dasharray="4 3"', "edge": f'stroke="{GREY}" stroke-width="4"'}
TEXTS = {
    "title": 'fill="currentColor"',
    "name": 'fill="currentColor" font-style="italic"',
    "type": 'fill="currentColor" fill-opacity="0.75"',
    "parameter": 'fill="currentColor"',
    "context": 'fill="currentColor"',
    "note": 'fill="currentColor"',
}
FILLS = {
    "box": 'fill="currentColor" fill-opacity="0.07" stroke="currentColor"',
    "rounded": 'fill="currentColor" fill-opacity="0.02" stroke="currentColor"',
    "composite": 'fill="currentColor" fill-opacity="0.07" stroke="currentColor"',
    "open": 'fill="currentColor" fill-opacity="0.025" stroke="currentColor" stroke-opacity="0.6"',
    "lens": 'fill="currentColor" fill-opacity="0.07" stroke="currentColor"',
    "frame": 'fill="none" stroke="currentColor" stroke-dasharray="2 3"',
    "repeat": 'fill="none" stroke="currentColor"',
    "upper": 'fill="currentColor" fill-opacity="0.07" stroke="currentColor"',
    "lower": f'fill="{ORANGE}" fill-opacity="0.10" stroke="{ORANGE}"',
    "marked": f'fill="{ORANGE}" fill-opacity="0.15" stroke="{ORANGE}" stroke-width="2"',
}
FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
PAPER = (
    "<style>.catlearn{color:#1b1f24;background:#ffffff}"
    "@media(prefers-color-scheme:dark){.catlearn{color:#e8eaed;background:#16191d}}</style>"
)


def svg(scene: Scene, alone: bool = False) -> str:
    """The text of an SVG. In a page it takes that page's colour of ink; standing `alone`, as a file, it brings paper and ink.

    >>> from catlearn.draw.scene import Scene, Sign
    >>> svg(Scene((Sign(5, 5, "copy"),), 10, 10, "a copy")).count("<circle")
    1
    """
    width, height = _number(scene.width), _number(scene.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="catlearn" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" style="max-width:max(100%,640px);height:auto" role="img" '
        f'aria-label="{escape(scene.about, quote=True)}" font-family="{FONT}">'
    )
    return head + (PAPER if alone else "") + "".join(map(_mark, scene.marks)) + "</svg>"


def _mark(mark: Mark) -> str:
    match mark:
        case Rectangle():
            return _group(_rectangle(mark), mark.about)
        case Label():
            return _label(mark)
        case Curve():
            return _group(_curve(mark), mark.about)
    return _group(_sign(mark), mark.about)


def _group(inside: str, about: str) -> str:
    return f"<g><title>{escape(about)}</title>{inside}</g>" if about else inside


def _number(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _rectangle(mark: Rectangle) -> str:
    x, y, w, h = mark.x, mark.y, mark.width, mark.height
    round_ = {"rounded": min(12.0, h / 2), "frame": 6.0, "repeat": 6.0, "open": 5.0}.get(mark.look, 2.0)
    text = _rect(x, y, w, h, round_, FILLS[mark.look])
    if mark.look == "composite":
        text += _line(x + 4, y, x + 4, y + h) + _line(x + w - 4, y, x + w - 4, y + h)
    if mark.look == "repeat":
        text += _path(f"M{_number(x + 6)} {_number(y - 3)}H{_number(x + w + 3)}V{_number(y + h - 6)}", WIRES["plain"])
    return text


def _rect(x: float, y: float, w: float, h: float, r: float, style: str) -> str:
    place = f'x="{_number(x)}" y="{_number(y)}" width="{_number(w)}" height="{_number(h)}"'
    return f'<rect {place} rx="{_number(r)}" {style}/>'


def _line(a: float, b: float, c: float, d: float) -> str:
    return _path(f"M{_number(a)} {_number(b)}L{_number(c)} {_number(d)}", WIRES["plain"])


def _path(d: str, style: str) -> str:
    return f'<path d="{d}" fill="none" {style}/>'


def _label(mark: Label) -> str:
    anchor = ' text-anchor="middle"' if mark.middle else ""
    title = f"<title>{escape(mark.about)}</title>" if mark.about else ""
    place = f'x="{_number(mark.x)}" y="{_number(mark.y)}" font-size="{_number(mark.size)}"'
    return f"<text {place}{anchor} {TEXTS[mark.look]}>{title}{escape(mark.text)}</text>"


def _curve(mark: Curve) -> str:
    text = _path(_way(mark), WIRES[mark.look])
    if mark.look == "state":
        text = "".join(_path(_way(mark.moved(d, 0) if mark.upright else mark.moved(0, d)), WIRES["state"]) for d in (-1.5, 1.5))
    return text + (_head(mark) if mark.arrow else "")


def _way(mark: Curve) -> str:
    (x, y), *rest = mark.points
    d = f"M{_number(x)} {_number(y)}"
    if mark.cornered:
        return d + "".join(f"L{_number(x)} {_number(y)}" for x, y in rest)
    for a, b, c, e in mark.pieces:
        level = not mark.sag and (abs(a[1] - e[1]) < 0.05 or abs(a[0] - e[0]) < 0.05)
        d += f"L{_number(e[0])} {_number(e[1])}" if level else "C" + " ".join(f"{_number(p)} {_number(q)}" for p, q in (b, c, e))
    return d


def _head(mark: Curve) -> str:
    """An arrowhead at the end of a curve."""
    (a, b), (x, y) = mark.points[-2:]
    far = hypot(x - a, y - b) if mark.cornered else 0.0
    level = (0, 1 if y > b else -1) if mark.upright else (1 if x > a else -1, 0)
    dx, dy = ((x - a) / far, (y - b) / far) if far else level
    left, right = (x - 6 * dx - 3 * dy, y - 6 * dy + 3 * dx), (x - 6 * dx + 3 * dy, y - 6 * dy - 3 * dx)
    points = " ".join(f"{_number(p)},{_number(q)}" for p, q in ((x, y), left, right))
    colour = WIRES[mark.look].split('"')[1]
    return f'<polygon points="{points}" fill="{colour}"/>'


def _sign(mark: Sign) -> str:
    x, y = _number(mark.x), _number(mark.y)
    circle = lambda r, style: f'<circle cx="{x}" cy="{y}" r="{r}" {style}/>'  # noqa: E731
    match mark.look:
        case "copy":
            return circle(3, 'fill="currentColor"')
        case "discard":
            return circle(3.2, 'fill="none" stroke="currentColor" stroke-width="1.4"')
        case "sum" | "zero":
            ring = circle(4.5, f'fill="none" stroke="{ORANGE}" stroke-width="1.4"')
            return ring + (
                _plus(mark) if mark.look == "sum" else _path(f"M{_number(mark.x - 3)} {_number(mark.y + 3)}l6 -6", WIRES["back"])
            )
        case "context":
            return f'<path d="M{x} {_number(mark.y - 5)}l5 5l-5 5l-5 -5z" fill="{GREEN}"/>'
        case "end":
            return f'<rect x="{_number(mark.x - 2.5)}" y="{_number(mark.y - 2.5)}" width="5" height="5" fill="{BLUE}"/>'
        case "on":
            return f'<path d="M{_number(mark.x - 3)} {_number(mark.y - 4)}l6 4l-6 4z" fill="currentColor"/>'
        case "many":
            return _path(f"M{_number(mark.x - 4)} {_number(mark.y + 3)}l8 -6", WIRES["plain"])
        case "epsilon":
            body = f'<ellipse cx="{x}" cy="{y}" rx="13" ry="11" fill="{GREY}"/>'
            return f'{body}<text x="{x}" y="{_number(mark.y + 4)}" font-size="11" text-anchor="middle" fill="#ffffff">ε</text>'
        case "vertex":
            return f'<rect x="{_number(mark.x - 4)}" y="{_number(mark.y - 4)}" width="8" height="8" fill="{GREY}"/>'
        case "ring" | "selfloop":
            return circle(8, f'fill="none" {WIRES["edge"] if mark.look == "selfloop" else WIRES["block0"]}')
        case look if look.startswith("dot"):
            return circle(4, f'fill="{COLOURS[int(look[3:])]}"')
        case "tick":
            return _path(f"M{_number(mark.x - 6)} {y}l4 5l8 -11", f'stroke="{GREEN}" stroke-width="2.5"')
    return _path(f"M{_number(mark.x - 5)} {_number(mark.y - 5)}l10 10m0 -10l-10 10", f'stroke="{ORANGE}" stroke-width="2.5"')


def _plus(mark: Sign) -> str:
    return _path(f"M{_number(mark.x - 3)} {_number(mark.y)}h6m-3 -3v6", f'stroke="{ORANGE}" stroke-width="1.2"')
