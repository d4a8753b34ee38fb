"""The two loops of a fold over trees: up the heights of a forest, chunk by chunk, and down again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import jax
import jax.numpy as jnp

from catlearn.algebra.forest import Summand, Tree
from catlearn.algebra.polynomial import Sum, one
from catlearn.algebra.schedule import Chunks, Schedule, rows, schedule
from catlearn.categories.batch import batch
from catlearn.categories.reverse import reverse
from catlearn.categories.smooth import change, is_smooth
from catlearn.core.diagram import Diagram
from catlearn.core.values import unpacked
from catlearn.core.wires import Object

LEAVES, INNER = 512, 128  # rows of a chunk, at most: larger ones are no faster, smaller ones waste less


@dataclass(frozen=True)
class Case:
    """The structure on one summand, `A ⊗ Sᵈ ⊗ present → S`, and where its parameters stand among those of all."""

    arrow: Diagram
    term: Summand
    tag: int
    params: range

    @property
    def wires(self) -> tuple[int, int, int]:
        """How many wires of its domain are labels, states and `present`."""
        return self.term.labels, len(self.arrow.cod) * bool(self.term.degree), int(any(self.term.optional))

    def moving(self) -> list[int]:
        """Which parameters can change."""
        return [i for i, wire in zip(self.params, self.arrow.param, strict=True) if len(change(wire))]


@dataclass(frozen=True)
class Sweep:
    """One arrow on chunks of nodes: those of the leaves, or those above. Of several cases the tag's counts, as in a sum."""

    cases: tuple[Case, ...]
    size: int
    leaves: bool

    @property
    def alone(self) -> bool:
        return len(self.cases) == 1

    @property
    def flags(self) -> tuple[bool, ...]:
        """Which wires differ from node to node. Leaves have no children: what is computed of these is computed once."""
        parts = [a * (True,) + (s + p) * (not self.leaves,) for a, s, p in (case.wires for case in self.cases)]
        return (True,) * (not self.alone) + tuple(chain.from_iterable(parts))

    @property
    def arrow(self) -> Diagram:
        """The arrow on a chunk."""
        arrows, S = [case.arrow for case in self.cases], self.cases[0].arrow.cod
        either = arrows[0] if self.alone else Sum((one,) * len(arrows)).cases(arrows, S)
        return batch(either, self.size, self.flags)

    def params(self, params: Sequence) -> tuple:
        return tuple(params[i] for case in self.cases for i in case.params)

    def changes(self, dx: tuple) -> list[tuple[list, tuple]]:
        """For each case the changes of its labels, leaf by leaf, and of its children's states, from those of the arrow."""
        come, wires, found = iter(dx), iter(self.arrow.dom[not self.alone :]), []
        for case in self.cases:
            parts = [[next(come) for _ in range(n) if len(change(next(wires)))] for n in case.wires]
            found.append((jax.tree.leaves(parts[0]), tuple(parts[1])))
        return found


