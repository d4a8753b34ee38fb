from catlearn import History
from catlearn.draw.curves import curves, save_curves

METRICS = ("accuracy", "loss", "validation_accuracy", "validation_loss")
HISTORY = History(tuple({"epoch": i, **dict.fromkeys(METRICS, 0.5**i), "seconds": 0.1} for i in range(1, 8)))


def test_a_panel_for_each_metric_with_both_lines():
    panels = curves(HISTORY).axes
    assert [axes.get_ylabel() for axes in panels] == ["accuracy", "loss"]
    for axes in panels:
        training, held_out = axes.get_lines()
        assert list(training.get_xdata()) == list(range(1, 8))
        assert (training.get_linestyle(), held_out.get_linestyle()) == ("-", "--")
    assert list(panels[1].get_lines()[1].get_ydata()) == HISTORY["validation_loss"]


def test_a_png_is_written(tmp_path):
    save_curves(HISTORY, tmp_path / "c.png", "a title")
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_an_empty_history_still_draws(tmp_path):
    save_curves(History(), tmp_path / "c.png")
