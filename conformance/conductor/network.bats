# Networks: who reaches whom, and what is left. Never in this machine's own network; see hosts.bash.
load harness
load hosts

setup() {
	STORE=$BATS_TEST_TMPDIR/store
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return 1
	cp /bin/busybox .
	setup_hosts
	printf 'RUN /bin/busybox --install -s /bin\n' | file
	works build img
}

# As the harness's, and nothing of a network is left either.
teardown() {
	local name left=0
	for name in "$STORE"/containers/*; do
		[ -d "$name" ] && c stop --force "${name##*/}" >/dev/null 2>&1
	done
	left_behind || left=1
	no_networks || left=1
	teardown_hosts
	return $left
}

no_networks() {
	local links
	links=$(host ip -o link | grep -v -e ': lo:' -e ': uplink@') || true
	[ -z "$links" ] || { echo "left behind: $links"; return 1; }
	if host nft list tables | grep conductor; then echo "left behind"; return 1; fi
}

# A container whose port 8080 says its name.
serving() {
	works run -d img "$1" -- nc -ll -p 8080 -e echo "this is $1"
	listening "$(pid_of "$1")" 8080
}

pid_of() {
	c inspect --pid "$1"
}

# refused COMMAND...: fails, and fast: long before the 3 s after which a silent drop would be given up
refused() {
	local output
	if output=$("$@" 2>&1); then echo "not refused: $output"; return 1; fi
	[[ $output != *"timed out"* ]] || { echo "silently dropped: $output"; return 1; }
}

# silent COMMAND...: no answer at all
silent() {
	if "$@"; then echo "was answered"; return 1; fi
}

@test "names, addresses, MTU and routes; inspect knows the address" {
	serving web
	serving counter-service
	fails inspect --ip web
	says "container web has no network"
	works addnetwork web
	works addnetwork counter-service
	says "192.168.2.2"
	[ "$(c inspect --ip web)" = 192.168.1.2 ]
	[ "$(c inspect web | jq -r .ip)" = 192.168.1.2 ]
	host ip -4 -o address show dev web-outside | grep -F ' 192.168.1.1/24 '
	[ "$(c exec web 'ip -o -4 addr show web-inside' </dev/null | awk '{ print $4 }')" = 192.168.1.2/24 ]
	[ "$(host cat /sys/class/net/web-outside/mtu 2>/dev/null || host ip -o link show web-outside | sed 's/.*mtu \([0-9]*\).*/\1/')" = 1400 ]
	inside "$(pid_of web)" ip route | grep -F '192.168.0.0/16 via 192.168.1.1 dev web-inside'
	if inside "$(pid_of web)" ip route | grep default; then false; fi
	host ip link show counter-service-outside
	inside "$(pid_of counter-service)" ip link show counter-service-inside
	c exec web -- ping -c 1 -W 3 192.168.1.1 </dev/null
	works stop counter-service
	if host ip link show counter-service-outside 2>/dev/null; then false; fi
	works addnetwork web
}

@test "alone until peers; refused at once" {
	serving a
	serving b
	serving x
	works addnetwork a
	works addnetwork b
	works addnetwork x
	refused ask "$(pid_of a)" 192.168.2.2 8080
	refused c exec a -- ping -c 1 -W 3 192.168.2.2 </dev/null
	silent ask $WORLD 192.168.2.2 8080
	fails peer a nosuch
	fails peer a a
	works peer a b
	says "Added peer to peer traffic between a and b"
	[ "$(ask "$(pid_of a)" 192.168.2.2 8080)" = "this is b" ]
	[ "$(ask "$(pid_of b)" 192.168.1.2 8080)" = "this is a" ]
	works peer a b
	refused ask "$(pid_of a)" 192.168.3.2 8080
	refused ask "$(pid_of x)" 192.168.2.2 8080
	works stop b
	serving b
	works addnetwork b
	refused ask "$(pid_of a)" 192.168.2.2 8080
}

@test "the internet, only with -i" {
	serve $WORLD 80 "this is the world"
	serving a
	serving b
	works addnetwork a
	works addnetwork -i b
	[ "$(host sysctl -n net.ipv4.ip_forward)" = 0 ]
	[ "$(ask "$(pid_of b)" 10.99.0.2 80)" = "this is the world" ]
	c exec b -- ping -c 1 -W 3 10.99.0.2 </dev/null
	refused ask "$(pid_of a)" 10.99.0.2 80
	inside "$(pid_of a)" ip route add default via 192.168.1.1
	refused ask "$(pid_of a)" 10.99.0.2 80
	silent ask $WORLD 192.168.2.2 8080
	# and what had none can be given one
	works addnetwork --internet a
	[ "$(ask "$(pid_of a)" 10.99.0.2 80)" = "this is the world" ]
}

