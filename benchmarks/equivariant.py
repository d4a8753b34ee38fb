"""Equivariant layers: against rivals, how cost grows, building, and the error of equivariance in float32.

A gradient is that of Σ y² in the input and the weights, forward and backward. Prints tables. `--building GROUP k n` times one.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import catlearn as cl
import catlearn.equivariant as eq
from benchmarks import equivariant_by_hand as by_hand
from benchmarks.harness import in_turn, median, table
from catlearn.equivariant import A, Cube, D, Lorentz, O, S, SO, Sp, Z, linear, solve, stirling
from catlearn.laws.equivariance import equivariance_error

BATCH, CHANNELS = 8, 16
EMLP = "/tmp/emlp/v/bin/python"


@dataclass(frozen=True)
class Contestant:
    """A layer: the function of weights and input, its gradient, and these."""

    forward: Callable
    gradient: Callable
    args: tuple
