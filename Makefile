# `make demo` and `make test` work from a bare checkout: Python 3.10 to 3.13, g++ and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SHIPPED := open_parts/decoder/decoder.npz
CXX_FILES := $(wildcard mesh_renderer/kernels/*.h mesh_renderer/kernels/*.cc \
  mesh_renderer/kernels/ops/*.h mesh_renderer/kernels/ops/*.cc \
  tests/mesh_renderer/*.cc benchmarks/*.cc)
# Two test files at a time, since most tests leave a core idle; tests/conftest.py orders them.
PARALLEL ?= -n 2 --dist loadfile --no-loadscope-reorder
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: setup kernels demo test bench fuzz check format clean

setup: $(VENV)/.installed kernels

$(VENV)/.installed: setup.py
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 13) \
	  else "Python 3.10 to 3.13 is needed, this is %d.%d; try make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[dev,onnx,web,export]'
	touch $@

kernels: $(VENV)/.installed
	$(BIN)/python -m mesh_renderer.build_kernels

# Photographs to faces with the shipped decoder; then both stages of training from nothing. It fails
# unless stage 2 beats stage 1, and the shipped decoder both, on photographs that none of them saw.
demo: setup
	$(BIN)/python reconstruct.py --output_dir=runs/demo/shipped open_parts/photos --limit=12
	$(BIN)/python train.py --flagfile=configs/demo.cfg --output_dir=runs/demo/training
	$(BIN)/python eval.py --benchmark=recognition --dataset=open_parts/photos --photo_split=test \
	  --checkpoint=runs/demo/training/decoder_stage1.npz,runs/demo/training,$(SHIPPED) \
	  --must_improve --output_dir=runs/demo/evaluation
	$(BIN)/python reconstruct.py --checkpoint=runs/demo/training --limit=12 \
	  --output_dir=runs/demo/trained open_parts/photos
	@echo "Faces by the shipped decoder:  runs/demo/shipped"
	@echo "Training from nothing:         runs/demo/training (tensorboard --logdir=...)"
	@echo "Its evaluation:                runs/demo/evaluation/report.html"
	@echo "Faces by what it trained:      runs/demo/trained"

test: setup
	$(BIN)/python -m pytest $(PARALLEL)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/clang-format --dry-run --Werror $(CXX_FILES)
	$(BIN)/python -m pytest $(PARALLEL)

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i $(CXX_FILES)

# The renderer against the original's algorithm, the recognition networks against a matrix product,
# faces from photographs, data and training: half an hour, on a quiet machine.
bench: setup
	$(BIN)/python -m benchmarks.renderer
	$(BIN)/python -m benchmarks.networks
	$(BIN)/python -m benchmarks.faces
	$(BIN)/python -m benchmarks.data_speed
	$(BIN)/python -m benchmarks.data_memory
	$(BIN)/python -m benchmarks.training_step
	$(BIN)/python -m benchmarks.paper_scale

# Under sanitizers, a million random calls of the renderer's core, and through TensorFlow a hundred
# thousand of each op: one to two hours.
fuzz: setup
	$(BIN)/python -m tests.mesh_renderer.fuzz 1000000
	$(BIN)/python -m tests.mesh_renderer.fuzz_ops 100000

clean:
	rm -rf $(VENV) build *.egg-info mesh_renderer/kernels/*.so
