# tailrace. `make help` lists the targets. SAN=address,undefined (or thread) builds and runs any of
# them under sanitizers, in a build folder of its own.

MAKEFLAGS += --no-builtin-rules
comma   := ,
Q       := $(if $(V),,@)
OUT     := build/$(subst $(comma),-,$(or $(SAN),release))
PREFIX  ?= /usr/local
ARCH    ?= $(shell uname -m)
SYSCONFDIR ?= $(if $(filter /usr/local,$(PREFIX)),/usr/local/etc,/etc)
FUZZ_SECONDS ?= 60

SRC      := $(sort $(shell find agent plugins -name '*.c' 2>/dev/null))
KIT      := $(sort $(shell find tests/kit -name '*.c' 2>/dev/null))
UNIT     := $(sort $(shell find tests/unit -name '*.c' 2>/dev/null))
SCENARIO := $(sort $(shell find tests/scenario -name '*.c' 2>/dev/null))
SIM      := $(sort $(shell find tests/sim -name '*.c' 2>/dev/null))
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
BENCH_MAINS := $(filter %/gen.c %/sink.c %/floor.c %/floor_put.c %/micro_json.c,$(BENCH_SRC))
BENCH    := $(BENCH_MAINS:tests/bench/%.c=$(OUT)/bench/%)
PROGRAMS := TAILRACE=$(CURDIR)/$(OUT)/tailrace TAILRACE_SIGNER=$(CURDIR)/$(OUT)/signer BENCH_PROGRAMS=$(CURDIR)/$(OUT)/bench
FUZZ     := $(sort $(wildcard tests/fuzz/fuzz_*.c))
OBJ      := $(SRC:%.c=$(OUT)/%.o) $(OUT)/ui_html.o
PARTS    := $(filter-out $(OUT)/agent/main.o,$(OBJ))
# What the simulation replaces, and the calls that it takes for itself.
SIM_FAKED := $(addprefix $(OUT)/agent/,main.o run.o $(addprefix loop/,loop.o timer.o resolve.o) \
             $(addprefix http/,call.o client.o curl.o curl_trouble.o dial.o direct.o direct_hear.o direct_kept.o \
             direct_send.o easy.o names.o reply.o sockets.o) \
             $(addprefix checkpoint/,database.o database_put.o database_rows.o schema.o)) $(OUT)/agent/admin/%.o
SIM_CALLS := open close fcntl access getrlimit uname pread __pread_chk read __read_chk statx stat \
             lstat fstat ioctl statfs readlink __readlink_chk realpath __realpath_chk opendir readdir \
             closedir rewinddir inotify_init1 inotify_add_watch inotify_rm_watch uv_random \
             intake_push intake_push_plain tail_file_left positions_set account_give_up \
             tail_loss_begin tail_file_hand_on tail_file_restart tail_truncation_count \
             tail_bookmark_find tail_inode_leave tail_laggard_new tail_lines_cut
SIM_CHECK := 300
RUNNERS  := $(OUT)/unit $(if $(SCENARIO),$(OUT)/scenario) $(OUT)/pages

# What pkg-config knows is asked for at the first recipe, when `ready` has installed what lacked.
PKGS = libuv $(MSGPACK) libcurl zlib libpcre2-8 yaml-0.1 sqlite3 libmicrohttpd libcrypto
MSGPACK = $(shell pkg-config --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
ISAL = $(shell pkg-config --exists libisal && echo libisal)
HAS_DEPS = command -v $(CC) >/dev/null && pkg-config --exists $(PKGS) check 2>/dev/null
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS) $(ISAL)) $(if $(ISAL),-DHAVE_ISAL))$(PKG_CFLAGS)
PKG_LIBS = $(shell pkg-config --libs $(PKGS) $(ISAL))

WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror
HARDEN   := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
            -fPIE -fno-plt $(if $(filter x86_64,$(ARCH)),-fcf-protection)
SANITIZE := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
BASE     := -std=c11 -D_GNU_SOURCE -Iagent -I. -Itests -O2 -g -MMD -MP -ffile-prefix-map=$(CURDIR)=. $(WARN)
ALL_CFLAGS  = $(BASE) $(if $(SAN),$(SANITIZE),$(HARDEN) $(if $(findstring clang,$(CC)),,-flto=auto -ffat-lto-objects -frandom-seed=$<)) $(PKG_CFLAGS) $(DEFINES) $(CFLAGS)
LTO      := $(if $(SAN),,-flto=auto -O2 -Wl,--strip-debug)
ALL_LDFLAGS = $(if $(SAN),-fsanitize=$(SAN),-pie -Wl,-z,relro,-z,now) -Wl,--as-needed $(LDFLAGS)
LINK     = $(Q)echo '  link  $@'; $(CC) $(if $(SAN),,-fno-lto) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^)
LIBS     = $(PKG_LIBS) -lpthread -lm

