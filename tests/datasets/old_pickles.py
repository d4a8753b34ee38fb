"""Pickles as Python 2 wrote them, byte for byte, to read again. In them a string is what bytes are here."""

import numpy as np
from scipy.sparse import csr_matrix


def old_array(array):
    """The program that makes an array, without `.`: so that it can stand inside others."""
    kind, raw = array.dtype.str[1:].encode(), array.tobytes()
    shape = b"(" + b"".join(map(number, array.shape)) + b"t"
    dtype = b"cnumpy\ndtype\n" + text(kind) + b"K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    return empty + b"(K\x01" + shape + dtype + b"\x89" + text(raw) + b"tb"


def old_sparse(matrix):
    matrix = csr_matrix(matrix)
    parts = {b"data": matrix.data, b"indices": matrix.indices, b"indptr": matrix.indptr}
    state = b"".join(text(name) + old_array(array) for name, array in parts.items())
    shape = text(b"_shape") + b"(" + b"".join(map(number, matrix.shape)) + b"t"
    return b"cscipy.sparse.csr\ncsr_matrix\n)\x81}(" + state + shape + b"ub"


def old_graph(neighbours):
    lists = b"".join(number(i) + b"](" + b"".join(map(number, others)) + b"e" for i, others in neighbours.items())
    return b"ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R(" + lists + b"u"


def old_pickle(program):
    return b"\x80\x02" + program + b"."


def number(value):
    return b"J" + int(value).to_bytes(4, "little", signed=True)


def text(raw):
    return b"T" + len(raw).to_bytes(4, "little") + raw


def write_planetoid(folder, name="cora", papers=700, test=30, words=6, seed=0):
    """Files of a small made-up network: `papers` nodes of 2 classes, the last `test` of them held out, in another order.
    Gives the words `(papers, words)`, the labels `(papers,)` and the pairs of papers that they were made from."""
    rng = np.random.default_rng(seed)
    x = (rng.random((papers, words)) < 0.4).astype(np.float32)
    labels = rng.integers(0, 2, papers)
    onehot, first = np.eye(2, dtype=np.int32)[labels], papers - test
    index = rng.permutation(np.arange(first, papers))
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, papers, (2 * papers, 2)) if a != b]
    neighbours = {i: [] for i in range(papers)}
    for a, b in pairs:
        neighbours[a].append(b)
        neighbours[b].append(a)
    programs = {
        "x": old_sparse(x[:40]), "y": old_array(onehot[:40]), "allx": old_sparse(x[:first]), "ally": old_array(onehot[:first]),
        "tx": old_sparse(x[index]), "ty": old_array(onehot[index]), "graph": old_graph(neighbours),
    }  # fmt: skip
    for part, program in programs.items():
        (folder / f"ind.{name}.{part}").write_bytes(old_pickle(program))
    (folder / f"ind.{name}.test.index").write_text("".join(f"{i}\n" for i in index))
    return x, labels, pairs
