# Short names only: what each does stands in cargo's own words or in ci/.

.DEFAULT_GOAL := help
.PHONY: help build test spec schemas corpus demo stress generator bench crowd soak store flood cluster ledger-soak fuzz lint systems deps sizes readmes pictures prose core memory nightly

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

build: ## the binaries as they are shipped, into target/release
	cargo build --release --locked

test: ## all tests: units, and the real binaries against the specification
	ci/test

schemas: ## the JSON of load generator and grader, against the schemas that describe it
	ci/schemas

demo: ## a server and its clients talk, side by side; PROFILE=sala, practico or grupal for others
	ci/demo $(PROFILE)

spec: ## the specification alone: server and client against SPEC.md
	ci/test -p chat-tests --test spec

corpus: ## the grader over programs with one fault each, and over correct ones; ARGS=--part takes a part of it, ARGS=--busy disturbs it (Linux)
	ci/corpus $(ARGS)

stress: ## the server under load: 200 clients, every delivery timed and proved; ARGS='...' adds options
	ci/stress $(ARGS)

generator: ## what the load generator itself can do, beside its marks; ARGS=--soak adds ten minutes (Linux)
	ci/generator $(ARGS)

bench: ## the server beside a bare relay and other servers, beside its marks; ARGS='--quick' for a look (Linux)
	ci/bench $(ARGS)

crowd: ## rooms of up to 50,000, and how they fill, beside marks; ARGS='--quick' for a look (Linux)
	ci/crowd $(ARGS)

soak: ## the server for ten minutes under load: what must not grow; ARGS='--minutes 1' for less, --abuse for rude clients (Linux)
	ci/soak $(ARGS)

flood: ## talk beside a flood of accounts and wrong words, beside its mark (Linux)
	ci/flood $(ARGS)

store: ## a store of 1 GB: start, joining and a copy beside load, and 100 kills; ARGS='--megabytes 100' for less (Linux)
	ci/store $(ARGS)

cluster: ## several servers with one chat: the simulation, failures, names, and ratios; ARGS=--part takes some of the failures (Linux)
	ci/cluster $(ARGS)

ledger-soak: ## the relay's faults at random, before real servers too, against the ledger; ARGS='--cases 20' for less (Linux)
	ci/ledger-soak $(ARGS)

fuzz: ## look for bytes that break decoder, frames or session (a nightly compiler); SECONDS=600 looks longer
	ci/fuzz $(or $(SECONDS),60)

lint: ## format, clippy and documentation, with warnings as errors
	ci/lint

systems: ## type-checks for macOS and Windows
	ci/systems

deps: ## licences, sources and advisories of the dependencies
	ci/deps

sizes: ## the layout: lengths, files side by side, import circles
	ci/sizes

readmes: ## writes the tables of options in the READMEs anew, from the programs' help
	UPDATE=1 cargo test --locked -p chat-tests --test spec tables_of_options

pictures: ## draws the pictures of the documents anew, of real runs; ARGS=page or ARGS=cut for a part of them (Linux, with Chromium)
	ci/pictures $(ARGS)

prose: ## question words and pronouns in comments and documents, beside their limits
	ci/prose

core: ## the learner's core: without cargo features, the whole specification, and small
	ci/core

nightly: ## what takes long and is rarely wrong: systems, the disturbed corpus, a look at bench, soak (Linux)
	ci/nightly

memory: ## what an idle client costs the server; BEFORE=FILE measures an older one as well (Linux)
	cargo run --release --locked -p chat-tests --bin idle-memory

