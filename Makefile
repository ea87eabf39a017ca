# boxcar: one Makefile, no recursion into directories. Everything that is made lands in build/.
#
#   make            build/boxcar, one static file (build/boxcar-init inside it), and build/boxcar-netdev and build/boxcar-systemd,
#                   which it starts when asked
#   make check      every test; ends with "N passed, N failed, N skipped"
#   make conformance  the OCI's own validation suite, from Debian's source package
#   make vm KERNEL=5.10  the life tests on a kernel of Debian's (5.10, 6.1, 6.12) in a virtual machine; FILES="run limits" for a part
#   make arm64      all of it for arm64, in build/arm64, with Debian's cross compiler; make vm-arm64: the life tests there
#   make vm-systemd  cgroups made by systemd, on cgroup v1, too, and by podman, in virtual machines
#   make vm-hybrid  network classes and priorities of cgroup v1 beside the other controllers on v2
#   make vm-rdma    limits of RDMA, with a soft-RoCE device, in a virtual machine with Debian's own kernel
#   make vm-selinux  labels of SELinux, in a virtual machine with Debian's policy
#   make lint       compilers' and other analysers, style rules
#   make bench demo engines fuzz sweep install install-strip uninstall clean
#
# Switches, each with a build directory of its own: SAN=1 (ASan and UBSan), COV=1 (gcov), FUZZ=1 (clang and libFuzzer),
# STATIC=0 (shared libraries), ARM64=1 (Debian's cross compiler). PIE=1 makes the static file position independent. V=1 shows the commands.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

V ?= 0
STATIC ?= 1
PIE ?= 0
PREFIX ?= /usr/local
DESTDIR ?=
RUNTIME ?= $(BUILD)/boxcar
Q := $(if $(filter 1,$(V)),,@)
MACHINE := $(if $(filter 1,$(ARM64)),aarch64,$(shell uname -m))

BUILD := build$(if $(filter 1,$(ARM64)),/arm64)$(if $(filter 1,$(SAN)),/san)$(if $(filter 1,$(COV)),/cov)$(if $(filter 1,$(FUZZ)),/fuzz)$(if \
	$(filter 0,$(STATIC)),/dynamic)$(if $(filter 1,$(PIE)),/pie)

# --- what is compiled: a new file needs no line here ------------------------------------------------------------------

