# 二つの命令で始まる： make demo（架空の三か月を公開する）、make test（試験）
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
EXPORT := export --locked --all-groups --no-emit-project --no-hashes --no-header --no-annotate -q

.PHONY: demo test test-large test-long lint lock check-lock schemas errors screenshot

demo: $(UV)
	$(UV) run --locked --no-dev myna demo

test: $(UV)
	$(UV) run --locked pytest -n auto --dist worksteal -m "not large"

test-large: $(UV)
	$(UV) run --locked pytest -n auto --dist worksteal -m large

test-long: $(UV)
	MYNA_LONG=1 MYNA_RECORD=1 $(UV) run --locked pytest -n auto --dist loadfile -m long

lint: $(UV)
	$(UV) run --locked ruff check .
	$(UV) run --locked ruff format --check .

lock: $(UV)
	$(UV) lock
	$(UV) $(EXPORT) -o requirements.lock

check-lock: $(UV)
	$(UV) lock --check
	$(UV) $(EXPORT) | diff - requirements.lock

schemas: $(UV)
	$(UV) run --locked python tests/scripts/schemas.py

errors: $(UV)
	$(UV) run --locked python tests/scripts/error_pages.py

screenshot: $(UV)
	$(UV) run --locked python tests/scripts/screenshot.py

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
