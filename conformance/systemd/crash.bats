# Commands killed at their system calls, those of boxcar-systemd included: see conformance/faults/run. STRIDE says at which; `make
# vm-systemd` takes more of them.
load harness

# killed STRIDE COMMAND [VARIABLE...]
killed() {
	run env SYSTEMD=yes "${@:3}" BUILD="$BUILD" RUNTIME="$RUNTIME" STRIDE="$1" "$BATS_TEST_DIRNAME/../faults/run" quick -o "$2"
	gave 0 " 0 leaks"
	[[ $output != *" 0 points"* ]]
	eventually all_are_gone
}

all_are_gone() {
	! systemctl list-units --all --no-legend 'boxcar-sweep-*.scope' | grep -q . && [ -z "$(cgroups_of boxcar-sweep-)" ]
}

# bats test_tags=check
@test "create, killed" {
	killed "${STRIDE:-150}" create
}

@test "an ordinary user's create, killed" {
	killed $((${STRIDE:-50} * 3)) create ORDINARY=yes
}

@test "an ordinary user's exec and delete, killed" {
	killed $((${STRIDE:-50} * 3)) exec ORDINARY=yes
	killed $((${STRIDE:-50} * 3)) delete ORDINARY=yes
}

@test "delete, killed" {
	killed "${STRIDE:-150}" delete
}

@test "update, killed" {
	killed "${STRIDE:-200}" update
}
