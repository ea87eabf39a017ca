# Hosts for the tests of networks: nothing here touches this machine's network. `host` is a network namespace in which conductor runs,
# `world` another one, which the host's default route leads to: 10.99.0.1 (host) and 10.99.0.2 (world).

# A network namespace that lives as long as its process. Sets the named variable to the process.
new_namespace() {
	local pid
	unshare -n sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	PROCESSES+=($pid)
	until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ] && [ "$(</proc/$pid/comm)" = sleep ]; do sleep 0.01; done
	printf -v "$1" %s "$pid"
	inside "$pid" ip link set lo up
}

inside() {
	nsenter --net="/proc/$1/ns/net" -- "${@:2}" 3>&-
}

setup_hosts() {
	PROCESSES=()
	new_namespace HOST
	new_namespace WORLD
	inside $HOST ip link add uplink mtu 1400 type veth peer name eth0 mtu 1400 netns $WORLD
	inside $HOST ip address add 10.99.0.1/24 dev uplink
	inside $HOST ip link set uplink up
	inside $HOST ip route add default via 10.99.0.2
	inside $WORLD ip address add 10.99.0.2/24 dev eth0
	inside $WORLD ip link set eth0 up
	inside $HOST sysctl -qw net.ipv4.ip_forward=0
	WITHIN=(nsenter --net=/proc/$HOST/ns/net --)
}

# After the containers.
teardown_hosts() {
	local pid
	for pid in "${PROCESSES[@]}"; do
		kill $pid 2>/dev/null
		wait $pid 2>/dev/null
	done
}

host() {
	inside $HOST "$@"
}

world() {
	inside $WORLD "$@"
}

# A port of a namespace has somebody who listens: listening PID PORT
listening() {
	local i port
	port=$(printf ':%04X 0*:0000 0A' "$2")
	for i in {1..200}; do
		! grep -q "$port" "/proc/$1/net/tcp" "/proc/$1/net/tcp6" || return 0
		sleep 0.01
	done
	echo "nobody listens on port $2"
	return 1
}

# A small server in a namespace, which says TEXT to whoever comes: serve PID PORT TEXT [OPTION...]
serve() {
	inside "$1" busybox nc -ll -p "$2" "${@:4}" -e echo "$3" </dev/null >/dev/null 2>&1 &
	PROCESSES+=($!)
	listening "$1" "$2"
}

# ask PID ADDRESS PORT: what it says, or an error, soon.
ask() {
	inside "$1" timeout 5 busybox nc -w 3 "$2" "$3" </dev/null
}
