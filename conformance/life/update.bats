# update: other limits for a container that lives.
load harness

value_is() {
	local file
	file=$(cgroup_file "$1" "$2" "$3") || { echo "no file $2 or $3"; return 1; }
	case ${file##*/} in
	"$2") [ "$(<"$file")" = "$4" ] || { echo "$file: $(<"$file")"; return 1; } ;;
	*) [ "$(<"$file")" = "${5-$4}" ] || { echo "$file: $(<"$file")"; return 1; } ;;
	esac
}

updated() {
	run rt update "$@"
	gave 0 ""
}

@test "memory, up and down, with its units" {
	config '.linux.resources.memory = {"limit":67108864,"reservation":33554432}'
	started
	updated --memory 134217728 "$ID"
	value_is memory memory.max memory.limit_in_bytes 134217728
	value_is memory memory.low memory.soft_limit_in_bytes 33554432
	updated --memory=50m --memory-reservation 40M "$ID"
	value_is memory memory.max memory.limit_in_bytes 52428800
	value_is memory memory.low memory.soft_limit_in_bytes 41943040
}

@test "memory and swap together, in whichever order the kernel wants it" {
	[ -n "$(find /sys/fs/cgroup -name 'memory.memsw.limit_in_bytes' -o -name memory.swap.max 2>/dev/null | head -n 1)" ] ||
		skip "this host does not count swap"
	config '.linux.resources.memory = {"limit":67108864,"swap":67108864}'
	started
	updated --memory 134217728 --memory-swap 201326592 "$ID"
	value_is memory memory.max memory.limit_in_bytes 134217728
	value_is memory memory.swap.max memory.memsw.limit_in_bytes 67108864 201326592
	updated --memory 33554432 --memory-swap 50331648 "$ID"
	value_is memory memory.max memory.limit_in_bytes 33554432
	value_is memory memory.swap.max memory.memsw.limit_in_bytes 16777216 50331648
	run rt update --memory 100m "$ID"
	gave 1 "/memory/swap"
	value_is memory memory.max memory.limit_in_bytes 33554432
	updated --memory -1 "$ID"
	value_is memory memory.max memory.limit_in_bytes max 9223372036854771712
	value_is memory memory.swap.max memory.memsw.limit_in_bytes max 9223372036854771712
}

@test "processors: quota and period keep each other" {
	config '.linux.resources.cpu = {"shares":512,"quota":50000,"period":100000}'
	started
	updated --cpu-quota 20000 "$ID"
	if is_pure_v2_host; then
		value_is cpu cpu.max - "20000 100000"
	else
		value_is cpu - cpu.cfs_quota_us - 20000
		value_is cpu - cpu.cfs_period_us - 100000
		value_is cpu - cpu.shares - 512
	fi
	updated --cpu-period 50000 "$ID"
	updated --cpu-quota -1 --cpu-share 2048 "$ID"
	if is_pure_v2_host; then
		value_is cpu cpu.max - "max 50000"
	else
		value_is cpu - cpu.cfs_quota_us - -1
		value_is cpu - cpu.cfs_period_us - 50000
		value_is cpu - cpu.shares - 2048
	fi
}

@test "processors and nodes, tasks" {
	started
	updated --cpuset-cpus 0 --cpuset-mems 0 --pids-limit 33 "$ID"
	value_is cpuset cpuset.cpus cpuset.cpus 0
	value_is pids pids.max pids.max 33
	updated --pids-limit -1 "$ID"
	value_is pids pids.max pids.max max
}

@test "bursts and idleness" {
	config '.linux.resources.cpu = {"quota":50000,"period":100000}'
	started
	needs_kernel 5.15
	updated --cpu-burst 20000 "$ID"
	value_is cpu cpu.max.burst cpu.cfs_burst_us 20000
	updated --cpu-idle 1 "$ID"
	value_is cpu cpu.idle cpu.idle 1
	updated --cpu-idle 0 "$ID"
	value_is cpu cpu.idle cpu.idle 0
	value_is cpu cpu.max.burst cpu.cfs_burst_us 20000
}

@test "realtime work and TCP buffers, which only cgroup v1 limits" {
	only_boxcar
	config '.linux.cgroupsPath = $ARGS.positional[0]' --args -- "/$ID" # below the root, which has realtime to give
	started
	if is_pure_v2_host; then
		run rt update --cpu-rt-period 500000 "$ID"
		gave 1 "no limits for realtime processes"
		run rt update --cpu-rt-runtime 1000 "$ID"
		gave 1 "no limits for realtime processes"
		run rt update --kernel-memory-tcp 8m "$ID"
		gave 0 "--kernel-memory-tcp: cgroup v2 has no such setting"
	else
		if cgroup_file cpu - cpu.rt_period_us >/dev/null; then # a choice of the kernel's configuration
			updated --cpu-rt-period 500000 "$ID"
			value_is cpu - cpu.rt_period_us - 500000
			updated --cpu-rt-runtime 1000 "$ID"
			value_is cpu - cpu.rt_runtime_us - 1000
		fi
		updated --kernel-memory-tcp 8m "$ID"
		value_is memory - memory.kmem.tcp.limit_in_bytes - 8388608
	fi
	run rt update --kernel-memory 8m "$ID"
	gave 0 "the kernel has no separate limit for kernel memory"
}

