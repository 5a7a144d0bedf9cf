#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGKILL in mid-run leaves no process, no folder and no socket; so do SIGTERM and SIGHUP.
. "$(dirname "$0")/lib.sh"

mkdir "$work/tmp"
expect 0 "$ROGATE" run raw --at tip -q # subjects and images are there now, so the kill hits the machines

count() { pgrep -fc -- "$work/tmp" || true; }

for signal in KILL TERM HUP; do
    TMPDIR=$work/tmp "$ROGATE" --guest "$GUESTS/fixtures/hang.elf" run raw --at tip -q >/dev/null 2>&1 &
    rogate=$!
    for _ in $(seq 100); do
        [ "$(count)" -ge 2 ] && break
        sleep 0.05
    done
    [ "$(count)" -ge 2 ] || fail "no machine came up"
    grep -q '@rogate-' /proc/net/unix || fail "no socket while it runs: this test looks at the wrong place"
    kill -"$signal" "$rogate"
    wait "$rogate" 2>/dev/null || true
    for _ in $(seq 100); do
        [ "$(count)" -eq 0 ] && [ -z "$(ls -A "$work/tmp")" ] && break
        sleep 0.05
    done
    [ "$(count)" -eq 0 ] || fail "SIG$signal: processes are left: $(pgrep -fa -- "$work/tmp")"
    [ -z "$(ls -A "$work/tmp")" ] || fail "SIG$signal: left in the folder: $(ls -A "$work/tmp")"
    if grep "@rogate-$rogate-" /proc/net/unix; then
        fail "SIG$signal: a socket is left"
    fi
done
passed
