# export and import: OCI image layouts that other tools read and write, and archives that nobody should take.
load harness

setup_file() {
	"$BATS_TEST_DIRNAME/../packages" skopeo umoci podman attr libcap2-bin gzip python3-minimal
}

# A tree with all that an archive can hold.
tree() {
	mkdir -p t/sub "t/$(printf 'l%.0s' {1..120})"
	echo hello >t/file
	ln t/file t/sub/same
	ln -s ../file t/sub/link
	ln -s nowhere t/dangling
	mkfifo t/fifo
	mknod t/null c 1 3
	echo long >"t/$(printf 'l%.0s' {1..120})/$(printf 'm%.0s' {1..200})"
	printf 'name in \xff latin' >$'t/latin\xe9'
	truncate -s 8M t/sparse && printf end >>t/sparse
	cp busybox t/able && setcap cap_net_raw+ep t/able
	setfattr -n user.note -v 'a value = with "quotes"' t/file
	chmod 4755 t/able; chmod 1777 t/sub; chmod 0600 t/file
	chown 70000:3000000 t/file # beyond what a header's octal digits hold
	touch -d '2001-02-03 04:05:06' t/file t/sub t/dangling -h
	setcap cap_net_raw+ep t/able
}

# What can be told of a tree, in sorted lines: describe DIR.
describe() {
	(cd "$1" && find . -mindepth 1 -printf '%p %y %m %U:%G %s %l %n\n' | sed -E 's/^(\S+ d \S+ \S+) .*/\1/' | sort
	 find . -type f -exec sha256sum {} + | sort -k2
	 find . -exec getfattr -h -d -m '^(user|security.capability)' {} + 2>/dev/null | grep . | sort
	 find . -mindepth 1 -newermt 1990-01-01 ! -newermt 2010-01-01 -printf '%p %t\n' | sort)
}

# An image of several layers, with whiteouts and an opaque directory.
image() {
	tree
	mkdir -p gone/dir && touch gone/dir/a gone/b
	file <<-'END'
		COPY t/ /t/
		COPY gone/ /gone/
		RUN ["/bin/busybox", "rm", "/gone/b"]
		RUN /bin/busybox rm -r /gone/dir; /bin/busybox mkdir /gone/dir; echo new >/gone/dir/new
		ENV NAME="a value"
		WORKDIR /t
		EXPOSE 80/tcp
		VOLUME /data
		LABEL one=1
		USER 5:6
		STOPSIGNAL SIGINT
		ENTRYPOINT ["/bin/busybox"]
		CMD ["ls", "-l"]
	END
	sed -i '2i # syntax=docker' Conductorfile
	works build img Conductorfile
}

# Of a container's root: shown IMAGE >LINES
shown() {
	works bundle "$1" "b-$1" >/dev/null
	describe "b-$1/rootfs"
	umount "b-$1/rootfs"
}

@test "skopeo and umoci read what export writes" {
	image
	works export img out
	skopeo inspect --config oci:out:img >config
	[ "$(jq -c '.config | [.User, .Env[0], .WorkingDir, .StopSignal, .Entrypoint, .Cmd, .Labels.one]' config)" = \
		'["5:6","NAME=a value","/t","SIGINT",["/bin/busybox"],["ls","-l"],"1"]' ] || { cat config; false; }
	[ "$(jq -c '.config.ExposedPorts, .config.Volumes' config | tr -d '\n')" = '{"80/tcp":{}}{"/data":{}}' ]
	[ "$(jq '[.history[] | select(.empty_layer | not)] | length' config)" = "$(jq '.rootfs.diff_ids | length' config)" ]
	umoci unpack --image out:img unpacked
	shown img >ours
	describe unpacked/rootfs >theirs
	diff ours theirs
	grep -q 'cap_net_raw\|security.capability' ours
	[ "$(cat unpacked/rootfs/gone/dir/*)" = new ] && [ ! -e unpacked/rootfs/gone/b ] && [ ! -e unpacked/rootfs/gone/dir/a ]
}

