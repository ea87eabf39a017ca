# Manual pages and completions: made from the rows, so what --help shows is in them; and they can be read.
load harness

PAGES=$BATS_TEST_DIRNAME/../../$BUILD/man/pages
COMPLETIONS=$BATS_TEST_DIRNAME/../../$BUILD/man/completions

commands() {
	"$RUNTIME" --help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# The long options that --help shows.
options() {
	"$RUNTIME" "$@" --help | sed -n 's/^  *\(-[a-zA-Z], \)\?--\([a-z0-9-]*\).*/\2/p'
}

@test "every command has a page with all its options, and no others" {
	only_boxcar
	local command
	[ "$(commands | wc -l)" -ge 12 ]
	for command in $(commands); do
		[ -s "$PAGES/boxcar-$command.1" ] || { echo "no page for $command"; return 1; }
		grep -q '^.SH DESCRIPTION' "$PAGES/boxcar-$command.1"
		diff <(options "$command" | sort) \
			<(sed -n 's/\\-/-/g; /^\(\\fB-[a-zA-Z]\\fR, \)\?\\fB--/s/.*\\fB--\([a-z0-9-]*\)\\fR.*/\1/p' "$PAGES/boxcar-$command.1" | sort)
		grep -q "^\\\\fB$command\\\\fR" "$PAGES/boxcar.1"
	done
}

@test "a page for no command is none" {
	only_boxcar
	local page name
	for page in "$PAGES"/boxcar-*.1; do
		name=${page##*/boxcar-}
		commands | grep -qx "${name%.1}" || { echo "there is no command ${name%.1}"; return 1; }
	done
}

@test "the pages can be read without a warning" {
	only_boxcar
	local page
	for page in "$PAGES"/*; do
		run groff -man -Tutf8 -ww -z "$page"
		gave 0
		[ -z "$output" ] || { echo "$page: $output"; return 1; }
	done
}

@test "the page of the configuration has every property" {
	only_boxcar
	[ "$(grep -c '^\\fB/' "$PAGES/boxcar-config.5")" -gt 200 ]
	grep -F '\fB/linux/resources/memory/limit\fR' "$PAGES/boxcar-config.5"
	grep -F '\fB/mounts/N/options\fR' "$PAGES/boxcar-config.5"
	# what needs a later kernel, or a choice of its configuration, says so
	[ "$(grep -c '^Needs ' "$PAGES/boxcar-config.5")" -gt 40 ]
	sed -n '/resources.cpu.burst/,/^.TP/p' "$PAGES/boxcar-config.5" | grep -x 'Needs Linux 5.14 and CONFIG_CFS_BANDWIDTH.'
}

@test "the page of the plan has every operation that explain prints" {
	only_boxcar
	local op
	"$RUNTIME" explain --bundle "$BUNDLE" --format json >"$BATS_TEST_TMPDIR/plan"
	for op in $(jq -r '.. | .op? // empty' "$BATS_TEST_TMPDIR/plan" | sort -u); do
		sed 's/\\-/-/g' "$PAGES/boxcar.7" | grep -qi "^\\\\fB$op\\\\fR" || { echo "no $op"; return 1; }
	done
}

# complete WORD...: what bash offers for the last word
complete_words() {
	bash -c 'PATH=$1:$PATH; source "$2"; shift 2; COMP_WORDS=(boxcar "$@"); COMP_CWORD=$#; _boxcar; printf "%s\n" "${COMPREPLY[@]}"' \
		bash "${RUNTIME%/*}" "$COMPLETIONS/boxcar.bash" "$@"
}

@test "bash completes commands, options and words" {
	only_boxcar
	complete_words ex | grep -x exec
	complete_words --root /tmp ex | grep -x explain
	complete_words exec --cap | grep -x -- --cap
	[ "$(complete_words list --format j)" = json ]
	[ "$(complete_words --log-level d)" = debug ]
	[ -z "$(complete_words exec --no-such)" ]
}

@test "completions are programs that their shells can read" {
	only_boxcar
	local name
	for name in boxcar conductor; do
		bash -n "$COMPLETIONS/$name.bash"
		! command -v zsh >/dev/null || zsh -n "$COMPLETIONS/_$name"
		! command -v fish >/dev/null || fish --no-execute "$COMPLETIONS/$name.fish"
		[ -s "$COMPLETIONS/_$name" ] && [ -s "$COMPLETIONS/$name.fish" ]
	done
}
