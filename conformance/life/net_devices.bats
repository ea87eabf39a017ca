# linux.netDevices: devices of the host move into the container, with their addresses, and come back when there is no container.
# The host is a network namespace of the test's own.
load harness

setup() {
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	ROOT=$BATS_TEST_TMPDIR/state
	ID=life-$$-$BATS_TEST_NUMBER
	bundle "$BUNDLE"
	unshare --net sleep 600 3>&- &
	HOST=$!
	eventually grep -q sleep "/proc/$HOST/comm"
	on_host ip link set lo up
	device eth7
}

teardown() {
	local id left=0
	for id in "$ROOT"/*; do
		[ -d "$id" ] && rt delete --force "${id##*/}" >/dev/null 2>&1
	done
	kill "$HOST"
	left_behind "$ID" || left=1
	return $left
}

on_host() {
	nsenter --net="/proc/$HOST/ns/net" "$@"
}

rt() {
	on_host "$RUNTIME" --root "$ROOT" "$@"
}

# One end of a pair, with addresses; the other end is peer-NAME.
device() {
	on_host ip link add "$1" mtu 1400 type veth peer name "peer-$1"
	on_host ip link set "peer-$1" up
	on_host ip address add "10.9.${1//[^0-9]/}.2/24" broadcast + label "$1:one" dev "$1"
	on_host ip address add "10.9.${1//[^0-9]/}.3" peer 10.200.0.1/32 dev "$1"
	on_host ip -6 address add "fd00:9::${1//[^0-9]/}/64" nodad dev "$1"
	on_host ip link set "$1" up
}

# What of a device has to come with it: device_of COMMAND... -- NAME
described() {
	local name=$1
	shift
	"$@" ip -j address show dev "$name" | jq -c '.[0] | [.mtu, .address, (.flags | index("UP") != null),
		([.addr_info[] | select(.scope == "global") | [.local, .address, .prefixlen, .broadcast, .label]] | sort)]'
}

in_namespace_of() {
	local pid=$1
	shift
	nsenter --net="/proc/$pid/ns/net" "$@"
}

is_on_host() {
	on_host ip link show dev "$1" >/dev/null 2>&1
}

is_missing() {
	not is_on_host "$1"
}

is_as_before() {
	[ "$(described eth7 on_host 2>/dev/null)" = "$BEFORE" ]
}

net_devices() {
	config ".linux.netDevices = $1"
}

@test "a device moves into the container with its addresses, and is up" {
	only_boxcar # runc 1.1 knows no netDevices
	net_devices '{"eth7": {}}'
	BEFORE=$(described eth7 on_host)
	[[ $BEFORE == *'"10.9.7.2"'*'"fd00:9::7"'* ]]
	started
	not is_on_host eth7
	[ "$(described eth7 in_namespace_of "$PID")" = "$BEFORE" ]
	rt exec "$ID" busybox ip address show dev eth7 >"$BATS_TEST_TMPDIR/seen"
	grep -q 'inet 10.9.7.2/24' "$BATS_TEST_TMPDIR/seen"
	on_host ip address add 10.9.7.1/24 dev peer-eth7
	on_host busybox ping -c 1 -W 5 10.9.7.2
}

@test "a device is called as the configuration says, and labels follow" {
	only_boxcar
	net_devices '{"eth7": {"name": "inside0"}}'
	BEFORE=$(described eth7 on_host)
	started
	[ "$(described inside0 in_namespace_of "$PID")" = "${BEFORE//\"eth7/\"inside0}" ]
	not in_namespace_of "$PID" ip link show dev eth7
}

@test "a name that ends in %d is the first that is free" {
	only_boxcar
	device eth8
	device net0
	net_devices '{"eth7": {"name": "net%d"}, "net0": {}, "eth8": {"name": "net%d"}}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "call the network device net0 net0" # taken by the first
	is_on_host eth7 && is_on_host eth8 && is_on_host net0
	net_devices '{"net0": {}, "eth7": {"name": "net%d"}, "eth8": {"name": "net%d"}}'
	started
	[ "$(in_namespace_of "$PID" ip -j link | jq -c '[.[].ifname] | sort')" = '["lo","net0","net1","net2"]' ]
	[[ $(described net1 in_namespace_of "$PID") == *10.9.7.2* ]]
	[[ $(described net2 in_namespace_of "$PID") == *10.9.8.2* ]]
}

@test "a device that does not exist is named, and those moved before it are back" {
	only_boxcar
	net_devices '{"eth7": {"name": "moved"}, "eth99": {}}'
	BEFORE=$(described eth7 on_host)
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "find the network device eth99: no such device"
	[[ $output == *"/linux/netDevices/eth99"*"config.json:"* ]]
	is_as_before
	[ ! -e "$ROOT/$ID" ]
	left_behind "$ID"
}

