# The README's two commands are `make demo` and `make test`; everything they need is set up on the way.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
READY_DEV := .venv/.ready-dev
# Two files of tests at a time: each process brings up a database and a browser of its own. In their order, so that a process
# keeps its browser and team from one journey to the next, and the short files come last.
AT_ONCE := -n 2 --dist loadfile --no-loadscope-reorder
PROJECT := setup.cfg pyproject.toml constraints.txt

.PHONY: demo setup test test-long check format clean

demo: $(READY)  ## a fresh workspace with customers and segments, served; DATA=file takes a customer file
	@exec $(BIN)/smartcart demo $(if $(DATA),--data "$(DATA)") $(if $(PORT),--port $(PORT))

setup: $(READY)  ## everything the product needs, into .venv

test: $(READY_DEV)  ## every test, Chromium included
	@sh tools/ensure_chromium.sh
	$(BIN)/pytest $(AT_ONCE) $(ARGS)

test-long: $(READY_DEV)  ## the same tests with full counts
	@sh tools/ensure_chromium.sh
	SMARTCART_TEST_LONG=1 $(BIN)/pytest $(AT_ONCE) $(ARGS)

check: $(READY_DEV)  ## format, lint, types, import contracts, migration drift
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m webapp.migrate

format: $(READY_DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv webapp/assets/vendor *.egg-info

.venv/bin/uv:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip uv

$(READY): .venv/bin/uv $(PROJECT) webapp/vendor.py
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable .
	$(BIN)/python -m webapp.vendor
	$(BIN)/smartcart config --write-secret
	@touch $@

$(READY_DEV): $(READY)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'
	@touch $@
