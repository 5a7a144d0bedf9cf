#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of README, each with what it is said to do.
. "$(dirname "$0")/lib.sh"

cd "$work"
expect 0 "$ROGATE" run qcow/ide/ro/drive/backed --at tip
grep -qE '^qcow/ide/ro/drive/backed +sealed$' out || fail "run"
expect 0 "$ROGATE" run '*/ide/ro/*' --at base,tip --json results.json
[ -s results.json ] || fail "no results file"
expect 0 "$ROGATE" list 'qcow*/ide/ro/*/backed'
grep -qE '^qcow/ide/ro/drive/backed +base=hole tip=sealed$' out || fail "list"
expect 0 "$ROGATE" list --json
expect 0 "$ROGATE" show qcow/ide/ro/drive/backed --at base
said out "qcow/ide/ro/drive/backed at base (expected hole): hole"
said out "changed sectors of the file"
expect 0 "$ROGATE" show qcow/ide/ro/drive/backed --at tip --whole
said out "WRITE_DMA"
said out "reads back old"
expect 0 "$ROGATE" show raw/ide/rw/drive/plain --again --json
said out '"verdict":"writes"'
expect 0 "$ROGATE" doctor
expect 0 "$ROGATE" run raw/ide/rw/drive/plain --at tip --keep
kept=$(sed -n 's/^kept in //p' err)
[ -s "$kept"/machine-0/model-0/hda/disk.raw ] || fail "--keep kept no image"
[ -s "$kept"/machine-0/model-0/requests.log ] || fail "--keep kept no request log"
grep -q '^nbdkit\|/nbdkit ' "$kept"/machine-0/by-hand || fail "--keep kept no command lines"
# A cache named relatively: programs start in folders of their own.
mkdir relative
cp -r "$ROGATE_CACHE/subjects" relative/
expect 0 env ROGATE_CACHE=relative "$ROGATE" run raw/ide/ro/drive/plain --at tip
passed