@test "a name that the container's namespace has already is an error" {
	only_boxcar
	unshare --net sleep 600 3>&- &
	local other=$!
	eventually grep -q sleep "/proc/$other/comm"
	config '(.linux.namespaces[] | select(.type == "network")).path = $path' --arg path "/proc/$other/ns/net"
	nsenter --net="/proc/$other/ns/net" ip link add eth7 type veth peer name taken
	BEFORE=$(described eth7 on_host)
	local name
	for name in eth7 taken lo; do
		net_devices "{\"eth7\": {\"name\": \"$name\"}}"
		try rt create --bundle "$BUNDLE" "$ID"
		gave 1 "call the network device eth7 $name in the container: file exists" || { kill $other; return 1; }
		is_as_before
	done
	net_devices '{"eth7": {"name": "other"}}' # a free name, though its own one is taken there
	started
	[[ $(described other in_namespace_of "$other") == *10.9.7.2* ]]
	rt delete --force "$ID"
	kill $other
}

# A device's other names go with it into another namespace since 6.6, and in later releases of older kernels.
moves_other_names() {
	unshare --net sleep 600 3>&- &
	local other=$!
	eventually grep -q sleep "/proc/$other/comm"
	on_host ip link add first type dummy
	on_host ip link property add dev first altname second
	on_host ip link set first netns "$other"
	in_namespace_of "$other" ip link show second >/dev/null 2>&1 || { kill $other; return 1; }
	kill $other
}

@test "a device is also found by another name it has, and keeps both" {
	only_boxcar
	on_host ip link property add dev eth7 altname other7
	net_devices '{"other7": {}}'
	BEFORE=$(described eth7 on_host)
	started
	[ "$(described eth7 in_namespace_of "$PID")" = "$BEFORE" ]
	local is_old=
	moves_other_names || is_old=yes
	[ $is_old ] || [ "$(described other7 in_namespace_of "$PID")" = "$BEFORE" ]
	rt delete --force "$ID"
	eventually is_missing peer-eth7
	[ ! $is_old ] || return 0 # nor does such a kernel mind one name twice
	device eth7
	on_host ip link property add dev eth7 altname other7
	BEFORE=$(described eth7 on_host)
	net_devices '{"eth7": {"name": "other7"}}' # the kernel gives no device one name twice
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "move the network device eth7: file exists"
	is_as_before
}

@test "without the right to move devices the error says what is missing" {
	only_boxcar
	unshare --net sleep 600 3>&- &
	local other=$!
	eventually grep -q sleep "/proc/$other/comm"
	config '(.linux.namespaces[] | select(.type == "network")).path = $path' --arg path "/proc/$other/ns/net"
	net_devices '{"eth7": {}}'
	try on_host setpriv --bounding-set -net_admin --inh-caps -net_admin "$RUNTIME" --root "$ROOT" --cgroup-manager disabled create --bundle "$BUNDLE" "$ID"
	kill $other
	gave 1 "CAP_NET_ADMIN" # v2's device program needs it, too: hence no cgroup
	[[ $output == *"/linux/netDevices/eth7"* ]]
	is_on_host eth7
	left_behind "$ID"
}

@test "the host's own namespace is no place to move to" {
	only_boxcar
	net_devices '{"eth7": {"name": "other"}}'
	config '(.linux.namespaces[] | select(.type == "network")).path = $path' --arg path "/proc/$HOST/ns/net"
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "is the one where it is"
	config '.linux.namespaces |= map(select(.type != "network"))'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "there is no network namespace to move devices to"
	[[ $output == *"/linux/netDevices"* ]]
	is_on_host eth7
}

@test "what the kernel does not move is an error that says so" {
	only_boxcar
	net_devices '{"lo": {"name": "lo2"}}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "move the network device lo: invalid argument"
	[[ $output == *"leaves devices of some kinds"* ]]
	on_host ip link show dev lo | grep -q UP
}

@test "names that are none are errors with their place" {
	only_boxcar
	local name
	for name in '"a/b": {}' '"0123456789012345": {}' '"": {}' '"a b": {}' '"..": {}' '"e%d": {}' '"eth7": {"name": "a:b"}' \
		'"eth7": {"name": "0123456789012345"}' '"eth7": {"name": "a%s"}' '"eth7": {"name": "%d"}' '"eth7": {"name": "a%d%d"}' \
		'"eth7": {"name": "a%db"}' '"eth7": {"name": "x"}, "peer-eth7": {"name": "x"}' '"eth7": {"name": "peer-eth7"}, "peer-eth7": {}'; do
		net_devices "{$name}"
		try rt create --bundle "$BUNDLE" "$ID"
		gave 1 "/linux/netDevices/"
		[ ! -e "$ROOT/$ID" ]
	done
	is_on_host eth7
}

@test "a create that fails afterwards brings the device back as it was" {
	only_boxcar
	net_devices '{"eth7": {"name": "inside0"}}'
	BEFORE=$(described eth7 on_host)
	config '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "nsenter --net=/proc/$(jq .pid)/ns/net ip link >" + $out + "; exit 3"]}]' \
		--arg out "$BATS_TEST_TMPDIR/seen"
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "createRuntime"
	grep -q inside0 "$BATS_TEST_TMPDIR/seen" # hooks find it there
	is_as_before
	not is_on_host inside0
	config 'del(.hooks) | .mounts += [{"destination": "/data", "type": "no-such-fs", "source": "x"}]' # init fails, at any time
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "no such device"
	is_as_before
	left_behind "$ID"
}

