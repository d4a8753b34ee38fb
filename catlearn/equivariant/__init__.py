"""Equivariance: groups, representations as typed wires, diagram categories, equivariant linear maps."""

from catlearn.equivariant.automorphisms import Aut
from catlearn.equivariant.cayley import FiniteGroup, from_matrices, rotations_of_plane, symmetries_of_plane
from catlearn.equivariant.common_groups import A, Cube, D, Rubik, S, Trivial, Z
from catlearn.equivariant.constraints import solve_matrices
from catlearn.equivariant.groups import MatrixGroup, Product
from catlearn.equivariant.lie_groups import SL, SO, SU, O, Scaling, Sp
from catlearn.equivariant.lorentz import Lorentz
from catlearn.equivariant.permutation_groups import PermutationGroup
from catlearn.equivariant.reynolds import character_count, reynolds, symmetrised
from catlearn.equivariant.tables import cyclic_table, dihedral_table
from catlearn.equivariant.why_empty import why_empty
