# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the command line's tests. A script that does not reach `passed` has failed; everything it made is removed.
# ROGATE, SOURCE, GUESTS and ROGATE_CACHE come from CTest.
set -eu
: "${ROGATE:?}" "${SOURCE:?}" "${GUESTS:?}" "${ROGATE_CACHE:?}"
export ROGATE_CACHE NO_COLOR=1
outcome=1
work=$(mktemp -d "${TMPDIR:-/tmp}/rogate-test-XXXXXX")
trap 'rm -rf "$work"; exit $outcome' EXIT
trap 'exit 1' HUP INT TERM

passed() { outcome=0; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# expect STATUS COMMAND...: runs it with stdout in $work/out and stderr in $work/err, wants that exit status.
expect() {
    wanted=$1
    shift
    status=0
    "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" != "$wanted" ]; then
        cat "$work/out" "$work/err" >&2
        fail "'$*' ended with $status, not $wanted"
    fi
}

# said FILE TEXT: FILE holds TEXT as it is.
said() {
    if ! grep -qF -- "$2" "$1"; then
        cat "$1" >&2
        fail "'$2' is not in the output"
    fi
}

# copy_series: a copy of the series in $work/patches/drv_read_only, to be damaged.
copy_series() {
    mkdir -p "$work/patches"
    cp -r "$SOURCE/patches/drv_read_only" "$work/patches/"
    series=$work/patches/drv_read_only
}