@test "a device that was down comes back down" {
	only_boxcar
	on_host ip link set eth7 down
	net_devices '{"eth7": {}, "eth99": {}}'
	BEFORE=$(described eth7 on_host)
	[[ $BEFORE == *false* ]]
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	is_as_before
}

@test "a runtime that is killed leaves the device on the host" {
	only_boxcar
	net_devices '{"eth7": {"name": "inside0"}}'
	BEFORE=$(described eth7 on_host)
	config '.hooks.createRuntime = [{"path": "/bin/sh", "args": ["sh", "-c", "echo $PPID >" + $out + ".new; mv " + $out + ".new " + $out + "; exec sleep 600"]}]' \
		--arg out "$BATS_TEST_TMPDIR/hook"
	args /probe sleep 600
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- &
	eventually [ -e "$BATS_TEST_TMPDIR/hook" ]
	not is_on_host eth7
	kill -KILL "$(<"$BATS_TEST_TMPDIR/hook")"
	eventually is_as_before
	rt delete --force "$ID"
	is_as_before
	left_behind "$ID"
}

@test "kernel parameters of a moved device" {
	only_boxcar
	net_devices '{"eth7": {"name": "inside0"}}'
	config '.linux.sysctl["net.ipv4.conf.inside0.forwarding"] = "1"'
	in_container /probe read /proc/sys/net/ipv4/conf/inside0/forwarding
	gave 0 1
}

@test "a device in a user namespace" {
	only_boxcar
	config '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":5000}] |
		.linux.gidMappings = .linux.uidMappings'
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	net_devices '{"eth7": {}}'
	BEFORE=$(described eth7 on_host)
	started
	[ "$(described eth7 in_namespace_of "$PID")" = "$BEFORE" ]
}

@test "delete does not move the device: its end is the namespace's" {
	only_boxcar
	net_devices '{"eth7": {}}'
	started
	rt delete --force "$ID"
	not is_on_host eth7
	eventually is_missing peer-eth7
}

@test "the program is found where make install puts it, and missed by name where it is not" {
	only_boxcar
	local at=$BATS_TEST_TMPDIR/prefix
	install -D "$RUNTIME" "$at/sbin/boxcar"
	net_devices '{"eth7": {}}'
	RUNTIME=$at/sbin/boxcar
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "find boxcar-netdev"
	is_on_host eth7
	install -D "$BATS_TEST_DIRNAME/../../$BUILD/boxcar-netdev" "$at/libexec/boxcar/boxcar-netdev"
	in_container busybox ip link show dev eth7
	gave 0 "mtu 1400"
}

@test "without netDevices the program is not started" {
	only_boxcar
	args /probe true
	run on_host strace -f -qq -e trace=execve -o "$BATS_TEST_TMPDIR/trace" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 0
	not grep -q netdev "$BATS_TEST_TMPDIR/trace"
	[ -s "$BATS_TEST_TMPDIR/trace" ]
}

# No boxcar-netdev is at work in the test's own network namespace.
has_no_mover() {
	local process home
	home=$(readlink "/proc/$HOST/ns/net")
	for process in /proc/[0-9]*; do
		! { [ "$(cat "$process/comm" 2>/dev/null)" = boxcar-netdev ] && [ "$(readlink "$process/ns/net")" = "$home" ]; } || return 1
	done
}

is_unmade() {
	! rt state "$ID" >/dev/null 2>&1 || ! has_status created
}

@test "a runtime that is killed as it says or awaits something leaves the device in a container that was made, or else on the host" {
	only_boxcar
	net_devices '{"eth7": {"name": "inside7"}}'
	args /probe sleep 600
	local call number made=0 unmade=0 poll=poll
	[ "$(uname -m)" = x86_64 ] || poll=ppoll # newer machines have no other
	for call in sendto sendmsg $poll; do
		for number in {1..12}; do
			! on_host strace -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$number \
				"$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- || break
			eventually has_no_mover
			if is_on_host eth7; then
				eventually is_unmade
				unmade=$((unmade + 1))
				rt delete --force "$ID" || [ ! -e "$ROOT/$ID" ]
				continue
			fi
			has_status created
			in_namespace_of "$(rt state "$ID" | jq .pid)" ip link show inside7 >/dev/null
			made=$((made + 1))
			rt delete --force "$ID"
			eventually is_missing peer-eth7
			device eth7
		done
		rt delete --force "$ID" || [ ! -e "$ROOT/$ID" ]
		is_on_host eth7 || { eventually is_missing peer-eth7 && device eth7; }
	done
	echo "$unmade unmade, $made made"
	[ "$unmade" -gt 2 ]
	[ "$made" -gt 0 ]
}
