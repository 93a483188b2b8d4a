# make demo         the whole chain on small data: tables, figures and report in minutes
# make paper-small  every table and figure of the paper, at reduced size, on generated cells
# make test         every check of the repository
# Each creates .venv by itself where it is missing or older than pyproject.toml.

PYTHON ?= $(firstword $(shell command -v python3.11) python3)
VENV ?= .venv
CORES ?= 2
CONFIG ?= config/demo.yaml

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES) --configfile $(CONFIG)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo paper-small run test test-cluster docs format

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: $(STAMP) ## Create .venv with everything

# The stamp is the last thing written: an install that was interrupted starts from nothing.
$(STAMP): pyproject.toml envs/constraints.txt
	@test -d $(VENV) && test ! -e $(VENV)/.begun || \
		{ rm -rf $(VENV) && mkdir $(VENV) && touch $(VENV)/.begun && $(PYTHON) -m venv $(VENV); }
	@rm -f $@
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint envs/constraints.txt --editable '.[baselines,workflow,cluster,docs,dev]'
	@rm -f $(VENV)/.begun && touch $@

demo: run ## Run config/demo.yaml, and say which picture and page to open

paper-small: $(STAMP) ## Every table and figure of the paper, reduced, without a download
	$(BIN)/snakemake --cores $(CORES) --configfile config/config.yaml config/paper_small.yaml
	@$(BIN)/sccbgm where config/config.yaml config/paper_small.yaml

run: $(STAMP) ## Run the workflow of CONFIG on CORES
	$(SNAKEMAKE)

test: $(STAMP) ## Lint, types, fast tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/mypy
	$(BIN)/snakemake --lint --configfile config/demo.yaml
	$(BIN)/mkdocs build --quiet --strict
	OMP_NUM_THREADS=1 $(BIN)/pytest -m "not slow and not browser and not cluster" -n $(CORES)

test-cluster: $(STAMP) ## Runs on a Slurm of this machine's own (Debian, as root), disturbed and not
	sh tests/cluster/install.sh
	OMP_NUM_THREADS=1 $(BIN)/pytest -m cluster --timeout 1800 tests/cluster

docs: $(STAMP) ## Build the documentation site, where a broken link is an error
	$(BIN)/mkdocs build --quiet --strict
	@echo "Open site/index.html"

format: $(STAMP) ## Rewrite the sources in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules
