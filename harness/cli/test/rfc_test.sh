#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The RFC of 2008: rogate finds each of its defects, and what it does close.
. "$(dirname "$0")/lib.sh"


row() { grep -qE "^$1 +$2 +$3$" "$work/out" || { cat "$work/out" >&2; fail "not in the table: $1 $2 $3"; }; }

expect 0 "$ROGATE" run --table list --series drv_read_only-v1 '*/ide' '*/floppy' '*/atapi' '*/monitor/ro'
row raw/ide/ro/xenstore/plain hole sealed          # what it was made for
row raw/ide/ro/drive/plain hole hole               # -drive has no word
row raw/ide/rw/xenstore-second/plain writes refused # the flag sticks to later disks
row raw/ide/ro/xenstore-nomode/plain hole overblocked # a disk without a mode vanishes
row cow/ide/ro/xenstore/plain hole overblocked     # its mapping asks for write access
row qcow/ide/ro/xenstore/backed hole leak          # backing files stay writable
row raw/ide/ro/drive/snapshot leak leak            # and so does the image below -snapshot
row parallels/ide/ro/xenstore/plain leak leak      # a driver it does not touch
row raw/ide/ro/usbdevice/plain hole hole           # USB, SCSI, floppy: passed 0
row raw/floppy/ro/drive/plain hole hole
row raw/ide/ro/xenstore-change/plain hole hole     # a new medium is opened with 0
row raw/ide/ro/xenstore-odd/plain hole hole        # a mode that nobody knows is taken for writable
row raw/monitor/ro/drive/plain hole hole
passed
