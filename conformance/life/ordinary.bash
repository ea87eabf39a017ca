# Ordinary users for the tests without root: $SUB has subordinate ids, $ONE has none. They live below $DIR, each with a bundle `b`, a
# runtime directory `run` and a copy of the runtime that they may execute.
: "${BUILD:=build}"
RUNTIME=$(realpath "${RUNTIME:-$BATS_TEST_DIRNAME/../../$BUILD/boxcar}")
bats_require_minimum_version 1.5.0

ordinary_users() {
	local user
	"$BATS_TEST_DIRNAME/../packages" uidmap passwd util-linux busybox-static jq procps || return 1
	DIR=$(mktemp -d /tmp/ordinary.XXXXXX)
	local mark=${DIR##*.}
	SUB=sub${mark,,} ONE=one${mark,,}
	export DIR SUB ONE
	chmod 711 "$DIR"
	install -m 755 "$RUNTIME" "$DIR/boxcar"
	patient useradd --create-home --home-dir "$DIR/$SUB" --shell /bin/sh "$SUB"
	patient useradd --system --create-home --home-dir "$DIR/$ONE" --shell /bin/sh "$ONE"
	for user in "$SUB" "$ONE"; do
		chmod 711 "$DIR/$user"
	done
}

# Another program may be writing /etc/passwd.
patient() {
	local try
	for try in {1..50}; do
		"$@" && return 0
		sleep 0.2
	done
	return 1
}

ordinary_users_end() {
	local user
	[ -n "${ONE-}" ] || return 0 # they were not made
	for user in "$SUB" "$ONE"; do
		pkill -KILL -u "$user" || true
		eventually has_no_process "$user"
		patient userdel "$user"
	done
	rm -rf --one-file-system "$DIR"
}

has_no_process() {
	! pgrep -u "$1" >/dev/null
}

# Fresh for each test: `b` with the runtime's own configuration for a container without root.
ordinary_bundles() {
	local user
	ID=c$BATS_TEST_NUMBER
	for user in "$SUB" "$ONE"; do
		rm -rf --one-file-system "${DIR:?}/$user"/{b,run}
		mkdir -p "$DIR/$user"/b/rootfs/{bin,proc,sys,dev,tmp,etc} "$DIR/$user/run"
		cp /bin/busybox "$DIR/$user/b/rootfs/bin/busybox"
		ln -s busybox "$DIR/$user/b/rootfs/bin/sh"
		chmod 700 "$DIR/$user/run"
		chown -R "$user:" "$DIR/$user"
		rt "$user" spec --rootless
		config "$user" '.process.terminal = false'
	done
}

# Nothing is left of any container: no state, no process, no cgroup of our marks.
ordinary_nothing_left() {
	local user found
	for user in "$SUB" "$ONE"; do
		for found in "$DIR/$user/run/boxcar"/*; do
			[ ! -e "$found" ] || rt "$user" delete --force "${found##*/}" >/dev/null
		done
		eventually has_no_process "$user"
		found=$(find "$DIR/$user/run" -mindepth 2)
		[ -z "$found" ] || { echo "left behind: $found"; return 1; }
	done
}

# as USER COMMAND..., in the bundle, with an environment of the user's own
as() {
	local user=$1
	shift
	(cd "$DIR/$user/b" && timeout --foreground -k 5 60 runuser -u "$user" -- env -i HOME="$DIR/$user" \
		XDG_RUNTIME_DIR="$DIR/$user/run" PATH="$DIR:$PATH" TERM=dumb "$@" 3>&-)
}

# rt USER ARGUMENT... of the runtime
rt() {
	as "$1" "$DIR/boxcar" "${@:2}"
}

# config USER FILTER [JQ-OPTION...]
config() {
	local at=$DIR/$1/b/config.json
	jq "${@:2}" "$at" >"$at.new" && cat "$at.new" >"$at" && rm "$at.new"
}

# The payload of the user's bundle: script USER TEXT
script() {
	config "$1" '.process.args = ["sh", "-c", $text]' --arg text "$2"
}

# Give the ids of /etc/subuid and /etc/subgid to the container, behind the user's own: map USER [FIRST COUNT]
map() {
	local first=${2-$(first_of "$1")} count=${3-65536}
	config "$1" '.linux.uidMappings += [$more] | .linux.gidMappings += [$more]' \
		--argjson more "{\"containerID\": 1, \"hostID\": $first, \"size\": $count}"
}

first_of() {
	awk -F: -v u="$1" '$1 == u { print $2 }' /etc/subuid
}

eventually() {
	local try
	for try in {1..200}; do
		"$@" && return 0
		sleep 0.05
	done
	echo "never came true: $*"
	return 1
}

# The last `run` gave this: gave STATUS [WHOLE-OUTPUT]
gave() {
	[ "$status" = "$1" ] && [ "$output" = "${2-$output}" ] || {
		printf 'expected %s and "%s", got %s and:\n%s\n' "$1" "${2-anything}" "$status" "$output"
		return 1
	}
}

# The last `run` failed and said all of these: failed_with TEXT...
failed_with() {
	local text
	[ "$status" = 1 ] || { printf 'expected 1, got %s and:\n%s\n' "$status" "$output"; return 1; }
	for text in "$@"; do
		[[ $output == *"$text"* ]] || { printf 'expected "%s" in:\n%s\n' "$text" "$output"; return 1; }
	done
}
