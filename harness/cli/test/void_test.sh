#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that does not write proves nothing: every read-only case is void and the run fails, at base too.
. "$(dirname "$0")/lib.sh"

expect 1 "$ROGATE" run '*/ide/ro/drive' --guest-word writes=off
grep '/ro/' "$work/out" | grep -E '^[a-z]+/ide' >"$work/rows"
[ -s "$work/rows" ] || fail "no rows"
if grep -vE ' void! \([a-z]+\) +void! \([a-z]+\)$| skip: ' "$work/rows"; then
    fail "a case without writes is not void"
fi
said "$work/out" "no write reached the block layer"
passed
