# Mount options one by one: every word of `features`, symlinks at either end, overlays of many layers, what a user namespace
# does not let go of.
load harness

add_mount() {
	config ".mounts += [$1]"
}

# Root of the container is 100000 outside, and may reach its root file system.
user_namespace() {
	config '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":5000}] |
		.linux.gidMappings = .linux.uidMappings'
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
}

refused() {
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "$1"
	[ ! -e "$ROOT/$ID" ]
	left_behind "$ID"
}

# --- symlinks at either end -------------------------------------------------------------------------------------------

@test "copy-symlink makes the source's symlink anew, and nothing is mounted" {
	only_boxcar # crun's option
	ln -s ../somewhere/else "$BATS_TEST_TMPDIR/link"
	add_mount "{\"destination\":\"/made/here\",\"source\":\"$BATS_TEST_TMPDIR/link\",\"options\":[\"bind\",\"copy-symlink\"]}"
	in_container busybox readlink /made/here
	gave 0 ../somewhere/else
	[ "$(readlink "$BUNDLE/rootfs/made/here")" = ../somewhere/else ]
	look # the same link may be there already
	saw '[.mounts[].destination | select(startswith("/made"))]' '[]'
	ln -sfn /other "$BUNDLE/rootfs/made/here"
	refused "file exists"
	[[ $output == *"/made/here"* && $output == *"/mounts/"* ]]
	[ "$(readlink "$BUNDLE/rootfs/made/here")" = /other ]
}

@test "copy-symlink of what is no symlink is a bind" {
	only_boxcar
	echo content >"$BATS_TEST_TMPDIR/file"
	add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/file\",\"options\":[\"bind\",\"ro\",\"copy-symlink\"]}"
	in_container /probe read /data
	gave 0 content
	look
	mount_at /data '.options | split(",") | index("ro") != null' true
}

@test "src-nofollow shows the symlink itself, not what it points to" {
	only_boxcar
	echo canary >"$BATS_TEST_TMPDIR/secret"
	ln -s "$BATS_TEST_TMPDIR/secret" "$BATS_TEST_TMPDIR/link"
	add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/link\",\"options\":[\"bind\",\"src-nofollow\"]}"
	in_container /bin/sh -c 'busybox readlink /data; busybox cat /data; exit 0'
	gave 0 "$BATS_TEST_TMPDIR/secret"
	[[ $output != *canary* ]]
	config '.mounts[-1].options = ["bind"]'
	in_container /probe read /data
	gave 0 canary
}

@test "dest-nofollow covers the image's symlink itself" {
	only_boxcar
	echo content >"$BATS_TEST_TMPDIR/file"
	echo untouched >"$BUNDLE/rootfs/real"
	ln -s real "$BUNDLE/rootfs/link"
	add_mount "{\"destination\":\"/link\",\"source\":\"$BATS_TEST_TMPDIR/file\",\"options\":[\"bind\",\"dest-nofollow\"]}"
	in_container /bin/sh -c 'busybox cat /link /real'
	gave 0 $'content\nuntouched'
	[ "$(readlink "$BUNDLE/rootfs/link")" = real ]
	config '.mounts[-1].options = ["bind"]'
	in_container /bin/sh -c 'busybox cat /link /real'
	gave 0 $'content\ncontent'
}

@test "dest-nofollow: a directory or a tmpfs has no place on a symlink" {
	only_boxcar
	mkdir "$BUNDLE/rootfs/real" "$BATS_TEST_TMPDIR/host"
	ln -s real "$BUNDLE/rootfs/link"
	add_mount "{\"destination\":\"/link\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"bind\",\"dest-nofollow\"]}"
	refused "not a directory"
	config '.mounts[-1] = {"destination":"/link","type":"tmpfs","source":"tmpfs","options":["dest-nofollow"]}'
	refused "not a directory"
	config '.mounts[-1].options += ["mode=755"]'
	refused "not a directory"
	config '.mounts[-1].options = ["mode=755"]'
	look
	mount_at /real .type tmpfs
}

@test "copy-symlink, src-nofollow and dest-nofollow in a user namespace" {
	only_boxcar
	user_namespace
	mkdir "$BUNDLE/rootfs/open"
	chmod 777 "$BUNDLE/rootfs/open"
	ln -s nowhere "$BATS_TEST_TMPDIR/link"
	ln -s gone "$BUNDLE/rootfs/open/covered"
	add_mount "{\"destination\":\"/open/copied\",\"source\":\"$BATS_TEST_TMPDIR/link\",\"options\":[\"bind\",\"copy-symlink\"]}"
	add_mount "{\"destination\":\"/open/covered\",\"source\":\"$BATS_TEST_TMPDIR/link\",\"options\":[\"bind\",\"src-nofollow\",\"dest-nofollow\"]}"
	in_container /bin/sh -c 'busybox readlink /open/copied; busybox readlink /open/covered'
	gave 0 $'nowhere\nnowhere'
}

