# The two commands are `make run` and `make test`; both do all their set-up.

SHELL := /bin/bash
CARGO ?= cargo
STATE ?=
UP_FLAGS ?=
TARGET := $(or $(CARGO_TARGET_DIR),target)

# Debian packages: what modeling links with; what shows the calls of a process. For the browser see scripts/browser.
OCCT := libocct-foundation-dev libocct-modeling-data-dev libocct-modeling-algorithms-dev libocct-data-exchange-dev
BUILD_PACKAGES := g++ make pkg-config cmake $(OCCT)
TEST_PACKAGES := strace curl default-jdk-headless

.PHONY: help
help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  \1\t/' | expand -t 16

.PHONY: run
run: setup web ## Build everything and start the platform on this machine
	$(CARGO) build --release -p opentwin -p modeling --bins
	$(TARGET)/release/opentwin up $(if $(STATE),--state $(STATE)) $(UP_FLAGS)

# Most tests wait for processes that they have started: more of them at once than there are cores.
.PHONY: test
test: node setup test-setup web ## Run all tests
	$(CARGO) build --workspace --bins
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-4} $(CARGO) test --workspace --no-fail-fast
	cd web && npm test
	scripts/browser-tests

# The password stands in the file PASSWORD_FILE, or in the URI of a server that has nothing to hide.
.PHONY: test-mongodb
test-mongodb: setup ## Run the tests of the back end on MongoDB against the server that URI names
	@[ -n "$(URI)" ] || { echo "which server? make test-mongodb URI='mongodb://admin@host/?authSource=admin' PASSWORD_FILE=…"; exit 64; }
	URI='$(URI)' PASSWORD_FILE='$(PASSWORD_FILE)' scripts/test-mongodb

.PHONY: lint
lint: node setup web-modules ## Check style, lints, licences, types
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	scripts/deny
	cd web && npm run lint && npm run typecheck

.PHONY: web
web: web-modules ## Build the web client, which the relay embeds
	@if scripts/node 2>/dev/null; then cd web && npm run build; fi

.PHONY: web-modules
web-modules:
	@if scripts/node; then \
		cd web && if [ ! -e node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then \
			npm ci --no-audit --no-fund && touch node_modules/.installed; fi; \
	else echo "so this build has no web client"; fi

.PHONY: node
node:
	@scripts/node

.PHONY: setup
setup:
	@scripts/packages $(BUILD_PACKAGES)
	@command -v $(CARGO) >/dev/null || { echo "a Rust toolchain is missing: see https://rustup.rs"; exit 1; }

.PHONY: test-setup
test-setup:
	@scripts/packages $(TEST_PACKAGES)
	@scripts/browser >/dev/null
	@scripts/mongodb-test-server install

.PHONY: images
images: setup image-setup web ## Build the container images, save and import them
	scripts/images

.PHONY: image-setup
image-setup:
	@scripts/packages buildah binutils

# Flags for scripts/images.
IMAGE_FLAGS ?=

# With MongoDB, and without; in both a local-session is killed in the middle of a run.
COMPOSE_TESTS := deploy/compose/engine bash -c 'deploy/compose/test && SQLITE=1 deploy/compose/test'
DEBUG := $(TARGET)/debug

.PHONY: deploy-check
deploy-check: ## Check chart, manifests and node scripts, without containers
	@scripts/packages python3-venv
	deploy/helm/check
	deploy/compose/sqlite --check
	deploy/nodes/check
	deploy/nodes/linux/test
	deploy/nodes/windows/check

.PHONY: deploy-test
deploy-test: deploy-check setup image-setup test-setup web ## The same, then build the images and bring up Compose with them
	@scripts/packages docker.io docker-compose || echo "without them Compose cannot be tried"
	scripts/images --no-import --check $(IMAGE_FLAGS)
	deploy/containers/check --sizes
	IMAGES=target/images $(COMPOSE_TESTS)

.PHONY: compose-test
compose-test: setup image-setup test-setup web ## Build images of the programs that `test` has built, and bring up Compose with them
	$(CARGO) build --workspace --bins
	@scripts/packages python3-venv
	@scripts/packages docker.io docker-compose || echo "without them Compose cannot be tried"
	scripts/images --no-import --check --dynamic --output target/images-debug \
		--program $(DEBUG)/opentwin --modeling $(DEBUG)/opentwin-modeling
	deploy/containers/check target/images-debug
	IMAGES=target/images-debug $(COMPOSE_TESTS)

.PHONY: test-cluster
test-cluster: ## Install into the cluster that KUBECONFIG names, run the end-to-end tests there, remove it again
	@scripts/packages g++ make pkg-config cmake python3-venv
	deploy/kubernetes/test

.PHONY: windows
windows: setup web ## Build the platform for Windows and try it under Wine
	$(CARGO) build -p opentwin -p modeling --bins
	OPENTWIN=$(TARGET)/debug/opentwin scripts/windows

.PHONY: bench
bench: ## Measure (prints figures; see benches/README.md)
	benches/run

.PHONY: clean
clean: ## Remove what was built
	$(CARGO) clean
	rm -rf web/dist web/node_modules
