"""Equivariance: groups, representations as typed wires, diagram categories, equivariant linear maps."""

from catlearn.equivariant.combinations import Combination
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
