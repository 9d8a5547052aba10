# Two commands do everything, set-up included: `make book` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: book test lint lock bench clean
.DELETE_ON_ERROR:

book: $(VENV)/.book
	$(BIN)/claimbook build

test: $(VENV)/.test
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.book
	$(BIN)/python benchmarks/runs.py
	$(BIN)/python benchmarks/readings.py

# The stamps depend on the locks: a changed pin reinstalls. Byte code is compiled on
# installing, because the stack's imports cost three times as much without it.
$(VENV)/.book: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else f"Python {v[0]}.{v[1]} is not supported: set PYTHON to a Python 3.11, 3.12 or 3.13")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --compile --progress-bar off -q -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --no-index -q -e .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.book
	$(PIP) install --require-hashes --compile --progress-bar off -q -r requirements-test.lock
	@touch $@

# Writing the locks needs uv (https://docs.astral.sh/uv/); nothing else here does.
UV_COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet
lock:
	$(UV_COMPILE) --extra install -o requirements.lock
	$(UV_COMPILE) --extra test --extra class -c requirements.lock -o requirements-test.lock

clean:
	rm -rf _build book/chapters book/generated
