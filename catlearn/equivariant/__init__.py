"""Equivariance: groups, representations as typed wires, diagram categories, equivariant linear maps."""

from catlearn.equivariant.automorphisms import automorphisms, bilabelled_basis, tuple_orbits
from catlearn.equivariant.bilabelled import Bilabelled, BilabelledCategory, bilabelled
from catlearn.equivariant.brauer import Brauer, BrauerCategory, brauer, brauer_basis, brauer_diagrams, double_factorial
from catlearn.equivariant.combinations import Combination
from catlearn.equivariant.grood import Grood, GroodCategory, grood, grood_basis, grood_diagrams
from catlearn.equivariant.independent import independent, matching_gram
from catlearn.equivariant.jellyfish import Jellyfish, JellyfishCategory, jellyfish, jellyfish_basis, jellyfish_diagrams
from catlearn.equivariant.orbits import coarser, from_orbits, orbit_matrix, to_orbits
from catlearn.equivariant.partitions import (
    Partition,
    PartitionCategory,
    bell,
    partition,
    partition_basis,
    partition_diagrams,
    stirling,
)
from catlearn.equivariant.symplectic import (
    Symplectic,
    SymplecticCategory,
    form,
    symplectic,
    symplectic_basis,
    symplectic_diagrams,
)
