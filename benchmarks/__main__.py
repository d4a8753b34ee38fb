"""Run every benchmark and print its table."""

from benchmarks import (
    boxes,
    drawing,
    equivariant,
    equivariant_groups,
    folds,
    graphs,
    libraries,
    loops,
    paper,
    python_loop,
    recompute,
    recurrence,
    start_up,
    through_time,
    trees,
    zero_cost,
)
from benchmarks.harness import machine
from catlearn import keep_memory

print(machine())
keep_memory()  # of the whole process, so of every contestant
everything = (
    zero_cost,
    libraries,
    python_loop,
    boxes,
    loops,
    recompute,
    folds,
    recurrence,
    through_time,
    trees,
    graphs,
    equivariant,
    equivariant_groups,
    paper,
    start_up,
    drawing,
)
for benchmark in everything:
    benchmark.main()
