#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds every subject and makes every image that the other tests use.
. "$(dirname "$0")/lib.sh"

expect 0 "$ROGATE" run '*/ide/rw/drive' --at all
said "$work/out" "; all as expected"
passed