@test "a host that forwards for containers is no router for its neighbours" {
	new_namespace OTHER
	host ip link add second type veth peer name eth0 netns $OTHER
	host ip address add 10.98.0.1/24 dev second
	host ip link set second up
	inside $OTHER ip address add 10.98.0.2/24 dev eth0
	inside $OTHER ip link set eth0 up
	inside $OTHER ip route add default via 10.98.0.1
	world ip route add default via 10.99.0.1
	serve $OTHER 80 "this is the other"
	serving web
	silent ask $WORLD 10.98.0.2 80
	works addnetwork -i -e 8080-3000 web
	[ "$(ask $OTHER 10.98.0.1 3000)" = "this is web" ]
	[ "$(ask "$(pid_of web)" 10.98.0.2 80)" = "this is the other" ]
	silent ask $WORLD 10.98.0.2 80
	[ "$(host sysctl -n net.ipv4.conf.uplink.forwarding)" = 1 ]
	works stop web
	[ "$(host sysctl -n net.ipv4.conf.uplink.forwarding)" = 0 ]
	[ "$(host sysctl -n net.ipv4.conf.second.forwarding)" = 0 ]
	host ip link delete second
}

@test "a port: from the host by its address and by localhost, from outside, from containers and from itself" {
	serving web
	serving other
	works addnetwork -e 8080-3000 --publish 3001:8080 web
	works addnetwork other
	[ "$(ask $HOST 10.99.0.1 3000)" = "this is web" ]
	[ "$(ask $HOST 127.0.0.1 3000)" = "this is web" ]
	[ "$(ask $WORLD 10.99.0.1 3000)" = "this is web" ]
	[ "$(ask $WORLD 10.99.0.1 3001)" = "this is web" ]
	[ "$(ask "$(pid_of other)" 192.168.2.1 3000)" = "this is web" ]
	[ "$(ask "$(pid_of web)" 192.168.1.1 3000)" = "this is web" ]
	silent ask $WORLD 192.168.1.2 8080
	refused ask "$(pid_of other)" 192.168.1.2 8080
	works stop web
	refused ask $HOST 10.99.0.1 3000
	refused ask $WORLD 10.99.0.1 3000
}

@test "what listens on the host's 127.0.0.1 only stays the host's" {
	inside $HOST python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 7000))
s.listen()
while True: s.accept()[0].sendall(b"secret")' 3>&- &
	PROCESSES+=($!)
	listening $HOST 7000
	serving web
	works addnetwork -i -e 8080-3000 web
	inside "$(pid_of web)" ip route add 127.0.0.1 via 192.168.1.1 table 100
	inside "$(pid_of web)" ip rule add pref 0 lookup 100
	inside "$(pid_of web)" ip rule add pref 1 lookup local
	inside "$(pid_of web)" ip rule delete pref 0 lookup local
	inside "$(pid_of web)" sysctl -qw net.ipv4.conf.all.route_localnet=1
	[ "$(ask $HOST 127.0.0.1 7000)" = secret ]
	silent inside "$(pid_of web)" timeout 3 busybox nc -w 2 127.0.0.1 7000
}

@test "a connection does not outlive the rules that allowed it" {
	works run -d img web -- nc -ll -p 8080 -e cat
	listening "$(pid_of web)" 8080
	works addnetwork -e 8080-3000 web
	mkfifo pipe
	world busybox nc 10.99.0.1 3000 <pipe >answers 2>&1 3>&- &
	PROCESSES+=($!)
	exec 5>pipe
	echo one >&5
	for i in {1..50}; do [ -s answers ] && break; sleep 0.1; done
	[ "$(<answers)" = one ]
	host grep -F 'src=192.168.1.2 ' /proc/net/nf_conntrack
	works stop web
	if host grep -F 'src=192.168.1.2 ' /proc/net/nf_conntrack; then false; fi
	works run -d img web -- nc -ll -p 8080 -e cat
	listening "$(pid_of web)" 8080
	works addnetwork web
	(trap "" PIPE; echo two >&5) || true # it may have been told already
	sleep 0.5
	exec 5>&-
	[ "$(<answers)" = one ]
}

@test "a port that is in use is named, with who has it" {
	serve $HOST 3000 "this is the host's own"
	serving a
	serving b
	fails addnetwork -e 8080-3000 a
	says "port 3000/tcp of the host is in use by busybox"
	no_networks
	works addnetwork -e 8080-3001 a
	fails addnetwork -i -e 8080-3001 b
	says "port 3001/tcp of the host leads to container a already"
	fails inspect --ip b
	works addnetwork -e 8080-3001 a
	fails addnetwork -e 8080-3002 -e 8081-3002 b
	says "given twice"
	for bad in "-e 8080" "-e 0-80" "-e 80-65536" "-e a-b" "--publish 80" "--publish 80:90/sctp" "--subnet 192.168.1" "--subnet 300.1" \
		"--subnet 127.1"; do
		fails addnetwork $bad b
	done
	fails addnetwork
	[ "$(ask $HOST 127.0.0.1 3001)" = "this is a" ]
}

@test "udp" {
	works run -d img a -- sleep 1000
	works addnetwork --publish 5353:53/udp a
	inside "$(pid_of a)" python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 53))
open("bound", "w").close()
s.sendto(b"datagram", s.recvfrom(99)[1])' &
	for i in {1..100}; do [ -e bound ] && break; sleep 0.05; done
	world timeout 5 bash -c 'exec 4<>/dev/udp/10.99.0.1/5353; echo question >&4; head -c 8 <&4' >answer
	[ "$(<answer)" = datagram ]
}