.DEFAULT_GOAL := all
.PHONY: all deps ready run check check-sim sim e2e e2e-kubernetes e2e-cluster torture docs lint fuzz fuzz-all bench shape packages install help clean FORCE
.SECONDARY:

all: ## build the agent: build/tailrace
all: $(OUT)/tailrace
	@$(if $(SAN),,ln -sf release/tailrace build/tailrace)

deps: ## install what building and testing need (apt, dnf or apk; sudo when not root)
	@$(HAS_DEPS) && pkg-config --exists libisal || packaging/deps.sh build

run: ## follow this machine's containers, or made-up ones; ES=http://host:9200 delivers there
run: all $(OUT)/player
	@packaging/run/run $(OUT)/tailrace $(OUT)/player

check: ## unit and scenario tests, pages; CK_RUN_SUITE=name runs one suite, CK_FORK=no eases debugging
check: check-unit-1 check-unit-2 $(filter-out check-unit,$(RUNNERS:$(OUT)/%=check-%)) check-sim

check-sim: $(OUT)/sim
	@$(OUT)/sim 1 $(SIM_CHECK)
	@while read -r seed modes; do env $$modes $(OUT)/sim $$seed 1 >/dev/null || exit 1; done <tests/sim/again

# A test may take so many seconds before it is stopped: far more than it needs, for slow machines. The
# thread sanitizer makes the longest thirty times as long.
TEST_SECONDS := $(if $(findstring thread,$(SAN)),1200,$(if $(SAN),300,120))
$(RUNNERS:$(OUT)/%=check-%): check-%: $(OUT)/%
	@CK_DEFAULT_TIMEOUT=$${CK_DEFAULT_TIMEOUT:-$(TEST_SECONDS)} $<

check-unit-1 check-unit-2: check-unit-%: $(OUT)/unit
	@TEST_PART=$*/2 CK_DEFAULT_TIMEOUT=$${CK_DEFAULT_TIMEOUT:-$(TEST_SECONDS)} $<

sim: ## histories that dice decide; SEED=n one of them in words, COUNT=n so many from there
sim: $(OUT)/sim
	@$(if $(SEED),$(if $(COUNT),,SIM_ALOUD=1 ))$(OUT)/sim $(or $(SEED),1) $(or $(COUNT),$(if $(SEED),1,2000))

e2e: ## whole-agent tests against stand-in back-ends; E2E=quick for the short list
e2e: all $(BENCH) $(OUT)/signer
	$(PROGRAMS) tests/e2e/run $(E2E)

e2e-kubernetes: ## the kubernetes filter against a real API server and etcd (KUBE_APISERVER=, ETCD= name them)
e2e-kubernetes: all
	$(PROGRAMS) tests/e2e/kubernetes/run $(E2E)

e2e-cluster: ## the image and the manifests on a node of a real cluster, into Elasticsearch
	@IMAGE=$(IMAGE) DEBIAN=$(DEBIAN) tests/kubernetes/run $(E2E)

torture: ## kills, rotations, outages, full disks: nothing lost, nothing doubled; T=quick for two minutes
torture: all $(BENCH)
	$(PROGRAMS) T=$(T) tests/torture/run

docs: ## brings the option tables of the pages up to date
docs: $(OUT)/pages
	@$(OUT)/pages write

lint: ## layout, layers, banned calls, lengths, pages
	@command -v clang-format python3 >/dev/null || packaging/deps.sh lint
	@python3 tests/lint/test_lint.py -f
	@python3 tests/lint/lint.py

shape: ## the tree in numbers, beside what we aim at
	@python3 tests/lint/shape.py

fuzz: ## every tests/fuzz/fuzz_*.c for FUZZ_SECONDS each
	@command -v clang >/dev/null || packaging/deps.sh fuzz
	@$(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined OUT=build/fuzz fuzz-all
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run build/fuzz $(FUZZ:tests/fuzz/%.c=%)

bench: ## what shipping costs, against the floor; make bench ARGS=--short
bench: all $(BENCH)
	@$(PROGRAMS) python3 tests/bench/check.py
	$(PROGRAMS) python3 tests/bench/run.py $(ARGS)

packages: ## whether helm, an API server, Docker, compose and systemd take what is shipped; DEBIAN=image
packages: all
	@DEBIAN=$(DEBIAN) tests/packaging/try

install: ## to $(DESTDIR)$(PREFIX); a configuration that is there already is kept
install: all
	install -D -m 755 $(OUT)/tailrace $(DESTDIR)$(PREFIX)/bin/tailrace
	install -d $(DESTDIR)$(SYSCONFDIR)/tailrace $(DESTDIR)$(PREFIX)/lib/systemd/system
	@for f in $(wildcard conf/*.conf conf/*.yaml); do to=$(DESTDIR)$(SYSCONFDIR)/tailrace/$${f##*/}; \
	  test -e "$$to" || install -m 644 "$$f" "$$to"; done
	sed 's|/usr/bin|$(PREFIX)/bin|; s|/etc/tailrace|$(SYSCONFDIR)/tailrace|g; s|/usr/share|$(PREFIX)/share|' \
	  packaging/systemd/tailrace.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/tailrace.service
	@for f in README.md LICENSE $(wildcard conf/*.md conf/examples/* plugins/*/README.md); do \
	  install -D -m 644 "$$f" $(DESTDIR)$(PREFIX)/share/doc/tailrace/"$$f"; done

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\): ## /  \1\t/p' Makefile | expand -t 14

