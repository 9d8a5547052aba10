# Each target does everything, set-up included: `make book`, `make test`, `make class-bundle`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: book test lint lock wheels bench class class-bundle clean
.DELETE_ON_ERROR:

book: $(VENV)/.book
	$(BIN)/claimbook build

test: $(VENV)/.test
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# What `claimbook class make`, `grade` and `bundle` need.
class: $(VENV)/.class

# Two zip files, for students and for their teacher; `make class-bundle WHEELS=--with-wheels`
# holds all packages too.
class-bundle: $(VENV)/.class
	$(BIN)/claimbook class bundle --student $(WHEELS)
	$(BIN)/claimbook class bundle --teacher $(WHEELS)

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

$(VENV)/.class: requirements-class.lock $(VENV)/.book
	$(PIP) install --require-hashes --compile --progress-bar off -q -r requirements-class.lock
	@touch $@

# Writing the locks needs uv (https://docs.astral.sh/uv/); nothing else here does.
UV_COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet
lock:
	$(UV_COMPILE) --extra install -o requirements.lock
	$(UV_COMPILE) --extra class -c requirements.lock -o requirements-class.lock
	$(UV_COMPILE) --extra test --extra class -c requirements-class.lock -o requirements-test.lock
	$(MAKE) --no-print-directory wheels

# Each package has a wheel for every system and Python that a class may have.
PLATFORMS = x86_64-pc-windows-msvc aarch64-apple-darwin x86_64-apple-darwin \
	x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu
wheels:
	@for platform in $(PLATFORMS); do for version in 3.11 3.12 3.13; do \
		echo "$$platform $$version"; \
		uv pip install --no-config --dry-run --quiet --only-binary :all: --require-hashes \
			--python-platform $$platform --python-version $$version --target $(VENV)/.nothing \
			-r requirements-class.lock || exit; \
	done; done

clean:
	rm -rf _build book/chapters book/generated