@test "podman runs what export writes, and import takes what podman saves" {
	local podman=(podman --root "$BATS_TEST_TMPDIR/p" --runroot "$BATS_TEST_TMPDIR/pr" --storage-driver vfs --log-level error)
	image
	for how in gzip zstd; do
		works export --compression $how img "out-$how"
		"${podman[@]}" pull -q "oci:out-$how:img"
	done
	id=$("${podman[@]}" create --network none oci:out-zstd:img)
	describe "$("${podman[@]}" mount "$id")/t" >theirs
	works bundle img b
	describe b/rootfs/t >ours
	umount b/rootfs
	diff ours theirs
	"${podman[@]}" commit -q --change 'ENV MORE=1' "$id" localhost/changed
	"${podman[@]}" save -q --format oci-archive -o saved.tar localhost/changed
	"${podman[@]}" rm -f "$id" >/dev/null
	works import saved.tar back
	works bundle back b2
	describe b2/rootfs/t >again
	jq -e '.process.env | index("MORE=1")' b2/config.json
	umount b2/rootfs
	diff ours again
	"${podman[@]}" rmi -af >/dev/null
	printf 'FROM back\nUSER 0\nRUN ["/bin/busybox", "touch", "/t/made"]\n' >Conductorfile
	works build next
	works bundle next b3
	[ -e b3/rootfs/t/made ]
	[ -e b3/rootfs/t/file ]
	umount b3/rootfs
}

@test "what is exported and imported is the same tree, by every compression and form" {
	image
	shown img >ours
	for how in gzip zstd none; do
		works export --compression $how img "out-$how"
		works import "out-$how" "again-$how"
		shown "again-$how" >theirs
		diff ours theirs
	done
	works export img out.tar
	works import out.tar by-archive
	[ "$(tar -tf out.tar | head -2 | tr '\n' ' ')" = "blobs/ blobs/sha256/ " ]
	c export img - | c import - by-pipe
	gzip -k out.tar
	works import out.tar.gz by-gzip
	[ "$(ls "$STORE/layers" | wc -l)" = $((2 * $(jq '.layers | length' "$STORE/images/img.json"))) ] # imports share their layers
	[ "$(stat -c %b "$STORE"/layers/*/diff/t/sparse | sort -n | tail -1)" -lt 100 ] # holes are holes
	[ "$(stat -c %h "$STORE"/layers/*/diff/t/file | sort -u)" = 2 ]
}

@test "import takes what umoci and skopeo write" {
	image
	works export img out
	umoci unpack --image out:img work
	echo more >work/rootfs/t/more && rm work/rootfs/t/file && rm -r work/rootfs/gone
	umoci repack --image out:next work
	skopeo copy -q oci:out:next oci-archive:next.tar:next
	works import next.tar
	shown next >ours
	describe work/rootfs >theirs
	diff ours theirs
	umoci new --image out:empty
	works import --name empty out nothing
	says "0 layers"
	fails import out
	says "the layout has 3 images" && says "--name"
	fails import --name neither out
	says 'no image "neither"'
}

@test "the same image makes the same bytes, and with SOURCE_DATE_EPOCH so does one that is built again" {
	mkdir d && echo x >d/file && ln d/file d/same
	file <<-'END'
		COPY d /d/
		RUN echo y >/y
	END
	works build one
	works export one a.tar && works export one b.tar
	cmp a.tar b.tar
	export SOURCE_DATE_EPOCH=1000000000
	works export one a.tar
	rm -rf "$STORE" && sleep 1.1 && touch d/file
	works build one
	works export one b.tar
	cmp a.tar b.tar
	tar -xf a.tar blobs && zcat "$(ls -S blobs/sha256/* | head -1)" | tar -tv --full-time | grep -q '2001-09-09'
	SOURCE_DATE_EPOCH=soon fails export one c.tar
	says "SOURCE_DATE_EPOCH" && [ ! -e c.tar ]
}

