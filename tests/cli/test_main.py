import json
import signal
import subprocess
import sys

import numpy as np
import pytest

from catlearn.cli.main import main
from catlearn.cli.tasks import TASKS
from catlearn.datasets import diabetes


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


def score(said, name):
    line = next(line for line in said.splitlines() if line.startswith(f"{name}: "))
    return float(line.removeprefix(f"{name}: ").split()[0])


def test_a_fold_of_padded_series_tells_speakers_apart(tmp_path, capsys):
    pytest.importorskip("sktime", reason="the vowels come with it")
    assert main(["train", "japanese-vowels", "--epochs", "30", "--out", str(tmp_path)]) == 0
    assert score(capsys.readouterr().out, "test accuracy") >= 94


def test_a_machine_learns_to_spell_and_writes(tmp_path, capsys):
    assert main(["train", "chars", "--epochs", "1", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert score(said, "test accuracy") >= 38  # a guess by the commonest character has 19
    assert [line for line in said.splitlines() if line.startswith("---")] == [f"--- temperature {t}" for t in (0.5, 0.8, 1.0)]


def test_a_fold_of_trees_sees_what_a_bag_does_not(tmp_path, capsys):
    assert main(["train", "python-trees", "--epochs", "2", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert score(said, "test accuracy") >= 97 and score(said, "test accuracy of a bag") <= 85
    assert "test_bag_accuracy" in json.loads((tmp_path / "metrics.json").read_text())


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
    tables = {"digits", "iris", "wine", "breast-cancer", "diabetes", "mnist5k"}
    sequences = {"japanese-vowels", "chars", "python-trees"}
    graphs = {"karate", "mutag", "cora", "freesolv"}
    symmetric = {"graph-properties", "inertia"}
    assert set(TASKS) == tables | sequences | graphs | symmetric


@pytest.mark.parametrize("task", ["wine", "breast-cancer"])
def test_classifications_report_accuracy(task, tmp_path, capsys):
    assert main(["train", task, "--optimiser", "lion", "--out", str(tmp_path)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("test accuracy: "))
    assert float(line.split()[2]) >= 90


def test_a_regression_reports_r2_and_rmse_of_scikit_learn(tmp_path, capsys):
    """In the unit of the targets, over all the examples held out at once, and no worse than a linear model."""
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import r2_score, root_mean_squared_error

    assert main(["train", "diabetes", "--model", "dense", "--out", str(tmp_path)]) == 0
    said = dict(line.split(": ") for line in capsys.readouterr().out.splitlines() if line.startswith("test "))
    (x, y), (held, wanted) = diabetes().train, diabetes().test
    linear = LinearRegression().fit(x, y).predict(held)
    assert float(said["test r2"]) == pytest.approx(r2_score(wanted, linear), abs=0.03)
    assert float(said["test rmse"]) == pytest.approx(root_mean_squared_error(wanted, linear), rel=0.03)


@pytest.mark.parametrize("model", ["dense", "mlp", "transformer"])
def test_models_by_name(model, tmp_path, capsys):
    assert main(["train", "digits", "--model", model, "--epochs", "1", "--batch-size", "64", "--out", str(tmp_path)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("test accuracy: "))
    assert float(line.split()[2]) > 20
    assert main(["describe", "mnist5k", "--model", model]) == 0
    assert "R(28, 28, 1) → R(10)" in capsys.readouterr().out


SCRIPT = """
import jax, numpy as np, catlearn as cl
from catlearn import R

xs = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
data = xs, (xs @ np.array([[1.0], [2.0], [3.0]])).astype("float32")
mine = cl.supervised(R(3) >> cl.dense(1), cl.quadratic, cl.adam(0.1), metrics={"rmse": cl.rmse})

def learner():
    return mine
"""


@pytest.mark.parametrize("name", ["", ":learner", ":mine"])
def test_a_script_of_one_s_own(name, tmp_path, capsys):
    (tmp_path / "script.py").write_text(SCRIPT)
    assert main(["train", f"{tmp_path}/script.py{name}", "--epochs", "40", "--out", str(tmp_path / "out")]) == 0
    said = dict(line.split(": ") for line in capsys.readouterr().out.splitlines() if line.startswith("training "))
    assert float(said["training rmse"]) < 0.1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["curve.png", "metrics.json", "params.npz"]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (SCRIPT, ":other", "has no 'other'"),
        (SCRIPT, ":xs", "must be a learner"),
        (SCRIPT.replace("data =", "date ="), ":mine", "has no 'data'"),
        (SCRIPT.replace("data = xs,", "data = xs, xs,"), ":mine", "must be a pair of arrays"),
        (SCRIPT + "raise ValueError('my own mistake')", ":mine", "raised ValueError; its traceback stands above"),
        (None, ":mine", "there is no script"),
    ],
)
def test_scripts_that_can_t_be_trained(text, name, said, tmp_path, capsys):
    if text is not None:
        (tmp_path / "script.py").write_text(text)
    with pytest.raises(SystemExit) as caught:
        main(["train", f"{tmp_path}/script.py{name}"])
    error = capsys.readouterr().err
    assert caught.value.code == 2 and said in error.splitlines()[-1]
    assert ("my own mistake" in error) == ("ValueError" in said)


def test_what_does_not_go_together(tmp_path, capsys):
    (tmp_path / "script.py").write_text(SCRIPT)
    for arguments, said in (
        (["train", "iris", "--model", "conv"], "--model can be dense or mlp"),
        (["train", f"{tmp_path}/script.py", "--lr", "0.1"], "--lr is for the named tasks"),
        (["train", "mnist"], "or path/to/script.py:learner"),
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        assert said in capsys.readouterr().err
