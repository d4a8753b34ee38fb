import subprocess
import sys

import pytest

CODE = """
import numpy as np, resource
from catlearn.learn.memory import keep_memory
if {keep}:
    assert keep_memory()
np.ones(2**24, np.float32)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    np.ones(2**24, np.float32)  # 64 MB
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

THREADED = """
import threading, numpy as np, resource
from catlearn.learn.memory import keep_memory
if {keep}:
    assert keep_memory()

def work():
    global faults
    np.ones(5 * 2**22, np.float32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.ones(5 * 2**22, np.float32)  # 80 MB
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

thread = threading.Thread(target=work)
thread.start(), thread.join()
print(faults)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
@pytest.mark.parametrize("code", [CODE, THREADED])
def test_freed_memory_is_not_asked_for_again(code):
    faults = [
        int(subprocess.run([sys.executable, "-c", code.format(keep=keep)], capture_output=True, text=True, check=True).stdout)
        for keep in (False, True)
    ]
    assert faults[1] < faults[0] / 5