@test "an image on another one has all of its history; author and date go with it" {
	file <<<'RUN echo one >/one'
	works build first
	printf 'FROM first AS base\nRUN echo two >/two\nFROM base\nENV A=1\nRUN echo three >/three\n' >Second
	works build second Second
	works export second out
	skopeo inspect --config oci:out:second >config
	[ "$(jq '.rootfs.diff_ids | length' config)" = 5 ]
	[ "$(jq -r '[.history[] | select(.empty_layer | not) | .created_by][2:] | join(", ")' config)" = \
		"RUN echo one >/one, RUN echo two >/two, RUN echo three >/three" ]
	umoci config --image out:second --author "Somebody <s@example.org>" --created 2001-02-03T04:05:06Z --tag signed
	works import --name signed out third
	works bundle third b -- true
	[ "$(jq -r '.annotations["org.opencontainers.image.author"]' b/config.json)" = "Somebody <s@example.org>" ]
	umount b/rootfs
	works export third again
	skopeo inspect --config oci:again:third | jq -e '.author == "Somebody <s@example.org>" and .created == "2001-02-03T04:05:06Z"'
	local other=arm64
	[ "$(jq -r .architecture config)" = amd64 ] || other=amd64
	umoci config --image out:second --architecture $other --tag other
	jq '.manifests |= map(del(.platform))' out/index.json >index && cp index out/index.json
	fails import --name other out fourth
	says "the image is for linux/$other"
}

@test "several images share a layout, and a name is replaced" {
	image
	works export img out
	works export --name other img out
	works export img out
	[ "$(jq -c '[.manifests[].annotations["org.opencontainers.image.ref.name"]] | sort' out/index.json)" = '["img","other"]' ]
	works import --name other out x
	mkdir full && touch full/file
	fails export img full
	says "neither empty nor an OCI image layout" && [ "$(ls full)" = file ]
	fails export neither out2
	[ ! -e out2 ]
	[ "$(ls -A)" = "$(ls -A | grep -v '^\.')" ] # nothing hidden stays behind
}

# What must be refused, and what is said: KIND=WORDS
HOSTILE='parent=leads out of the layer
parent-within=leads out of the layer
absolute=absolute name
symlinked-parent=through the symbolic link etc
relative-symlinked-parent=through the symbolic link up
link-outside=leads out of the layer
link-absolute=absolute name
link-through-symlink=through the symbolic link etc
link-to-nothing=no such file
disk=the device b 8:0
memory=the device c 1:1
forged-whiteout=hide what is below
whiteout-of-parent=hides nothing
whiteout-of-nothing=hides nothing
top-as-file=must be a directory
long-name=file name too long
deep=file name too long
huge-header=extended header
cut-off=cut off
negative-size=out of range
wrong-checksum=checksum is wrong
unknown-type=type "Z"
pieces-outside=do not fit
pieces-missing=are not what is stored
no-archive=a checksum
bomb=a bomb'

nothing_taken() {
	[ ! -e "$STORE/images/evil.json" ] && [ -z "$(ls -A "$STORE/layers" "$STORE/tmp" | grep -v :)" ] &&
		[ -z "$(find / -xdev -name outside -newer "$BATS_TEST_TMPDIR/work" -path '*outside' 2>/dev/null | head -1)" ]
}

@test "a hostile archive is refused, and leaves nothing" {
	while IFS='=' read -r kind words; do
		"$BATS_TEST_DIRNAME/make-archive" "$kind" >layer.tar
		rm -rf l && "$BATS_TEST_DIRNAME/make-layout" l evil layer.tar
		fails import l || { echo "$kind was taken"; false; }
		says "$words"
		nothing_taken
	done <<<"$HOSTILE"
	[ ! -e /etc/outside ]
}

@test "a layout that does not say the truth is refused, and leaves nothing" {
	mkdir d && echo x >d/file && tar -cf layer.tar d
	while IFS='=' read -r wrong words; do
		rm -rf l && WRONG=$wrong "$BATS_TEST_DIRNAME/make-layout" l evil layer.tar
		fails import l || { echo "$wrong was taken"; false; }
		says "$words"
		nothing_taken
	done <<-'END'
		digest=digest
		diff-id=was promised
		size=were promised
		config=another content than its name says
		media-type=which is not known
		count=has 1 layers
	END
	"$BATS_TEST_DIRNAME/make-layout" good good layer.tar
	works import good
	echo '{"imageLayoutVersion": "2.0.0"}' >good/oci-layout
	fails import good again
	says "version 2.0.0"
	sed -i 's/"size": [0-9]*/"size": -1/' good/index.json
	echo '{"imageLayoutVersion": "1.0.0"}' >good/oci-layout
	fails import good again
	says "index.json:1:"
	rm good/oci-layout
	fails import good again
	says "no OCI image layout"
	fails import /dev/null
	fails import missing
	says "no such file"
	"$BATS_TEST_DIRNAME/make-layout" l2 'a/b:c' layer.tar
	fails import l2
	says "cannot be the name" && says "conductor import l2 NAME"
	works import l2 fine
}

