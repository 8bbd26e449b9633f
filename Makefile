# make help lists the targets. On Debian and Ubuntu, `make setup` installs what is missing.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup system test lint format bench golden lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: system $(VENV)/installed ## install what is missing: compilers and QEMU, Python packages in .venv

system: ## install missing compilers and QEMU with apt
	@sh tools/setup/system.sh

$(VENV)/installed: requirements.lock pyproject.toml | system
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v < (3, 13) else \
	    f"tinykws needs Python 3.11 or 3.12, this is {v.major}.{v.minor}; run: make PYTHON=python3.12 ...")'
	@echo "Python packages: installing into $(VENV)"
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

test: setup ## every test, on this computer and on the emulated boards
	$(RUN) -m pytest

lint: setup ## style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

format: setup ## put the code into the house's form
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

bench: setup ## measure the front end and write docs/results.md (DATA=folder with manifest.csv)
	$(RUN) -m tools.bench frontend --write $(if $(DATA),--data $(DATA))

golden: setup ## make tests/golden again, after a deliberate change of the arithmetic
	$(RUN) -m tests.golden.make

lock: setup ## pin every dependency again
	$(RUN) -m pip install --quiet uv
	$(VENV)/bin/uv pip compile pyproject.toml --quiet --all-extras --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements.lock

clean: ## remove what was installed and built here
	rm -rf $(VENV) build
