#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The HTML report in Chromium: as it is, with odd results, with hostile texts. SHOTS keeps the screenshots.
. "$(dirname "$0")/lib.sh"

cd "$work"
export HOME="$work" XDG_CONFIG_HOME="$work" XDG_CACHE_HOME="$work"
"$SAMPLE" fine.json findings=200 buses=9
"$SAMPLE" odd.json findings=300 buses=3 unexpected all
"$SAMPLE" hostile.json findings=60 buses=2 unexpected hostile
expect 0 "$ROGATE" report fine.json --html -o fine.html
expect 1 "$ROGATE" report odd.json --against fine.json --html -o odd.html
expect 1 "$ROGATE" report hostile.json --html -o hostile.html
expect 0 node "$HERE/browser_test.mjs" "$MODULES" "$(command -v chromium)" "$SHOTS" fine.html odd.html hostile.html
passed