@test "copy-symlink and src-nofollow of what is no bind are errors" {
	only_boxcar
	add_mount '{"destination":"/data","type":"tmpfs","source":"tmpfs","options":["copy-symlink"]}'
	refused "for binds only"
	[[ $output == *"/mounts/"*"/options"* ]]
	config '.mounts[-1].options = ["src-nofollow"]'
	refused "for binds only"
}

# --- overlays of many layers ------------------------------------------------------------------------------------------

# An overlay at /data of N layers in directories with names of LENGTH bytes; the first holds "top" in the file "same", each its
# number's file.
overlay() {
	local n name layers=
	for ((n = 1; n <= $1; n++)); do
		name=$(printf '%0*d' "$2" "$n")
		mkdir -p "$BATS_TEST_TMPDIR/l/$name"
		echo "$n" >"$BATS_TEST_TMPDIR/l/$name/file$n"
		echo "$n" >"$BATS_TEST_TMPDIR/l/$name/same"
		layers+=:$BATS_TEST_TMPDIR/l/$name
	done
	mkdir -p "$BATS_TEST_TMPDIR"/{upper,work}
	jq --arg at "${layers#:}" --arg upper "upperdir=$BATS_TEST_TMPDIR/upper" --arg work "workdir=$BATS_TEST_TMPDIR/work" \
		'.mounts += [{"destination": "/data", "type": "overlay", "source": "overlay", "options": ["lowerdir=" + $at, $upper, $work]}]' \
		"$BUNDLE/config.json" >"$BUNDLE/new" && mv "$BUNDLE/new" "$BUNDLE/config.json"
}

shows_layers() {
	in_container /bin/sh -c 'busybox ls /data | busybox wc -l; busybox cat /data/same; echo new >/data/new'
	gave 0 "$(($1 + 1))"$'\n1'
	[ "$(<"$BATS_TEST_TMPDIR/upper/new")" = new ]
	rm "$BATS_TEST_TMPDIR/upper/new"
}

@test "overlays of 60 and of 200 layers" {
	only_boxcar # runc 1.1 cuts the options off at a page
	overlay 60 60
	[ "$(jq -r '.mounts[-1].options[0] | length' "$BUNDLE/config.json")" -gt 4095 ]
	shows_layers 60
	config 'del(.mounts[-1])'
	rm -r "$BATS_TEST_TMPDIR/l"
	overlay 200 60
	shows_layers 200
	config '.mounts[-1].options += ["nosuid", "rslave"]' # needs the mount's descriptor
	shows_layers 200
}

@test "overlays whose layers have names too long for one option" {
	only_boxcar
	overlay 20 250
	shows_layers 20
}

@test "many layers where fsconfig knows no single ones, or a filter forbids it" {
	only_boxcar
	overlay 200 60
	config 'del(.linux.maskedPaths)' # these need fsconfig, too
	local refusal
	for refusal in fsconfig:error=EINVAL fsopen:error=ENOSYS; do
		args /bin/sh -c 'busybox ls /data | busybox wc -l; busybox cat /data/same'
		run strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=mount,fsopen,fsconfig -e inject=$refusal \
			"$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
		gave 0 $'201\n1'
		grep -q 'lowerdir=[0-9]*:[0-9]*:' "$BATS_TEST_TMPDIR/trace"
	done
}

@test "a layer's name may hold what separates layers" {
	only_boxcar
	mkdir "$BATS_TEST_TMPDIR/a:b" "$BATS_TEST_TMPDIR/c\\d" "$BATS_TEST_TMPDIR/e,f"
	touch "$BATS_TEST_TMPDIR/a:b/1" "$BATS_TEST_TMPDIR/c\\d/2" "$BATS_TEST_TMPDIR/e,f/3"
	overlay 60 60
	config '.mounts[-1].options[0] += ":\($at)/a\\:b:\($at)/c\\\\d:\($at)/e\\,f"' --arg at "$BATS_TEST_TMPDIR"
	in_container busybox ls /data/1 /data/2 /data/3 /data/file60
	gave 0 /data/file60
}

@test "a layer that is missing is named, and more than 500 are refused" {
	only_boxcar
	overlay 60 60
	config '.mounts[-1].options[0] += ":/no/such/layer"'
	refused "/no/such/layer: no such file or directory"
	config '.mounts[-1].options[0] = "lowerdir=" + ([range(600) | "/some/where/\(.)"] | join(":"))'
	refused "the kernel takes 500"
	[[ $output == *"/mounts/"*"/options"* ]]
}
