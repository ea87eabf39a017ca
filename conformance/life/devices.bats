# /dev: the default devices and links, devices of the config, masked and read-only paths.
load harness

device() {
	saw "[.dev[] | select(.path == \"/dev/$1\")][0] | [.type, .major, .minor, .mode] | map(tostring) | join(\" \")" "$2"
}

link() {
	saw "[.dev[] | select(.path == \"/dev/$1\")][0].target" "$2"
}

@test "the default devices and links of the specification" {
	look
	device null "c 1 3 0666"
	device zero "c 1 5 0666"
	device full "c 1 7 0666"
	device random "c 1 8 0666"
	device urandom "c 1 9 0666"
	device tty "c 5 0 0666"
	link fd /proc/self/fd
	link stdin /proc/self/fd/0
	link stdout /proc/self/fd/1
	link stderr /proc/self/fd/2
	link ptmx pts/ptmx
	saw '[.dev[] | select(.path == "/dev/console")] | length' 0
}

@test "the default devices work" {
	in_container /bin/sh -c 'echo x >/dev/null && busybox head -c 4 /dev/zero | busybox od -An -tx1 && busybox head -c 1 /dev/urandom | busybox wc -c'
	gave 0 "00 00 00 00"
	[[ $output == *1 ]]
	in_container /bin/sh -c 'echo x >/dev/full'
	[[ $output == *"No space left"* ]]
}

@test "devices of the config are made with their type, mode and owner" {
	config '.linux.devices = [
		{"path":"/dev/fuse","type":"c","major":10,"minor":229,"fileMode":432,"uid":1000,"gid":1001},
		{"path":"/dev/deep/er/block","type":"b","major":7,"minor":1,"fileMode":384},
		{"path":"/dev/pipe","type":"p","fileMode":420},
		{"path":"/dev/old","type":"u","major":1,"minor":5,"fileMode":438}]'
	look
	device fuse "c 10 229 0660"
	saw '[.dev[] | select(.path == "/dev/fuse")][0] | [.uid, .gid]' '[1000,1001]'
	device pipe "p 0 0 0644"
	device old "c 1 5 0666"
	in_container /probe stat /dev/deep/er/block
	[[ $output == *'"type":"b","mode":"0600"'* ]]
	[[ $output == *'"major":7,"minor":1'* ]]
}

@test "a device of the config replaces a default one" {
	only_boxcar # runc cannot open it any more
	config '.linux.devices = [{"path":"/dev/null","type":"c","major":1,"minor":3,"fileMode":384,"uid":0,"gid":0}]'
	look
	device null "c 1 3 0600"
}

@test "a device may lie outside /dev" {
	config '.linux.devices = [{"path":"/srv/null","type":"c","major":1,"minor":3,"fileMode":438}]'
	in_container /probe stat /srv/null
	[[ $output == *'"type":"c"'* ]]
}

@test "devices are subject to the cgroup's list" {
	# a device without a driver: what the list allows gets as far as ENXIO
	config '.linux.devices = [{"path":"/dev/other","type":"c","major":240,"minor":77,"fileMode":438}]'
	config '.linux.resources.devices = [{"allow":false,"access":"rwm"}]'
	tries call open /dev/other 0
	[ "$output" = EPERM ] || is_boxcar || [ "$output" = ENXIO ] # runc allows what linux.devices names
	config '.linux.resources.devices += [{"allow":true,"type":"c","major":240,"minor":77,"access":"r"}]'
	config 'del(.linux.devices)'
	mknod "$BUNDLE/rootfs/other" c 240 77
	tries call open /other 0
	[ "$output" = ENXIO ]
	tries call open /other 1
	[ "$output" = EPERM ]
	tries call mknod /dev/more 020666 0x10b
	[ "$output" = EPERM ]
}

@test "masked files and directories are empty and cannot be written" {
	mkdir "$BUNDLE/rootfs/secret"
	echo hidden >"$BUNDLE/rootfs/secret/file"
	echo hidden >"$BUNDLE/rootfs/secret-file"
	config '.linux.maskedPaths += ["/secret", "/secret-file", "/no/such/path", "/proc/no-such"]'
	in_container busybox ls -A /secret
	gave 0
	[ -z "$output" ]
	in_container /probe read /secret-file
	gave 0
	[ -z "$output" ]
	tries write /secret/new
	[ "$output" = EROFS ]
	[ ! -e "$BUNDLE/rootfs/no" ]
}

@test "the default masked and read-only paths of /proc hold" {
	look
	local path
	for path in /proc/kcore /proc/keys /proc/timer_list; do
		[ ! -e $path ] || mount_at $path '.type | . == "tmpfs" or . == "devtmpfs"' true
	done
	for path in /proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger; do
		[ ! -e $path ] || mount_at $path '.options | split(",") | index("ro") != null' true
	done
	tries write /proc/sys/kernel/hostname other
	[ "$output" = EROFS ]
}

@test "a read-only path is read-only with the mounts' other options kept" {
	mkdir "$BUNDLE/rootfs/kept"
	config '.linux.readonlyPaths += ["/kept", "/nothing/here"]'
	tries write /kept/new
	[ "$output" = EROFS ]
	config '.root.readonly = false'
	tries write /free
	[ "$output" = OK ]
}

@test "a mask that is a symlink in the image hides what it points to, inside only" {
	mkdir "$BUNDLE/rootfs/real"
	echo hidden >"$BUNDLE/rootfs/real/file"
	ln -s /real "$BUNDLE/rootfs/alias"
	config '.linux.maskedPaths = ["/alias"]'
	in_container busybox ls -A /real
	gave 0
	[ -z "$output" ]
}

@test "writing /dev of the container changes nothing on the host" {
	local before=$(ls -la --time-style=full-iso /dev | sort | md5sum)
	in_container /bin/sh -c 'busybox rm -f /dev/zero /dev/ptmx; busybox touch /dev/new'
	gave 0
	[ "$(ls -la --time-style=full-iso /dev | sort | md5sum)" = "$before" ]
}

@test "in a user namespace the devices are the host's, bound, and work" {
	only_boxcar # runc 1.1 binds listed ones only where they are not default ones
	user_namespace
	config '.linux.devices = [{"path":"/dev/full","type":"c","major":1,"minor":7,"fileMode":438},
		{"path":"/dev/pipe","type":"p","fileMode":420}]'
	look
	device null "c 1 3 0666"
	device full "c 1 7 0666"
	device tty "c 5 0 0666"
	device pipe "p 0 0 0644"
	local name
	for name in null zero full random urandom tty; do
		mount_at "/dev/$name" .type "$(findmnt -n -o FSTYPE -T "/dev/$name")"
		mount_at "/dev/$name" .root "$(findmnt -n -o FSROOT -T "/dev/$name" | sed "s,/*$,/$name,;s,/$name/$name$,/$name,")"
	done
	in_container /bin/sh -c 'echo x >/dev/null && busybox head -c 4 /dev/zero | busybox od -An -tx1; echo x >/dev/full'
	[[ $output == *"00 00 00 00"*"No space left"* ]]
}

@test "in a user namespace a device that the host has not, or has as another one, is an error with its place" {
	only_boxcar
	user_namespace
	config '.linux.devices = [{"path":"/dev/no-such-device","type":"c","major":240,"minor":7}]'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "/dev/no-such-device"
	[[ $output == *"no such file"* && $output == *"/linux/devices/0"* ]]
	config '.linux.devices = [{"path":"/dev/full","type":"c","major":1,"minor":3}]'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "no such device"
	[[ $output == *"/dev/full"*"/linux/devices/0"* ]]
	left_behind "$ID"
}
