from catlearn import History


def test_a_history_is_rows_and_columns():
    h = History().with_row({"epoch": 1, "loss": 2.0, "seconds": 0.1}).with_row({"epoch": 2, "loss": 1.0, "seconds": 0.1})
    assert h["loss"] == [2.0, 1.0] and h.columns == ("epoch", "loss", "seconds")
    assert [row["epoch"] for row in h] == [1, 2]
    assert repr(h) == "History(2 epochs by scan: loss 1)" and repr(History()) == "History(0 epochs by scan)"
