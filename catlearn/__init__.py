"""catlearn: models are diagrams, and everything else is a functor out of them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from catlearn.algebra.algebras import Algebra, Coalgebra, Monoid
from catlearn.algebra.cells import Cell, cell
from catlearn.algebra.forest import Tree, trees
from catlearn.algebra.functors import BinaryTree, List, Mealy, Moore, RoseTree, Stream
from catlearn.algebra.graph_forms import adjacency_of, edges_of, in_rows, sparse_of
from catlearn.algebra.graphs import Graph, disjoint_union, edge_list, from_adjacency, padded, stacked_nodes
from catlearn.algebra.homomorphisms import homomorphisms
from catlearn.algebra.lists import fold, foldl, foldr, scan
from catlearn.algebra.machines import cascade, mealy, moore, run
from catlearn.algebra.monoids import affine, matrices, maxima, mean_parts, online_softmax, sums
from catlearn.algebra.planting import forest, graph, tree
from catlearn.algebra.polynomial import X, const, one
from catlearn.algebra.relabel import relabel
from catlearn.algebra.trees import tree_fold, tree_scan
from catlearn.algebra.unfolds import categorical, feedback, generate, hylo, stream, unfold
from catlearn.categories.batch import batch
from catlearn.categories.cokleisli import (
    CoKl,
    ask,
    contextual_to_parametric,
    inference,
    pull_context,
    underlying,
    within,
)
from catlearn.categories.comonoid import KEY
from catlearn.categories.function import constant, function, parameter
from catlearn.categories.lens import Lens
from catlearn.categories.loop import loop
from catlearn.categories.para import Para
from catlearn.categories.precision import astype, cast
from catlearn.categories.recompute import recompute
from catlearn.categories.reverse import pullback, reverse
from catlearn.categories.smooth import Smooth, uncurry
from catlearn.categories.stack import stack
from catlearn.core.diagram import Diagram, copy, discard, identity, swap, wiring
from catlearn.core.errors import CatlearnError
from catlearn.core.parameters import by_name, describe, names
from catlearn.core.wires import I, Object, R, wire
from catlearn.draw.drawing import draw, to_tikz
from catlearn.draw.plotting import plot
from catlearn.interop import export, from_discopy, from_equinox, from_flax, to_discopy, to_equinox
from catlearn.interop.optax import from_optax, to_optax
from catlearn.learn.around import accumulate, average, by_path, lookahead
from catlearn.learn.checkpoint import load, save
from catlearn.learn.errors import DivergenceError, Interrupted
from catlearn.learn.fit import evaluate
from catlearn.learn.history import History
from catlearn.learn.learner import Learner, cap, supervised
from catlearn.learn.losses import (
    dot_product,
    huber,
    loss,
    quadratic,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    weighted,
)
from catlearn.learn.machine import to_machine
from catlearn.learn.memory import keep_memory
from catlearn.learn.metrics import accuracy, r2, rmse
from catlearn.learn.optimiser import Optimiser, Transformation
from catlearn.learn.optimisers import (
    adagrad,
    adam,
    adamw,
    ascent,
    descent,
    lion,
    momentum,
    nadam,
    nesterov,
    rmsprop,
)
from catlearn.learn.regularisers import l1, l2
from catlearn.learn.transformations import clip, clip_by_global_norm, rescale, weight_decay
from catlearn.learn.uses import dream, gan, with_input
from catlearn.nets.attention import attend, attention, cross_attention, rotary
from catlearn.nets.attention_machines import (
    cached_attention,
    linear_attend,
    linear_attention,
    linear_attention_machine,
    rotary_at,
    snoc,
)
from catlearn.nets.cells import gru_cell, hidden, lstm_cell, simple_cell
from catlearn.nets.convolution import conv, conv_transpose, convolve, convolve_transpose
from catlearn.nets.dense import bias, dense, linear
from catlearn.nets.embedding import embedding, positions
from catlearn.nets.function import add, elu, flatten, gelu, leaky_relu, log_softmax, relu, sigmoid, silu, softmax, softplus, tanh
from catlearn.nets.graph import aggregators
from catlearn.nets.graph.attending import gat_conv, gatv2_conv, graph_attention, graph_transformer_conv
from catlearn.nets.graph.convolution import graph_conv, propagate, simple_graph_conv
from catlearn.nets.graph.gated import edge_conditioned_conv, gated_graph_conv, residual_gated_graph_conv
from catlearn.nets.graph.neighbourhoods import gin_conv, pna_conv, sage_conv, sir_conv
from catlearn.nets.graph.passing import message_passing, readout
from catlearn.nets.graph.wholes import complete_graph, empty_graph, mask_nodes, virtual_node
from catlearn.nets.mixer import mixer_block
from catlearn.nets.noise import dropout, noise
from catlearn.nets.norm import group_norm, layer_norm, normalise, rms_norm, scale
from catlearn.nets.pooling import average_pool, global_average_pool, global_max_pool, max_pool
from catlearn.nets.recurrence import LinearCell, diagonal_ssm, min_gru, min_lstm, recurrence
from catlearn.nets.residual import residual
from catlearn.nets.shape import branch, concatenate, reshape, transpose
from catlearn.nets.transformer import feed_forward, transformer_block
from catlearn.nets.tree_cells import tensor_cell, tree_cell, tree_lstm
from catlearn.nets.two_cells import freeze, hypernetwork, lora, masked, merged, prune, spectral_norm, tie, weight_norm

if TYPE_CHECKING:
    from catlearn import datasets, equivariant, laws
    from catlearn.equivariant.intertwiners import forget
    from catlearn.laws.expressivity import separates


def __getattr__(name: str) -> Any:
    """`catlearn.laws` and other rooms are imported when somebody asks for them: they take a tenth of the time."""
    if name in ("laws", "datasets", "equivariant"):
        return import_module(f"catlearn.{name}")
    if name == "forget":
        return import_module("catlearn.equivariant").forget
    if name == "separates":
        return import_module("catlearn.laws.expressivity").separates
    raise AttributeError(f"module 'catlearn' has no attribute {name!r}")
