# Labels of security modules: AppArmor profiles, SELinux labels of the process, its keys and its mounts.
load harness

is_apparmor_on() {
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]
}

has_selinux() {
	[ "$(stat -f -c %t /sys/fs/selinux 2>/dev/null)" = f97cff8c ] && [ "$(tr -d '\0' </proc/self/attr/current)" != kernel ]
}

needs_apparmor() {
	only_boxcar
	is_apparmor_on && command -v apparmor_parser >/dev/null || skip "this host has no AppArmor"
	apparmor_parser --replace --skip-cache <<-'END'
		profile boxcar-life flags=(attach_disconnected,mediate_deleted) {
			file,
			capability,
			signal,
			deny /tmp/denied w,
		}
	END
}

needs_selinux() {
	only_boxcar
	has_selinux || skip "this host has no SELinux"
}

# A label that the policy has and nothing else here: that of this test's own process, with two categories.
other_label() {
	tr -d '\0\n' </proc/self/attr/current | sed 's/^\([^:]*:[^:]*:[^:]*\).*/\1:s0:c1,c2/'
}

@test "a profile on a host without AppArmor is refused with its place" {
	only_boxcar
	! is_apparmor_on || skip "this host has AppArmor"
	config '.process.apparmorProfile = "boxcar-life"'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *"no AppArmor"*boxcar-life*/process/apparmorProfile*config.json:* || $output == *config.json:*/process/apparmorProfile*"no AppArmor"* ]]
	left_behind "$ID"
	config '.process.apparmorProfile = "unconfined"'
	in_container /probe true
	gave 0
}

@test "labels on a host without SELinux are left out with a warning" {
	only_boxcar
	! has_selinux || skip "this host has SELinux"
	config '.process.selinuxLabel = "system_u:system_r:svirt_lxc_net_t:s0:c124,c675" |
		.linux.mountLabel = "system_u:object_r:svirt_sandbox_file_t:s0:c715,c811"'
	in_container /probe true
	gave 0 /process/selinuxLabel
	gave 0 /linux/mountLabel
	[[ $output == *SELinux* ]]
}

@test "exec names its own option when the host has no such labels" {
	only_boxcar
	! has_selinux || skip "this host has SELinux"
	! is_apparmor_on || skip "this host has AppArmor"
	started
	run rt exec --process-label system_u:system_r:svirt_lxc_net_t:s0 "$ID" /probe true
	gave 0 "warning: --process-label: is left out: SELinux is not in force on this host"
	run rt exec --apparmor boxcar-life "$ID" /probe true
	gave 255 "--apparmor: this host has no AppArmor for the profile boxcar-life; leave it out"
	[[ $output != *config.json* ]]
	jq '.process | .args = ["/probe", "true"] | .selinuxLabel = "system_u:system_r:svirt_lxc_net_t:s0"' "$BUNDLE/config.json" \
		>"$BATS_TEST_TMPDIR/process.json"
	run rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
	gave 0 "warning: /selinuxLabel: is left out"
	jq '.apparmorProfile = "boxcar-life"' "$BATS_TEST_TMPDIR/process.json" >"$BATS_TEST_TMPDIR/other.json"
	run rt exec --process "$BATS_TEST_TMPDIR/other.json" "$ID"
	gave 255 "other.json:"
	gave 255 ": /apparmorProfile: this host has no AppArmor"
	[[ $output != *:0:0:* ]]
}

@test "empty labels say nothing" {
	config '.process.apparmorProfile = "" | .process.selinuxLabel = "" | .linux.mountLabel = ""'
	in_container /probe true
	gave 0
	[[ $output != *SELinux* ]]
}

@test "the payload has the AppArmor profile, and so has exec" {
	needs_apparmor
	config '.process.apparmorProfile = "boxcar-life"'
	in_container busybox cat /proc/self/attr/current
	gave 0 "boxcar-life (enforce)"
	in_container busybox touch /tmp/denied
	[ "$status" != 0 ]
	started
	[ "$(tr -d '\0' <"/proc/$PID/attr/current")" = "boxcar-life (enforce)" ]
	run rt exec "$ID" busybox cat /proc/self/attr/current
	gave 0 "boxcar-life (enforce)"
	jq '.process | .args = ["busybox", "cat", "/proc/self/attr/current"] | del(.apparmorProfile)' "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process.json"
	run rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
	gave 0 "boxcar-life (enforce)"
	jq '.apparmorProfile = "unconfined"' "$BATS_TEST_TMPDIR/process.json" >"$BATS_TEST_TMPDIR/other.json"
	run rt exec --process "$BATS_TEST_TMPDIR/other.json" "$ID"
	gave 0 unconfined
}

@test "the AppArmor profile holds with no_new_privs, as a user, and behind a filter" {
	needs_apparmor
	config '.process.apparmorProfile = "boxcar-life" | .process.noNewPrivileges = true | .process.user = {"uid":1000,"gid":1000} |
		.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["unshare"],"action":"SCMP_ACT_ERRNO"}]}'
	in_container busybox cat /proc/self/attr/current
	gave 0 "boxcar-life (enforce)"
}

@test "the AppArmor profile is written past a procfs of the image" {
	needs_apparmor
	mkdir -p "$BUNDLE/rootfs/trap/self/attr/apparmor" "$BUNDLE/rootfs/trap/1/attr/apparmor"
	touch "$BUNDLE/rootfs/trap/self/attr/apparmor/exec" "$BUNDLE/rootfs/trap/1/attr/apparmor/exec" "$BUNDLE/rootfs/trap/1/attr/exec"
	config '.process.apparmorProfile = "boxcar-life" | (.mounts[] | select(.destination == "/proc")) = {"destination":"/proc","type":"bind",
		"source":$source,"options":["bind"]} | .linux.maskedPaths = [] | .linux.readonlyPaths = []' --arg source "$BUNDLE/rootfs/trap"
	started
	[ "$(tr -d '\0' <"/proc/$PID/attr/current")" = "boxcar-life (enforce)" ]
	[ ! -s "$BUNDLE/rootfs/trap/1/attr/apparmor/exec" ]
}

@test "a profile that is not loaded is an error that names it" {
	needs_apparmor
	config '.process.apparmorProfile = "boxcar-no-such-profile"'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *boxcar-no-such-profile*/process/apparmorProfile*config.json:*apparmor_parser* ]]
	left_behind "$ID"
}

# With a procfs of its own the payload sees its own label; a comma in it is no end of a mount's option.
@test "the payload, its keys and its mounts have the SELinux labels" {
	needs_selinux
	local label=$(other_label)
	config '.process.selinuxLabel = $other | .linux.mountLabel = $other' --arg other "$label"
	in_container busybox cat /proc/self/attr/current
	gave 0 "$label"
	in_container busybox grep ' /dev tmpfs ' /proc/mounts
	gave 0 "context=$label" || gave 0 "context=\"$label\""
	started
	run rt exec "$ID" busybox cat /proc/self/attr/current
	gave 0 "$label"
	rt delete -f "$ID"
	look
	saw '.keyring | contains("_ses.'"$ID"'")' true
}

@test "a label that the policy does not have is an error that names it" {
	needs_selinux
	config '.process.selinuxLabel = "no:such:label:s0"'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *no:such:label:s0*config.json:* ]]
	left_behind "$ID"
}
