"""Scenes as TikZ, for papers: the same marks as in SVG, in a picture that stands by itself."""

from __future__ import annotations

from catlearn.draw.scene import Curve, Label, Mark, Place, Rectangle, Scene, Sign

COLOURS = {
    "clparameter": "2F80C2",
    "clback": "D2622A",
    "clcontext": "2E9465",
    "clstate": "9A63C9",
    "clbrown": "A87A12",
    "clpink": "C2528B",
    "clgrey": "767676",
}
BLOCKS = ("clparameter", "clback", "clcontext", "clstate", "clbrown", "clpink")
WIRES = {
    "data": "line width=0.8pt",
    "plain": "line width=0.6pt",
    "parameter": "clparameter, line width=0.9pt",
    "state": "clstate, double, double distance=1.6pt, line width=0.6pt",
    "context": "clcontext, line width=0.9pt, dash pattern=on 5pt off 1.5pt on 1pt off 1.5pt",
    "back": "clback, line width=0.8pt, dash pattern=on 3.5pt off 2pt",
    "residual": "line width=1.2pt, line cap=round, dash pattern=on 0.1pt off 3pt",
    "feedback": "clcontext, line width=0.9pt",
    "leg": "clgrey, line width=0.9pt, dash pattern=on 3pt off 2pt",
    "edge": "clgrey, line width=2.4pt",
    **{f"block{i}": f"{colour}, line width=1.5pt" for i, colour in enumerate(BLOCKS)},
}
FILLS = {
    "box": "fill=black!7",
    "rounded": "rounded corners=6pt",
    "composite": "fill=black!7",
    "lens": "fill=black!7",
    "open": "rounded corners=3pt, draw=black!60",
    "frame": "rounded corners=3pt, dash pattern=on 1.5pt off 2pt",
    "repeat": "rounded corners=3pt",
    "upper": "fill=black!7",
    "lower": "draw=clback, fill=clback!10",
    "marked": "draw=clback, fill=clback!15, line width=1.2pt",
}
TEXTS = {"title": "", "name": "\\itshape ", "type": "\\color{black!75}", "parameter": "", "context": "", "note": ""}
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    **{c: f"\\{c}" for c in "#$%&_"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "×": r"\ensuremath{\times}",
    "′": r"\ensuremath{'}",
    "⊗": r"\ensuremath{\otimes}",
    "→": r"\ensuremath{\to}",
    "≠": r"\ensuremath{\neq}",
    "−": r"\ensuremath{-}",
    "·": r"\ensuremath{\cdot}",
    "…": r"\ldots{}",
    "ε": r"\ensuremath{\varepsilon}",
    "α": r"\ensuremath{\alpha}",
    "β": r"\ensuremath{\beta}",
    "λ": r"\ensuremath{\lambda}",
    "Δ": r"\ensuremath{\Delta}",
}


def tikz(scene: Scene) -> str:
    """The text of a `tikzpicture`, with its colours; one unit is one point, and y goes downwards. Needs the package tikz only.

    >>> print(tikz(Scene((Sign(5, 5, "copy"),), 10, 10)).splitlines()[-2])
    \\fill (5,5) circle (2.2);
    """
    colours = [f"\\definecolor{{{name}}}{{HTML}}{{{value}}}" for name, value in COLOURS.items()]
    lines = [line for mark in scene.marks for line in _mark(mark)]
    about = " ".join(scene.about.split())
    return "\n".join([f"% {about}", *colours, r"\begin{tikzpicture}[x=0.75pt, y=-0.75pt]", *lines, r"\end{tikzpicture}", ""])


def latex_text(text: str) -> str:
    """A text with what LaTeX reads otherwise written out.

    >>> latex_text("R[a_b] 3×4")
    'R[a\\\\_b] 3\\\\ensuremath{\\\\times}4'
    """
    return "".join(LATEX.get(letter, letter) for letter in text)


def _mark(mark: Mark) -> list[str]:
    match mark:
        case Rectangle():
            return _rectangle(mark)
        case Label():
            anchor = "base" if mark.middle else "base west"
            size = f"\\fontsize{{{mark.size * 0.75:g}}}{{{mark.size * 0.9:g}}}\\selectfont\\ttfamily "
            text = f"{size}{TEXTS[mark.look]}{latex_text(mark.text)}"
            return [f"\\node[anchor={anchor}, inner sep=0pt] at {_at(mark.x, mark.y)} {{{text}}};"]
        case Curve():
            return [_curve(mark)]
    return _sign(mark)


