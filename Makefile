# Each target does everything, set-up included: `make book`, `make check`, `make test`,
# `make class-bundle`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: book check test lint lock wheels bench class class-bundle clean
.DELETE_ON_ERROR:

# One worker a core, a file at a time, because its tests share what they build.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# The book, in _build/html.
book: $(VENV)/.book
	$(BIN)/claimbook build

# Before every commit, in a minute: all that needs no book, browser, kernel or simulation.
check: lint
	$(PYTEST) -q -m "not slow and not book and not browser and not classroom"

# Everything, in a quarter of an hour; gets a browser where none is.
test: lint
	@$(BIN)/python -m tests.browser
	$(PYTEST)

# Style, types, and which room may use which.
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

# uv takes less than half of pip's time; pip does the same where uv cannot be had or gets nothing.
# Byte code is compiled on installing, because the stack's imports cost three times as much without.
define install
	@echo "installing the packages of $(1)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode \
		$${PIP_INDEX_URL:+--default-index "$$PIP_INDEX_URL"} -r $(1) 2>$(VENV)/uv.log || \
	$(PIP) install --require-hashes --compile --progress-bar off -qq -r $(1) || \
	{ echo "error: the packages of $(1) were not installed: they come over the network, from" \
		"PyPI or the index that PIP_INDEX_URL names" >&2; exit 1; }
endef

# The stamps depend on the locks: a changed pin reinstalls.
$(VENV)/.book: requirements.lock requirements-uv.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "error: there is no $(PYTHON) here: set PYTHON to a Python 3.11, 3.12 or 3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else f"error: Python {v[0]}.{v[1]} is not supported: set PYTHON to a Python 3.11, 3.12 or 3.13")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "error: $(PYTHON) has no venv: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --retries 1 --progress-bar off -qq -r requirements-uv.lock 2>$(VENV)/uv.log || true
	$(call install,requirements.lock)
	@$(PIP) install --no-deps --no-build-isolation --no-index -q -e .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.book
	$(call install,requirements-test.lock)
	@touch $@

$(VENV)/.class: requirements-class.lock $(VENV)/.book
	$(call install,requirements-class.lock)
	@touch $@

UV_COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet
lock: $(VENV)/.book
	echo uv | $(UV_COMPILE) - -o requirements-uv.lock
	$(UV_COMPILE) pyproject.toml --extra install -o requirements.lock
	$(UV_COMPILE) pyproject.toml --extra class -c requirements.lock -o requirements-class.lock
	$(UV_COMPILE) pyproject.toml --extra test --extra class -c requirements-class.lock -o requirements-test.lock
	$(MAKE) --no-print-directory wheels

# Each package has a wheel for every system and Python that a class may have.
PLATFORMS = x86_64-pc-windows-msvc aarch64-apple-darwin x86_64-apple-darwin \
	x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu
wheels:
	@for platform in $(PLATFORMS); do for version in 3.11 3.12 3.13; do \
		echo "$$platform $$version"; \
		$(BIN)/uv pip install --no-config --dry-run --quiet --only-binary :all: --require-hashes \
			--python-platform $$platform --python-version $$version --target $(VENV)/.nothing \
			-r requirements-class.lock || exit; \
	done; done

clean:
	rm -rf _build book/chapters book/generated
