# One short command per task, the same at the desk and in CI. `make help` lists them.

VENV := .venv
BIN := $(VENV)/bin
ASSIGNMENTS := $(notdir $(wildcard source/*))
# A file's tests stay together, so that what they share (a whole term, a kernel) is made once; the
# files come in the order of tests/conftest.py, the longest first.
# One more of them than there are cores: a test that waits for a limit, a server or a page leaves one idle.
WORKERS := -n $(shell expr $$(nproc) + 1) --dist loadfile --no-loadscope-reorder

# Where it is set, as in many containers, each process would compile anew all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup try demo test shuffled servers newer lowest thorough lint format release rendered dist lock screenshots clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 13

# The lock names every package; pyproject.toml adds the entry points and the package's own metadata.
setup: ## make .venv and install everything into it
	@scripts/setup.sh "$(VENV)"

try: setup ## open the first notebook in JupyterLab, in a copy that is yours (OPTIONS=--no-browser)
	@scripts/try.sh "$(VENV)" $(OPTIONS)

demo: setup ## mark the sample class in demo/ and show its marks (OPTIONS=--unsandboxed)
	@$(BIN)/autograder demo $(OPTIONS)

# mypy takes a minute of one core; what servers need is meanwhile loaded.
test: setup ## lint, then run all tests; FILE=tests/... runs that alone
ifdef FILE
	@$(BIN)/python -m pytest $(FILE)
else
	@$(MAKE) --no-print-directory lint & linted=$$!; \
		$(MAKE) --no-print-directory servers && wait $$linted
	@$(BIN)/python -m pytest $(WORKERS)
endif

shuffled: setup servers ## all tests in random order; the first lines say how to have that order again
	@$(BIN)/python -m pytest $(WORKERS) -p randomly

# What tests start, where it can be installed: a browser, PostgreSQL, a hub's proxy, a Debian.
servers: setup
	@scripts/browser.sh
	@scripts/containers.sh
	@scripts/postgresql.sh
	@scripts/hub.sh "$(VENV)"

# 77: the script has said that there is no such Python here.
newer: setup ## of the tests, what depends on versions, on the newest Python found here
	@scripts/versions.sh newer || [ $$? -eq 77 ]

lowest: setup ## the same with the lowest versions that pyproject.toml allows
	@scripts/versions.sh lowest || [ $$? -eq 77 ]

thorough: setup ## all attacks in every way, and all cases of the corpus in practice and marking
	@AUTOGRADER_THOROUGH=1 $(BIN)/python -m pytest tests/attacks \
		tests/marking/test_practice_and_marking_agree.py

lint: setup ## ruff, mypy, and which room imports which
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: setup ## put the code into its standard form
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

# --no-db: the committed release is a product of source/ alone; an instructor's gradebook is not touched.
release: setup ## generate release/ from source/ through nbgrader
	@for assignment in $(ASSIGNMENTS); do \
		$(BIN)/nbgrader generate_assignment $$assignment --force --no-db || exit; done

rendered: setup ## run the released notebooks, and make docs/notebooks/ of them: pages to look at
	@PYTHONPATH=. $(BIN)/python scripts/rendered.py

dist: setup ## build what students and what instructors install, into dist/
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist .
	@$(BIN)/python -m build --no-isolation --outdir dist course

# The extras are kept: pip asks for the newest version of a package that has one where the lock does not.
lock: setup ## resolve requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --constraint constraints.txt --extra dev --universal \
		--python-version 3.11 --no-strip-extras --generate-hashes --no-emit-index-url --no-annotate \
		--upgrade --quiet \
		--custom-compile-command "make lock" --output-file requirements.lock

screenshots: setup ## take the pictures in docs/pictures/ anew
	@scripts/browser.sh
	@$(BIN)/python -m pytest -p tests.browser.conftest -o python_functions='picture_of_*' \
		scripts/screenshots.py

clean: ## remove all that these commands made
	@rm -rf $(VENV) .venvs .pythons demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
