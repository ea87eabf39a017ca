# The runtime alone, started by an ordinary user: with subordinate ids, with a single id, as root of a user namespace.
load ordinary

setup_file() {
	ordinary_users
}

teardown_file() {
	ordinary_users_end
}

setup() {
	ordinary_bundles
}

teardown() {
	ordinary_nothing_left
}

@test "spec --rootless writes what runs as it is: with subordinate ids and without" {
	for user in "$SUB" "$ONE"; do
		script "$user" 'id -u; tr -s " " </proc/self/uid_map; test -c /dev/null && test -d /sys/kernel && echo fine'
		run rt "$user" run "$ID"
		gave 0 $'0\n 0 '"$(id -u "$user")"$' 1\nfine'
		run rt "$user" spec --rootless
		failed_with "config.json: file exists"
		as "$user" mkdir other
		as "$user" mv rootfs other
		rt "$user" spec --rootless --bundle other
		as "$user" sh -c 'cd other && while sleep 0.1; do echo exit; done | script -qec "boxcar run there" /dev/null'
	done
}

@test "subordinate ids: newuidmap and newgidmap map them" {
	map "$SUB"
	config "$SUB" '.process.user = {uid: 7, gid: 8, additionalGids: [5, 6]}'
	script "$SUB" 'id -u; id -g; id -G; tr -s " " </proc/self/uid_map; cat /proc/self/setgroups'
	run rt "$SUB" run "$ID"
	gave 0 $'7\n8\n8 5 6\n 0 '"$(id -u "$SUB")"$' 1\n 1 '"$(first_of "$SUB")"$' 65536\nallow'
	run rt "$SUB" explain
	[[ $output == *"gid_map lines=\"0 "*" by=helper setgroups=allow"*"uid_map lines=\"0 "*" by=helper"* ]]
}

@test "every command, with processes of another user's id inside" {
	map "$SUB"
	config "$SUB" '.process.user = {uid: 7, gid: 8}'
	script "$SUB" 'while :; do sleep 1; done'
	as "$SUB" sh -c "boxcar create --pid-file pid $ID </dev/null >/dev/null 2>&1" && rt "$SUB" start "$ID"
	[ "$(rt "$SUB" state "$ID" | jq -r '.status + " " + .owner')" = "running $(id -u "$SUB")" ]
	[ "$(rt "$SUB" list --quiet)" = "$ID" ]
	[ "$(stat -c %u "/proc/$(<"$DIR/$SUB/b/pid")")" = $(($(first_of "$SUB") + 6)) ]
	run rt "$SUB" exec --user 9:10 --additional-gids 11 "$ID" sh -c 'id -u; id -G'
	gave 0 $'9\n10 11'
	run rt "$SUB" ps --format json "$ID"
	gave 0 "[$(<"$DIR/$SUB/b/pid")]"
	for command in "pause $ID" "events --stats $ID" "stats $ID"; do
		run rt "$SUB" $command
		failed_with "no cgroup of its own"
	done
	rt "$SUB" kill "$ID" KILL
	eventually has_ended "$SUB"
	rt "$SUB" delete "$ID"
	[ -z "$(rt "$SUB" list --quiet)" ]
	as "$SUB" sh -c "boxcar run --detach $ID </dev/null >/dev/null 2>&1"
	rt "$SUB" delete --force "$ID"
}

has_ended() {
	[ "$(rt "$1" state "$ID" | jq -r .status)" = stopped ]
}

@test "a single id: the kernel denies setgroups, and what cannot be had is named" {
	for user in "$SUB" "$ONE"; do
		script "$user" 'cat /proc/self/setgroups; id -g'
		run rt "$user" run "$ID"
		gave 0 $'deny\n0'
		config "$user" '.process.user.additionalGids = [0]'
		run rt "$user" run "$ID"
		gave 0 $'deny\n0'
		config "$user" '.linux.gidMappings[0].containerID = 5 | .process.user = {uid: 0, gid: 5, additionalGids: [5]}'
		run rt "$user" run "$ID"
		gave 0 $'deny\n5'
		config "$user" '.linux.gidMappings[0].containerID = 0 | .process.user = {uid: 0, gid: 0, additionalGids: [5]}'
		run rt "$user" run "$ID"
		failed_with "/process/user/additionalGids"
	done
}

@test "exec where setgroups is denied, by the user and by root" {
	script "$SUB" 'while :; do sleep 1; done'
	as "$SUB" sh -c "boxcar run --detach $ID </dev/null >/dev/null 2>&1"
	run rt "$SUB" exec "$ID" sh -c 'id -u; cat /proc/self/setgroups'
	gave 0 $'0\ndeny'
	run "$RUNTIME" --root "$DIR/$SUB/run/boxcar" exec "$ID" sh -c 'id -u; cat /proc/self/setgroups'
	gave 0 $'0\ndeny'
	run rt "$SUB" exec --additional-gids 5 "$ID" sh -c 'id -u'
	[ "$status" = 0 ]
	[[ $output == *"no groups can be set"* ]]
	rt "$SUB" delete --force "$ID"
}

