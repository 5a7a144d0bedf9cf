#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The default matrix: base shows its holes, tip is sealed, every read-write twin writes (or refuses, where the driver
# cannot write); nothing is skipped unsaid.
. "$(dirname "$0")/lib.sh"

row() { grep -qE "^$1 +$2 +$3$" "$work/out" || { cat "$work/out" >&2; fail "not in the table: $1 $2 $3"; }; }

expect 0 "$ROGATE" run --table list --json "$work/results.json"
for bus in ide ahci virtio-blk virtio-scsi nvme floppy lsi monitor; do
    row "raw/$bus/ro/drive/plain" hole sealed
    row "qcow2/$bus/rw/drive/plain" writes writes
done
for bus in uhci ehci; do
    row "qcow2/$bus/ro/usbdevice/plain" hole sealed
done
row raw/atapi/ro/cdrom/plain leak sealed
row raw/tool/ro/img/plain leak sealed
for configuration in cdrom usbdevice board-cd xenstore-odd xenstore-tap xenstore-cdrom xenstore-change; do
    row "qcow/ide/ro/$configuration/plain" hole sealed
done
for format in raw host_device cow qcow qcow2 vmdk vpc; do
    for shape in plain backed; do
        case $format/$shape in raw/backed | host_device/backed | vpc/backed) continue ;; esac
        row "$format/ide/ro/drive/$shape" hole sealed
        row "$format/ide/ro/xenstore/$shape" hole sealed
    done
    row "$format/ide/ro/drive/snapshot" leak sealed
done
for format in bochs parallels; do
    row "$format/ide/ro/drive/plain" leak sealed
done
for format in cloop dmg; do
    row "$format/ide/ro/drive/plain" sealed sealed
done
# Every row of a read-only case is sealed at tip, every row of a read-write case says the same before and after.
if grep -E '^[a-z0-9_]+/[a-z-]+/ro/' "$work/out" | grep -vE ' sealed$'; then
    fail "a read-only case is not sealed at tip"
fi
if grep -E '^[a-z0-9_]+/[a-z-]+/rw/' "$work/out" | grep -vE ' writes +writes$' |
    grep -vE '^(bochs|cloop|dmg|parallels)/[a-z-]+/rw/[a-z-]+/plain +refused +refused$'; then
    fail "a read-write case does not write"
fi
said "$work/out" "; all as expected"
said "$work/results.json" '"version": 2'
rows=$(grep -cE '^[a-z0-9_]+/[a-z-]+/.* (sealed|writes|refused)$' "$work/out")
[ "$rows" -ge 400 ] || fail "only $rows cases ran"
[ "$(grep -c '"as_expected":true' "$work/results.json")" -ge $((2 * rows)) ] || fail "the results file lacks cases"
passed
