"""The way of a newcomer, timed: a fresh clone, and what the README says to do, word for word. `make newcomer`.

Runs the commands of the block under `## Try it`, and the program under `## Your own model`. Fails where a step fails, or
all of them take more than five minutes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT, LIMIT = Path(__file__).resolve().parent.parent, 300


def block(text: str, heading: str, kind: str) -> str:
    """The first block of a kind under a heading."""
    part = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = re.search(rf"```{kind}\n(.*?)```", part, re.DOTALL)
    if found is None:
        sys.exit(f"README: no ```{kind} block under '## {heading}'")
    return found.group(1)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "catlearn"
        steps = [(f"git clone {ROOT.name}", ["git", "clone", "--quiet", str(ROOT), str(clone)], Path(folder))]
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        for line in block(readme, "Try it", "sh").splitlines():
            command = line.split("#")[0].strip()
            steps.append((command, ["bash", "-c", command], clone))
        own = Path(folder) / "mine.py"
        own.write_text(block(readme, "Your own model", "python"), encoding="utf-8")
        steps.append((".venv/bin/python mine.py", [".venv/bin/python", str(own)], clone))
        total = sum(timed(*step) for step in steps)
    print(f"{total:7.1f} s in all, of at most {LIMIT}")
    return int(total > LIMIT)


def timed(name: str, command: list[str], where: Path) -> float:
    """Run a step; its seconds."""
    begin = time.monotonic()
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begin
    last = (done.stdout.strip().splitlines() or [""])[-1]
    print(f"{seconds:7.1f} s  {name}   {last[:90]}", flush=True)
    if done.returncode:
        sys.exit(f"it failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
