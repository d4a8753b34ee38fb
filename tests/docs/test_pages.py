"""Every block of Python on every page runs, in the order of the page."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"
WRITTEN = [page for page in sorted(DOCS.rglob("*.md")) if page.name != "tour.md"]
PAGES = [page for page in WRITTEN if "```python" in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given: dict = {"__name__": page.stem}
    for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
        exec(code, given)
    assert len(given) > 2


def test_there_are_pages_with_code():
    assert {page.stem for page in PAGES} >= {"index", "category", "functor", "layer"}
