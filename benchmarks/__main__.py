"""Run every benchmark and print its table."""

from benchmarks import boxes, libraries, loops, paper, python_loop, recompute, start_up, trees, zero_cost
from benchmarks.harness import machine
from catlearn import keep_memory

print(machine())
keep_memory()  # of the whole process, so of every contestant
for benchmark in (zero_cost, libraries, python_loop, boxes, loops, recompute, trees, paper, start_up):
    benchmark.main()
