# Bedside. `make help` lists every target.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

MODULES := libs services/scraper services/sentiment services/response-workflow services/gateway tools
IMAGES  := services/scraper/cmd/scraper services/sentiment/cmd/sentiment \
           services/response-workflow/cmd/response-workflow services/gateway/cmd/gateway tools/cmd/bedside
WEB     := services/gateway/web
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
TOOLS   := $(CURDIR)/bin/tools
KO      ?= $(TOOLS)/ko

GOLANGCI_LINT_VERSION := v2.15.0
KO_VERSION            := v0.19.1

web_sources := $(shell find $(WEB) -path $(WEB)/node_modules -prune -o -path $(WEB)/dist -prune -o -path '$(WEB)/test-results' -prune -o -path $(WEB)/e2e -prune -o -type f -print 2>/dev/null)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## --- the main job

.PHONY: run
run: build ## Build what is needed and run all of Bedside here, with demo data in ./data
	@exec bin/bedside up

.PHONY: build
build: web ## Build bin/bedside with the web app in it
	go build -tags web -ldflags "-X main.version=$(VERSION)" -o bin/bedside ./tools/cmd/bedside

.PHONY: web
web: $(WEB)/dist/index.html ## Build the web app

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json $(WEB)/package.json
	cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB)/dist/index.html: $(WEB)/node_modules/.package-lock.json $(web_sources)
	cd $(WEB) && npm run --silent build
	@touch $@

## --- tests

.PHONY: test
test: test-web test-go test-browser ## Run all tests that need nothing but Go and Node (and Chromium, if it is found)

.PHONY: test-go
test-go: ## Run the Go tests
	go test -timeout 20m work

.PHONY: test-web
test-web: $(WEB)/node_modules/.package-lock.json ## Run the web app's unit tests
	cd $(WEB) && npm run --silent test

.PHONY: test-browser
test-browser: build ## Run the browser tests in Chromium, or say why not
	cd $(WEB) && BEDSIDE_E2E_REQUIRED="$${CI:+1}" npm run --silent e2e

# Packages of pure rules and site adapters start no goroutine; the race detector only makes them slow. Where several
# goroutines use them, the packages that do so are tested under it. The simulated days and the scenarios run whole
# processes, of whose services each is tested under it.
UNRACED := libs/(sla|routing|replycheck|replytext|accuracy|sites/[a-z]+)|services/response-workflow/(casework|notify|digest)|services/sentiment/tagging(/learn|/token)?|tools/(scenarios|simweek)

.PHONY: race
race: ## Run the Go tests under the race detector (needs a C compiler)
	BEDSIDE_KILL_REVIEWS=$${BEDSIDE_KILL_REVIEWS:-300} go test -race -timeout 30m $$(go list work | grep -vE 'bedside/($(UNRACED))$$')

.PHONY: kill-test
kill-test: ## Kill the whole process ten times while 5,000 reviews flow in
	BEDSIDE_KILL_REVIEWS=5000 BEDSIDE_KILL_ROUNDS=10 go test -count=1 -timeout 20m -run 'TestUp_KilledAtRandomMoments' -v ./tools/scenarios

.PHONY: test-kafka
test-kafka: ## Run the Kafka tests and the pipeline on a real Apache Kafka of three brokers (needs Java 17 and Maven)
	BEDSIDE_REAL_KAFKA=1 BEDSIDE_KAFKA_JARS=$(CURDIR)/bin/kafka go test -count=1 -v -timeout 30m ./tools/realkafka

.PHONY: week
week: ## Run the scraper through a simulated week of 300 listings on six misbehaving sites
	BEDSIDE_SIMWEEK=1 go test -count=1 -timeout 40m -run 'WeekOfThreeHundred' -v ./tools/simweek

.PHONY: bench
bench: ## Run the benchmarks whose figures are in docs/benchmarks.md
	go test -run '^$$' -bench Inbox -benchtime 3x -timeout 30m ./services/gateway
	go test -run '^$$' -bench Import_Fifty -benchtime 1x -timeout 30m ./tools/scenarios
	go test -run '^$$' -bench 'Analyze$$|Analyze_Mega|New' ./services/sentiment/tagging

.PHONY: bench-sentiment
bench-sentiment: ## Measure the sentiment service: Kafka to Kafka, memory, replicas
	go test -run '^$$' -bench 'KafkaToKafka|Process' -benchtime 1x -timeout 30m ./services/sentiment

.PHONY: bench-all
bench-all: ## Run every benchmark there is
	go test -run '^$$' -bench . -benchtime 1x -timeout 60m work

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (10s)
	@for dir in $$(grep -rl --include='*_test.go' 'func Fuzz' libs services tools | xargs -n1 dirname | sort -u); do \
		for target in $$(grep -ho 'func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | sed 's/func //'); do \
			echo "$$dir $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime "$${FUZZTIME:-10s}" ./$$dir; done; done

## --- checks

.PHONY: lint
lint: $(TOOLS)/golangci-lint $(WEB)/node_modules/.package-lock.json ## Run the linters
	$(TOOLS)/golangci-lint run $$(go list -f '{{.Dir}}/...' -m)
	cd $(WEB) && npm run --silent lint

.PHONY: generate
generate: $(WEB)/node_modules/.package-lock.json ## Make the generated code anew
	go generate work
	cd $(WEB) && npm run --silent generate

.PHONY: check-generated
check-generated: generate ## Fail if generated code is not what is committed
	@git diff --exit-code --stat -- '*.gen.go' '*.gen.ts' services/gateway/internal/httpapi/api/openapi.yaml || { echo "Generated code is out of date: run 'make generate' and commit"; exit 1; }

.PHONY: check-modules
check-modules: ## Build every module alone and check that go.mod is tidy
	@for m in $(MODULES); do echo "$$m"; (cd $$m && GOWORK=off go build ./... && GOWORK=off go mod tidy -diff); done

.PHONY: chart
chart: ## Check the chart (needs helm)
	helm lint --strict charts/bedside --set evaluation=true
	helm lint --strict charts/bedside --set store.existingSecret=store --set kafka.brokers=kafka:9092 --set scraperDefaults.contactURL=mailto:us@bedside.example

## --- images and Kubernetes

.PHONY: images
images: web $(KO) ## Build the images with ko; KO_DOCKER_REPO says where they go, TAG their tag
	@test -n "$${KO_DOCKER_REPO:-}" || { echo "Set KO_DOCKER_REPO to the registry to push to, for example ghcr.io/you/bedside"; exit 1; }
	VERSION=$(VERSION) $(KO) build --base-import-paths --tags "$${TAG:-$(VERSION)}" --sbom spdx $(addprefix ./,$(IMAGES))

.PHONY: e2e-kube
e2e-kube: ## Install the evaluation on the cluster of the current kubeconfig and see a demo review tagged and assigned
	go run ./tools/cmd/e2e-kube

## --- tools

$(TOOLS)/golangci-lint:
	GOWORK=off GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

$(TOOLS)/ko:
	GOWORK=off GOBIN=$(TOOLS) go install github.com/google/ko@$(KO_VERSION)

.PHONY: clean
clean: ## Delete what was built (not ./data)
	rm -rf bin $(WEB)/dist $(WEB)/node_modules
