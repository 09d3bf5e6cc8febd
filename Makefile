# SPDX-License-Identifier: Apache-2.0
# The front door. Each target installs what is missing (tools/deps), configures and builds by itself.

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
# What the demo and an installation need.
PRODUCT := countersign countersign-gateway countersign-agent countersign-enclave pq-attest countersign_lib
# One at a time: the targets share the build folder.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help configure build demo test check bench fuzz install clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# A no-op of a second where nothing has changed.
configure:
	@tools/deps build
	@cmake --preset dev --log-level=WARNING

build: configure ## build everything into build/, the programs into build/bin/
	@cmake --build --preset dev

demo: configure ## sign a real file, verify it offline, see four refusals (under a minute)
	@cmake --build --preset dev --target $(PRODUCT)
	@tools/demo build

test: build ## run every test; the last line counts them
	@tools/test build

check: ## what a change must pass: both compilers, format, tidy, rules, sanitizers, judges, demo
	@tools/check-all

bench: build ## one table of costs, throughput and memory; rows in build/bench.json
	@build/bin/countersign-bench

fuzz: ## each fuzz harness for FUZZ_SECONDS (60), growing build-fuzz/corpus/
	@tools/deps check
	@cmake --preset fuzz --log-level=WARNING
	@cmake --build --preset fuzz
	@tools/fuzz build-fuzz $(FUZZ_SECONDS)

install: ## an optimized build into $(DESTDIR)$(PREFIX), with completion scripts
	@tools/deps build
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release --target $(PRODUCT)
	@tools/install build-release "$(DESTDIR)$(PREFIX)"

clean: ## remove every build folder
	rm -rf build build-*