@test "the weight of block devices" {
	started
	local file
	run rt update --blkio-weight 333 "$ID"
	if file=$(cgroup_file blkio io.bfq.weight blkio.weight) || file=$(cgroup_file blkio - blkio.bfq.weight); then
		gave 0 ""
		grep -xE "(default )?333" "$file"
	elif [ "$status" = 0 ]; then # another scale, from 1 to 10000
		grep -x "default 3263" "$(cgroup_file blkio io.weight -)"
	else # a kernel without a controller of weights
		[[ $output == *"--blkio-weight"* ]]
	fi
}

@test "a file, and the same from stdin" {
	started
	echo '{"memory":{"limit":83886080},"pids":{"limit":77}}' >"$BATS_TEST_TMPDIR/resources"
	updated --resources="$BATS_TEST_TMPDIR/resources" "$ID"
	value_is memory memory.max memory.limit_in_bytes 83886080
	value_is pids pids.max pids.max 77
	echo '{"memory":{"limit":62914560}}' | rt update --resources - "$ID"
	value_is memory memory.max memory.limit_in_bytes 62914560
	value_is pids pids.max pids.max 77
	echo '{"pids":{"limit":78}}' | rt update -r - "$ID"
	value_is pids pids.max pids.max 78
}

@test "a file and an option that is in it, too, are not taken together" {
	only_boxcar # runc forgets the option
	config '.linux.resources.pids = {"limit":20}'
	started
	local option
	for option in memory=50m pids-limit=30 cpuset-cpus=0; do
		run rt update --resources - --$option "$ID" <<<'{"pids":{"limit":77}}'
		gave 1 "both --${option%=*} and --resources were given"
	done
	value_is pids pids.max pids.max 20
	# engines give empty ones, which mean nothing
	rt update --resources - --memory "" "$ID" <<<'{"pids":{"limit":77}}'
	value_is pids pids.max pids.max 77
}

@test "what engines write: zeros mean nothing" {
	config '.linux.resources.memory = {"limit":67108864,"reservation":33554432} | .linux.resources.cpu = {"shares":512}
		| .linux.resources.pids = {"limit":50}'
	started
	rt update -r - "$ID" <<<'{"memory":{"limit":83886080,"reservation":0,"kernel":0},"cpu":{"shares":0,"quota":70000,"period":100000,"cpus":"","mems":""},
		"pids":{"limit":0},"blockIO":{"weight":0},"devices":[{"allow":false,"access":"rwm"}]}'
	value_is memory memory.max memory.limit_in_bytes 83886080
	value_is memory memory.low memory.soft_limit_in_bytes 33554432
	value_is pids pids.max pids.max 50
	value_is cpu cpu.weight cpu.shares 59 512
	run rt exec "$ID" /bin/sh -c 'echo x >/dev/null && echo written'
	gave 0 written
	updated --cpu-share "" --memory "" --pids-limit 0 "$ID"
	value_is pids pids.max pids.max 50
}

@test "it is kept: a later update and exec know it; the state directory has no leftovers" {
	only_boxcar
	config '.linux.resources.cpu = {"quota":50000,"period":100000}'
	started
	local before
	before=$(ls "$ROOT/$ID")
	updated --cpu-quota 30000 --pids-limit 44 "$ID"
	[ "$(jq .linux.resources.cpu.quota "$ROOT/$ID/config.json")" = 30000 ]
	[ "$(jq .linux.resources.pids.limit "$ROOT/$ID/config.json")" = 44 ]
	[ "$(ls "$ROOT/$ID")" = "$before" ]
	run rt exec "$ID" /probe echo well
	gave 0 well
	for n in 1 2 3; do
		rt update -r - "$ID" <<<'{"devices":[{"allow":true,"type":"c","major":10,"minor":200,"access":"rw"}]}'
	done
	[ "$(jq '.linux.resources.devices | map(select(.minor == 200)) | length' "$ROOT/$ID/config.json")" = 1 ]
}

devices_added() {
	mknod "$BUNDLE/rootfs/other" c 240 77 # there is no driver: what may be opened gives ENXIO
	mknod "$BUNDLE/rootfs/second" c 240 78
	started
	run rt exec "$ID" /probe call open /other 0
	gave 0 EPERM
	rt update -r - "$ID" <<<'{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":240,"minor":77,"access":"r"}]}'
	run rt exec "$ID" /probe call open /other 0
	gave 0 ENXIO
	run rt exec "$ID" /probe call open /second 0
	gave 0 EPERM
	run rt exec "$ID" /bin/sh -c 'echo x >/dev/null && echo written'
	gave 0 written
}

