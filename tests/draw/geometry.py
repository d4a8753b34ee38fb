"""What is wrong with a positioned picture: boxes and labels that overlap, and wires that end nowhere."""

from itertools import combinations

from catlearn.draw.level import Laid
from catlearn.draw.scene import Curve, Label, Rectangle, Scene, Sign

BOXES = ("box", "rounded", "composite", "upper", "lower", "lens", "marked")
FRAMES = ("open", "frame", "repeat")
NEAR = 0.6  # pixels


def overlapping(scene: Scene) -> list[tuple]:
    """Pairs of boxes that overlap, frames that cut boxes or frames, labels on each other, and labels on the edge of a box."""
    boxes = [mark for mark in scene.marks if isinstance(mark, Rectangle) and mark.look in BOXES]
    frames = [mark for mark in scene.marks if isinstance(mark, Rectangle) and mark.look in FRAMES]
    labels = [mark for mark in scene.marks if isinstance(mark, Label)]
    bad = [(a, b) for a, b in combinations(boxes, 2) if meets(a.bounds, b.bounds)]
    bad += [(a, b) for a in frames for b in frames + boxes if a is not b and cuts(a.bounds, b.bounds)]
    bad += [(a, b) for a, b in combinations(labels, 2) if meets(a.bounds, b.bounds)]
    bad += [(a, b) for a in labels for b in boxes + frames if cuts(a.bounds, b.bounds)]
    return bad


def outside(scene: Scene) -> list:
    """Marks that are not on the paper."""
    paper = (0, 0, scene.width, scene.height)
    return [mark for mark in scene.marks if not within(mark.bounds, paper)]


def loose(laid: Laid) -> list[Curve]:
    """Wires with an end that is at no box, sign, or other wire, nor where the picture's own wires come in and go out."""
    scene, ports = laid, [y for port in (*laid.ins, *laid.outs) for y in (port.forward, port.back) if y is not None]
    edges = [mark.bounds for mark in scene.marks if isinstance(mark, Rectangle)]
    signs = [(mark.x, mark.y) for mark in scene.marks if isinstance(mark, Sign)]
    curves = [mark for mark in scene.marks if isinstance(mark, Curve)]
    ends = [(curve, place) for curve in curves for place in (curve.points[0], curve.points[-1])]
    top = min(y for _, (_, y) in ends)

    def held(curve: Curve, place: tuple) -> bool:
        x, y = place
        others = [p for other, p in ends if other is not curve]
        return (
            any(on_edge(place, edge) for edge in edges)
            or any(near(place, sign, 3) for sign in signs)
            or any(near(place, other, 1) for other in others)
            or any(passes(other, place) for other in curves if other is not curve)
            or (any(abs(y - port) < NEAR for port in ports) and (x < NEAR or not any(reaches(mark, x, y) for mark in curves)))
            or (curve.look == "back" and (y == top or curve.upright))
        )

    return [curve for curve, place in ends if not held(curve, place)]


def reaches(curve: Curve, x: float, y: float) -> bool:
    """Whether a wire goes on to the right at this height."""
    return any(a > x + NEAR and abs(b - y) < NEAR for a, b in curve.points)


def near(a: tuple, b: tuple, most: float) -> bool:
    return abs(a[0] - b[0]) <= most and abs(a[1] - b[1]) <= most


def passes(curve: Curve, place: tuple) -> bool:
    """Whether a place lies on a level or upright piece of a wire."""
    x, y = place
    for (a, b), (c, d) in zip(curve.points, curve.points[1:], strict=False):
        level = abs(b - d) < NEAR and abs(y - b) < NEAR and min(a, c) - NEAR <= x <= max(a, c) + NEAR
        upright = abs(a - c) < NEAR and abs(x - a) < NEAR and min(b, d) - NEAR <= y <= max(b, d) + NEAR
        if level or upright:
            return True
    return False


def on_edge(place: tuple, bounds: tuple) -> bool:
    (x, y), (a, b, c, d) = place, bounds
    inside = a - NEAR <= x <= c + NEAR and b - NEAR <= y <= d + NEAR
    return inside and min(abs(x - a), abs(x - c), abs(y - b), abs(y - d)) <= NEAR


def meets(a: tuple, b: tuple) -> bool:
    return min(a[2], b[2]) - max(a[0], b[0]) > NEAR and min(a[3], b[3]) - max(a[1], b[1]) > NEAR


def within(a: tuple, b: tuple) -> bool:
    return a[0] >= b[0] - NEAR and a[1] >= b[1] - NEAR and a[2] <= b[2] + NEAR and a[3] <= b[3] + NEAR


def cuts(a: tuple, b: tuple) -> bool:
    """Whether two overlap, and neither lies within the other."""
    return meets(a, b) and not within(a, b) and not within(b, a)
