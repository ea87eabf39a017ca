# That no property of the specification is forgotten: each has a row, a golden plan and a test; and those that no other test sets.
load harness

# The names in the rows of Linux's properties.
properties() {
	sed -n '/OTHER_SYSTEM/d; s/^\t\(TEXT\|TEXTS\|MAP\|BOOL\|INT\|UINT\|IDS\|WORD\|WORD_LIST\|OBJECT\|OBJECTS\|NAMED\|ROW\)("\([^"]*\)".*/\2/p' \
		"$BATS_TEST_DIRNAME"/../../spec/fields*.c | sort -u
}

@test "every property is in a golden plan's configuration, and in a test" {
	cd "$BATS_TEST_DIRNAME/../.."
	[ "$(properties | wc -l)" -gt 140 ]
	local name missing=0
	while read -r name; do
		cat conformance/plans/cases/*.json | grep -q "\"$name\"" || { echo "no golden plan has $name"; missing=1; }
		cat conformance/life/*.bats conformance/life/*.bash | grep -qw "$name" ||
			find runtime spec -name '*_test.c' -exec cat {} + | grep -qw "$name" || { echo "no test has $name"; missing=1; }
	done < <(properties)
	[ $missing = 0 ]
}

# A limit is in its file, or what this host lacks for it is named: limited CONTROLLERS V2-FILE V1-FILE VALUE FILTER
limited() {
	local file
	config ".linux.resources = $5"
	try rt create --bundle "$BUNDLE" "$ID"
	if [ "$status" != 0 ]; then
		[[ $output == *" $3"* || $output == *" no $2"* || $output == *"cgroup v2 has no "* || $output == *" to io.weight of "*"not supported"* || $output == *"/$3"* || $output == *"controller ${1##*,}, which this host does not have"* ]] ||
			{ echo "$output"; return 1; }
		[[ $output == *"/linux/resources"* ]]
		left_behind "$ID"
		return
	fi
	if file=$(cgroup_file "$1" "$2" "$3") && [ -e "$file" ]; then
		grep -qx "$4" "$file" || { echo "$file: $(<"$file")"; return 1; }
	fi
	rt delete --force "$ID"
}

@test "limits of processors that are seldom set" {
	limited cpu cpu.max.burst cpu.cfs_burst_us 10000 '{cpu: {quota: 50000, period: 100000, burst: 10000}}'
	limited cpu - cpu.rt_period_us 900000 '{cpu: {realtimePeriod: 900000}}'
	limited cpu - cpu.rt_runtime_us 0 '{cpu: {realtimePeriod: 1000000, realtimeRuntime: 0}}'
}

@test "limits of memory that only cgroup v1 has" {
	limited memory - memory.oom_control 'oom_kill_disable 1' '{memory: {limit: 67108864, disableOOMKiller: true}}'
	limited memory - memory.kmem.tcp.limit_in_bytes 16777216 '{memory: {kernelTCP: 16777216}}'
	limited memory - memory.use_hierarchy 1 '{memory: {useHierarchy: true}}'
}

@test "limits of devices that are seldom set" {
	local device
	device=$(cat /sys/block/[!lr]*/dev | head -n 1)
	[ -n "$device" ]
	local at="major: ${device%:*}, minor: ${device#*:}"
	limited blkio,io - blkio.throttle.write_bps_device "$device 1048576" "{blockIO: {throttleWriteBpsDevice: [{$at, rate: 1048576}]}}"
	limited blkio,io - blkio.bfq.weight_device "$device 200" "{blockIO: {weightDevice: [{$at, weight: 200}]}}"
	limited rdma - rdma.max 'mlx5_0 hca_handle=max hca_object=10' '{rdma: {mlx5_0: {hcaObjects: 10}}}'
	config '.linux.resources = {blockIO: {leafWeight: 200}}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 leafWeight
}

@test "memory bandwidth without resctrl names what is missing" {
	[ ! -d /sys/fs/resctrl/info ] || skip "this host has resctrl"
	config '.linux.intelRdt = {closID: "gold", memBwSchema: "MB:0=20"}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 resctrl
	left_behind "$ID"
}
