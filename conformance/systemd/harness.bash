# What the tests with systemd share: they run where it is the first process, as in `conformance/vm/run --systemd`, and not elsewhere.
# Those with the tag check run in `make check`, all of them in `make vm-systemd`.
# A container's scope must be gone after its test, whatever happened to it.
load ../life/harness
eval "life_$(declare -f setup)"
eval "life_$(declare -f teardown)"

setup() {
	[ -d /run/systemd/system ] || { echo "systemd is not the first process here"; return 1; }
	life_setup
	UNIT=boxcar-$ID.scope
}

teardown() {
	local left=0
	life_teardown || left=1
	eventually is_unit_gone || left=1
	return $left
}

rt() {
	"$RUNTIME" --root "$ROOT" --systemd-cgroup "$@"
}

# property NAME [UNIT]
property() {
	systemctl show --property "$1" --value "${2-$UNIT}"
}

# has NAME VALUE: a property of the container's unit
has() {
	local found
	found=$(property "$1")
	[ "$found" = "$2" ] || { echo "$1: expected $2, found $found"; return 1; }
}

is_unit_gone() {
	[ "$(property LoadState)" = not-found ]
}

# holds FILE VALUE: a file of the container's cgroup
holds() {
	local found
	found=$(<"/sys/fs/cgroup$(property ControlGroup)/$1") || return 1
	[ "$found" = "$2" ] || { echo "$1: expected $2, found $found"; return 1; }
}

# Shell commands inside
inside() {
	rt exec "$ID" /bin/sh -c "$1" </dev/null
}
