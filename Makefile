# Everything that is done to Steward, by name. `make` alone prints the list.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
# Remade when the lock changes, and only then: a checkout that merely touches the lock is not a new lock.
INSTALLED := .venv/installed.lock

PORT ?= 8000
SANDBOX_PORT ?= 8801
PROVIDER_PORT ?= 8802
# Further options of a command, as in: make run ARGS="--logs terminal"
ARGS ?=

PYTEST := $(BIN)/python -m pytest --no-skips
FAST := -m "not chaos and not browser" -n 2

.PHONY: help
help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(INSTALLED) ## start everything: admin, webhooks, worker, sandboxes (PORT=8000 SANDBOX_PORT=8801 PROVIDER_PORT=8802)
	@exec $(BIN)/python manage.py run --port $(PORT) --sandbox-port $(SANDBOX_PORT) \
	    --provider-port $(PROVIDER_PORT) $(ARGS)

.PHONY: test
test: $(INSTALLED) ## the tests, on SQLite; nothing needs to be installed
	$(PYTEST) $(FAST) $(ARGS)

.PHONY: test-services
test-services: $(INSTALLED) ## the same tests on throwaway PostgreSQL and Redis
	$(BIN)/python -m tests.services -- $(PYTEST) $(FAST) $(ARGS)

.PHONY: test-chaos
test-chaos: $(INSTALLED) ## kill processes and servers while leads arrive (CHAOS_SEED=… runs one again)
	$(PYTEST) -m chaos -s $(ARGS)

.PHONY: test-browser
test-browser: $(INSTALLED) ## drive the admin in headless Chromium
	$(PYTEST) -m browser $(ARGS)

.PHONY: bench
bench: $(INSTALLED) ## speed, CPU per lead and cleaning against their floors, as JSON lines
	$(BIN)/python -m tests.bench $(ARGS)

.PHONY: check
check: $(INSTALLED) ## formatting, lint, types, architecture, migrations, deployment settings, lock
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@var=$$(mktemp -d); trap 'rm -rf "$$var"' EXIT; \
	    STEWARD_VAR=$$var $(BIN)/python manage.py makemigrations --check --dry-run
	DATABASE_URL=postgresql://steward@db.invalid/steward REDIS_URL=redis://redis.invalid/0 \
	SECRET_KEY=$$(head -c 48 /dev/urandom | base64 -w0) PUBLIC_URL=https://steward.invalid \
	ALLOWED_HOSTS=steward.invalid SECURE_SSL_REDIRECT=on SECURE_HSTS_SECONDS=31536000 \
	$(BIN)/python manage.py check --deploy --fail-level WARNING
	@if grep -n '://' requirements.lock; then echo "requirements.lock names a host: run make lock"; exit 1; fi

.PHONY: ci
ci: ## what the CI runs: check and every test, chaos in its short form
	$(MAKE) check
	$(MAKE) test
	$(MAKE) test-services
	$(MAKE) test-browser
	CHAOS=short $(MAKE) test-chaos

.PHONY: format
format: $(INSTALLED) ## put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: lock
lock: ## choose the versions anew and write requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q uv
	$(BIN)/python -m uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate --no-emit-index-url --upgrade -q -o requirements.lock

.PHONY: clean
clean: ## remove what was made here, except var/ (the data)
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .import_linter_cache .pytest_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

# uv installs twice as fast; pip does the same where uv cannot be had.
$(INSTALLED): requirements.lock
	@if cmp -s requirements.lock $@; then touch $@; else \
	    echo "Making the environment in .venv (once; about a minute)."; \
	    rm -f $@; \
	    $(PYTHON) -m venv .venv; \
	    if $(BIN)/python -m pip install -q --disable-pip-version-check uv; then \
	        $(BIN)/python -m uv pip sync -q --require-hashes --compile-bytecode --python $(BIN)/python requirements.lock; \
	    else \
	        $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements.lock; \
	    fi; \
	    cp requirements.lock $@; \
	fi