clean: ## remove all that was built
	rm -rf build

# Everything that compiles waits for this. It costs one pkg-config, and installs only what lacks.
ready:
	@$(HAS_DEPS) || packaging/deps.sh build

# The agent alone is optimised as a whole: the small functions on a byte's way lie in many files.
# Tests link the same objects as they are, which is faster to build. It has symbols but no
# debug information: that would name the folder that it was linked in.
$(OUT)/tailrace: $(OBJ)
	$(LINK) $(LTO) $(LIBS)

$(OUT)/unit $(OUT)/scenario: $(OUT)/%: $(OUT)/suites/%.o $(KIT:%.c=$(OUT)/%.o) $(PARTS)
	$(LINK) $(LIBS) $(shell pkg-config --libs check libssl)
$(OUT)/unit: $(UNIT:%.c=$(OUT)/%.o)
$(OUT)/scenario: $(SCENARIO:%.c=$(OUT)/%.o)

# The runner's list of suites: every `Suite *suite_...(void)` under tests/unit or tests/scenario.
$(OUT)/suites/unit.c $(OUT)/suites/scenario.c: $(OUT)/suites/%.c: FORCE
	@mkdir -p $(@D)
	@tests/kit/suites.sh tests/$* >$@.new
	@cmp -s $@.new $@ || mv $@.new $@

$(OUT)/sim: $(SIM:%.c=$(OUT)/%.o) $(filter-out $(SIM_FAKED),$(PARTS))
	$(LINK) $(SIM_CALLS:%=-Wl,--wrap=%) $(LIBS)

fuzz-all: $(FUZZ:tests/fuzz/%.c=$(OUT)/%)
$(OUT)/fuzz_%: $(OUT)/tests/fuzz/fuzz_%.o $(PARTS)
	$(LINK) -fsanitize=fuzzer $(LIBS)

$(OUT)/bench/%: $(OUT)/tests/bench/%.o $(patsubst %.c,$(OUT)/%.o,$(filter-out $(BENCH_MAINS),$(BENCH_SRC))) \
                $(filter $(OUT)/agent/base/%,$(PARTS))
	@mkdir -p $(@D)
	$(LINK) $(LIBS)

$(OUT)/bench/floor_put: $(OUT)/agent/aws/sigv4.o $(OUT)/agent/aws/uri.o $(filter $(OUT)/agent/record/%,$(PARTS))
$(OUT)/bench/micro_json: $(filter $(OUT)/agent/record/%,$(PARTS))

$(OUT)/player: $(OUT)/packaging/run/player.o
	$(LINK)
$(OUT)/pages: $(OUT)/packaging/pages/pages.o $(PARTS)
	$(LINK) $(LIBS)
$(OUT)/signer: $(OUT)/tests/e2e/signer/signer.o $(PARTS)
	$(LINK) $(LIBS)

# The commit goes into the one object that prints it, and makes nothing else compile again.
COMMIT ?= $(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)
$(OUT)/commit: FORCE
	@mkdir -p $(@D)
	@echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@
$(OUT)/agent/base/version.o: $(OUT)/commit
$(OUT)/agent/base/version.o: DEFINES := -DTAILRACE_COMMIT='"$(COMMIT)"'

# The status page becomes an array of bytes.
$(OUT)/ui_html.c: agent/admin/ui.html
	@mkdir -p $(@D)
	@{ echo '#include "admin/ui.h"'; echo 'const char ui_html[] = {'; \
	  od -An -v -tx1 $< | sed 's/ \([0-9a-f][0-9a-f]\)/(char)0x\1,/g'; \
	  echo '};'; echo 'const size_t ui_html_bytes = sizeof ui_html;'; } >$@

COMPILE = $(Q)mkdir -p $(@D); echo '  cc    $<'; $(CC) $(ALL_CFLAGS) -c -o $@ $<
$(OUT)/%.o: %.c Makefile | ready
	$(COMPILE)
$(OUT)/suites/%.o: $(OUT)/suites/%.c Makefile | ready
	$(COMPILE)
$(OUT)/ui_html.o: $(OUT)/ui_html.c
	$(COMPILE)

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