@test "devices are added to those in force" {
	only_boxcar
	devices_added
}

@test "v2 view: devices are added to those in force" {
	only_boxcar
	view v2
	devices_added
}

@test "created and paused containers are updated, too" {
	args /probe sleep 600
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	updated --pids-limit 30 "$ID"
	value_is pids pids.max pids.max 30
	rt start "$ID"
	rt pause "$ID"
	updated --pids-limit 31 "$ID"
	value_is pids pids.max pids.max 31
	has_status paused
	rt resume "$ID"
}

@test "bad input is an error with its place, and nothing changes" {
	only_boxcar
	config '.linux.resources.pids = {"limit":20}'
	started
	for wrong in x 12q 1mm -5 1.5 99999999999999999999 0x10 " 1"; do
		run rt update --pids-limit 21 --memory "$wrong" "$ID"
		gave 1 "--memory $wrong"
	done
	for wrong in x 1.5 9k; do
		run rt update --pids-limit "$wrong" "$ID"
		gave 1 "--pids-limit $wrong"
	done
	run rt update --pids-limit -7 "$ID"
	gave 1 "--pids-limit: "
	run rt update --pids-limit 21 --cpuset-cpus 0-x "$ID"
	gave 1 --cpuset-cpus
	run rt update --pids-limit 21 --cpuset-cpus 4000 "$ID" # the kernel's answer
	gave 1 "--cpuset-cpus)"
	[[ $output != *options:* ]]
	run rt update --pids-limit 21 --cpu-period 5 "$ID"
	gave 1 "--cpu-period: "
	run rt update --pids-limit 21 --blkio-weight 5 "$ID"
	gave 1 "--blkio-weight: "
	printf '{"pids":{"limit":21},\n "memory":{"limit":"x"}}' >"$BATS_TEST_TMPDIR/bad"
	run rt update -r "$BATS_TEST_TMPDIR/bad" "$ID"
	gave 1 "bad:2:20"
	printf '{"pids":' >"$BATS_TEST_TMPDIR/bad"
	run rt update -r "$BATS_TEST_TMPDIR/bad" "$ID"
	[ "$status" = 1 ]
	run rt update -r "$BATS_TEST_TMPDIR/none" "$ID"
	gave 1 "no such file"
	run rt update -r - "$ID" </dev/null
	[ "$status" = 1 ]
	value_is pids pids.max pids.max 20
}

@test "what the kernel refuses in the end is undone" {
	only_boxcar
	config '.linux.resources.pids = {"limit":20} | .linux.resources.memory = {"limit":67108864}'
	started
	rt update -r - "$ID" <<<'{"memory":{"limit":134217728},"pids":{"limit":30},"blockIO":{"throttleReadBpsDevice":[{"major":4000,"minor":77,"rate":1}]}}' \
		>"$BATS_TEST_TMPDIR/tried" 2>&1 && return 1
	cat "$BATS_TEST_TMPDIR/tried"
	grep -qE '\(/blockIO/throttleReadBpsDevice/0[^ ]*, stdin:1:[0-9]+\)' "$BATS_TEST_TMPDIR/tried" # which of them, and where
	value_is pids pids.max pids.max 20
	value_is memory memory.max memory.limit_in_bytes 67108864
	[ "$(jq .linux.resources.pids.limit "$ROOT/$ID/config.json")" = 20 ]
}

@test "unknown and stopped containers; several updates at once" {
	run rt update --pids-limit 5 "nobody-$ID"
	gave 1 "does not exist"
	started
	local n pids=()
	for n in 31 32 33 34; do
		rt update --pids-limit $n "$ID" 3>&- &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n"
	done
	[[ $(<"$(cgroup_file pids pids.max pids.max)") =~ ^3[1-4]$ ]]
	if is_boxcar; then
		[ "$(jq .linux.resources.pids.limit "$ROOT/$ID/config.json")" = "$(<"$(cgroup_file pids pids.max pids.max)")" ]
	fi
	rt kill "$ID" KILL
	eventually has_status stopped
	run rt update --pids-limit 5 "$ID"
	gave 1 "not running"
}

@test "checkBeforeUpdate refuses a limit below what is in use" {
	config '.linux.resources.memory = {"limit":134217728}'
	started /bin/sh -c '/probe memory 40 && exec /probe sleep 600'
	rt update -r - "$ID" <<<'{"memory":{"limit":4096,"checkBeforeUpdate":true}}' >"$BATS_TEST_TMPDIR/tried" 2>&1 && return 1
	value_is memory memory.max memory.limit_in_bytes 134217728
	has_status running
}
