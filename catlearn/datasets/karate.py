"""Zachary's karate club, which ships inside networkx."""

from __future__ import annotations

import numpy as np

from catlearn.core.packages import package
from catlearn.datasets.network import Network, undirected

MR_HI, OFFICER = 0, 33


def karate() -> Network:
    """34 members of a karate club, who is a friend of whom (78 friendships), and the club that each joined when it split.

    Features are who one is, `(34, 34)`. The instructor (Mr. Hi) and the administrator (Officer) are the only members whose
    club is known; the club of the 32 others is held out. From Zachary 1977, *An information flow model for conflict and
    fission in small groups*, by networkx. Raises MissingPackageError without networkx.

    >>> club = karate()
    >>> club.graph.edges, club.train.tolist(), club.classes
    (156, [0, 33], ('Mr. Hi', 'Officer'))
    """
    found = package("networkx", "data").karate_club_graph()
    clubs, n = [found.nodes[i]["club"] for i in range(len(found))], len(found)
    classes = (clubs[MR_HI], clubs[OFFICER])
    labels = np.array([classes.index(club) for club in clubs], np.int32)
    train = np.array([MR_HI, OFFICER])
    rest = np.setdiff1d(np.arange(n), train)
    return Network(
        "karate", undirected(list(found.edges), n), np.eye(n, dtype=np.float32), labels, train, rest[:0], rest, classes
    )
