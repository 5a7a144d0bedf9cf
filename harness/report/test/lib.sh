# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the reports' tests. ROGATE, SAMPLE, HERE and MODULES come from CTest.
set -eu
: "${ROGATE:?}" "${SAMPLE:?}" "${HERE:?}" "${MODULES:?}"
export NO_COLOR=1
outcome=1
work=$(mktemp -d "${TMPDIR:-/tmp}/rogate-test-XXXXXX")
trap 'rm -rf "$work"; exit $outcome' EXIT
trap 'exit 1' HUP INT TERM

passed() { outcome=0; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# expect STATUS COMMAND...: runs it with stdout in $work/out and stderr in $work/err, wants that exit status.
expect() {
    wanted_status=$1
    shift
    status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" != "$wanted_status" ]; then
        cat "$work/out" "$work/err" >&2
        fail "'$*' ended with $status, not $wanted_status"
    fi
}

# said FILE TEXT: FILE holds TEXT as it is.
said() {
    if ! grep -qF -- "$2" "$1"; then
        cat "$1" >&2
        fail "'$2' is not in the output"
    fi
}
