# Everything a contributor does, from a bare clone. Each target sets up what it needs in .venv (python3 with venv, and make).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check
PYTEST ?= -n auto --maxprocesses=4

.DEFAULT_GOAL := help
.PHONY: help demo test check format generate bench clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed  ## Watch the real server complete held-out lines of this repository: no key, no network
	@$(BIN)/fim-language-server demo $(DEMO)

test: $(VENV)/.dev  ## Run the tests
	$(BIN)/python -m pytest $(PYTEST)

check: $(VENV)/.dev  ## All that CI asks: format, lint, types, layers, generated files, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python server/tools/generate.py --check
	$(BIN)/python -m pytest $(PYTEST)

format: $(VENV)/.dev  ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: $(VENV)/.dev  ## Write the files that are made from settings and registry
	$(BIN)/python server/tools/generate.py

bench: $(VENV)/.dev  ## Measure the keystroke path, as ratios in one run
	$(BIN)/python -m tests.benchmarks

clean:  ## Remove what the other targets made
	rm -rf $(VENV) .cache dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find server tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@
