# What explain shows is what is done.
load harness

@test "explain needs no root and changes nothing" {
	only_boxcar
	for directory in "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"; do chmod 755 "$directory"; done
	before=$(find "$BUNDLE" | sort)
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$RUNTIME" explain --bundle "$BUNDLE"
	[ "$status" = 0 ]
	[[ $output == *'inside   pivot how=pivot_root'* ]]
	[ "$(find "$BUNDLE" | sort)" = "$before" ]
	[ ! -e "$ROOT" ]
}

@test "explain's order is the order of the system calls" {
	only_boxcar
	config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["acct"], "action": "SCMP_ACT_ERRNO"}]}
		| .domainname = "example" | .process.user = {"uid": 5, "gid": 6}
		| .mounts += [{"destination": "/data", "source": "/etc", "options": ["rbind", "ro"]}]'
	rt explain --format json --bundle "$BUNDLE" >"$BATS_TEST_TMPDIR/plan"
	strace -f -s 256 -o "$BATS_TEST_TMPDIR/trace" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	"$BATS_TEST_DIRNAME/order.py" "$BATS_TEST_TMPDIR/plan" "$BATS_TEST_TMPDIR/trace"
}

@test "explain in the two formats tells the same ops" {
	only_boxcar
	rt explain --bundle "$BUNDLE" | awk '{ print $1, $2 }' >"$BATS_TEST_TMPDIR/text"
	rt explain --bundle "$BUNDLE" --format json | jq -r '.[] | .side + " " + .op' >"$BATS_TEST_TMPDIR/json"
	diff "$BATS_TEST_TMPDIR/text" "$BATS_TEST_TMPDIR/json"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/text")" -gt 30 ]
}

@test "explain and create refuse the same configuration with the same words" {
	only_boxcar
	config '.hostname = "x" | .linux.namespaces |= map(select(.type != "uts"))'
	run rt explain --bundle "$BUNDLE"
	[ "$status" = 1 ]
	first=${output#boxcar: explain: }
	run rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[ "${output#boxcar: create "$ID": }" = "$first" ]
	[[ $first == *config.json:*hostname* ]]
}
