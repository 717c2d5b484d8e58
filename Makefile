# For contributors. Users need only ./paige demo and ./paige test.
.PHONY: help check setup lint types contract test explore test-wheel demo bench format model denoiser vosk clean-root deb deb-proof image board boot wheels clean

BIN := $(or $(PAIGE_VENV),.venv)/bin

help:            ## what there is
	@grep -hE '^[a-z-]+: .*##|^[a-z-]+:  +##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

check: lint types contract test-wheel  ## all that a commit must pass

setup:
	@./paige setup dev

lint: setup      ## ruff, formatting, shell scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@if command -v shellcheck >/dev/null; then shellcheck paige .ci/run tools/*.sh tools/*/*.sh; else echo 'left out: shellcheck is not installed'; fi

types: setup     ## mypy --strict over everything
	$(BIN)/mypy

contract: setup  ## imports point left: audio < models < iot < device < tools
	PYTHONPATH=.src $(BIN)/lint-imports

test:            ## the tests on the tree
	./paige test

explore: setup   ## property tests with examples that no run has drawn before, five times over
	for i in 1 2 3 4 5; do $(BIN)/python -m pytest -q --hypothesis-profile=default $$(grep -rl '^from hypothesis' tests) || exit; done

test-wheel: setup  ## the tests on the built wheel, as a user gets it
	PATH="$$PATH:$(abspath $(BIN))" tools/test_wheel.sh

demo:            ## the demo
	./paige demo

bench: setup     ## every measurement that the README shows
	$(BIN)/paige bench

format: setup    ## put everything into the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

model:           ## the intent parser's model from open data: the mean of two trainings (DATA=FOLDER, OUT=FOLDER, OWN=your own sentences)
	@./paige setup train
	$(BIN)/python -m paige.tools.training.model --data $(DATA) --out $(OUT)/one $(if $(OWN),--own $(OWN))
	$(BIN)/python -m paige.tools.training.model --data $(DATA) --out $(OUT)/other --like $(OUT)/one --seed 2 $(if $(OWN),--own $(OWN))
	$(BIN)/python -m paige.tools.training.average --data $(DATA) --models $(OUT)/one $(OUT)/other --out $(OUT)

denoiser:        ## what takes noise out of an utterance, from synthesized speech (OUT=FOLDER; what is done is kept in OUT.work)
	@./paige setup train
	$(BIN)/python -m paige.tools.training.denoiser --out $(OUT)

vosk:            ## the small Vosk model of the tests, from synthesized speech (OUT=FOLDER; what is done is kept in OUT.work)
	@./paige setup train
	$(BIN)/python -m paige.tools.vosk --out $(OUT)

deb: setup       ## the Debian package, in dist/ (SUITE=trixie, ARCH=amd64)
	$(BIN)/python -m paige.tools.deb --suite $(or $(SUITE),bookworm) --arch $(or $(ARCH),arm64)

deb-proof:       ## the package installed, upgraded, removed and purged in a bare Debian (root; SUITE=trixie, ARCH=arm64)
	tools/deb/prove.sh $(or $(SUITE),bookworm) $(ARCH)

image:           ## an arm64 system of the image layer, built and looked at (root; HAT=respeaker-2mic-v1)
	tools/emulated/image.sh $(or $(HAT),respeaker-2mic-v2)

clean-root:      ## both commands in a fresh Debian (root; SUITE=trixie, ARCH=arm64)
	tools/clean_root.sh $(or $(SUITE),bookworm) $(ARCH)

board:           ## tests on the emulated processor of a board (root; BOARD=zero2|pi4|pi5|orin)
	tools/emulated/board.sh $(or $(BOARD),pi5)

boot:            ## an emulated board of 512 MB boots, listens, and is let down in every way (root; MINUTES=30)
	tools/emulated/boot.sh --minutes $(or $(MINUTES),30)

wheels: setup    ## which library has a wheel for which Python and processor
	$(BIN)/python tools/check_wheels.py convert demo test

clean:           ## remove what was built
	rm -rf .venv .venv-wheel .venv.log .cache dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
