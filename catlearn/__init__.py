"""catlearn: models are diagrams, and everything else is a functor out of them."""

from catlearn import laws
from catlearn.categories.batch import batch
from catlearn.categories.lens import Lens
from catlearn.categories.para import Para
from catlearn.categories.recompute import recompute
from catlearn.categories.reverse import pullback, reverse
from catlearn.categories.smooth import Smooth, uncurry
from catlearn.core.diagram import copy, discard, identity, swap, wiring
from catlearn.core.errors import CatlearnError
from catlearn.core.parameters import by_name, describe, names
from catlearn.core.wires import I, Object, R, wire
from catlearn.learn.checkpoint import load, save
from catlearn.learn.errors import DivergenceError, Interrupted
from catlearn.learn.fit import evaluate
from catlearn.learn.history import History
from catlearn.learn.learner import Learner, cap, supervised
from catlearn.learn.losses import accuracy, quadratic, softmax_cross_entropy
from catlearn.learn.optimisers import adam, descent, momentum, nesterov
from catlearn.nets.convolution import conv, conv_transpose, convolve, convolve_transpose
from catlearn.nets.dense import bias, dense, linear
from catlearn.nets.function import add, constant, flatten, function, parameter, relu, sigmoid, tanh
from catlearn.nets.pooling import average_pool, global_average_pool, global_max_pool, max_pool
from catlearn.nets.residual import residual
