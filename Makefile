# Stagedoor.  `make help` lists what there is; `make test` is all that a change must pass.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
KERNELS := src/stagedoor/worker/double/__pycache__

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench docs clean

help:  ## this list
	@awk -F ':.*  ## ' '/^[a-z]+:.*  ## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile
	@echo "  VENV=$(VENV) PYTHON=$(PYTHON); ARGS='...' is handed on to demo, test (pytest) and bench"

setup: $(INSTALLED)  ## a virtual environment with everything, and the compiled kernels
	@tag=$$($(BIN)/python -c 'import sys; print("py%d%d" % sys.version_info[:2])'); \
	if ! ls $(KERNELS)/*.$$tag.nbi >/dev/null 2>&1; then \
	  echo "setup: compiling the kernels of the double (once, about half a minute)"; \
	  $(BIN)/python -m stagedoor.worker.double.warm && $(BIN)/python -m stagedoor.worker.mesh.warm && \
	  $(BIN)/python -m stagedoor.worker.field.warm; \
	fi

$(INSTALLED): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "setup: there is no '$(PYTHON)'. Install Python 3.11 or newer, or name yours: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "setup: '$(PYTHON)' is $$($(PYTHON) -V 2>&1), 3.11 or newer is needed. Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "setup: '$(PYTHON)' comes without venv and ensurepip. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "setup: making $(VENV)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "setup: installing stagedoor and its tools into $(VENV) (a minute or two)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input -e '.[test]'
	@touch $@

demo: setup  ## the whole story on real parts, from enrolment to evidence
	@$(BIN)/stagedoor demo $(ARGS)

# Every step runs even if one before it failed, so that one run tells everything; any failure fails the whole.
test: setup  ## lint, format, types, walls and every test
	@failed=; \
	step() { \
	  printf '\n== %s\n' "$$*"; began=$$(date +%s); \
	  "$(BIN)/$$@" || failed="$$failed '$$*'"; \
	  printf '== %s: %s s\n' "$$*" "$$(( $$(date +%s) - began ))"; \
	}; \
	step ruff check .; \
	step ruff format --check .; \
	step mypy; \
	step lint-imports --no-logo; \
	step pytest $(ARGS); \
	[ -z "$$failed" ] || { printf '\nmake test: these failed:%s\n' "$$failed"; exit 1; }

docs: setup  ## pages that are written from the program and the rulebooks
	@$(BIN)/python docs/make_cli_md.py && $(BIN)/python docs/make_refusals.py && $(BIN)/python docs/make_rulebooks.py

bench: setup  ## what the parts cost here, each beside a peer or a limit
	@$(BIN)/python bench/all.py $(ARGS)

clean:  ## remove what was made here: caches, builds, the virtual environment
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache stagedoor-demo*
	@find src tests bench spec docs examples -name __pycache__ -type d -prune -exec rm -rf {} +
	@if [ -f $(VENV)/pyvenv.cfg ]; then rm -rf $(VENV); fi
