#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Guests that hang, die, say nothing or lie get their verdict, never a pass; the canary is the probe itself.
. "$(dirname "$0")/lib.sh"

verdict() { # GUEST WORD: both twins end so
    expect 1 "$ROGATE" --guest "$GUESTS/fixtures/$1.elf" run 'raw/ide/*/drive/plain' --at tip --deadline 4
    [ "$(grep -cE "^raw/ide/r[ow]/drive/plain +$2! " "$work/out")" -eq 2 ] || { cat "$work/out"; fail "$1 is not $2"; }
}

expect 0 "$ROGATE" run 'raw/ide/*/drive/plain' --at tip
verdict hang hang
verdict crash crash
verdict silent crash
verdict liar void
expect 0 "$ROGATE" --guest "$GUESTS/fixtures/slow.elf" run 'raw/ide/*/drive/plain' --at tip
passed
