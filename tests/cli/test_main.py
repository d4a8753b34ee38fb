import json
import signal
import subprocess
import sys

import numpy as np
import pytest

from catlearn.cli.main import main
from catlearn.cli.tasks import TASKS


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "catlearn.cli.main", *arguments], capture_output=True, text=True)


def test_train_iris_prints_and_writes_everything(tmp_path, capsys):
    assert main(["train", "iris", "--epochs", "30", "--seed", "1", "--out", str(tmp_path / "new" / "run")]) == 0
    said, bar = capsys.readouterr()
    assert "0.dense.kernel" in said and "163 parameters" in said and "loss=" in bar
    line = next(line for line in said.splitlines() if line.startswith("test accuracy: "))
    assert line.endswith(" %") and float(line.split()[2]) >= 90
    out = tmp_path / "new" / "run"
    assert sorted(path.name for path in out.iterdir()) == ["curve.png", "metrics.json", "params.npz"]
    record = json.loads((out / "metrics.json").read_text())
    assert len(record["history"]) == 30 and np.isclose(100 * record["test_accuracy"], float(line.split()[2]), atol=0.006)
    assert (out / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_digits_reach_98_per_cent(tmp_path, capsys):
    """What `make demo` runs."""
    assert main(["train", "digits", "--out", str(tmp_path)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("test accuracy: "))
    assert float(line.split()[2]) >= 98


def test_a_seed_fixes_the_run(tmp_path):
    for name in ("a", "b"):
        assert main(["train", "iris", "--epochs", "2", "--optimiser", "adam", "--lr", "0.01", "--out", str(tmp_path / name)]) == 0
    a, b = (np.load(tmp_path / name / "params.npz") for name in ("a", "b"))
    assert all(np.array_equal(a[k], b[k]) for k in a.files)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "required"),
        (["frob"], "invalid choice: 'frob'"),
        (["train", "mnist"], "invalid choice: 'mnist'"),
        (["train", "iris", "--optimiser", "sgdd"], "invalid choice: 'sgdd'"),
        (["train", "iris", "--lr", "-1"], "--lr: must be a number > 0, got '-1'"),
        (["train", "iris", "--lr", "fast"], "must be a number > 0, got 'fast'"),
        (["train", "iris", "--lr", "nan"], "must be a number > 0"),
        (["train", "iris", "--epochs", "0"], "whole number ≥ 1"),
        (["train", "iris", "--batch-size", "1.5"], "whole number ≥ 1"),
        (["train", "iris", "--seed", "-3"], "from 0 to"),
        (["train", "iris", "--out", "/proc/nowhere"], "can't write to /proc/nowhere"),
        (["train", "iris", "--out", ""], "must name a folder"),
        (["describe", "mnist"], "invalid choice"),
        (["laws", "--examples", "none"], "whole number ≥ 1"),
    ],
)
def test_bad_arguments_get_one_line_and_exit_code_2(arguments, said, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    out, error = capsys.readouterr()
    assert caught.value.code == 2 and out == ""
    assert error.startswith("catlearn: ") and error.count("\n") == 1 and said in error


def test_a_file_in_the_way_is_an_error(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit):
        main(["train", "iris", "--out", str(tmp_path / "file")])
    assert "can't write to" in capsys.readouterr().err


def test_a_result_that_can_t_be_written_is_said_after_the_accuracy(tmp_path, capsys):
    (tmp_path / "params.npz").mkdir()
    with pytest.raises(SystemExit) as caught:
        main(["train", "iris", "--epochs", "1", "--out", str(tmp_path)])
    out, error = capsys.readouterr()
    assert caught.value.code == 2 and "test accuracy" in out and "params.npz" in error.splitlines()[-1]


def test_a_diverging_run_keeps_the_last_good_state(tmp_path, capsys):
    assert main(["train", "iris", "--optimiser", "descent", "--lr", "1e38", "--epochs", "3", "--out", str(tmp_path)]) == 1
    assert "the loss became" in capsys.readouterr().err
    params = np.load(tmp_path / "params.npz")
    json.loads((tmp_path / "metrics.json").read_text(), parse_constant=lambda name: pytest.fail(name))
    assert all(np.isfinite(params[name]).all() for name in params.files)


def test_ctrl_c_keeps_what_there_is(tmp_path):
    command = [sys.executable, "-u", "-m", "catlearn.cli.main", "train", "iris", "--epochs", "1000000", "--out", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
    seen = ""
    while "epoch=3" not in seen:
        seen += process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130 and "test accuracy: " in out and "keeping what there is" in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curve.png", "metrics.json", "params.npz"]
    assert len(json.loads((tmp_path / "metrics.json").read_text())["history"]) > 0


def test_describe(capsys):
    assert main(["describe", "digits"]) == 0
    said = capsys.readouterr().out
    assert "R(8, 8, 1) → R(10)" in said and "0.conv.kernel" in said


def test_laws_prints_a_table_and_a_failure_is_one(capsys, monkeypatch):
    from catlearn.laws import suite

    monkeypatch.setattr(suite, "SUITE", suite.SUITE[:2])
    assert main(["laws", "--examples", "1"]) == 0
    assert "2 of 2 laws hold" in capsys.readouterr().out
    broken = suite.Law("a false law", "test", lambda choose: suite.Counterexample("a false law", "everywhere"))
    monkeypatch.setattr(suite, "SUITE", (*suite.SUITE, broken))
    assert main(["laws", "--examples", "1"]) == 1
    assert "a false law fails: everywhere" in capsys.readouterr().out


def test_the_module_runs_as_a_program():
    done = run("train", "mnist")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert set(TASKS) == {"digits", "iris"}
