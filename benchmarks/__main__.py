"""Run every benchmark and print its table."""

from benchmarks import loops, max_pool, python_loop, recompute, start_up, zero_cost
from benchmarks.harness import machine

print(machine())
for benchmark in (zero_cost, python_loop, max_pool, loops, recompute, start_up):
    benchmark.main()
