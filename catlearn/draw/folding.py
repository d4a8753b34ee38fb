"""What treescope shows of a diagram: its code, which opens into its parts. Only treescope calls this, so it is there."""

from __future__ import annotations

from typing import Any

from catlearn.core.diagram import Diagram, Seq
from catlearn.core.shown import cut
from catlearn.core.text import as_factor

MOST = 100  # letters of a line


def folded(f: Diagram, path: str | None) -> Any:
    """The code of a diagram as a node of treescope, closed in a line, opened in a line for each part of the composite."""
    import treescope  # type: ignore[import-not-found]

    parts = treescope.rendering_parts
    code = parts.text(cut(f.code(), MOST))
    if not isinstance(f, Seq):
        return parts.build_one_line_tree_node(code, path)
    steps = [str(f.dom), *(f">> {as_factor(piece, '>>')}" for piece in f.pieces)]
    opened = parts.siblings(
        parts.text("("), parts.indented_children([parts.text(cut(step, MOST)) for step in steps]), parts.text(")")
    )
    return parts.build_custom_foldable_tree_node(parts.fold_condition(collapsed=code, expanded=opened), path)


def in_a_line(thing: Any, path: str | None) -> Any:
    """The text of a thing as a leaf of treescope."""
    import treescope  # type: ignore[import-not-found]

    return treescope.rendering_parts.build_one_line_tree_node(treescope.rendering_parts.text(repr(thing)), path)
