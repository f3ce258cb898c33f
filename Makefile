# `make` alone lists what there is. Nothing is needed beside make, Python 3.11+ and python3-venv.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) config/launch/bootstrap.py
TESTS ?= tests
WORKERS ?= 2
PYTEST ?=
.DEFAULT_GOAL := help
.PHONY: help run test lint format bench requirements python-is-there
MAKEFLAGS += --no-print-directory

help:
	@echo "make run                 the whole console on this machine: http://localhost:8000/admin/ (PORT=8001 make run)"
	@echo "make test                every test on throw-away servers (TESTS=tests/sync for a part)"
	@echo "make lint                ruff, mypy and the import directions"
	@echo "make format              let ruff rewrite the files"
	@echo "make bench [ONLY=A.door] measurements as JSON on stdout, a table on stderr"
	@echo "make requirements        compile requirements*.in into pinned requirements*.txt"

python-is-there:
	@command -v $(PYTHON) >/dev/null || { echo "console: $(PYTHON) is missing: apt-get install python3 python3-venv"; exit 1; }

run: python-is-there
	@$(BOOTSTRAP) run -m config.supervisor

test: python-is-there
	@$(BOOTSTRAP) dev -m pytest -q -n $(WORKERS) --dist loadfile $(PYTEST) $(TESTS)

lint: python-is-there
	@$(BOOTSTRAP) dev -m ruff check .
	@$(BOOTSTRAP) dev -m ruff format --check .
	@$(BOOTSTRAP) dev -m mypy
	@$(BOOTSTRAP) dev -c "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

format: python-is-there
	@$(BOOTSTRAP) dev -m ruff format .
	@$(BOOTSTRAP) dev -m ruff check --fix .

bench: python-is-there
	@$(BOOTSTRAP) dev -m tests.benchmarks $(ONLY)

requirements: python-is-there
	@$(BOOTSTRAP) dev -m uv pip compile -q --no-header --python-version 3.11 requirements.in -o requirements.txt
	@$(BOOTSTRAP) dev -m uv pip compile -q --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt
