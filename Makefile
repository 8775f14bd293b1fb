# The front door. Each target makes .venv when it is missing, from requirements.lock, and sees to the system
# packages it needs: as root on Debian it installs them, else it prints the one line to type.

PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$p" && break; done)
BIN := .venv/bin
READY := .venv/ready
CATALOGUES := $(wildcard data/locale/*/LC_MESSAGES/*.po)
# More than one worker than cores helps nobody: most tests compute.
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: kiosk test test-long test-hardware lint bench pictures lock packages-venv packages-test packages-hardware

kiosk: $(READY)
	$(BIN)/kiosk --practice

test: packages-test $(READY)
	$(PYTEST) -m "not long and not hardware"

test-long: packages-test $(READY)
	$(PYTEST)
	$(BIN)/python -m tests.fuzz

# One guest and two cores that emulate it: no workers. KIOSK_PULLS=6 pulls six times in place of thirty.
test-hardware: packages-hardware $(READY)
	$(BIN)/python -m tests.hardware.lab.build
	$(BIN)/python -m pytest -m hardware -v tests/hardware/lab

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: packages-test $(READY)
	$(BIN)/python -m tests.bench

# Draws the pictures of the README anew, from the real screens.
pictures: $(READY)
	$(BIN)/python tools/pictures.py

# Writes requirements.lock anew: exact versions with hashes, and no address to fetch them from.
lock: $(READY)
	$(BIN)/pip-compile --quiet --extra dev --generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file requirements.lock pyproject.toml

$(READY): pyproject.toml requirements.lock hatch_build.py $(CATALOGUES) | packages-venv
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: apt-get install python3" >&2; exit 1; }
	test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

packages-venv:
	@test -x $(BIN)/python || "$(PYTHON)" -c 'import ensurepip' 2>/dev/null || sh tools/packages python3-venv

packages-test:
	@sh tools/packages openssl strace dbus default-jre-headless dosfstools e2fsprogs exfat-fuse exfatprogs \
		fonts-nanum kmod mtools polkitd udev udisks2 umockdev gammu-smsd gcc libc6-dev libp11-kit-dev opensc \
		softhsm2 user-mode-linux

packages-hardware:
	@sh tools/packages dosfstools e2fsprogs exfatprogs fdisk mmdebstrap mtools openssh-client \
		qemu-system-x86 qemu-utils
