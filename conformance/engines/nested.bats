# The runtime inside a container: with all privileges, with a few, with none, and behind filters that refuse what it would use. It
# works, or says what forbids it.
load podman

setup() {
	NAME=c$BATS_TEST_NUMBER
	cd "$BATS_TEST_TMPDIR"
	mkdir -p b/rootfs/bin
	cp /bin/busybox b/rootfs/bin/sh
	cp "$RUNTIME" b/runtime
	# podman 5 has no CAP_AUDIT_WRITE to give
	(cd b && ./runtime spec && jq '.process.terminal = false | .process.args = ["sh", "-c", "echo nested"] |
		.process.capabilities |= map_values(map(select(. != "CAP_AUDIT_WRITE")))' config.json >c && mv c config.json)
}

# nested [OPTION-OF-PODMAN...] -- OPTION-OF-THE-RUNTIME...
nested() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	once -v "$PWD/b:/b" "${options[@]}" bb /b/runtime "$@"
}

@test "with all privileges: everything works, limits too" {
	run nested --privileged -- run --bundle /b inner
	gave 0 nested
	jq '.linux.resources.pids.limit = 20 | .process.args[2] = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do sh -c : & done; wait"' \
		b/config.json >b/c && mv b/c b/config.json
	run nested --privileged -- run --bundle /b inner
	[[ $output == *"can't fork"* ]]
}

@test "with all privileges: create, start, exec, state, delete" {
	jq '.process.args[2] = "while :; do :; done"' b/config.json >b/c && mv b/c b/config.json
	run once --privileged -v "$PWD/b:/b" bb sh -c 'cd /b && ./runtime create inner </dev/null >/dev/null 2>&1 && ./runtime start inner &&
		./runtime exec inner sh -c "echo in" && ./runtime kill inner KILL && until ./runtime state inner | grep -q stopped; do :; done && ./runtime delete inner && ./runtime list --quiet'
	gave 0 in
}

@test "in a cgroup namespace of its own" {
	run nested --privileged --cgroupns private -- run --bundle /b inner
	gave 0 nested
}

@test "without privileges: what forbids it, and the way out" {
	run nested -- run --bundle /b inner
	failed_with 1 "read-only"
	[[ $output == *"--cgroup-manager disabled"* ]]
	run nested -- --cgroup-manager disabled run --bundle /b inner
	failed_with 1 "CAP_SYS_ADMIN"
}

@test "with the two privileges that it needs, behind the engine's filter" {
	run nested --cap-add sys_admin,net_admin -- --cgroup-manager disabled run --bundle /b inner
	gave 0 nested
	run nested --cap-add sys_admin -- --cgroup-manager disabled run --bundle /b inner
	failed_with 1 "CAP_NET_ADMIN"
}

@test "a user namespace inside: what covers /proc or /sys is named, and without that it works" {
	rm b/config.json
	(cd b && ./runtime spec --rootless && jq '.process.terminal = false | .process.args = ["sh", "-c", "echo nested"]' config.json >c && mv c config.json)
	run nested --security-opt seccomp=unconfined -- --rootless=true run --bundle /b inner
	failed_with 1 "mount proc on /proc"
	[[ $output == *"here mounts cover it: /proc/"*"unmask=ALL"* ]]
	run nested --security-opt seccomp=unconfined --security-opt unmask=ALL -- --rootless=true run --bundle /b inner
	gave 0 nested
	jq '.linux.namespaces += [{"type": "network"}] | (.mounts[] | select(.destination == "/sys")) = {destination: "/sys", type: "sysfs",
		source: "sysfs", options: ["ro"]}' b/config.json >b/c && mv b/c b/config.json
	run nested --security-opt seccomp=unconfined --security-opt 'unmask=/proc/*' -- --rootless=true run --bundle /b inner
	failed_with 1 "mount sysfs on /sys"
	[[ $output == *"here mounts cover it: /sys/"*"unmask=ALL"* ]]
	run nested --security-opt seccomp=unconfined --security-opt unmask=ALL -- --rootless=true run --bundle /b inner
	gave 0 nested
}

@test "Docker's own profile: what it refuses is named" {
	jq .linux.seccomp "$BATS_TEST_DIRNAME/../configs/docker28.5-default.json" >profile
	for options in "" "--cap-add sys_admin,net_admin"; do
		run nested $options --security-opt "seccomp=$PWD/profile" -- --cgroup-manager disabled run --bundle /b inner
		failed_with 1 "clone init into its namespaces"
		[[ $output == *"seccomp filter"* ]]
	done
	(cd b && rm config.json && ./runtime spec --rootless)
	jq '.process.terminal = false' b/config.json >b/c && mv b/c b/config.json
	run nested --security-opt "seccomp=$PWD/profile" -- --rootless=true run --bundle /b inner
	failed_with 1 "clone init into its namespaces"
	[[ $output == *"seccomp filter"*"user namespaces"* ]]
}

@test "--rootless=true: without a cgroup where none may be made" {
	run nested --cap-add sys_admin,net_admin -- --rootless=true run --bundle /b inner
	gave 0 nested
	jq '.linux.resources.pids.limit = 20' b/config.json >b/c && mv b/c b/config.json
	run nested --cap-add sys_admin,net_admin -- --rootless=true run --bundle /b inner
	failed_with 1 "the limit needs a cgroup with the controller pids"
	[[ $output == *"/sys/fs/cgroup"*"is not the user's to write"* ]]
}

@test "filters that refuse newer calls: another way is taken" {
	for call in clone3 openat2 fsopen mount_setattr pidfd_getfd close_range keyctl fsmount fsconfig; do
		for number in 1 38; do
			refuse $call $number
			run nested --cap-add sys_admin,net_admin --security-opt "seccomp=$PWD/profile" -- \
				--cgroup-manager disabled run --bundle /b inner
			gave 0 nested || { echo "$call answered $number"; return 1; }
		done
	done
}

@test "filters that refuse what there is no other way for: the call is named" {
	for call in move_mount open_tree memfd_create execveat pivot_root; do
		for number in 1 38; do
			refuse $call $number
			run nested --cap-add sys_admin,net_admin --security-opt "seccomp=$PWD/profile" -- \
				--cgroup-manager disabled run --bundle /b inner
			failed_with 1 "${call/memfd_create/memory file}" || { echo "$call answered $number"; return 1; }
		done
	done
}

# refuse CALL NUMBER
refuse() {
	jq -n --arg call "$1" --argjson number "$2" '{defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: [$call], action: "SCMP_ACT_ERRNO", errnoRet: $number}]}' >profile
}
