import subprocess
import sys

CODE = """
import sys, catlearn
heavy = {"discopy", "equinox", "flax", "safetensors", "matplotlib", "sklearn", "tqdm"}
print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
"""


def test_no_other_library_is_imported_before_it_is_asked_for():
    assert subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout == "[]\n"
