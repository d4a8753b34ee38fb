"""Equivariance: groups, representations as typed wires, diagram categories, equivariant linear maps."""

from catlearn.equivariant.automorphisms import Aut
from catlearn.equivariant.common_groups import A, Cube, D, Rubik, S, Trivial, Z
from catlearn.equivariant.groups import MatrixGroup, Product
from catlearn.equivariant.lie_groups import SL, SO, SU, O, Scaling, Sp
from catlearn.equivariant.lorentz import Lorentz
from catlearn.equivariant.permutation_groups import PermutationGroup
