# An ordinary user on cgroup v2 to whom a subtree is delegated (cgroups(7)): its containers have cgroups and limits there. A hybrid host
# shows its v2 hierarchy alone; all the controllers have the virtual machines of conformance/vm.
load ordinary

setup_file() {
	ordinary_users || return 1
	export V2=/sys/fs/cgroup
	[ "$(stat -f -c %T "$V2")" = cgroup2fs ] || V2=$V2/unified
	export TREE=/delegated-${DIR##*.}
	find_limit
}

# A limit of a controller that there is: its name, how it is asked for, and the file it is written to with its value.
find_limit() {
	export CONTROLLER=hugetlb LIMIT='.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]' LIMIT_FILE=hugetlb.2MB.max VALUE=4194304
	! grep -qw pids "$V2/cgroup.controllers" ||
		export CONTROLLER=pids LIMIT='.linux.resources.pids.limit = 17' LIMIT_FILE=pids.max VALUE=17
	grep -qw $CONTROLLER "$V2/cgroup.subtree_control" || echo "+$CONTROLLER" >"$V2/cgroup.subtree_control"
}

teardown_file() {
	ordinary_users_end
}

setup() {
	ordinary_bundles
	mkdir -p "$V2$TREE"
}

teardown() {
	ordinary_nothing_left
	local found
	found=$(find "$V2$TREE" -mindepth 1 -name "*$ID*")
	find "$V2$TREE" -depth -type d -exec rmdir {} + 2>/dev/null
	[ -z "$found" ] || { echo "left behind: $found"; return 1; }
}

# give CGROUP...: to the user, with the files that the kernel lists for it
give() {
	local cgroup file
	for cgroup in "$@"; do
		mkdir -p "$V2$cgroup"
		chown "$SUB" "$V2$cgroup"
		while read -r file; do
			[ ! -e "$V2$cgroup/$file" ] || chown "$SUB" "$V2$cgroup/$file"
		done </sys/kernel/cgroup/delegate
	done
}

# within CGROUP ARGUMENT... of the runtime, by the user, in that cgroup
within() {
	(
		echo "$BASHPID" >"$V2$1/cgroup.procs" && cd "$DIR/$SUB/b" || exit 9
		exec timeout --foreground -k 5 60 unshare --mount --propagation private sh -c '[ "$0" = /sys/fs/cgroup ] || mount --bind "$0" /sys/fs/cgroup
			exec "$@"' "$V2" runuser -u "$SUB" -- env -i XDG_RUNTIME_DIR="$DIR/$SUB/run" PATH="$PATH" "$DIR/boxcar" "${@:2}" 3>&-
	)
}

# The cgroup of the last container: as the host sees it
cgroup_now() {
	sed -n 's/^0:://p' "/proc/$(<"$DIR/$SUB/b/pid")/cgroup"
}

waiting() {
	script "$SUB" 'while :; do sleep 1; done'
	status=0
	within "$1" run --detach --pid-file pid "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	output=$(<"$BATS_TEST_TMPDIR/out")
	gave 0
}

@test "a cgroup beside one's own, with its limit, for every command" {
	give "$TREE" "$TREE/leaf"
	config "$SUB" "$LIMIT"
	waiting "$TREE/leaf"
	[ "$(cgroup_now)" = "$TREE/$ID" ]
	[ "$(<"$V2$TREE/$ID/$LIMIT_FILE")" = $VALUE ]
	run within "$TREE/leaf" exec --pid-file exec "$ID" sh -c 'sed -n "s/^0:://p" /proc/self/cgroup'
	gave 0 /
	within "$TREE/leaf" pause "$ID"
	[ "$(within "$TREE/leaf" state "$ID" | jq -r .status)" = paused ]
	within "$TREE/leaf" resume "$ID"
	[ "$(within "$TREE/leaf" events --stats "$ID" | jq -r .id)" = "$ID" ]
	within "$TREE/leaf" stats --json "$ID"
	within "$TREE/leaf" ps --format json "$ID" | jq -e "index($(<"$DIR/$SUB/b/pid"))"
	jq "$LIMIT | .linux.resources | walk(if . == $VALUE then 2 * . else . end)" <<<'{}' >"$DIR/$SUB/b/resources"
	within "$TREE/leaf" update --resources resources "$ID"
	[ "$(<"$V2$TREE/$ID/$LIMIT_FILE")" = $((2 * VALUE)) ]
	within "$TREE/leaf" delete --force "$ID"
}

@test "limits bite: what may not be had is refused to the container" {
	[ $CONTROLLER = pids ] || skip "this host's cgroup v2 has no controller pids"
	give "$TREE" "$TREE/leaf"
	config "$SUB" '.linux.resources.pids.limit = 5'
	script "$SUB" 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; wait'
	run within "$TREE/leaf" run "$ID"
	[[ $output == *"can't fork"* ]]
}

@test "where one's own cgroup is all that is delegated, in it" {
	give "$TREE"
	waiting "$TREE"
	[ "$(cgroup_now)" = "$TREE/$ID" ]
	within "$TREE" delete --force "$ID"
	config "$SUB" "$LIMIT"
	run within "$TREE" run "$ID"
	[ $CONTROLLER = pids ] || failed_with "write $VALUE to $LIMIT_FILE: cgroup $TREE/ does not give the controller $CONTROLLER to those below it" \
		/linux/resources
	failed_with "holds processes itself" # pids may be given, and the cgroups below then take none
}

@test "cgroupsPath: below the delegated one, relative, and elsewhere" {
	give "$TREE" "$TREE/leaf"
	config "$SUB" '.linux.cgroupsPath = $path' --arg path "$TREE/deep/er/$ID"
	waiting "$TREE/leaf"
	[ "$(cgroup_now)" = "$TREE/deep/er/$ID" ]
	within "$TREE/leaf" delete --force "$ID"
	config "$SUB" '.linux.cgroupsPath = $path' --arg path "named-$ID"
	waiting "$TREE/leaf"
	[ "$(cgroup_now)" = "$TREE/named-$ID" ]
	within "$TREE/leaf" delete --force "$ID"
	config "$SUB" '.linux.cgroupsPath = $path' --arg path "/elsewhere-$ID"
	waiting "$TREE/leaf"
	[ "$(cgroup_now)" = "$TREE/leaf" ]
	within "$TREE/leaf" delete --force "$ID"
	config "$SUB" "$LIMIT"
	run within "$TREE/leaf" run "$ID"
	failed_with "the limit needs a cgroup with the controller $CONTROLLER" "user $(id -u "$SUB") may make none" \
		"/sys/fs/cgroup is not the user's to write" "Delegate=yes" "/linux/resources"
}

@test "nothing delegated: no limit is no error, a limit names what forbids it" {
	mkdir -p "$V2$TREE/leaf"
	waiting "$TREE/leaf"
	[ "$(cgroup_now)" = "$TREE/leaf" ]
	run within "$TREE/leaf" pause "$ID"
	failed_with "no cgroup of its own"
	within "$TREE/leaf" delete --force "$ID"
	config "$SUB" "$LIMIT"
	run within "$TREE/leaf" run "$ID"
	failed_with "/sys/fs/cgroup$TREE is not the user's to write"
	run within "$TREE/leaf" --rootless=false run "$ID"
	failed_with "/run/boxcar"
	mkdir "$DIR/$SUB/run/state" && chown "$SUB" "$DIR/$SUB/run/state" && chmod 700 "$DIR/$SUB/run/state"
	run within "$TREE/leaf" --rootless=false --root "$DIR/$SUB/run/state" run "$ID"
	rmdir "$DIR/$SUB/run/state"
	failed_with "make cgroup /sys/fs/cgroup$TREE/$ID: permission denied"
}

@test "a directory without its cgroup.procs is not delegated" {
	mkdir -p "$V2$TREE/leaf"
	chown "$SUB" "$V2$TREE"
	config "$SUB" "$LIMIT"
	run within "$TREE/leaf" run "$ID"
	failed_with "/sys/fs/cgroup$TREE/cgroup.procs is not the user's to write"
}

@test "exec from outside of the delegated subtree says that it stays there" {
	give "$TREE" "$TREE/leaf"
	mkdir -p "$V2$TREE-out"
	waiting "$TREE/leaf"
	run within "$TREE-out" exec "$ID" sh -c 'echo in'
	rmdir "$V2$TREE-out"
	gave 0
	[[ $output == *"stays outside of the container's cgroup $TREE/$ID: /sys/fs/cgroup/cgroup.procs is not the user's to write"* ]]
	within "$TREE/leaf" delete --force "$ID"
}
