#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What came out as expected is not run again while nothing that it depends on changes, and whatever else is.
. "$(dirname "$0")/lib.sh"

mkdir "$work/cache"
cp -r "$ROGATE_CACHE/subjects" "$work/cache/"
ROGATE_CACHE=$work/cache
export ROGATE_CACHE
run() { "$ROGATE" run 'raw/ide/*/drive/plain' 'qcow/ide/ro/drive/plain' "$@"; }

expect 0 run --json "$work/first.json"
said "$work/out" "6 cases in "
expect 0 run --json "$work/second.json"
said "$work/out" "6 cases, all unchanged since they were run: "
# The evidence is the first run's to the byte; only the word `unchanged` is new.
evidence() { jq -S '[.results[] | select(.evidence) | {case, at, verdict, reasons, evidence}]' "$1"; }
evidence "$work/first.json" >"$work/first"
evidence "$work/second.json" >"$work/second"
cmp "$work/first" "$work/second" || fail "other evidence"
[ "$(jq '[.results[] | select(.unchanged)] | length' "$work/second.json")" = 6 ] || fail "nothing says it is unchanged"
expect 0 "$ROGATE" report --junit "$work/second.json"

# Asked to, it runs all; and what was not there before.
expect 0 run --again
said "$work/out" "6 cases in "
expect 0 run raw/ide/ro/drive/snapshot
said "$work/out" "8 cases, 6 unchanged since they were run in "
# Evidence that is gone, or is another's, does not count.
rm "$work/cache/evidence/drv_read_only"*/tip/raw-ide-ro-drive-plain.json
expect 0 run
said "$work/out" "6 cases, 5 unchanged since they were run in "
# Nor does what another rogate has written over it, be it as long; a verdict without evidence is still known.
evidence=$work/cache/evidence/drv_read_only/tip/raw-ide-ro-drive-plain.json
sed 's/"sealed"/"leaked"/g' "$evidence" >"$work/other"
cp "$work/other" "$evidence"
expect 0 run
said "$work/out" "6 cases, all unchanged"
expect 0 run --json "$work/third.json"
said "$work/out" "6 cases, 5 unchanged since they were run in "
[ "$(jq -r '[.results[] | select(.case == "raw/ide/ro/drive/plain" and .at == "tip") | .verdict] | first' "$work/third.json")" = sealed ] ||
    fail "another's evidence is taken for the case's"
# A damaged ledger is none.
for ledger in "$work/cache/results/"*.ledger; do
    head -c 40 "$ledger" >"$work/half"
    cp "$work/half" "$ledger"
done
expect 0 run
said "$work/out" "6 cases in "

# Another guest, another program of the machine: another world.
expect 1 "$ROGATE" --guest "$GUESTS/fixtures/liar.elf" run raw/ide/ro/drive/plain --at tip
mkdir "$work/bin"
cp "$(command -v nbdkit)" "$work/bin/nbdkit"
expect 0 env PATH="$work/bin:$PATH" "$ROGATE" run raw/ide/ro/drive/plain --at tip
said "$work/out" "1 cases in "

# What is unexpected stays so, however often it is asked for, and is run each time.
copy_series
sed -i 's/^tip = "sealed"/tip = "leak"/' "$series/expect.toml"
for _ in 1 2; do
    expect 1 "$ROGATE" run --series "$series" raw/ide/ro/drive/plain --at tip
    said "$work/out" "expected leak, seen sealed"
    said "$work/out" "1 cases in "
done
passed
