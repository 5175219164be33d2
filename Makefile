# One word for each thing one does with Norn; Meson and Ninja do the work. `make help` lists the words.
# SPDX-License-Identifier: Apache-2.0
BUILD ?= build
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
SETUP = tools/setup_debian
WEB = tools/setup_web
CONFIGURE = BUILD=$(BUILD) tools/configure
NORN = $(BUILD)/norn

.PHONY: all demo python test test-full bench install clean asan tsan coverage fuzz soak oracles format tidy check help

all: ## build the command and the library (build/norn)
	@$(SETUP) build
	@$(WEB) build
	@$(CONFIGURE) release
	@ninja -C $(BUILD) --quiet
	@echo "built $(NORN)"

demo: all ## forecast the shipped series and show a part of the result
	@NORN=$(NORN) OUT=$(BUILD)/demo tools/demo

python: ## build the Python package and install it into .venv-test, with what its tests need
	@$(SETUP) python
	@tools/setup_python
	@echo "installed in .venv-test: .venv-test/bin/python -c 'import norn'"

test: ## every test, sanitizers and checks; ends with "N passed, N failed"
	@$(SETUP) test python
	@$(WEB) test
	@$(CONFIGURE) release tests
	@ninja -C $(BUILD) --quiet
	@tools/run_tests --build $(BUILD)

test-full: ## the same, with every suite under every sanitizer
	@$(SETUP) test python
	@$(WEB) test
	@$(CONFIGURE) release tests bench
	@ninja -C $(BUILD) --quiet
	@tools/run_tests --build $(BUILD) --full

bench: ## measure this machine: speed-up, equal digests, and the programs in bench/
	@$(SETUP) build bench
	@$(WEB) build
	@$(CONFIGURE) release bench
	@ninja -C $(BUILD) --quiet
	@NORN=$(NORN) BUILD=$(BUILD) tools/run_bench

install: all ## install below PREFIX (default /usr/local): command, library, headers, norn.pc, man page, completions
	@meson configure $(BUILD) -Dprefix=$(abspath $(PREFIX)) >/dev/null
	@ninja -C $(BUILD) >/dev/null
	@meson install -C $(BUILD) --no-rebuild --quiet
	@echo "installed below $(abspath $(PREFIX))"

clean: ## remove everything that was built
	rm -rf $(BUILD) build-asan build-tsan build-coverage build-fuzz build-tidy build-python

asan: ## all tests under the address and undefined-behaviour sanitizers
	@$(SETUP) test
	@$(WEB) test
	@tools/run_tests --only asan --full

tsan: ## all tests under the thread sanitizer
	@$(SETUP) test
	@$(WEB) test
	@tools/run_tests --only tsan --full

coverage: ## lines and branches that the tests reach
	@$(SETUP) coverage
	@$(WEB) build
	@BUILD=build-coverage tools/configure coverage tests
	@ninja -C build-coverage --quiet
	@status=0; meson test -C build-coverage --no-rebuild --quiet -t 5 || status=$$?; \
	  gcovr -r . --object-directory build-coverage -f src -f cli -f include --print-summary; exit $$status

fuzz: ## run every fuzz harness for FUZZ_SECONDS (60) each
	@$(SETUP) fuzz
	@$(WEB) build
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/run_fuzz

soak: all ## the server under mixed load for SOAK_SECONDS (1200) and SOAK_REQUESTS (1000000) tiny requests
	@tools/run_soak $(NORN)

oracles: ## make the oracles' fixtures again (R and the forecast package)
	@$(SETUP) oracles
	@tools/run_oracles

format: ## put every C file into the house's form
	@$(SETUP) format
	@find src cli server include tests bench \( -name '*.c' -o -name '*.h' \) -print0 | xargs -0 clang-format-14 -i

tidy: ## clang-tidy over src, cli and server
	@$(SETUP) tidy
	@$(WEB) build
	@BUILD=build-tidy tools/configure tidy
	@ninja -C build-tidy --quiet norn
	@find src cli server -name '*.c' -print0 | xargs -0 -n 4 -P 2 clang-tidy-14 -p build-tidy --quiet

check: ## the house's own checks alone: floors, style, exports
	@tools/check_layers
	@tools/check_style
	@tools/check_exports $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile
