# make demo  - set up and run the main job on the embedded default
# make test  - set up and run the tests
# make bars  - run every bar whole (hours); make bar-A3 for one
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OUT ?= demo-out
WORKERS ?= 3
BARS := A1 A2 A3 A4 A5 A6 A7 A8 A9 B1 B2 B3 B4 B5 B6 B7 B8 C1 C2 C3 C4 C5 C6 C7

.PHONY: bench setup demo test lint types docs bars tiny clean $(BARS:%=bar-%)

setup: $(STAMP)

$(STAMP): pyproject.toml federated/pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))" || \
	  { echo "Python 3.11 or 3.12 is needed: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -c constraints.txt "numpy<2" torch
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[segment,review,pacs,deid,notebooks,dev]' -e federated
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/medomni demo --out $(OUT)

test: $(STAMP)
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

docs: $(STAMP)
	$(BIN)/python -m medomni.errors > docs/errors.md
	$(BIN)/python -c "from pathlib import Path; from medomni.records import export_schemas; export_schemas(Path('docs/reference/schemas'))"

tiny: $(STAMP)
	$(BIN)/medomni pretrain configs/tiny.yaml --out out/tiny --install

bars: $(STAMP)
	@missed=; for bar in $(BARS); do echo "== $$bar"; $(MAKE) --no-print-directory bar-$$bar || missed="$$missed $$bar"; done; \
	  if [ -n "$$missed" ]; then echo "not met:$$missed"; exit 1; fi

$(BARS:%=bar-%): bar-%: $(STAMP)
	@$(BIN)/python -m benchmarks.bars $*

bar-B3: bench  # the peers that it compares with

bench: $(STAMP)
	$(BIN)/pip install -q -c constraints.txt -e '.[bench]'

clean:
	rm -rf $(VENV) demo-out out build dist
