"""`catlearn train` of tasks with sizes, on few examples and for few steps."""

import json
from dataclasses import replace

import numpy as np
import pytest

import catlearn as cl
from catlearn.cli import tasks
from catlearn.cli.main import main
from catlearn.cli.models import models_of
from catlearn.datasets import graph_properties, inertia
from catlearn.laws.equivariance import equivariance_error


@pytest.fixture
def small(monkeypatch):
    """The tasks with less data: 20 and 60 examples, 40 held out."""
    loads = {"inertia": lambda: inertia(60, 40), "graph-properties": lambda: graph_properties(60, 40, nodes=6)}
    for name, load in loads.items():
        monkeypatch.setitem(tasks.TASKS, name, replace(tasks.TASKS[name], load=load, sizes=(20, 60), batch_size=20))


def errors_of(folder):
    return json.loads((folder / "metrics.json").read_text())["runs"]


def test_inertia(small, tmp_path, capsys):
    assert main(["train", "inertia", "--epochs", "50", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    heads = next(
        i for i, line in enumerate(lines) if line.startswith("examples  vector test rmse  vector rotated rmse  mlp test rmse")
    )
    assert [line.split()[0] for line in lines[heads + 2 : heads + 4]] == ["20", "60"]
    few, more = errors_of(tmp_path)
    assert (few["examples"], more["examples"]) == (20, 60) and f"{few['vector_test_rmse']:.3g}" in lines[heads + 2]
    assert few["vector_test_rmse"] == pytest.approx(few["vector_rotated_rmse"], rel=1e-3)
    assert few["vector_test_rmse"] < more["mlp_test_rmse"]  # even with a third of the examples
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.json", "params.npz", "sizes.png"]
    assert (tmp_path / "sizes.png").read_bytes().startswith(b"\x89PNG")
    record = json.loads((tmp_path / "metrics.json").read_text())
    assert record["steps"] == 150 and set(record["models"]) == {"vector", "mlp"}


def test_seeds_have_a_mean(small, tmp_path, capsys):
    how = ["--model", "mlp", "--epochs", "2", "--seeds", "2", "--seed", "4"]
    assert main(["train", "inertia", *how, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    runs = errors_of(tmp_path)
    assert [(run["seed"], run["examples"]) for run in runs] == [(4, 20), (4, 60), (5, 20), (5, 60)]
    assert "seed 4, 20 examples: mlp test" in said and "vector" not in said
    mean = np.mean([run["mlp_test_rmse"] for run in runs if run["examples"] == 60])
    assert f"{mean:.3g} ± " in said


def test_graph_properties(small, tmp_path, capsys):
    assert main(["train", "graph-properties", "--model", "ign", "--epochs", "3", "--out", str(tmp_path)]) == 0
    assert "examples  ign test rmse  ign relabelled rmse  mlp test rmse  mlp relabelled rmse" in capsys.readouterr().out
    for run in errors_of(tmp_path):
        assert run["ign_test_rmse"] == pytest.approx(run["ign_relabelled_rmse"], rel=1e-3)
        assert abs(run["mlp_test_rmse"] - run["mlp_relabelled_rmse"]) > 1e-3


def test_describe_names_the_symmetry(capsys):
    for task, model, said in (("inertia", None, "O(3).power(2)"), ("graph-properties", "ign", "S(12).power(2)")):
        assert main(["describe", task, *(["--model", model] if model else [])]) == 0
        assert said in capsys.readouterr().out


def test_models_have_the_symmetry_and_the_baseline_has_not():
    data = inertia(2, 2)
    for name, model in models_of(data).items():
        error = equivariance_error(model, samples=2, dom=data.dom, cod=data.cod)
        assert error > 1e-3 if name == "mlp" else error < 1e-5
    assert set(models_of(graph_properties(2, 2, nodes=6))) == {"ign", "ign3", "spen", "mlp"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "inertia", "--model", "ign"], "inertia is not for a ign model: --model can be vector or mlp"),
        (["train", "inertia", "--folds", "3"], "--folds is for"),
        (["train", "inertia", "here"], "no path goes here"),
    ],
)
def test_bad_arguments_get_one_line(small, arguments, said, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert said in capsys.readouterr().err


def test_a_run_that_diverges_is_left_out(small, tmp_path, capsys):
    assert main(["train", "inertia", "--optimiser", "descent", "--lr", "1e30", "--epochs", "3", "--out", str(tmp_path)]) == 1
    assert "the loss became" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_the_formula_is_among_the_functions_of_the_net():
    """The net is given the parameters that make it Σ mᵢ (|xᵢ|² 1 − xᵢ xᵢᵀ)."""
    data = inertia(2, 30)
    model = cl.forget(data.dom >> cl.equivariant.vector_network(2, width=5, depth=0))
    params = [np.zeros(s.shape, s.dtype) for s in model.param.structs]
    names = list(cl.names(model))
    kernels = [i for i, name in enumerate(names) if name.endswith("gate.kernel") or "dense.kernel" in name]
    params[kernels[-1]][:] = np.eye(5)
    for side in ("left", "right"):
        params[next(i for i, name in enumerate(names) if f"{side}.weight" in name)][:] = np.eye(5)
    maps = [d.matrix(3) for d in cl.equivariant.basis(cl.equivariant.O(3), 2, 2)]
    trace = next(i for i, m in enumerate(maps) if np.linalg.matrix_rank(m) == 1)
    itself = next(i for i, m in enumerate(maps) if np.array_equal(m, np.eye(9)))
    weight = params[next(i for i, name in enumerate(names) if name.endswith("weight1"))]
    weight[trace], weight[itself] = np.linalg.norm(maps[trace]) / 3, -np.linalg.norm(maps[itself]) / 3
    (masses, positions), targets = data.test
    for m, x, y in zip(masses, positions, targets, strict=True):
        np.testing.assert_allclose(data.scale.undo(y), model(tuple(params), m, x), rtol=1e-3, atol=1e-3)
