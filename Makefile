# make help lists the targets. On Debian and Ubuntu, `make setup` installs what is missing.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
BEGAN := $(shell date +%s)

.DEFAULT_GOAL := help
.PHONY: help demo setup system test test-all doctor lint format bench golden lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: setup ## from nothing to an emulated board that recognizes ten digits; run it again to resume
	@$(RUN) -m tools.demo --began $(BEGAN)

setup: system $(VENV)/installed ## install what is missing: compilers and QEMU, Python packages in .venv

system: ## install missing compilers and QEMU with apt
	@sh tools/setup/system.sh $(PYTHON)

$(VENV)/installed: requirements.lock pyproject.toml | system
	@echo "Python packages: installing into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore \
	    $(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

TESTS = $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: setup ## all tests but long sweeps, on this computer and on the emulated boards
	$(TESTS)

test-all: setup ## every test, with the sweeps that `make test` takes a sample of
	$(TESTS) -m ""

doctor: ## check what this computer has, what is missing, and how to fix it
	@$(or $(wildcard $(RUN)),$(PYTHON)) -m tools.doctor

lint: setup ## style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

format: setup ## format the code and fix style
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

bench: setup ## measure front end and engine, write docs/results.md (DATA=folder with manifest.csv)
	$(RUN) -m tools.bench frontend --write $(if $(DATA),--data $(DATA))
	$(RUN) -m tools.bench engine --write

golden: setup ## make tests/golden again, after a deliberate change of the arithmetic
	$(RUN) -m tests.golden.make

# all but rivals, which only a comparison with them needs
EXTRAS = bench board cluster convert dev emulate page search track train voices

lock: ## pin every dependency again
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet uv
	build/lock/bin/uv pip compile pyproject.toml --quiet $(EXTRAS:%=--extra %) --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements.lock

clean: ## remove what was installed and built here
	rm -rf $(VENV) build
