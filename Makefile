# Every task of the project. `make` alone lists them.
GO     ?= go
TOOL   := $(GO) tool -modfile=tools.mod
BIN    := bin/wakakusa
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# One way to build everything, as it ships, so that nothing is compiled twice. Only the race detector needs C.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help run demo serve dev build generate generate-check vet lint format test unit unit-mysql e2e e2e-mysql fuzz bench drill cluster screenshots tools ci clean

help: ## list the tasks
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: build ## build, start on SQLite in ./data with a demo organisation, print the address and sign-in links
	$(BIN) demo

serve: build ## start without demo data
	$(BIN) serve

dev: ## regenerate and restart on every change
	$(TOOL) templ generate --watch --proxy=http://127.0.0.1:8080 --cmd="$(GO) run ./cmd/wakakusa demo"

build: ## the one static binary, bin/wakakusa
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) ./cmd/wakakusa

generate: ## draw the views' Go code anew
	$(TOOL) templ generate

generate-check: generate ## fail when generated code is not what was committed
	@git diff --exit-code --stat -- '*_templ.go' || { echo 'run "make generate" and commit the result'; exit 1; }
	@test -z "$$(git ls-files --others --exclude-standard -- '*_templ.go')" || { echo 'generated files are not committed'; exit 1; }

vet: ## the compiler's own suspicions
	$(GO) vet ./...

lint: ## staticcheck and formatting
	$(TOOL) staticcheck ./...
	@out="$$($(TOOL) gofumpt -l $$(git ls-files '*.go' | grep -v _templ.go))"; test -z "$$out" || { echo "run make format:"; echo "$$out"; exit 1; }

format: ## rewrite Go files in the one format
	$(TOOL) gofumpt -w $$(git ls-files '*.go' | grep -v _templ.go)

tools: ## install what the tests need (Debian, root): a browser, fonts, a C compiler for the race detector, MariaDB, Redis, HAProxy, nginx, an S3 server
	scripts/test-tools.sh

test: tools unit unit-mysql e2e e2e-mysql ## everything: unit, contract and route tests with the race detector on both engines, then the browser

# The race detector watches our code, not what only computes: SQLite, whose C code was translated to Go and whose memory is not Go's, the
# hashing of passwords, the packing. With them the tests take three times as long.
UNWATCHED := $(patsubst %,-gcflags='%/...=-race=false',modernc.org golang.org/x/crypto github.com/klauspost/compress)
unit: ## all tests but the browser's, with the race detector
	CGO_ENABLED=1 $(GO) test -race $(UNWATCHED) -timeout 15m $$($(GO) list ./... | grep -v /e2e)

unit-mysql: ## the tests above the store once more, on MariaDB (or the server of TEST_MYSQL_DSN)
	WAKAKUSA_TEST_ENGINE=mysql $(GO) test -count=1 -timeout 15m ./app ./app/django ./handlers

e2e: ## the browser's journeys against the real program
	$(GO) test -count=1 -timeout 15m ./e2e

# Journeys of every kind of act; what they draw does not depend on the engine.
JOURNEYS := FirstRun|SignIn|Invite|WithoutScript|DragByMouse|Paint|TwoBrowsers|GuestComesAndGoes|StaleEdit|Details|Publish|OIDC
e2e-mysql: ## journeys once more, with the program on MariaDB
	WAKAKUSA_TEST_ENGINE=mysql $(GO) test -count=1 -timeout 15m -run '$(JOURNEYS)' ./e2e

fuzz: ## each fuzz target for FUZZTIME (10s)
	scripts/fuzz.sh

bench: ## the figures: drawing, reading, editing, HTTP under load, browser
	scripts/bench.sh

drill: tools ## kill the program under load, lose its disk, look for every acknowledged write
	scripts/drill.sh

cluster: tools ## several servers on a Galera cluster, each node lost under load; the database away; rolling restarts; Redis lost
	scripts/cluster.sh

screenshots: ## pictures of the pages, phone and desktop, into artifacts/
	WAKAKUSA_SCREENSHOTS=$(CURDIR)/artifacts $(GO) test -count=1 -run TestScreenshots ./e2e

ci: generate-check vet lint test ## what the pipeline runs

clean: ## forget what was built; data stays
	rm -rf bin artifacts
