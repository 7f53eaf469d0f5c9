# What a newcomer needs: `make demo` to see steek work, `make test` to change it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: demo test bench docs clean help

help:
	@echo "make demo    build the example store from real data, replay its nights, open http://127.0.0.1:8321"
	@echo "make test    lint, types, layers, tests, docs; says what was skipped"
	@echo "make bench   figures, ours and the peer's, from the same run"
	@echo "make docs    write the generated pages anew"
	@echo "make clean   remove the environment and what the demo wrote"

$(VENV)/demo.stamp: pyproject.toml requirements/demo.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing pinned dependencies"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/demo.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml requirements/dev.txt $(VENV)/demo.stamp
	@echo "installing what contributors need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/dev.txt
	@touch $@

demo: $(VENV)/demo.stamp
	@cd examples/grocer && ../../$(BIN)/python -m replay $(ARGS)

test: $(VENV)/dev.stamp
	@$(BIN)/python scripts/check.py $(ARGS)

bench: $(VENV)/dev.stamp
	@$(BIN)/python benchmarks/run.py $(ARGS)

docs: $(VENV)/dev.stamp
	@$(BIN)/python scripts/generate_docs.py

clean:
	rm -rf $(VENV) examples/grocer/.steek
