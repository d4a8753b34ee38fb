"""What are better boxes worth? A step of the conv net, by hand: what anybody writes, then one better box after the other."""

from __future__ import annotations

import jax

from benchmarks.harness import in_turn, median, stepping, table
from benchmarks.models import CASES, adam_by_hand, adam_state, conv_by_hand, obvious_conv, plain_convolution


def main() -> None:
    case = CASES[1]
    params = case.model.init(jax.random.key(0))
    nets = {
        "by hand: `lax.conv_general_dilated`, `lax.reduce_window`": obvious_conv,
        "by hand: pooling by slices": conv_by_hand(plain_convolution),
        "by hand: and convolution by patches, parts and rows": case.by_hand,
    }
    steps = {name: stepping(adam_by_hand(net), adam_state(params), case.examples, 4) for name, net in nets.items()}
    found = in_turn({"catlearn": stepping(case.learner.step, case.learner.start(params), case.examples, 4), **steps}, 9)
    ours = median(found["catlearn"])
    rows = [[name, f"{1e3 * median(times):.1f}", f"{median(times) / ours:.2f}"] for name, times in found.items()]
    table("Conv net 28×28, batch 128, one step of Adam", ["convolution and pooling", "ms", "× ours"], rows)


if __name__ == "__main__":
    main()
