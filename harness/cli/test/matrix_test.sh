#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The default matrix: base shows its holes, tip is sealed, every read-write twin writes; nothing is skipped unsaid.
. "$(dirname "$0")/lib.sh"

expect 0 "$ROGATE" run --json "$work/results.json"
for format in raw cow qcow; do
    for shape in plain backed; do
        [ "$format/$shape" = raw/backed ] && continue
        grep -qE "^$format/ide/ro/drive/$shape +hole +sealed$" "$work/out" || fail "no hole that is sealed: $format $shape"
    done
    grep -qE "^$format/ide/ro/drive/snapshot +leak +sealed$" "$work/out" || fail "no leak that is sealed: $format snapshot"
done
# Every row of a read-write case says writes twice, or is a skip with its reason.
if grep '/rw/' "$work/out" | grep -vE ' writes +writes$| skip: .+$'; then
    fail "a read-write case does not write"
fi
[ "$(grep -c '/rw/.* writes' "$work/out")" -eq 16 ] || fail "the number of read-write cases changed"
said "$work/out" "; all as expected"
said "$work/results.json" '"version": 1'
[ "$(grep -c '"as_expected": true' "$work/results.json")" -ge 48 ] || fail "the results file lacks cases"
passed