@test "user ids by newuidmap, the own group alone" {
	config "$SUB" '.linux.uidMappings = [{containerID: 0, hostID: $first, size: 5}]' --argjson first "$(first_of "$SUB")"
	chmod -R a+rX "$DIR/$SUB/b"
	script "$SUB" 'cat /proc/self/setgroups; id -u'
	run rt "$SUB" run "$ID"
	gave 0 $'deny\n0'
	config "$SUB" '.process.user.additionalGids = [0, 1] | .linux.gidMappings[0].size = 2'
	run rt "$SUB" run "$ID"
	failed_with "/linux/gidMappings" newgidmap
}

@test "root of a user namespace with a single id: with and without mounts of its own" {
	config "$SUB" 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))'
	script "$SUB" 'id -u; tr -s " " </proc/self/uid_map'
	cp "$DIR/$SUB/b/config.json" "$DIR/$SUB/b/plain.json"
	for how in "--user" "--user --mount" "--user --mount --pid --fork --mount-proc"; do
		run as "$SUB" unshare --map-root-user $how boxcar run --config plain.json "$ID"
		gave 0 $'0\n 0 '"$(id -u "$SUB")"' 1'
		rm "$DIR/$SUB/b/config.json"
		run as "$SUB" unshare --map-root-user $how sh -c "boxcar spec --rootless && sed -i 's/\"terminal\": true/\"terminal\": false/' config.json &&
			boxcar run $ID </dev/null"
		gave 0 ""
	done
	config "$SUB" '.process.user.additionalGids = [5] | del(.linux.uidMappings, .linux.gidMappings) |
		.linux.namespaces |= map(select(.type != "user"))'
	run as "$SUB" unshare --map-root-user boxcar run "$ID" </dev/null
	[ "$status" = 0 ]
	[[ $output == *"warning: /process/user/additionalGids"* ]]
}

@test "devices are the host's own, bound" {
	device=/dev/kmsg
	[ -c $device ] || device=/dev/urandom # as in a container
	config "$SUB" '.linux.devices = [{path: $device, type: "c", major: $major, minor: $minor}]' --arg device $device \
		--argjson major $((0x$(stat -c %t $device))) --argjson minor $((0x$(stat -c %T $device)))
	script "$SUB" 'for d in null zero full random urandom tty; do test -c /dev/$d || echo no $d; done; echo x >/dev/null; head -c 3 /dev/zero | wc -c
		stat -c "%t %T" '$device
	run rt "$SUB" run "$ID"
	gave 0 "3"$'\n'"$(stat -c '%t %T' $device)"
	config "$SUB" '.linux.devices = [{path: "/dev/nowhere", type: "c", major: 10, minor: 237}]'
	run rt "$SUB" run "$ID"
	failed_with /linux/devices/0 /dev/nowhere
}

# What README.md says, as it stands there: the piece behind <!-- NAME -->
piece() {
	awk -v name="<!-- $1 -->" '$0 == name { is_on = 1; next } is_on && /^    / { has = 1; print substr($0, 5); next }
		has && !/^$/ { exit }' "$BATS_TEST_DIRNAME/../../README.md" | grep .
}

@test "what the README says of it" {
	as "$SUB" rm -rf b2 config.json rootfs
	{ echo 'set -e'; piece rootless; piece rootless-ids; } >"$DIR/$SUB/readme"
	chmod 644 "$DIR/$SUB/readme"
	run as "$SUB" script -qec "sh ../readme" /dev/null </dev/null
	[ "$status" = 0 ] && [ "$(grep -c "uid=0 gid=0" <<<"$output")" = 2 ] || { echo "$output"; return 1; }
}

# --- where state and cgroups are --------------------------------------------------------------------------------------

@test "limits: none is no error, one that cannot be had names what forbids it, whatever cgroupsPath says" {
	for path in '' "/elsewhere-$ID" "relative-$ID"; do
		config "$SUB" 'if $path == "" then . else .linux.cgroupsPath = $path end | del(.linux.resources)' --arg path "$path"
		script "$SUB" 'echo fine'
		run rt "$SUB" run "$ID"
		gave 0 fine
		config "$SUB" '.linux.resources.memory.limit = 10000000'
		run rt "$SUB" run "$ID"
		failed_with "/linux/resources/memory" "the limit needs a cgroup with the controller memory" \
			"user $(id -u "$SUB") may make none: /sys/fs/cgroup" "is not the user's to write" "Delegate=yes"
	done
	run rt "$SUB" --cgroup-manager disabled run "$ID"
	failed_with "is to have none (--cgroup-manager)"
	config "$SUB" '.linux.resources = {unified: {"cgroup.max.depth": "3"}}'
	run rt "$SUB" run "$ID"
	failed_with "/linux/resources/unified/cgroup.max.depth" "the limit needs a cgroup, and user $(id -u "$SUB") may make none"
	config "$SUB" '.linux.resources = {memory: {limit: -1, swap: -1}, cpu: {quota: -1}, pids: {limit: -1}}'
	run rt "$SUB" run "$ID"
	gave 0 fine
}