@dataclass(frozen=True)
class Levels:
    """A forest as one: the nodes of all its trees in a row, and the order in which they are folded."""

    labels: tuple
    tags: Any
    children: jax.Array
    heights: jax.Array
    roots: jax.Array
    sweeps: tuple[Sweep, ...]
    plan: Schedule

    @staticmethod
    def of(t: Tree, cases: tuple[Case, ...], plan: Schedule | None = None) -> Levels:
        heights = jnp.ravel(t.heights)
        n, sweeps = len(heights), _sweeps(cases, len(heights))
        first = jnp.arange(0, n, t.nodes, dtype=jnp.int32)  # the first node of each tree
        flat = lambda leaf: jnp.asarray(leaf).reshape(n, *leaf.shape[len(t.axes) + 1 :])  # noqa: E731
        below = flat(t.children)
        children = jnp.where(below < 0, -1, below + jnp.repeat(first, t.nodes)[:, None])
        plan = plan or schedule(heights, t.nodes, sweeps[0].size, sweeps[-1].size)
        labels, tags = jax.tree.map(flat, (t.labels, t.tags))
        return Levels(labels, tags, children, heights, jnp.ravel(t.root) + first, sweeps, plan)

    @property
    def room(self) -> int:
        """Rows of a buffer of states: one for each node, so many that chunks fit at the end, and a zero for absent children."""
        return len(self.heights) + max(sweep.size for sweep in self.sweeps) + 1

    def chunks(self, sweep: Sweep) -> Chunks:
        return self.plan.leaves if sweep.leaves else self.plan.inner

    def values(self, sweep: Sweep, states: tuple, k: Any) -> tuple[tuple, jax.Array, list, jax.Array]:
        """Chunk k: what the arrow takes, the nodes, the places of their children for each case, and which rows count.

        Rows that don't count are the first row again, so they compute nothing that a node does not. What belongs to
        another case than a node's is zero.
        """
        places, real = rows(self.chunks(sweep), k, sweep.size)
        node = self.plan.order[places]
        tag = self.tags[node] if self.tags is not None else jnp.zeros_like(node)
        xs, below = ([] if sweep.alone else [_index(tag, sweep.cases)]), []
        for case in sweep.cases:
            own = None if sweep.alone else tag == case.tag
            xs += [jax.tree.map(lambda leaf, own=own: _kept(leaf[node], own), value) for value in self.labels[case.tag]]
            children = self.children[node, : case.term.degree]
            present = (children >= 0) & (True if own is None else own[:, None])
            below.append(jnp.where(present, self.plan.place[children], self.room - 1))
            if case.term.degree and sweep.leaves:
                xs += _zeros(case.arrow.dom[case.term.labels :])
            elif case.term.degree:
                xs += jax.tree.map(lambda leaf, at=below[-1]: leaf[at], states)
                xs += [present] * any(case.term.optional)
        return tuple(xs), node, below, real

    # up

    def up(self, params: tuple) -> tuple:
        """The states of all nodes, in the order of the schedule."""
        states = tuple(_zeros(Object(self.sweeps[0].cases[0].arrow.cod.wires), self.room))
        for sweep in self.sweeps:
            states = jax.lax.fori_loop(0, self.chunks(sweep).total, self._step_up(sweep, sweep.params(params)), states)
        return states

    def _step_up(self, sweep: Sweep, params: tuple) -> Any:
        run, starts = sweep.arrow, self.chunks(sweep).starts

        def step(k: jax.Array, states: tuple) -> tuple:
            new = unpacked(run(params, *self.values(sweep, states, k)[0]), len(states))
            return jax.tree.map(lambda old, row: jax.lax.dynamic_update_slice_in_dim(old, row, starts[k], 0), states, new)

        return step

    # down

    def down(self, params: tuple, states: tuple, dstates: tuple, moving: list[int]) -> tuple[dict, list]:
        """The changes of parameters, by place, and of labels, summand by summand and leaf by leaf."""
        dparams = {i: jax.tree.map(jnp.zeros_like, params[i]) for i in moving}
        dlabels = [[jnp.zeros_like(leaf) for leaf in jax.tree.leaves(values) if is_smooth(leaf)] for values in self.labels]
        for sweep in reversed(self.sweeps):
            last = self._at(sweep, dstates, self.chunks(sweep).total - 1)
            carry = (dstates, last, dlabels, dparams)
            down = self._step_down(sweep, sweep.params(params), states)
            dstates, _, dlabels, dparams = jax.lax.fori_loop(0, self.chunks(sweep).total, down, carry)
        return dparams, dlabels

    def _at(self, sweep: Sweep, states: tuple, k: jax.Array) -> tuple:
        """The rows of chunk k, in their order: also those that don't count."""
        start = self.chunks(sweep).starts[jnp.maximum(k, 0)]
        return jax.tree.map(lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, start, sweep.size), states)

    def _step_down(self, sweep: Sweep, params: tuple, states: tuple) -> Any:
        """The step carries the changes of its own states, read after the last write: else XLA copies the whole buffer."""
        lens, total = reverse(sweep.arrow), self.chunks(sweep).total
        places = [i for case in sweep.cases for i in case.moving()]

        def step(i: jax.Array, carry: tuple) -> tuple:
            dstates, here, dlabels, dparams = carry
            xs, node, below, real = self.values(sweep, states, total - 1 - i)
            dys = jax.tree.map(lambda leaf: _kept(leaf, real), here)
            dp, dx = lens.backward(lens.forward(params, *xs)[1], *dys)
            changes = sweep.changes(unpacked(dx, len(change(sweep.arrow.dom))))
            for case, at, (dlabel, dchildren) in zip(sweep.cases, below, changes, strict=True):
                dlabels = [_added(old, node, dlabel) if tag == case.tag else old for tag, old in enumerate(dlabels)]
                dstates = dstates if sweep.leaves else _added(dstates, at, dchildren)
            dparams = dparams | {j: jax.tree.map(jnp.add, dparams[j], d) for j, d in zip(places, dp, strict=True)}
            return dstates, self._at(sweep, dstates, total - 2 - i), dlabels, dparams

        return step


