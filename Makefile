# Two commands do all: `make up` and `make test`. The rest is for those who work on it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

up: ## Install what is missing, start the system, apply examples/01-hello and print its URL
	@dev/prerequisites.sh run
	@node dev/up.ts

down: ## Stop it; leaves nothing running (data stays in ./.miren)
	@dev/prerequisites.sh packages
	@node dev/down.ts

dev: ## A shell with mctl and KUBECONFIG set; the server restarts on edits
	@dev/prerequisites.sh run
	@node dev/shell.ts

test: ## Install what is missing and run every check and test
	@dev/prerequisites.sh test
	@dev/test.sh

check: ## Types, lint, import rules, stale generated files, unused code
	@dev/prerequisites.sh packages
	@npm run -s check

bench: ## The budgets of docs/budgets.md, each as a ratio to a yardstick in the same run
	@dev/prerequisites.sh run
	@node bench/main.ts $(ROWS)

release: ## A package that installs with npm, in dist/
	@dev/prerequisites.sh packages
	@node dev/release.ts

clean: down ## Stop it and delete its data, caches and packages
	@rm -rf "$${MIREN_DATA:-.miren}" .cache dist node_modules

.PHONY: help up down dev test check bench release clean
