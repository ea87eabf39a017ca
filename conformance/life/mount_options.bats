# Mount options one by one: every word of `features`, symlinks at either end, overlays of many layers, what a user namespace
# does not let go of.
load harness

add_mount() {
	config ".mounts += [$1]"
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

# --- what a user namespace does not let go of -------------------------------------------------------------------------

@test "in a user namespace a bind keeps nosuid, nodev, noexec, ro and noatime of its source" {
	only_boxcar # runc 1.1 clears what it may
	user_namespace
	mkdir "$BATS_TEST_TMPDIR/host" "$BUNDLE/rootfs/data"
	mount -t tmpfs -o nosuid,nodev,noexec,ro,noatime tmpfs "$BATS_TEST_TMPDIR/host"
	local options
	for options in '["bind"]' '["bind","ro"]' '["rbind","nosuid"]'; do
		add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":$options}"
		look
		mount_at /data '.options | split(",") | contains(["ro","nosuid","nodev","noexec","noatime"])' true
		config 'del(.mounts[-1])'
	done
}

# The same where the caller is no root either: what came from outside is locked.
as_user() {
	HOME_OF_USER=$(mktemp -d /tmp/life-user.XXXXXX)
	cp "$RUNTIME" "$HOME_OF_USER/boxcar"
	config '(.linux.uidMappings, .linux.gidMappings) = [{"containerID":0,"hostID":1000,"size":1}] |
		.linux.namespaces |= map(select(.type != "cgroup")) + [{"type":"user"}] | del(.linux.resources) |
		.mounts |= map(select(.type != "cgroup")) | (.mounts[] | select(.type == "devpts")).options -= ["gid=5"]'
	mkdir "$HOME_OF_USER/source"
	mount -t tmpfs -o nosuid,nodev,noexec,ro,noatime tmpfs "$HOME_OF_USER/source"
	mv "$BUNDLE" "$HOME_OF_USER/bundle"
	BUNDLE=$HOME_OF_USER/bundle
	chown -R 1000:1000 "$BUNDLE" "$HOME_OF_USER"/{boxcar,bundle}
	chown 1000:1000 "$HOME_OF_USER"
}

end_user() {
	umount "$HOME_OF_USER/source"
	rm -rf "$HOME_OF_USER"
}

run_as_user() {
	run setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$HOME_OF_USER/boxcar" --root "$HOME_OF_USER/state" \
		run --bundle "$BUNDLE" "$ID"
}

@test "what an ordinary user's namespace has locked is kept, and options that would take it away are named" {
	only_boxcar
	as_user
	add_mount "{\"destination\":\"/data\",\"source\":\"$HOME_OF_USER/source\",\"options\":[\"bind\"]}"
	args /bin/sh -c "busybox mount | busybox grep ' /data '"
	local options shown failed=0
	for options in '["bind"]' '["bind","ro"]' '["bind","noatime","nodev"]' '["rbind","rro"]'; do
		config ".mounts[-1].options = $options"
		run_as_user
		gave 0 "(ro,nosuid,nodev,noexec,noatime" || failed=1
	done
	for options in '["bind","rw"]=ro' '["bind","dev","exec"]=nodev,noexec' '["bind","relatime"]=access time' \
		'["rbind","rsuid"]=nosuid' '["bind","suid","strictatime"]=nosuid and access time'; do
		config ".mounts[-1].options = ${options%%=*}"
		run_as_user
		gave 1 "the mount's ${options#*=} came from outside of the user namespace" || failed=1
	done
	end_user
	[ "$failed" = 0 ]
}

@test "sysfs in a user namespace without a network namespace of its own is the host's, read-only" {
	only_boxcar # runc 1.1 cannot
	user_namespace
	config '.linux.namespaces |= map(select(.type != "network"))'
	config '(.mounts[] | select(.type == "sysfs")).options = ["nosuid","noexec","nodev"]'
	look
	mount_at /sys .type sysfs
	saw '[.mounts[] | select(.destination == "/sys" or (.destination | startswith("/sys/"))) | .options | split(",") | index("ro")] | index(null)' null
	tries write /sys/kernel/uevent_helper x
	[ "$output" = EROFS ]
	config '.linux.namespaces += [{"type": "network"}]'
	in_container busybox ls /sys/class/net
	gave 0 lo
	[ "$output" = lo ]
}

@test "a proc that a user namespace is denied tells what covers the host's" {
	only_boxcar
	user_namespace
	args /probe true
	try unshare -m --propagation private sh -c 'mount -t tmpfs none /proc/bus && exec "$@"' sh \
		"$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 1 "operation not permitted"
	[[ $output == *"covered"*"/proc/bus"* && $output == *"/mounts/"* ]]
	config '.linux.namespaces |= map(select(.type != "pid"))'
	refused "needs a pid namespace"
}

@test "a sysfs that a user namespace is denied tells what covers the host's" {
	only_boxcar
	user_namespace
	args /probe true
	try unshare -m --propagation private sh -c 'mount -t tmpfs none /sys/kernel/mm && mount -t tmpfs -o ro none /sys/class && exec "$@"' sh \
		"$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 1 "mount sysfs on /sys: "
	[[ $output == *"operation not permitted (/mounts/"*"here mounts cover it: /sys/kernel/mm, /sys/class; "* ]]
}

# --- every option -----------------------------------------------------------------------------------------------------

# OPTION: what is mounted with it (fs: a tmpfs; bind: a directory on a tmpfs that has all restrictions, with a tmpfs below it that
# has them, too; plain: the same without any), which options come before it, and a jq filter that must hold for every mount there
# is then. `has` and `lacks` are about the attributes, `super` is the list of the superblock's.
OPTION_ROWS='
async          fs    sync          super | index("sync") | not
atime          fs    noatime       lacks("noatime")
bind           plain -             count == 1
copy-symlink   plain bind          count == 1
defaults       fs    -             count == 1
dest-nofollow  plain bind          count == 1
dev            bind  bind          lacks("nodev")
diratime       bind  bind          lacks("nodiratime")
dirsync        fs    -             super | index("dirsync")
exec           bind  bind          lacks("noexec")
iversion       fs    -             count == 1
lazytime       fs    -             super | index("lazytime")
loud           fs    silent        count == 1
mand           fs    -             count == 1
noatime        plain bind          has("noatime")
nodev          plain bind          has("nodev")
nodiratime     plain bind          has("nodiratime")
noexec         plain bind          has("noexec")
noiversion     fs    iversion      count == 1
nolazytime     fs    lazytime      super | index("lazytime") | not
nomand         fs    mand          count == 1
norelatime     fs    noatime       count == 1
nostrictatime  fs    strictatime   has("relatime")
nosuid         plain bind          has("nosuid")
nosymfollow    plain bind          has("nosymfollow")
private        plain bind,shared   shared | not
ratime         bind  rbind         lacks("noatime")
rbind          plain -             count == 2
rdev           bind  rbind         count == 2 and lacks("nodev")
rdiratime      bind  rbind         count == 2 and lacks("nodiratime")
relatime       bind  bind          has("relatime")
remount        fs    nosuid        has("nosuid")
rexec          bind  rbind         count == 2 and lacks("noexec")
rnoatime       plain rbind         count == 2 and has("noatime")
rnodev         plain rbind         count == 2 and has("nodev")
rnodiratime    plain rbind         count == 2 and has("nodiratime")
rnoexec        plain rbind         count == 2 and has("noexec")
rnorelatime    plain rbind         count == 2
rnostrictatime plain rbind,rstrictatime count == 2 and has("relatime")
rnosuid        plain rbind         count == 2 and has("nosuid")
rnosymfollow   plain rbind         count == 2 and has("nosymfollow")
ro             plain bind          has("ro")
rprivate       plain rbind,rshared count == 2 and (shared | not)
rrelatime      bind  rbind         count == 2 and has("relatime")
rro            plain rbind         count == 2 and has("ro")
rrw            bind  rbind         count == 2 and has("rw")
rshared        plain rbind         count == 2 and shared
rslave         plain rbind,rshared count == 2 and (shared | not)
rstrictatime   bind  rbind         count == 2 and lacks("noatime") and lacks("relatime")
rsuid          bind  rbind         count == 2 and lacks("nosuid")
rsymfollow     bind  rbind         count == 2 and lacks("nosymfollow")
runbindable    plain rbind         count == 2 and all(.[]; .propagation == "unbindable")
rw             bind  bind          has("rw")
shared         plain bind          shared
silent         fs    -             count == 1
slave          plain bind,shared   shared | not
src-nofollow   plain bind          count == 1
strictatime    bind  bind          lacks("noatime") and lacks("relatime")
suid           bind  bind          lacks("nosuid")
symfollow      bind  bind          lacks("nosymfollow")
sync           fs    -             super | index("sync")
tmpcopyup      fs    -             count == 1
unbindable     plain bind          .[0].propagation == "unbindable"
'
OPTIONS_TESTED_ABOVE='idmap ridmap' # mounts.bats

option_rows() {
	grep . <<<"$OPTION_ROWS"
}

@test "every mount option of features is in the table of this test, and in the golden plans" {
	only_boxcar
	diff <("$RUNTIME" features | jq -r '.mountOptions[]' | sort) \
		<({ option_rows | awk '{ print $1 }'; printf '%s\n' $OPTIONS_TESTED_ABOVE; } | sort)
	diff <("$RUNTIME" features | jq -r '.mountOptions[]' | sort) \
		<(jq -r '.mounts[]?.options[]?' "$BATS_TEST_DIRNAME"/../plans/cases/mount-*.json | grep -x -F -f <("$RUNTIME" features | jq -r '.mountOptions[]') | sort -u)
}

@test "every mount option does what it says" {
	only_boxcar # runc 1.1 does not know them all
	local all=nosuid,nodev,noexec,ro,noatime,nodiratime,nosymfollow option kind before filter
	mkdir "$BATS_TEST_TMPDIR"/{bind,plain}
	mount -t tmpfs tmpfs "$BATS_TEST_TMPDIR/plain" && mkdir "$BATS_TEST_TMPDIR/plain/below"
	mount -t tmpfs tmpfs "$BATS_TEST_TMPDIR/plain/below"
	mount -t tmpfs tmpfs "$BATS_TEST_TMPDIR/bind" && mkdir "$BATS_TEST_TMPDIR/bind/below"
	mount -t tmpfs -o $all tmpfs "$BATS_TEST_TMPDIR/bind/below"
	mount -o remount,bind,$all "$BATS_TEST_TMPDIR/bind"
	while read -r option kind before filter; do
		before=${before#-}
		if [ $kind = fs ]; then
			echo "{\"destination\":\"/m/$option\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":\"$before,$option\"}"
		else
			echo "{\"destination\":\"/m/$option\",\"source\":\"$BATS_TEST_TMPDIR/$kind\",\"options\":\"$before,$option\"}"
		fi
		[ $option != remount ] || sed 's/,remount//' <<<"{\"destination\":\"/m/remount\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":\"mode=755,remount\"}"
	done < <(option_rows) | jq -s 'map(.options |= (split(",") - [""])) | [.[] | select(.options | index("remount") | not)] +
		[.[] | select(.options | index("remount"))]' >"$BATS_TEST_TMPDIR/mounts"
	config '.mounts += $mounts[0]' --slurpfile mounts "$BATS_TEST_TMPDIR/mounts"
	look
	local failed=0
	while read -r option kind before filter; do
		jq -e --arg at "/m/$option" "
			def words: .options | split(\",\");
			def has(\$word): all(.[]; words | index(\$word) != null);
			def lacks(\$word): all(.[]; words | index(\$word) == null);
			def super: .[0].superOptions | split(\",\");
			def shared: any(.[]; .propagation | contains(\"shared:\"));
			def count: length;
			[.mounts[] | select(.destination == \$at or (.destination | startswith(\$at + \"/\")))] | $filter" \
			"$BATS_TEST_TMPDIR/seen" >/dev/null || { failed=1; echo "$option: $filter does not hold:"
				grep -o "{[^{}]*\"/m/$option[/\"][^{}]*}" "$BATS_TEST_TMPDIR/seen"; }
	done < <(option_rows)
	[ $failed = 0 ]
}

@test "an option that no table knows is the file system's" {
	add_mount '{"destination":"/data","type":"tmpfs","source":"tmpfs","options":["size=3m","nodev","nr_inodes=77","huge=never"]}'
	look
	mount_at /data '.superOptions | contains("size=3072k") and contains("nr_inodes=77")' true
	mount_at /data '.superOptions | contains("nodev")' false
	config '.mounts[-1].options += ["no-such-option"]'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	! is_boxcar || [[ $output == *"mount tmpfs on /data: the option no-such-option: invalid argument"* ]]
}
