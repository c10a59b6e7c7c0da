# make run    starts the product            make test   passes its tests
# make user   adds a first administrator    make lock   renews the lock files
# make format formats the code              make clean  removes .venv and var/
# make screenshots  renews the pictures in the README
# make sheet  pictures of every page and state, in var/sheet
# make audit  known vulnerabilities           make licences  renews docs/licences.md

unexport PYTHONDONTWRITEBYTECODE  # what was compiled once is kept: a third of the tests' start
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: run test user lock format clean browser screenshots sheet audit licences

run: .venv/.installed
	@exec $(BIN)/python manage.py run

user: .venv/.installed
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py createsuperuser

test: .venv/.installed-dev browser
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -W error manage.py check
	@$(BIN)/python -W error manage.py makemigrations --check --dry-run
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(TESTS)

screenshots: .venv/.installed-dev browser
	@mkdir -p docs/screenshots
	@$(BIN)/python -m pytest -q tests/browser/screenshots.py

sheet: .venv/.installed-dev browser
	@rm -rf var/sheet && mkdir -p var/sheet
	@SHEET=var/sheet $(BIN)/python -m pytest -q -n 2 --dist worksteal $$(grep -lE "look\(|sheet\." tests/browser/test_*.py)
	@$(BIN)/python -m tests.browser.sheet var/sheet

browser:
	@./.ci/browser

format: .venv/.installed-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: .venv/.installed-dev
	@$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

audit: .venv/.installed-dev
	@./.ci/audit

licences: .venv/.installed-dev
	@{ echo "# Licences"; echo; echo "Of what dubadmin needs to run, by \`make licences\`."; echo; \
	   $(BIN)/pip-licenses --from=mixed --format=markdown --packages $$(sed -n 's/^\([a-z0-9_.-]*\)==.*/\1/p' requirements.txt); } > docs/licences.md

clean:
	rm -rf .venv var

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "dubadmin needs Python 3.11 or newer: $(PYTHON) was not found. Choose another with PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "dubadmin needs Python 3.11 or newer; $(PYTHON) is older. Choose another with PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "dubadmin cannot make .venv here: is the folder writable, and is Python's venv module installed?" >&2; exit 1; }

.venv/.installed: requirements.txt | .venv/bin/python
	@echo "Installing dubadmin's packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@echo "Installing the packages for the tests …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