@test "any device is taken when the user says so; --max-size bounds what is expanded" {
	"$BATS_TEST_DIRNAME/make-archive" disk >layer.tar
	"$BATS_TEST_DIRNAME/make-layout" l disk layer.tar
	works import --allow-devices l
	[ "$(stat -c '%F %t:%T' "$STORE"/layers/*/diff/sda)" = "block special file 8:0" ]
	head -c 1100M /dev/urandom >big 2>/dev/null && tar -cf big.tar big && rm big
	"$BATS_TEST_DIRNAME/make-layout" l2 big big.tar && rm big.tar
	fails import --max-size 1 l2
	says "expands to more than 1073741824 bytes" && says "--max-size"
}

@test "sparse files as GNU tar writes them, in all four forms" {
	mkdir d && truncate -s 1M d/s && printf middle | dd of=d/s bs=1 seek=300000 conv=notrunc status=none
	for i in {0..59}; do printf x | dd of=d/s bs=1 seek=$((i * 16384)) conv=notrunc status=none; done
	for form in --format=gnu --sparse-version={0.0,0.1,1.0}; do
		tar --sparse $([[ $form == --format* ]] || echo --format=pax) "$form" -cf layer.tar d
		rm -rf l && "$BATS_TEST_DIRNAME/make-layout" l "s" layer.tar
		works import l "s${form//[^a-z0-9]/}"
	done
	for layer in "$STORE"/layers/*; do
		cmp d/s "$layer/diff/d/s"
		[ "$(stat -c %b "$layer/diff/d/s")" -lt 1000 ]
	done
	[ "$(ls "$STORE/layers" | wc -l)" = 4 ]
}

@test "a whiteout hides only what is below, in any order" {
	mkdir -p low/d up/d && touch low/d/old low/gone up/d/new
	tar -C low -cf low.tar d gone
	touch up/.wh.gone up/.wh.d up/d/.wh..wh..opq
	tar -C up --no-recursion -cf first.tar .wh.gone .wh.d d/new          # the whiteout before what replaces it
	tar -C up --no-recursion -cf second.tar d d/new .wh.d .wh.gone       # and after
	tar -C up --no-recursion -cf third.tar d/.wh..wh..opq d/new .wh.gone # as overlayfs would
	for order in first second third; do
		rm -rf l && "$BATS_TEST_DIRNAME/make-layout" l $order low.tar $order.tar
		works import l
		works bundle $order b
		[ "$(cd b/rootfs && find . | sort | tr '\n' ' ')" = ". ./d ./d/new " ] || { find b/rootfs; false; }
		umount b/rootfs && rm -r b
	done
}

@test "an import that is killed, or finds the disk full, leaves nothing that the next one minds" {
	image
	works export img out
	shown img >ours
	for ms in 2 5 10 20 40 80; do
		timeout -s KILL 0.0$ms "$CONDUCTOR" --root "$STORE" import out killed >/dev/null 2>&1 || true
	done
	works import out killed
	shown killed >theirs
	diff ours theirs
	STORE=$BATS_TEST_TMPDIR/small
	mkdir "$STORE" && mount -t tmpfs -o size=3m none "$STORE"
	fails import out full
	says "no space left"
	[ -z "$(ls -A "$STORE/layers" "$STORE/tmp" | grep -v : | sed 1d)" ]
	umount "$STORE"
	mkdir disk && mount -t tmpfs -o size=1m none disk
	STORE=$BATS_TEST_TMPDIR/store
	fails export img disk/out
	says "no space left" && [ -z "$(ls -A disk)" ]
	fails export img disk/out.tar
	[ -z "$(ls -A disk)" ]
	umount disk
}