@test "another firewall that drops is named, and stays as it is" {
	host nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'
	host nft list table ip filter >before
	serving a
	works addnetwork -i a
	says "policy drop of chain FORWARD of table ip filter"
	works stop a
	host nft list table ip filter | diff before -
	host nft delete table ip filter
}

@test "the table, in nft's words" {
	serving web
	works addnetwork -i -e 8080-3000 web
	[ "$(host nft list set inet conductor internet | grep elements)" = '		elements = { "web-outside" }' ]
	host nft list map inet conductor publish | grep -F 'tcp . 3000 comment "web 192.168.1.2 '
	host nft -j list table inet conductor | jq -e .
	host nft list table inet conductor >full
	host nft flush table inet conductor
	works addnetwork web
	host nft list table inet conductor | diff full -
	for set in cifs internet forwarding peers hairpin; do host nft flush set inet conductor $set; done
	host nft flush map inet conductor publish
	host nft list table inet conductor | sed 's/ comment "conductor [0-9a-f]*"$//' | diff "$BATS_TEST_DIRNAME/table.nft" -
	# a rule that somebody has removed comes back
	host nft flush chain inet conductor passing
	works addnetwork web
	host nft list chain inet conductor passing | grep -c '^		[ico]' | grep -x 8
	host nft delete table inet conductor
	host nft -f full
	host nft list table inet conductor | diff full -
}

@test "no network for what shares the host's or stays alone; none twice of one name" {
	works run -d --net-isolate img alone -- sleep 1000
	fails addnetwork alone
	says "--net-isolate"
	works run -d img web -- sleep 1000
	host ip link add web-outside type veth peer name dummy1
	fails addnetwork web
	says "the host has a network device web-outside already"
	works stop web
	host ip link show web-outside
	host ip link delete web-outside
	fails addnetwork nosuch
	says "there is no container nosuch"
}

@test "addresses that the host has are left out; another subnet" {
	host ip address add 192.168.1.7/24 dev uplink
	host ip route add 192.168.2.0/25 via 10.99.0.2
	serving a
	serving b
	works addnetwork a
	[ "$(c inspect --ip a)" = 192.168.3.2 ]
	works addnetwork --subnet 10.77 b
	[ "$(c inspect --ip b)" = 10.77.1.2 ]
	fails peer a b
	says "no route"
	works stop b
	host ip address add 10.77.200.1/16 dev uplink
	serving b
	fails addnetwork --subnet 10.77 b
	says "no network in 10.77.0.0/16 that is free"
}

@test "the container's end removes the device; the next addnetwork removes the rest" {
	works run -d img short -- sh -c 'sleep 1.5'
	serving b
	works addnetwork -i -e 8080-3000 short
	for i in {1..100}; do host ip link show short-outside >/dev/null 2>&1 || break; sleep 0.1; done
	works addnetwork -e 8080-3000 b
	[ "$(c inspect --ip b)" = 192.168.1.2 ]
	if host nft list table inet conductor | grep short-outside; then false; fi
	[ "$(ask $WORLD 10.99.0.1 3000)" = "this is b" ]
	works stop short
	[ "$(ask $WORLD 10.99.0.1 3000)" = "this is b" ]
}

@test "right after a run in the background" {
	c run img slow -- sleep 1000 </dev/null >/dev/null 2>&1 &
	run=$!
	works addnetwork slow
	works stop slow
	wait $run || true
}

@test "stop of a container in another store leaves ours alone" {
	serving web
	works addnetwork web
	mine=$STORE
	STORE=$BATS_TEST_TMPDIR/store2
	works build img
	serving web
	fails addnetwork web
	says "conductor"
	works stop web
	STORE=$mine
	host ip link show web-outside
	host nft list set inet conductor cifs | grep -F '"web-outside"'
}

@test "killed half-way: stop and addnetwork clean up" {
	serving web
	killed=0
	for call in sendto recvmsg setns renameat; do
		for when in 1 2 3 5 8 11 14 17 20; do
			status=0
			host strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$when \
				"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" addnetwork -i -e 8080-3000 web </dev/null >out 2>&1 3>&- || status=$?
			[ $status = 0 ] || killed=$((killed + 1))
			if [ $((when % 2)) = 0 ]; then
				works addnetwork -i -e 8080-3000 web
				[ "$(ask $WORLD 10.99.0.1 3000)" = "this is web" ]
			fi
			works stop web
			no_networks
			[ "$(host sysctl -n net.ipv4.conf.uplink.forwarding)" = 0 ]
			serving web
		done
	done
	[ $killed -ge 20 ]
}

@test "stop that is killed half-way can be repeated" {
	for call in sendto recvmsg unlinkat; do
		for when in 1 3 5 7 9; do
			serving web
			works addnetwork -i -e 8080-3000 web
			host strace -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$when \
				"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" stop web </dev/null >out 2>&1 3>&- || true
			[ ! -e "$STORE/containers/web" ] || works stop web
			no_networks
		done
	done
}
