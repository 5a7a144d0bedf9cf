#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every state of the series brings the verdicts that expect.toml has for it.
. "$(dirname "$0")/lib.sh"

expect 0 "$ROGATE" run --at all
said "$work/out" "; all as expected"
passed
