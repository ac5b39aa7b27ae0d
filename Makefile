# Every target does its own set-up, on a machine with Python, git and make.
UV_VERSION := 0.13.9
UV := .uv/bin/uv
BASE := .venv-base
DEV := .venv
PEERS := .venv-peers
CLIP ?= stream/demo/river.mp4
PACKAGES := chromium gir1.2-gst-rtsp-server-1.0 mosquitto openssl postgresql prometheus python3-gi
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: help demo test check faults results format clean packages

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

demo: $(BASE)/ready ## look for ships in a clip: make demo, or make demo CLIP=path-or-URL
	@$(BASE)/bin/rivereye stream "$(CLIP)" --output demo/detections.jsonl --video demo/annotated.mp4 --sheet demo/passages.jpg --overwrite

test: check ## install what the tests need, and run all of them

check: $(DEV)/ready packages
	$(DEV)/bin/ruff check
	$(DEV)/bin/ruff format --check
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports --no-cache
	# Side by side, as many tests wait for servers and clocks; one that came too late beside others is asked once more, by itself.
	$(DEV)/bin/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder || $(DEV)/bin/pytest --last-failed --last-failed-no-failures none

faults: $(DEV)/ready packages ## the fault suite against real peers, with a soak of 20 minutes (RIVEREYE_SOAK_S=1200)
	RIVEREYE_SOAK_S=$(or $(RIVEREYE_SOAK_S),1200) $(DEV)/bin/pytest tests/faults --timeout 3000

results: $(DEV)/ready $(PEERS)/ready ## measure this machine and others on the same work, an hour without anything else; writes benchmarks/results and the README's figures; DATA=folder of labelled pictures: accuracy, too; AGAINST=bundle: beside that model
	XDG_CONFIG_HOME=$(CURDIR)/clips/tuned $(DEV)/bin/rivereye bench --tune --capacity $(if $(AGAINST),--against "$(AGAINST)") $(if $(DATA),--data "$(DATA)") --out benchmarks/results/bench --overwrite
	$(DEV)/bin/rivereye bench clips clips --overwrite
	$(DEV)/bin/python -m benchmarks.peers clips/busy.mp4 --work clips/peers --json benchmarks/results/peers.json
	$(DEV)/bin/python -m benchmarks.planted clips/busy.mp4 --json benchmarks/results/planted.json
	$(DEV)/bin/python -m benchmarks.results

format: $(DEV)/ready ## put the code into its one form
	$(DEV)/bin/ruff check --fix
	$(DEV)/bin/ruff format

clean: ## remove what the other targets made
	rm -rf .uv $(BASE) $(DEV) $(PEERS) clips bench before demo .mypy_cache .pytest_cache .ruff_cache

$(BASE)/ready: $(UV) pyproject.toml uv.lock
	UV_PROJECT_ENVIRONMENT=$(BASE) $(UV) sync --quiet --frozen
	@touch $@

$(DEV)/ready: $(UV) pyproject.toml uv.lock
	UV_PROJECT_ENVIRONMENT=$(DEV) $(UV) sync --quiet --frozen --extra dev
	@touch $@

# Those that rivereye is measured beside: 6 GB, which nothing of rivereye needs.
$(PEERS)/ready: $(UV) benchmarks/peers/requirements.txt
	$(UV) venv --quiet --clear $(PEERS)
	$(UV) pip sync --quiet --python $(PEERS)/bin/python benchmarks/peers/requirements.txt
	@touch $@

# What the tests need of Debian, installed where it is missing: a real browser for the page of `rivereye label`, a real RTSP server, MQTT broker and PostgreSQL.
packages:
	@dpkg-query --show --showformat='$${db:Status-Status}\n' $(PACKAGES) 2>&1 | grep --quiet --invert-match --line-regexp installed || exit 0; \
	$(AS_ROOT) apt-get update -qq && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $(PACKAGES)

# Debian's Python lacks venv until python3-venv is installed.
$(UV):
	python3 -m venv .uv || { rm -rf .uv && $(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -qq --yes --no-install-recommends python3-venv && python3 -m venv .uv; }
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