find_sources = $(sort $(shell find $(1) -name '*.c' -not -name '.*' 2>/dev/null))
SPEC_SOURCES := $(filter-out %_test.c,$(call find_sources,spec))
RUNTIME_SOURCES := $(filter-out %_test.c runtime/init/% runtime/libexec/%,$(call find_sources,runtime))
INIT_SOURCES := $(filter-out %_test.c,$(call find_sources,runtime/init))
NETDEV_SOURCES := $(filter-out %_test.c,$(call find_sources,runtime/libexec/netdev))
SYSTEMD_SOURCES := $(filter-out %_test.c,$(call find_sources,runtime/libexec/systemd))
CONDUCTOR_SOURCES := $(filter-out %_test.c,$(call find_sources,bundle-tools))
TEST_SOURCES := $(filter %_test.c,$(call find_sources,spec runtime bundle-tools conformance))
FUZZ_SOURCES := $(filter-out %/replay.c,$(wildcard conformance/fuzz/*.c))
RAW_SOURCES := conformance/bench/floor.c conformance/bench/quick.c
TOOL_SOURCES := $(filter-out %_test.c conformance/fuzz/% conformance/vm/% conformance/probe/% $(RAW_SOURCES),$(call find_sources,conformance))
PROBE_SOURCES := $(wildcard conformance/probe/*.c)

# --- flags ------------------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wvla -Wshadow -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Werror
LANGUAGE := -std=gnu17 -D_GNU_SOURCE -I. -MMD -MP -g
# Jumps land only where they are meant to: Intel's CET, and of arm64 BTI and signed return addresses.
BRANCHES := $(if $(filter x86_64,$(MACHINE)),-fcf-protection=full,-mbranch-protection=standard)
HARDENING := -O2 -fstack-protector-strong -fstack-clash-protection -Wp,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
	-ftrivial-auto-var-init=zero -fno-strict-aliasing $(BRANCHES)
LINK_HARDENING := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code

# Make's built-in default is cc; a compiler from the command line or the environment still wins.
ifeq ($(origin CC),default)
CC := $(if $(filter 1,$(FUZZ)),clang,gcc)
endif
OBJCOPY := objcopy
STRIP := strip
# What is made for the other machine runs here by QEMU's user mode, with the libraries that it was linked with.
ifeq ($(ARM64),1)
CROSS := aarch64-linux-gnu-
override CC := $(filter %ccache,$(CC)) $(CROSS)gcc --sysroot=$(BUILD)/root
override AR := $(CROSS)ar
OBJCOPY := $(CROSS)objcopy
STRIP := $(CROSS)strip
RUN := qemu-aarch64 -L $(BUILD)/root
endif
ifeq ($(SAN),1)
HARDENING := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LINK_MODE := -fsanitize=address,undefined
else ifeq ($(FUZZ),1)
HARDENING := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
LINK_MODE := -fsanitize=address,undefined
WARNINGS := -Wall -Wextra -Wno-unknown-warning-option -Werror
else ifeq ($(COV),1)
HARDENING := -O0 --coverage
LINK_MODE := --coverage
else
LINK_MODE := $(if $(filter 0,$(STATIC)),-pie,$(if $(filter 1,$(PIE)),-static-pie,-static))
endif
IS_PIE := $(if $(filter -static,$(LINK_MODE)),,1)
PIE_FLAGS := $(if $(IS_PIE),-fPIE,-fno-pie)

CFLAGS ?=
LDFLAGS ?=
BASE_CFLAGS := $(LANGUAGE) $(WARNINGS) $(HARDENING) $(PIE_FLAGS) $(CFLAGS)
BASE_LDFLAGS := $(LINK_MODE) $(LINK_HARDENING) -Wl,--gc-sections $(LDFLAGS)
# Debian calls the static yajl libyajl_s.a; named so, it is taken into a dynamic link as well.
LDLIBS := $(if $(filter -static%,$(LINK_MODE)),-lyajl_s,-lyajl) -lseccomp -lcap -lm
# conductor has shared libraries: Debian has no static libmnl.
CONDUCTOR_LDLIBS := -lyajl -lnettle -lz -lzstd -lm $(if $(wildcard bundle-tools/net/*.c),-lnftnl -lmnl)
TEST_LDFLAGS := $(if $(filter -static,$(LINK_MODE)),-no-pie,$(filter-out -static-pie,$(LINK_MODE))) $(LDFLAGS)

# boxcar-init: no C library, no start files, nothing that needs thread-local storage (the stack protector's canary does).
INIT_CFLAGS := $(LANGUAGE) $(WARNINGS) -Os -ffreestanding -fno-stack-protector -fno-builtin -fno-pie -ffunction-sections \
	-fdata-sections -fno-unwind-tables -fno-asynchronous-unwind-tables -ftrivial-auto-var-init=zero -fno-strict-aliasing \
	-fno-tree-loop-distribute-patterns $(BRANCHES)
INIT_LDFLAGS := -nostdlib -static -no-pie -Wl,--gc-sections,--build-id=none,-z,noexecstack,-z,noseparate-code,-z,norelro
INIT_CC := $(if $(filter 1,$(FUZZ)),gcc,$(CC))

TOOL_CFLAGS := $(LANGUAGE) $(WARNINGS) -O2 -fno-pie
TOOL_LDFLAGS := -static -no-pie
TOOL_CC := $(if $(filter 1,$(FUZZ)),gcc,$(CC))

# --- programs ---------------------------------------------------------------------------------------------------------

SPEC_OBJECTS := $(SPEC_SOURCES:%.c=$(BUILD)/%.o)
RUNTIME_OBJECTS := $(RUNTIME_SOURCES:%.c=$(BUILD)/%.o)
IMAGE_OBJECT := $(BUILD)/runtime/init_image.o
MAIN_OBJECT := $(BUILD)/runtime/main.o
NETDEV_OBJECTS := $(NETDEV_SOURCES:%.c=$(BUILD)/%.o)
SYSTEMD_OBJECTS := $(SYSTEMD_SOURCES:%.c=$(BUILD)/%.o)
CONDUCTOR_OBJECTS := $(CONDUCTOR_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/runtime/life/steps.o
CONDUCTOR_MAIN := $(BUILD)/bundle-tools/cli/main.o
CONDUCTOR_LIBRARY := $(BUILD)/libconductor.a
LIBRARY := $(BUILD)/libboxcar.a
INIT_LIBRARY := $(BUILD)/libinit.a
INIT_OBJECTS := $(INIT_SOURCES:%.c=$(BUILD)/image/%.o)
INIT_TESTED := $(filter-out %/main.o,$(INIT_SOURCES:%.c=$(BUILD)/%.o))
TESTS := $(TEST_SOURCES:%.c=$(BUILD)/tests/%)
RAW_TOOLS := $(foreach tool,$(RAW_SOURCES),$(BUILD)/conformance/$(basename $(notdir $(tool))))
TOOLS := $(BUILD)/conformance/probe $(BUILD)/conformance/narrow $(RAW_TOOLS) $(foreach tool,$(TOOL_SOURCES),$(BUILD)/conformance/$(basename $(notdir $(tool))))
FUZZERS := $(FUZZ_SOURCES:conformance/fuzz/%.c=$(BUILD)/fuzz-%)
REPLAYS := $(FUZZ_SOURCES:conformance/fuzz/%.c=$(BUILD)/replay-%)
PROGRAMS := $(if $(wildcard runtime/main.c),$(BUILD)/boxcar $(BUILD)/boxcar-netdev $(BUILD)/boxcar-systemd)

# Manual pages and completions are made from the rows by a program each.
MAN_COMMON := $(BUILD)/man/pages.o $(BUILD)/man/completions.o
MAN_OBJECTS := $(MAN_COMMON) $(BUILD)/man/boxcar_pages.o $(BUILD)/man/conductor_pages.o
MAN_MADE := $(BUILD)/man/boxcar.made $(BUILD)/man/conductor.made
ALL_MADE := $(SPEC_OBJECTS) $(RUNTIME_OBJECTS) $(INIT_OBJECTS) $(INIT_TESTED) $(NETDEV_OBJECTS) $(SYSTEMD_OBJECTS) $(CONDUCTOR_OBJECTS) $(MAN_OBJECTS) $(TESTS) \
	$(TOOLS) $(FUZZERS) $(REPLAYS)

.PHONY: all tools tests conductor man
all: $(LIBRARY) $(PROGRAMS) $(if $(filter 1,$(FUZZ)),,$(BUILD)/conductor man) $(if $(INIT_SOURCES),$(BUILD)/boxcar-init) $(if $(filter 1,$(FUZZ)),$(FUZZERS))
conductor: $(BUILD)/conductor
tools: $(TOOLS)
tests: $(TESTS)

$(BUILD)/boxcar: $(MAIN_OBJECT) $(LIBRARY)
	@echo 'cc      $@'
	$(Q)$(CC) $(BASE_LDFLAGS) -o $@ $^ $(LDLIBS)

# The archive is made anew: a file that has been renamed must not live on in it.
$(LIBRARY): $(SPEC_OBJECTS) $(filter-out $(MAIN_OBJECT),$(RUNTIME_OBJECTS)) $(if $(INIT_SOURCES),$(IMAGE_OBJECT))
	@rm -f $@
	@echo 'ar      $@'
	$(Q)$(AR) rcs $@ $^

man: $(MAN_MADE)
$(BUILD)/man/boxcar_pages: $(MAN_COMMON) $(BUILD)/man/boxcar_pages.o $(LIBRARY)
	@echo 'cc      $@'
	$(Q)$(CC) $(BASE_LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/man/conductor_pages: $(MAN_COMMON) $(BUILD)/man/conductor_pages.o $(CONDUCTOR_LIBRARY)
	@echo 'cc      $@'
	$(Q)$(CC) $(TEST_LDFLAGS) $(LINK_HARDENING) -Wl,--gc-sections -o $@ $^ $(CONDUCTOR_LDLIBS)
$(MAN_MADE): $(BUILD)/man/%.made: $(BUILD)/man/%_pages $(wildcard man/text/*)
	@mkdir -p $(BUILD)/man/pages $(BUILD)/man/completions
	@echo 'man     $(BUILD)/man/pages'
	$(Q)$(RUN) $< man/text $(BUILD)/man/pages $(BUILD)/man/completions
	@touch $@

$(BUILD)/conductor: $(CONDUCTOR_MAIN) $(CONDUCTOR_LIBRARY)
	@echo 'cc      $@'
	$(Q)$(CC) $(TEST_LDFLAGS) $(LINK_HARDENING) -Wl,--gc-sections -o $@ $^ $(CONDUCTOR_LDLIBS)

$(CONDUCTOR_LIBRARY): $(SPEC_OBJECTS) $(filter-out $(CONDUCTOR_MAIN),$(CONDUCTOR_OBJECTS))
	@rm -f $@
	@echo 'ar      $@'
	$(Q)$(AR) rcs $@ $^

$(INIT_LIBRARY): $(INIT_TESTED)
	@rm -f $@
	@echo 'ar      $@'
	$(Q)$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(CC) $(BASE_CFLAGS) $(if $(filter spec/base/version.c,$<),$(VERSION_FLAGS)) -c -o $@ $<

$(BUILD)/image/%.o: %.c
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(INIT_CC) $(INIT_CFLAGS) -c -o $@ $<

$(BUILD)/boxcar-init: $(INIT_OBJECTS)
	@echo 'cc      $@'
	$(Q)$(INIT_CC) $(INIT_LDFLAGS) -o $@.full $(filter %.o,$^)
	$(Q)$(OBJCOPY) --strip-all --remove-section=.comment --remove-section='.note.*' \
		--remove-section='!.note.gnu.property' $@.full $@

# Shared libraries: Debian has no static libmnl or libsystemd, and few containers need them.
$(NETDEV_OBJECTS) $(SYSTEMD_OBJECTS): $(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(CC) $(filter-out -fno-pie,$(BASE_CFLAGS)) -fPIE -c -o $@ $<

$(BUILD)/boxcar-netdev: $(NETDEV_OBJECTS)
	@echo 'cc      $@'
	$(Q)$(CC) -pie $(filter-out -static -static-pie -pie,$(LINK_MODE)) $(LINK_HARDENING) $(LDFLAGS) -o $@ $^ -lmnl

$(BUILD)/boxcar-systemd: $(SYSTEMD_OBJECTS)
	@echo 'cc      $@'
	$(Q)$(CC) -pie $(filter-out -static -static-pie -pie,$(LINK_MODE)) $(LINK_HARDENING) $(LDFLAGS) -o $@ $^ -lsystemd

$(IMAGE_OBJECT): runtime/init_image.S $(BUILD)/boxcar-init
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(CC) $(HARDENING) $(PIE_FLAGS) -DINIT_IMAGE='"$(BUILD)/boxcar-init"' -c -o $@ $<

# Tests beside runtime/init link with its objects compiled for the host; all others with the runtime's library.
$(BUILD)/tests/runtime/init/%_test: runtime/init/%_test.c $(INIT_LIBRARY)
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(CC) $(BASE_CFLAGS) $(TEST_LDFLAGS) -MF $@.d -o $@ $< $(INIT_LIBRARY) -lcmocka

$(BUILD)/tests/runtime/libexec/systemd/%_test: runtime/libexec/systemd/%_test.c $(filter-out %/main.o,$(SYSTEMD_OBJECTS))
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(CC) $(BASE_CFLAGS) $(TEST_LDFLAGS) -MF $@.d -o $@ $(filter %.c %.o,$^) -lcmocka -lsystemd

$(BUILD)/tests/bundle-tools/%_test: bundle-tools/%_test.c $(CONDUCTOR_LIBRARY)
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(CC) $(BASE_CFLAGS) $(TEST_LDFLAGS) -MF $@.d -o $@ $< $(CONDUCTOR_LIBRARY) -lcmocka $(CONDUCTOR_LDLIBS)

$(BUILD)/tests/%_test: %_test.c $(LIBRARY)
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(CC) $(BASE_CFLAGS) $(TEST_LDFLAGS) -MF $@.d -o $@ $< $(LIBRARY) -lcmocka $(LDLIBS)

define tool_rule
$(BUILD)/conformance/$(basename $(notdir $(1))): $(1)
	@mkdir -p $$(@D)
	@echo 'cc      $$@'
	$$(Q)$$(TOOL_CC) $$(TOOL_CFLAGS) $$(TOOL_LDFLAGS) -MF $$@.d -o $$@ $$< -lseccomp
endef
$(foreach tool,$(TOOL_SOURCES),$(eval $(call tool_rule,$(tool))))

# Built like boxcar-init, without a C library.
$(RAW_TOOLS): $(BUILD)/conformance/%: conformance/bench/%.c
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(INIT_CC) $(INIT_CFLAGS) $(INIT_LDFLAGS) -s -MF $@.d -o $@ $<

$(BUILD)/conformance/probe: $(PROBE_SOURCES) conformance/probe/probe.h
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(TOOL_CC) $(filter-out -MMD -MP,$(TOOL_CFLAGS)) $(TOOL_LDFLAGS) -o $@ $(PROBE_SOURCES)

# For the 32-bit machine that the same kernel runs, too.
$(BUILD)/conformance/narrow: conformance/life/narrow.S
	@mkdir -p $(@D)
	@echo 'as      $@'
ifeq ($(MACHINE),aarch64)
	$(Q)$(TOOL_CC) -E -P $< | arm-linux-gnueabihf-as -march=armv7-a -o $@.o -
	$(Q)arm-linux-gnueabihf-ld -o $@ $@.o
else
	$(Q)$(TOOL_CC) -m32 -nostdlib $(TOOL_LDFLAGS) -o $@ $<
endif

# What is fuzzed belongs to boxcar, but for archives.
FUZZ_LDLIBS = $(LDLIBS)
$(BUILD)/fuzz-archive $(BUILD)/replay-archive: FUZZ_LDLIBS = $(CONDUCTOR_LDLIBS)
$(BUILD)/fuzz-archive $(BUILD)/replay-archive: $(CONDUCTOR_LIBRARY)
$(BUILD)/fuzz-%: conformance/fuzz/%.c $(LIBRARY)
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(CC) $(BASE_CFLAGS) $(LINK_MODE) -fsanitize=fuzzer -MF $@.d -o $@ $< $(filter %.a,$^) $(FUZZ_LDLIBS)

$(BUILD)/replay-%: conformance/fuzz/%.c conformance/fuzz/replay.c $(LIBRARY)
	@mkdir -p $(@D)
	@echo 'cc      $@'
	$(Q)$(CC) $(BASE_CFLAGS) $(TEST_LDFLAGS) -MF $@.d -o $@ $(filter %.c,$^) $(filter %.a,$^) $(FUZZ_LDLIBS)

# Only where objects lie: below build there are also root file systems, with files of such names.
OBJECT_PLACES = $(wildcard $(addprefix $(BUILD)/,image spec runtime bundle-tools man conformance tests))
-include $(wildcard $(BUILD)/*.d) $(if $(OBJECT_PLACES),$(shell find $(OBJECT_PLACES) -type f -name '*.d'))

# --- version: one file is compiled with it ----------------------------------------------------------------------------

VERSION := $(shell cat VERSION)
COMMIT := $(shell git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null || echo unknown)
VERSION_FLAGS := -DBOXCAR_VERSION='"$(VERSION)"' -DBOXCAR_COMMIT='"$(COMMIT)"'
.PHONY: always
$(BUILD)/version: always
	@mkdir -p $(@D)
	@echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || echo '$(VERSION) $(COMMIT)' > $@
$(BUILD)/spec/base/version.o: $(BUILD)/version

# Other flags (CFLAGS from the command line, an edited Makefile) compile everything anew.
FLAGS := $(CC) $(BASE_CFLAGS) $(BASE_LDFLAGS) $(INIT_CFLAGS) $(INIT_LDFLAGS) $(TOOL_CFLAGS)
$(BUILD)/flags: always
	@mkdir -p $(@D)
	@echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' > $@
$(ALL_MADE): $(BUILD)/flags

# --- packages: installed only when something is missing, and only for goals that promise it ---------------------------

BUILD_PACKAGES := gcc make libc6-dev libyajl-dev libseccomp-dev libcap-dev libmnl-dev libsystemd-dev git
CONDUCTOR_PACKAGES := nettle-dev zlib1g-dev libzstd-dev libmnl-dev libnftnl-dev mmdebstrap uidmap
CHECK_PACKAGES := libcmocka-dev bats jq busybox-static strace python3 procps util-linux libcap2-bin groff-base iproute2 nftables curl
# What the OCI's validation suite is built with.
OCI_PACKAGES := golang-go golang-github-mrunalp-fileutils-dev golang-github-urfave-cli-dev golang-github-google-uuid-dev \
	golang-github-blang-semver-dev golang-gocapability-dev golang-github-xeipuuv-gojsonschema-dev \
	golang-github-opencontainers-selinux-dev golang-github-opencontainers-specs-dev golang-github-sirupsen-logrus-dev \
	golang-github-hashicorp-go-multierror-dev golang-golang-x-sys-dev ca-certificates debian-archive-keyring xz-utils
ARM64_PACKAGES := gcc-aarch64-linux-gnu binutils-arm-linux-gnueabihf qemu-user mmdebstrap
LINT_PACKAGES := clang clang-tidy cppcheck
.PHONY: deps oci-suite arm64-deps
deps:
	@conformance/packages $(BUILD_PACKAGES) $(CONDUCTOR_PACKAGES) $(CHECK_PACKAGES)
lint-deps: deps
	@conformance/packages $(LINT_PACKAGES)
bench-deps: deps
	@conformance/packages runc buildah busybox-static
# The libraries of the other machine lie in a directory of their own, whatever this one has.
arm64-deps: deps
	@conformance/packages $(ARM64_PACKAGES)
	@conformance/arm64/root $(BUILD)/root $(sort $(filter %-dev,$(BUILD_PACKAGES) $(CONDUCTOR_PACKAGES) $(CHECK_PACKAGES)))
oci-suite: deps
	@conformance/packages $(OCI_PACKAGES)
	@BUILD=$(BUILD) conformance/oci/prepare
ifeq ($(ARM64),1)
$(ALL_MADE): | arm64-deps
else ifneq ($(filter check% lint% bench% demo sweep conformance vm%,$(MAKECMDGOALS)),)
$(ALL_MADE): | deps
endif

# --- tests ------------------------------------------------------------------------------------------------------------

SUITES := style unit san plans arm64 fuzz life install faults oci differential engines conductor vm
CHECK := BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/summary
.PHONY: check check-% conformance vm sanitized bench sweep fuzz demo
check: $(PROGRAMS) $(BUILD)/conductor man $(TESTS) $(TOOLS) sanitized arm64 oci-suite bench-deps
	@$(CHECK) $(SUITES)
check-unit: $(TESTS)
	@$(CHECK) unit
check-plans: $(filter $(BUILD)/tests/conformance/plans/%,$(TESTS)) $(PROGRAMS)
	@$(CHECK) plans
check-style: $(PROGRAMS) $(BUILD)/conductor
	@$(CHECK) style
check-san check-fuzz: sanitized
	@$(CHECK) $(@:check-%=%)
check-arm64: arm64
	@$(CHECK) arm64
check-life: man
check-life check-faults check-engines check-vm: $(PROGRAMS) $(TOOLS)
	@$(CHECK) $(@:check-%=%)
check-oci: $(PROGRAMS) oci-suite
	@$(CHECK) oci
check-differential: bench-deps $(PROGRAMS) $(TOOLS)
	@$(CHECK) differential
check-install: all $(TOOLS)
	@$(CHECK) install
check-conductor: $(PROGRAMS) $(BUILD)/conductor $(TOOLS)
	@$(CHECK) conductor

# The one second build in a run of the tests: unit tests and the fuzz corpus under ASan and UBSan.
sanitized: | deps
	@+$(MAKE) --no-print-directory SAN=1 sanitized-programs
.PHONY: sanitized-programs
sanitized-programs: $(TESTS) $(REPLAYS)

# The whole for the other machine.
.PHONY: arm64 arm64-programs
arm64: | deps
	@+$(MAKE) --no-print-directory ARM64=1 arm64-programs
arm64-programs: all tests tools

sweep: $(PROGRAMS) $(TOOLS)
	@BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/faults/run all
	@NOTIFY=yes BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/faults/run all
	@HOOKS=yes BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/faults/run all
	@DEVICE=yes BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/faults/run all -o create
	@STEPS=yes BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/faults/run all
	@for whose in yes single namespace; do \
		ORDINARY=$$whose BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/faults/run all || exit 1; done
	@WITHOUT=EPERM:clone3,openat2,fsopen,mount_setattr BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/faults/run all
	@BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/faults/run all -e 12
# The engines of this Debian, and of later ones in a root of their own; takes about ten minutes.
.PHONY: engines
engines: $(PROGRAMS) $(TOOLS)
	@$(CHECK) engines trixie sid
conformance: $(PROGRAMS) oci-suite
	@BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/oci/run
# Every life test takes some seconds there.
KERNEL ?= 6.1
FILES ?= $(patsubst conformance/life/%.bats,%,$(wildcard conformance/life/*.bats))
vm: $(PROGRAMS) $(TOOLS)
	@BUILD=$(BUILD) conformance/vm/run --kernel $(KERNEL) --timeout 5400 bats --tap $(FILES:%=conformance/life/%.bats)
# The same on arm64, after the unit tests that need its kernel. Under emulation all files take more than an hour: FILES="run limits".
.PHONY: vm-arm64
vm-arm64: arm64
	@BUILD=$(BUILD)/arm64 conformance/vm/run --machine aarch64 --kernel $(KERNEL) --timeout 14400 bash -c \
		'conformance/arm64/native && bats --tap "$$@"' bash $(FILES:%=conformance/life/%.bats)
# Cgroups made by systemd: v2, v1 with v2 beside it, v1 alone, and podman with its default.
SYSTEMD_VM := BUILD=$(BUILD) conformance/vm/run --kernel $(KERNEL) --systemd --timeout 3600
.PHONY: vm-systemd
vm-systemd: $(PROGRAMS) $(TOOLS)
	@$(SYSTEMD_VM) env STRIDE=20 bats --tap conformance/systemd/{scope,bus,rootless,crash}.bats
	@$(SYSTEMD_VM) --append systemd.unified_cgroup_hierarchy=0 bats --tap conformance/systemd/v1.bats
	@$(SYSTEMD_VM) --append 'systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1' bats --tap conformance/systemd/v1.bats
	@$(SYSTEMD_VM) --memory 3072 --with podman bats --tap conformance/systemd/podman.bats
# Network classes and priorities, which are v1's, beside the other controllers on v2.
.PHONY: vm-hybrid vm-rdma vm-selinux
vm-hybrid: $(PROGRAMS) $(TOOLS)
	@BUILD=$(BUILD) conformance/vm/run --kernel $(KERNEL) --timeout 1800 conformance/vm/hybrid bats --tap conformance/life/{limits,bites}.bats
# Limits of a device of RDMA's.
vm-rdma: $(PROGRAMS) $(TOOLS)
	@BUILD=$(BUILD) conformance/vm/run --kernel $(KERNEL) --generic --timeout 1800 conformance/vm/rdma bats --tap conformance/life/limits.bats
# The labels' tests with SELinux and Debian's policy.
vm-selinux: $(PROGRAMS) $(TOOLS)
	@BUILD=$(BUILD) conformance/vm/run --kernel $(KERNEL) --with 'selinux-policy-default policycoreutils' --timeout 1800 \
		--append 'security=selinux selinux=1 enforcing=0' conformance/vm/selinux bats --tap conformance/life/labels.bats
bench: bench-deps $(PROGRAMS) $(BUILD)/conductor $(TOOLS)
	@BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/bench/bench
	@BUILD=$(BUILD) RUNTIME=$(abspath $(RUNTIME)) conformance/bench/conductor
fuzz:
	@+$(MAKE) --no-print-directory FUZZ=1 fuzz-run
.PHONY: fuzz-run
fuzz-run: $(FUZZERS)
	@BUILD=$(BUILD) conformance/fuzz/run $(FUZZERS)
demo: $(PROGRAMS)
	@BUILD=$(BUILD) conformance/demo

# --- lint -------------------------------------------------------------------------------------------------------------

LINT_SOURCES := $(SPEC_SOURCES) $(RUNTIME_SOURCES) $(NETDEV_SOURCES) $(SYSTEMD_SOURCES) $(CONDUCTOR_SOURCES)
ANALYZED := $(LINT_SOURCES:%.c=build/lint/%.analyzed) $(INIT_SOURCES:%.c=build/lint/%.analyzed)
TIDIED := $(LINT_SOURCES:%.c=build/lint/%.tidied)
.PHONY: lint lint-deps lint-cppcheck
lint: lint-deps $(ANALYZED) $(TIDIED) lint-cppcheck
	@BUILD=$(BUILD) conformance/style
build/lint/%.analyzed: %.c | lint-deps
	@mkdir -p $(@D)
	@echo 'analyze $@'
	$(Q)gcc $(if $(filter runtime/init/%,$<),$(INIT_CFLAGS),$(LANGUAGE) $(WARNINGS) $(VERSION_FLAGS) -O2) -fanalyzer -MF $@.d -MT $@ \
		-c -o $@ $<
build/lint/%.tidied: %.c .clang-tidy | lint-deps
	@mkdir -p $(@D)
	@echo 'tidy    $<'
	$(Q)clang-tidy --quiet $< -- $(filter-out -MMD -MP,$(LANGUAGE)) $(VERSION_FLAGS)
	@touch $@
lint-cppcheck: | lint-deps
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppressions-list=conformance/cppcheck.txt --inconclusive -D_GNU_SOURCE -D__$(MACHINE)__ -I. --template=gcc $(LINT_SOURCES)
-include $(shell find build/lint -name '*.d' 2>/dev/null)

# --- install ----------------------------------------------------------------------------------------------------------

# LIST has a line "MODE FILE PLACE" for each file.
LIST = echo 0755 $(BUILD)/boxcar sbin/boxcar; echo 0755 $(BUILD)/conductor bin/conductor; \
	echo 0755 bundle-tools/conductor.sh bin/conductor.sh; \
	for name in boxcar-init boxcar-netdev boxcar-systemd; do echo 0755 $(BUILD)/$$name libexec/boxcar/$$name; done; \
	for page in $(BUILD)/man/pages/*; do echo 0644 $$page share/man/man$${page\#\#*.}/$${page\#\#*/}; done; \
	for name in boxcar conductor; do from=$(BUILD)/man/completions; \
		echo 0644 $$from/$$name.bash share/bash-completion/completions/$$name; \
		echo 0644 $$from/_$$name share/zsh/site-functions/_$$name; \
		echo 0644 $$from/$$name.fish share/fish/vendor_completions.d/$$name.fish; done

.PHONY: install install-strip uninstall clean
install: all
	{ $(LIST); } | while read -r mode file place; do \
		install -D -m "$$mode" "$$file" "$(DESTDIR)$(PREFIX)/$$place" || exit 1; done
# Without what only debuggers read: less than half. boxcar-init has none.
install-strip: install
	for place in sbin/boxcar bin/conductor libexec/boxcar/boxcar-netdev libexec/boxcar/boxcar-systemd; do \
		$(STRIP) "$(DESTDIR)$(PREFIX)/$$place" || exit 1; done
# Directories that others may use, too, stay.
uninstall: man
	{ $(LIST); } | while read -r mode file place; do rm -f "$(DESTDIR)$(PREFIX)/$$place" || exit 1; done
	[ ! -d "$(DESTDIR)$(PREFIX)/libexec/boxcar" ] || rmdir "$(DESTDIR)$(PREFIX)/libexec/boxcar"
clean:
	rm -rf build
