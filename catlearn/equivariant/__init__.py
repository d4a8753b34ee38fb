"""Equivariance: groups, representations as typed wires, diagram categories, equivariant linear maps."""

from catlearn.equivariant.admission import pointwise
from catlearn.equivariant.architectures import deep_sets, invariant_graph_network
from catlearn.equivariant.automorphisms import Aut
from catlearn.equivariant.bilabelled import Bilabelled, BilabelledCategory, bilabelled
from catlearn.equivariant.bilabelled_bases import bilabelled_basis, tuple_orbits
from catlearn.equivariant.brauer import Brauer, BrauerCategory, brauer, brauer_basis, brauer_diagrams, double_factorial
from catlearn.equivariant.cayley import FiniteGroup, from_matrices, rotations_of_plane, symmetries_of_plane
from catlearn.equivariant.combinations import Combination
from catlearn.equivariant.common_groups import A, Cube, D, Rubik, S, Trivial, Z
from catlearn.equivariant.constraints import solve_matrices
from catlearn.equivariant.euclidean import SE, E, homogeneous
from catlearn.equivariant.frames import frame_average, pca_frame, sorting_frame
from catlearn.equivariant.grood import Grood, GroodCategory, grood, grood_basis, grood_diagrams
from catlearn.equivariant.group_convolution import group_conv, group_pool, invariant_pool, window_pool
from catlearn.equivariant.groups import MatrixGroup, Product
from catlearn.equivariant.hom import basis, diagrams, dim, solve, why_zero
from catlearn.equivariant.images import Image, Points
from catlearn.equivariant.independent import independent, matching_gram
from catlearn.equivariant.intertwiners import RepCategory, forget
from catlearn.equivariant.jellyfish import Jellyfish, JellyfishCategory, jellyfish, jellyfish_basis, jellyfish_diagrams
from catlearn.equivariant.lie_groups import SL, SO, SU, O, Scaling, Sp
from catlearn.equivariant.linear import linear
from catlearn.equivariant.lorentz import Lorentz
from catlearn.equivariant.nonlinear import gated, gram, norm_activation, norms, squared_norms, tensor_product
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
from catlearn.equivariant.permutation_groups import PermutationGroup
from catlearn.equivariant.poses import canonicalise, pose
from catlearn.equivariant.representations import Given, Representation, standard
from catlearn.equivariant.reynolds import character_count, reynolds, symmetrised
from catlearn.equivariant.subgraphs import ego_networks, induced, linear_by_size, overlapped, subgraph_layer, subgraph_network
from catlearn.equivariant.symmetrise import symmetrise
from catlearn.equivariant.symplectic import (
    Symplectic,
    SymplecticCategory,
    form,
    symplectic,
    symplectic_basis,
    symplectic_diagrams,
)
from catlearn.equivariant.tables import cyclic_table, dihedral_table
from catlearn.equivariant.vector_networks import (
    hamiltonian_regression,
    inner_products,
    products,
    vector_layer,
    vector_network,
    vector_readout,
)
from catlearn.equivariant.why_empty import why_empty
