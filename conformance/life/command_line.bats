# The command line that engines and people know from runc and crun: every command and option of theirs is taken.
load harness

# A command and its options in both, but for those of checkpoint and restore: what is passed on to a payload, or has a number as its
# name, is not among them.
known() {
	cat <<-'END'
		create --bundle -b --config -f --console-socket --no-new-keyring --no-pivot --no-subreaper --pid-file --pidfd-socket --preserve-fds
		start
		run --bundle -b --config -f --console-socket --detach -d --keep --no-new-keyring --no-pivot --no-subreaper --pid-file
		run --pidfd-socket --preserve-fds
		exec --additional-gids -g --apparmor --cap -c --cgroup --console-socket --cwd --detach -d --env -e --ignore-paused --no-new-privs
		exec --pid-file --pidfd-socket --preserve-fds --process -p --process-label --tty -t --user -u
		state
		kill --all -a --regex -r
		delete --force -f --regex -r
		list --format -f --quiet -q
		ps --format -f
		pause
		resume
		update --resources -r --blkio-weight --cpu-burst --cpu-idle --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-share
		update --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp --l3-cache-schema --mem-bw-schema --memory
		update --memory-reservation --memory-swap --pids-limit
		events --interval --stats
		spec --bundle -b --file -f --rootless
		features
		help
	END
}

# A row of --help begins with the option.
has_option() {
	"$RUNTIME" "${@:2}" --help | grep -qE -- "^ +(-[a-zA-Z], )?$1( |$)|^ +$1, --"
}

@test "every command and option of runc and crun is in its --help" {
	only_boxcar
	local command options option missing=0
	while read -r command options; do
		"$RUNTIME" --help | grep -q "^  $command " || { echo "no command $command"; missing=1; }
		for option in $options --help -h; do
			has_option "$option" "$command" || { echo "$command has no $option"; missing=1; }
		done
	done < <(known)
	for option in --root --log --log-format --log-level --debug --systemd-cgroup --cgroup-manager --rootless --criu --version -v --help -h; do
		has_option "$option" || { echo "no $option"; missing=1; }
	done
	[ $missing = 0 ]
}

@test "help is the same by its three ways" {
	only_boxcar
	local way
	for way in help --help -h; do
		run "$RUNTIME" $way
		gave 0 "usage: boxcar"
		[ "$output" = "$("$RUNTIME" --help)" ]
	done
	run "$RUNTIME" help exec
	gave 0 "usage: boxcar exec"
	[ "$output" = "$("$RUNTIME" exec --help)" ]
	[ "$output" = "$("$RUNTIME" exec -h)" ]
	run "$RUNTIME" help nonsense
	gave 1 'there is no command "nonsense"'
}

@test "spec writes a file of another name, wherever it is told to" {
	only_boxcar
	local at=$BATS_TEST_TMPDIR/other
	mkdir "$at"
	rt spec --bundle "$at" --file mine.json
	cmp "$at/mine.json" <(rt spec -b "$at" && cat "$at/config.json")
	rt spec --bundle "$at" -f "$BATS_TEST_TMPDIR/absolute.json"
	cmp "$at/mine.json" "$BATS_TEST_TMPDIR/absolute.json"
	echo kept >"$at/mine.json"
	run rt spec --bundle "$at" -f mine.json
	gave 1 "make $at/mine.json: file exists; an existing file is never overwritten"
	[ "$(<"$at/mine.json")" = kept ]
	run rt spec --bundle "$at" -f no/such
	gave 1 "make $at/no/such: no such file or directory"
}

@test "create takes what crun's does, and adopts nobody" {
	only_boxcar
	args /probe sleep 600
	rt create --no-subreaper --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	has_status created
}
