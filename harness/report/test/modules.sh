#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Brings the npm packages that package-lock.json pins into MODULES; does nothing when they are there.
set -eu
: "${MODULES:?}" "${HERE:?}"
stamp="$MODULES/installed.lock"
if cmp -s "$HERE/package-lock.json" "$stamp"; then
    exit 0
fi
mkdir -p "$MODULES"
cp "$HERE/package.json" "$HERE/package-lock.json" "$HERE/.npmrc" "$MODULES"
cd "$MODULES"
npm ci --ignore-scripts --no-audit --no-fund
cp package-lock.json "$stamp"