@test "update of a container without a cgroup" {
	script "$SUB" 'while :; do sleep 1; done'
	as "$SUB" sh -c "boxcar run --detach $ID </dev/null >/dev/null 2>&1"
	run rt "$SUB" update --pids-limit 5 "$ID"
	failed_with "the limit needs a cgroup with the controller pids, and the container has none" "created without one"
	rt "$SUB" delete --force "$ID"
}

@test "XDG_RUNTIME_DIR that is missing, relative, another user's, or everybody's" {
	with() { as "$SUB" env "$@" "$DIR/boxcar" run "$ID"; }
	script "$SUB" 'echo fine'
	run with --unset=XDG_RUNTIME_DIR
	failed_with "make the state directory: make /run/user" "XDG_RUNTIME_DIR or --root can name"
	run with XDG_RUNTIME_DIR=
	failed_with "make /run/user"
	run with XDG_RUNTIME_DIR=relative
	failed_with "make /run/user"
	run with XDG_RUNTIME_DIR=/nowhere
	failed_with "make /nowhere: permission denied"
	mkdir -p "$DIR/shared/boxcar" && chmod 777 "$DIR/shared"
	run with XDG_RUNTIME_DIR="$DIR/shared"
	failed_with "the state directory $DIR/shared/boxcar is another user's (0)" "XDG_RUNTIME_DIR or --root can name"
	run as "$SUB" env XDG_RUNTIME_DIR="$DIR/shared" boxcar kill "$ID"
	failed_with "another user's"
	chown "$SUB" "$DIR/shared/boxcar"
	chmod 777 "$DIR/shared/boxcar"
	run with XDG_RUNTIME_DIR="$DIR/shared"
	failed_with "may be written by everybody (mode 0777)"
	chmod 700 "$DIR/shared/boxcar"
	run with XDG_RUNTIME_DIR="$DIR/shared"
	gave 0 fine
	[ -z "$(ls "$DIR/shared/boxcar")" ]
	chmod 000 "$DIR/shared/boxcar"
	run with XDG_RUNTIME_DIR="$DIR/shared"
	failed_with "open the state directory $DIR/shared/boxcar: permission denied"
	rm -r "$DIR/shared"
}

@test "--rootless says whose state and cgroups, or is an error" {
	script "$SUB" 'echo fine'
	for word in auto true; do
		run rt "$SUB" --rootless=$word run "$ID"
		gave 0 fine
	done
	run rt "$SUB" --rootless=false run "$ID"
	failed_with /run/boxcar
	run rt "$SUB" --rootless=maybe run "$ID"
	failed_with "auto|true|false"
}

# --- ids that cannot be had -------------------------------------------------------------------------------------------

@test "ids that /etc/subuid does not give are an error that says what it gives, and how to get more" {
	first=$(first_of "$SUB")
	map "$SUB" "$first" 70000
	run rt "$SUB" run "$ID"
	failed_with "newgidmap: gid range" "not allowed" "/linux/gidMappings/1 wants the ids $first to $((first + 69999))" \
		"gives $SUB only $first to $((first + 65535))" "usermod --add-subgids $((first + 65536))-$((first + 69999)) $SUB"
	config "$SUB" '.linux.gidMappings = .linux.gidMappings[:1]'
	run rt "$SUB" run "$ID"
	failed_with "newuidmap: uid range" "/linux/uidMappings/1 wants" "(/linux/uidMappings, "
	map "$ONE" 100000 65536
	run rt "$ONE" run "$ID"
	failed_with "/etc/subgid gives $ONE no ids" "usermod --add-subgids" "spec --rootless"
}

# with_files USER COMMAND-ON-A-COPY-OF-/etc: then run the container with that
with_files() {
	cp -a /etc "$DIR/etc"
	(cd "$DIR/etc" && eval "$2")
	run unshare --mount --propagation private sh -c 'mount --bind "$DIR/etc" /etc && cd "$DIR/$0/b" && exec setpriv --reuid "$0" \
		--regid "$0" --init-groups env XDG_RUNTIME_DIR="$DIR/$0/run" "$DIR/boxcar" run '"$ID" "$1"
	rm -rf "$DIR/etc"
}