def _sweeps(cases: tuple[Case, ...], size: int) -> tuple[Sweep, ...]:
    """The leaves first, then all above them."""
    low = tuple(case for case in cases if all(case.term.optional))
    high = tuple(case for case in cases if case.term.degree)
    above = [Sweep(high, _chunk(size, INNER, 64), False)] if high else []
    return (Sweep(low, _chunk(size, LEAVES, 8), True), *above)


def _chunk(size: int, most: int, share: int) -> int:
    """A share of all nodes, as a power of two: few chunks, and little waste where a height has few nodes."""
    return min(most, max(8, 1 << (size // share).bit_length()))


def _index(tag: jax.Array, cases: Sequence[Case]) -> jax.Array:
    """Which of these cases a node is of."""
    return sum((jnp.where(tag == case.tag, i, 0) for i, case in enumerate(cases)), jnp.zeros_like(tag))


def _zeros(A: Object, *leading: int) -> list:
    zeros = lambda leaf: jnp.zeros((*leading, *leaf.shape), leaf.dtype)  # noqa: E731
    return [jax.tree.map(zeros, struct) for struct in A.structs]


def _kept(leaf: jax.Array, rows: jax.Array | None) -> jax.Array:
    """The rows that are wanted, and zeros."""
    return leaf if rows is None else jnp.where(rows.reshape(-1, *[1] * (leaf.ndim - 1)), leaf, jnp.zeros((), leaf.dtype))


def _added(buffers: Any, at: jax.Array, values: Iterable) -> Any:
    return jax.tree.map(lambda old, new: old.at[at].add(new), buffers, type(buffers)(values))


# what is asked of a fold


def folding_forward(cases: tuple[Case, ...], params: tuple, t: Tree, every: bool) -> tuple[tuple, tuple]:
    """The states that are asked for, a value for each wire, and what the way back needs: the plan and the states of all nodes."""
    levels = Levels.of(t, cases)
    states = levels.up(params)
    at, leading = (levels.plan.place, (*t.axes, t.nodes)) if every else (levels.plan.place[levels.roots], t.axes)
    real = levels.heights >= 0 if every else None
    return jax.tree.map(lambda leaf: _kept(leaf[at], real).reshape(*leading, *leaf.shape[1:]), states), (levels.plan, states)


def folding_backward(
    cases: tuple[Case, ...], params: tuple, t: Tree, kept: tuple, dys: tuple, every: bool
) -> tuple[tuple, tuple]:
    """The changes of parameters and of the tree, from those of the states that were asked for."""
    plan, states = kept
    levels, moving = Levels.of(t, cases, plan), [i for case in cases for i in case.moving()]
    n, flat = len(levels.heights), lambda leaf: leaf.reshape(-1, *leaf.shape[len(t.axes) + every :])
    at, real = (levels.plan.place, levels.heights >= 0) if every else (levels.plan.place[levels.roots], None)
    seed = lambda zero, dy: zero.at[at].add(_kept(flat(dy), real))  # noqa: E731
    zeros = tuple(_zeros(change(cases[0].arrow.cod), levels.room))
    dparams, dlabels = levels.down(params, states, jax.tree.map(seed, zeros, dys), moving)
    if not any(dlabels):
        return tuple(dparams[i] for i in moving), ()
    fresh = iter(leaf.reshape(*t.axes, n // len(levels.roots), *leaf.shape[1:]) for leaf in chain.from_iterable(dlabels))
    labels = jax.tree.map(lambda leaf: next(fresh) if is_smooth(leaf) else None, t.labels)
    return tuple(dparams[i] for i in moving), (Tree(labels, None, None, None, None, t.summands),)
