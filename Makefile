# make help lists the targets.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers

.DEFAULT_GOAL := help
.PHONY: help run demo test lint format extension lock bench bench-quick bench-extension bench-lists bench-consoles train clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

# Two stamps, so that `make run` installs only what serving takes.
$(VENV)/.serve: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.serve requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# What `panah_model` takes. The CPU build of torch is enough; where pip finds several, it takes that one.
$(VENV)/.train: $(VENV)/.serve
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable '.[train]'
	touch $@

# What the service is compared with, and what draws the plots. Without it the benchmark says so and goes on.
# --no-deps: the file names all that is needed but torch, which is there by then.
$(PEERS)/.done: benchmarks/requirements-peers.lock
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	if $(PEERS)/bin/python -m pip install --quiet torch==2.13.0 && $(PEERS)/bin/python -m pip install --quiet \
		--no-deps --require-hashes -r benchmarks/requirements-peers.lock; \
	then touch $@; else echo "The peers were not installed: the service is measured without them."; fi

extension/node_modules/.done: extension/package-lock.json
	cd extension && npm ci --no-audit --no-fund --loglevel=error
	touch $@

run: $(VENV)/.serve ## Set up and serve Panah on http://127.0.0.1:8000, with the extension where npm is
	@if ! command -v npm >/dev/null; then echo "npm is not here: Panah starts without the extension to download."; \
	else $(MAKE) --no-print-directory extension || echo "The extension was not built: Panah starts without it."; fi
	$(BIN)/panah serve --port $(PORT)

demo: $(VENV)/.serve ## Fill an empty instance with made-up members, lists, cases and feedback
	$(BIN)/panah demo

extension: extension/node_modules/.done ## Build extension/dist and a reproducible zip for each browser
	cd extension && npm run --silent build

# What takes longest begins first, so that neither process waits for the other at the end.
test: $(VENV)/.dev $(VENV)/.train extension ## Run all tests, real browsers and servers included
	cd extension && npm test --silent
	$(BIN)/python -m pytest tests/server/simulate tests/model tests/server tests/harness tests/benchmarks \
		--numprocesses 2 --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m pytest tests/journeys

lint: $(VENV)/.dev extension/node_modules/.done ## ruff, mypy, hadolint, biome, tsc, addons-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy server/panah model/panah_model tests benchmarks
	$(BIN)/hadolint Dockerfile
	cd extension && npm run --silent lint

format: $(VENV)/.dev extension/node_modules/.done ## Format everything
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd extension && npm run --silent format

lock: ## Pin the newest versions that pyproject.toml allows
	$(PYTHON) -m pip install --quiet uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra test --extra lint pyproject.toml -o requirements-dev.lock
	echo 'torch; python_version < "3"' | uv pip compile --quiet --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --override /dev/stdin \
		benchmarks/requirements-peers.in -o benchmarks/requirements-peers.lock

bench: $(VENV)/.dev $(PEERS)/.done ## The service beside its own model and other servers, in a quarter of an hour
	$(BIN)/python -m benchmarks.service
	if test -e $(PEERS)/.done; then $(PEERS)/bin/python -m benchmarks.plots; fi

bench-quick: $(VENV)/.dev $(PEERS)/.done ## The same in a minute, for requests of 20 replies only
	$(BIN)/python -m benchmarks.service --quick

bench-extension: $(VENV)/.dev extension ## The extension in Chromium, each figure beside its goal
	$(BIN)/python -m benchmarks.extension

bench-lists: $(VENV)/.dev extension ## Shared lists: sizes, publication, accepting a report, decoding in Chromium
	$(BIN)/python -m benchmarks.lists
	$(BIN)/python -m benchmarks.contributing
	$(BIN)/python -m benchmarks.extension_lists

bench-consoles: $(VENV)/.dev ## The consoles: a page of the queue at 10,000 looks, a preview of thresholds
	$(BIN)/python -m benchmarks.queue
	$(BIN)/python -m benchmarks.previews

train: $(VENV)/.train ## Train, quantise, publish and measure the model (needs ../shared/data and two hours)
	cd model && ../$(BIN)/python -m panah_model all

clean: ## Remove what was built here
	rm -rf $(VENV) $(PEERS) extension/node_modules extension/dist extension/*.zip .mypy_cache .ruff_cache .pytest_cache