@test "no /etc/subuid at all" {
	map "$SUB"
	with_files "$SUB" 'rm sub[ug]id*'
	failed_with "/etc/subgid does not exist" "usermod --add-subgids"
}

@test "a /etc/subuid with mistakes in it: the line is named" {
	map "$SUB"
	for line in "$SUB:many:65536" "$SUB:100000" "$SUB" "$SUB:100000:0" "$SUB:-5:65536" "$SUB:100000:99999999999999999999" "$SUB:100000:65536x"; do
		with_files "$SUB" "printf '# ours\n\nsomebody:1:1\n%s\n' '$line' >subgid"
		failed_with "newgidmap: gid range" "line 4 of /etc/subgid gives no ids: it is to be NAME:FIRST:COUNT" "(/linux/gidMappings, "
	done
	with_files "$SUB" "printf 'garbage\377\n:::\n%s' '$SUB:100000:6553' >subuid"
	failed_with "newuidmap: uid range" "/etc/subuid gives $SUB only 100000 to 106552" "(/linux/uidMappings, "
	with_files "$SUB" 'rm subgid && mkdir subgid'
	failed_with "newgidmap" "what /etc/subgid gives $SUB is not known: read /etc/subgid: "
	with_files "$SUB" ': >subgid && chmod 0 subgid'
	failed_with "newgidmap: gid range" "read /etc/subgid: permission denied"
}

@test "maps that the configuration itself forbids" {
	map "$SUB" 100000 0
	run rt "$SUB" run "$ID"
	failed_with "/linux/uidMappings/1/size: 0 is out of range"
	config "$SUB" '.linux.uidMappings[1].size = 5 | .linux.uidMappings[1].containerID = 0 | .linux.gidMappings = .linux.gidMappings[:1]'
	run rt "$SUB" run "$ID"
	failed_with "/linux/uidMappings/1/containerID" overlaps
	config "$SUB" '.linux.uidMappings = [range(341) | {containerID: ., hostID: (100000 + .), size: 1}]'
	run rt "$SUB" run "$ID"
	failed_with "/linux/uidMappings" 340
}

@test "as many ranges as the kernel takes in one page" {
	config "$SUB" '.linux.uidMappings = [range(300) | {containerID: ., hostID: ($first + 2 * .), size: 1}] | .linux.gidMappings = .linux.uidMappings' \
		--argjson first "$(first_of "$SUB")"
	chmod -R a+rX "$DIR/$SUB/b"
	script "$SUB" 'wc -l </proc/self/uid_map'
	run rt "$SUB" run "$ID"
	gave 0 300
	config "$SUB" '.linux.gidMappings = [range(340) | {containerID: ., hostID: (.*3), size: 1}]'
	run rt "$SUB" run "$ID"
	failed_with "not allowed" "/linux/gidMappings"
	config "$SUB" '.linux.gidMappings = [range(340) | {containerID: ., hostID: ($first + 2 * .), size: 1}]' --argjson first "$(first_of "$SUB")"
	run rt "$SUB" run "$ID"
	failed_with "Invalid argument" "one page"
}

@test "newuidmap that is missing, without privileges, forbidden by no_new_privs, failing or killed" {
	bin=$DIR/$SUB/bin
	mkdir -p "$bin"
	map "$SUB"
	run as "$SUB" env PATH="$bin" "$DIR/boxcar" run "$ID"
	failed_with "there is no newgidmap in PATH" "Debian: uidmap" "(/linux/gidMappings, "
	cp /usr/bin/new?idmap "$bin"
	run as "$SUB" env PATH="$bin" "$DIR/boxcar" run "$ID"
	failed_with "newgidmap: write to gid_map failed" "is not setuid root"
	run as "$SUB" setpriv --no-new-privs boxcar run "$ID"
	failed_with "newgidmap: write to gid_map failed" no_new_privs
	ln -sf /usr/bin/newgidmap "$bin/newgidmap"
	run as "$SUB" env PATH="$bin" "$DIR/boxcar" run "$ID"
	failed_with "newuidmap: write to uid_map failed" "(/linux/uidMappings, "
	for said in "echo broken >&2; exit 3|exit code 3: broken" "kill -KILL \$\$|it was killed by signal 9" "exit 1|exit code 1: it said nothing"; do
		printf '#!/bin/sh\n%s\n' "${said%|*}" >"$bin/newuidmap"
		run as "$SUB" env PATH="$bin" "$DIR/boxcar" run "$ID"
		failed_with "map the user ids by $bin/newuidmap: ${said#*|}"
	done
	printf '#!/nowhere\n' >"$bin/newuidmap"
	run as "$SUB" env PATH="$bin" "$DIR/boxcar" run "$ID"
	failed_with "run $bin/newuidmap: no such file"
}
