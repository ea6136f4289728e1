# Every target works on a fresh Debian 12 that has Swift, git, make and root.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

DEBUG := .build
RELEASE := .build-release
VENV := $(DEBUG)/interop-venv
PREFIX ?= /usr/local

# A trap must end the process at once: the backtracer would print memory and hold the output pipe open.
export SWIFT_BACKTRACE := enable=no

.PHONY: help setup demo build release install test unit interop conformance fuzz sanitize bench lint clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/\1|\2/' | while IFS='|' read -r name text; do
		printf '  make %-12s %s\n' "$$name" "$$text"
	done

setup: ## Install the system packages that are missing (needs root only then)
	@.ci/setup

demo: setup release ## Build, then obtain and verify a first certificate
	@$(RELEASE)/release/mintmark demo

build: setup ## Build for development
	@swift build --scratch-path $(DEBUG)

release: setup ## Build for use
	@echo "building for release: minutes the first time, seconds after that"
	swift build -c release --product mintmark --scratch-path $(RELEASE)

install: release ## Put the program into PREFIX/bin, /usr/local unless told otherwise
	@install -D -m 0755 $(RELEASE)/release/mintmark "$(DESTDIR)$(PREFIX)/bin/mintmark"
	@echo "installed $(DESTDIR)$(PREFIX)/bin/mintmark"

test: unit interop conformance ## Run every test

unit: setup ## Run the tests written in Swift
	@echo "building the tests"
	swift build --build-tests --scratch-path $(DEBUG)
	echo "running the unit tests"
	swift test --skip-build --scratch-path $(DEBUG)

interop: unit ## Drive the built program with software from elsewhere
	@.ci/interop-venv $(VENV)
	echo "running the interop tests"
	MINTMARK=$(CURDIR)/$(DEBUG)/debug/mintmark $(VENV)/bin/python -m pytest -q Tests/InteropTests

conformance: ## Check docs/conformance.md against the tests
	@python3 .ci/conformance.py

fuzz: setup ## Feed every parser what a fuzzer makes of its seeds, TIME seconds each
	@.ci/fuzz $(or $(TIME),10)

sanitize: setup ## Run the unit tests under the thread and the address sanitizer
	@.ci/sanitize $(ONLY)

bench: release ## Measure this machine, for eight minutes, and write the table of docs/performance.md
	@.ci/bench $(RELEASE)/release/mintmark

lint: ## Check formatting and the source rules
	@.ci/lint

clean: ## Remove everything that was built
	@rm -rf $(DEBUG) $(RELEASE) .build-fuzz .build-tsan .build-asan
