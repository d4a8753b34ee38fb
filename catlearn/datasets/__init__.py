"""Small real data, and a gallery of graphs."""

from catlearn.datasets.chars import Characters, characters_of, topics
from catlearn.datasets.gallery import GraphPair, csl, gallery, graphs_up_to, rook, shrikhande
from catlearn.datasets.graph_properties import degree_variance, edges, graph_properties, triangles
from catlearn.datasets.graph_set import GraphSet, folds, graph_set
from catlearn.datasets.inertia import inertia, moment_of_inertia
from catlearn.datasets.karate import karate
from catlearn.datasets.mnist import mnist5k
from catlearn.datasets.molecules import freesolv, molecule
from catlearn.datasets.mutag import mutag
from catlearn.datasets.network import Network
from catlearn.datasets.planetoid import cora, planetoid
from catlearn.datasets.series import japanese_vowels
from catlearn.datasets.small import breast_cancer, diabetes, digits, iris, wine
from catlearn.datasets.split import Split
from catlearn.datasets.symmetric import Symmetric
from catlearn.datasets.syntax import bag, first_child_next_sibling, python_forest, python_trees, syntax_tree