def _at(x: float, y: float) -> str:
    return f"({x:.1f},{y:.1f})".replace(".0,", ",").replace(".0)", ")")


def _rectangle(mark: Rectangle) -> list[str]:
    x, y, u, v = mark.bounds
    lines = [f"\\draw[{FILLS[mark.look]}] {_at(x, y)} rectangle {_at(u, v)};"]
    if mark.look == "composite":
        lines += [f"\\draw {_at(a, y)} -- {_at(a, v)};" for a in (x + 4, u - 4)]
    if mark.look == "repeat":
        lines += [f"\\draw {_at(x + 6, y - 3)} -- {_at(u + 3, y - 3)} -- {_at(u + 3, v - 6)};"]
    return lines


def _curve(mark: Curve) -> str:
    arrow = "-latex, " if mark.arrow else ""
    way = _at(*mark.points[0])
    if mark.cornered:
        way += "".join(f" -- {_at(*place)}" for place in mark.points[1:])
    else:
        way += "".join(_bent(piece) for piece in mark.pieces)
    return f"\\draw[{arrow}{WIRES[mark.look]}] {way};"


def _bent(piece: tuple[Place, Place, Place, Place]) -> str:
    _, b, c, e = piece
    return f" .. controls {_at(*b)} and {_at(*c)} .. {_at(*e)}"


def _sign(mark: Sign) -> list[str]:
    at, x, y = _at(mark.x, mark.y), mark.x, mark.y
    cross = lambda r: f"{_at(x - r, y)} -- {_at(x + r, y)} {_at(x, y - r)} -- {_at(x, y + r)}"  # noqa: E731
    match mark.look:
        case "copy":
            return [f"\\fill {at} circle (2.2);"]
        case "discard":
            return [f"\\draw {at} circle (2.4);"]
        case "sum":
            return [f"\\draw[clback] {at} circle (3.4) {cross(2.2)};"]
        case "zero":
            return [f"\\draw[clback] {at} circle (3.4) {_at(x - 3, y + 3)} -- {_at(x + 3, y - 3)};"]
        case "context":
            return [f"\\fill[clcontext] {_at(x, y - 5)} -- {_at(x + 5, y)} -- {_at(x, y + 5)} -- {_at(x - 5, y)} -- cycle;"]
        case "end":
            return [f"\\fill[clparameter] {_at(x - 2.5, y - 2.5)} rectangle {_at(x + 2.5, y + 2.5)};"]
        case "on":
            return [f"\\fill {_at(x - 3, y - 4)} -- {_at(x + 3, y)} -- {_at(x - 3, y + 4)} -- cycle;"]
        case "many":
            return [f"\\draw {_at(x - 4, y + 3)} -- {_at(x + 4, y - 3)};"]
        case "tick":
            return [f"\\draw[clcontext, line width=1.5pt] {_at(x - 6, y)} -- {_at(x - 2, y + 5)} -- {_at(x + 6, y - 6)};"]
        case "cross":
            a, b, c, d = ((-5, -5), (5, 5), (5, -5), (-5, 5))
            ways = " ".join(f"{_at(x + p[0], y + p[1])} -- {_at(x + q[0], y + q[1])}" for p, q in ((a, b), (c, d)))
            return [f"\\draw[clback, line width=1.5pt] {ways};"]
        case "epsilon":
            return [f"\\fill[clgrey] {at} circle (9);", f"\\node[white] at {at} {{$\\varepsilon$}};"]
        case "vertex":
            return [f"\\fill[clgrey] {_at(x - 4, y - 4)} rectangle {_at(x + 4, y + 4)};"]
        case "ring" | "selfloop":
            return [f"\\draw[{WIRES['edge' if mark.look == 'selfloop' else 'block0']}] {at} circle (6);"]
    return [f"\\fill[{BLOCKS[int(mark.look.removeprefix('dot'))]}] {at} circle (3);"]
