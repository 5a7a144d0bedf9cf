#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every state of the series brings the verdicts that expect.toml has for its read-only cases (the read-write ones of
# -drive are run at every state by subjects_test.sh, all others at base and tip by matrix_test.sh).
. "$(dirname "$0")/lib.sh"

expect 0 "$ROGATE" run '*/ide/ro/drive' '*/ide/ro/cdrom' '*/ide/ro/board-cd' '*/ide/ro/usbdevice' \
    '*/ide/ro/xenstore/plain' '*/ide/ro/xenstore-nomode/plain' '*/ide/ro/xenstore-change' '*/floppy/ro/drive/plain' '*/atapi/ro' '*/monitor/ro' '*/tool/ro' --at all
said "$work/out" "; all as expected"
passed
