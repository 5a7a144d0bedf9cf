#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every state of the series brings the verdicts that expect.toml has for the read-only disks of -drive and of xenstore, of
# raw in every way to configure one, and of a monitor that commits (the read-write ones of -drive are run at every state by
# subjects_test.sh, all others at base and tip by matrix_test.sh).
. "$(dirname "$0")/lib.sh"

expect 0 "$ROGATE" run '*/ide/ro/drive/plain' '*/ide/ro/xenstore/plain' '*/ide/ro/drive/backed' raw/ide/ro raw/atapi/ro \
    '*/monitor/ro/drive/backed' --at all
said "$work/out" "; all as expected"
passed
