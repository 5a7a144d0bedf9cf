#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A series that lost a patch fails, and what fails is what that patch closed: once for each format's patch.
# A raw file is also the base of other formats' chains, and the temporary file of -snapshot is a qcow image: without
# their patches those cases must fail as well, and for no other reason.
. "$(dirname "$0")/lib.sh"

for format in raw cow qcow; do
    copy_series
    sed -i "/ioemu-$format-/d" "$series/series"
    expect 1 "$ROGATE" run --series "$work/patches/drv_read_only" --at tip '*/ide/*/drive/*'
    said "$work/out" "unexpected: $format/ide/ro/drive/plain at tip: expected sealed, seen hole"
    said "$work/out" "which the series does not have"
    grep -A1 '^unexpected: ' "$work/out" | grep -v '^--$' | paste - - | grep -v "^unexpected: $format/" >"$work/others" || true
    case $format in
        raw) reason="descriptor: 'base.raw' open for writing" ;;
        cow) reason="no other case fails" ;;
        qcow) reason="/snapshot at tip: expected sealed, seen silent" ;;
    esac
    if grep -vF -- "$reason" "$work/others"; then
        fail "without the $format patch another case fails"
    fi
    rm -r "$work/patches"
done
passed
