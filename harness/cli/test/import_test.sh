#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A series that a mailer has spoilt comes back as git am's own series; what stands in the way is said, and nothing is
# written then. Oracle: git am on the undamaged patches.
. "$(dirname "$0")/lib.sh"

export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
patches=$SOURCE/patches/drv_read_only
for tree in sent received; do
    mkdir "$work/$tree"
    cp -r "$SOURCE/overlay/." "$work/$tree"
    git -C "$work/$tree" init -q -b main
    git -C "$work/$tree" add -A
    git -C "$work/$tree" commit -q -m base
done
git -C "$work/sent" am -q "$patches"/*.patch || fail "git am refuses the series"

# One mailbox with all patches, blanks at line ends stripped.
for patch in "$patches"/*.patch; do
    sed 's/^From 0*/From 1/; s/[ 	]*$//' "$patch"
    echo
done >"$work/mbox"

expect 0 "$ROGATE" series import "$work/mbox" --series "$work/series" --base
said "$work/out" "(proven)"
if grep -q "(likely)" "$work/out"; then fail "a guess was taken"; fi
for patch in "$work"/series/*.patch; do
    git -C "$work/received" am -q "$patch" || fail "git am refuses $patch"
done
[ "$(git -C "$work/received" rev-parse 'HEAD^{tree}')" = "$(git -C "$work/sent" rev-parse 'HEAD^{tree}')" ] ||
    fail "the tree is another one"

expect 2 "$ROGATE" series import "$work/mbox" --series "$work/series" --base
said "$work/err" "hint: name another, or replace its patches with --force"
expect 0 "$ROGATE" series import "$work/mbox" --series "$work/series" --base --force --json
said "$work/out" '"fits_base": true'
expect 3 "$ROGATE" series import "$work/mbox" --series "$work/other"
said "$work/err" "error: '$work/mbox' line "
said "$work/err" "hint: say what it is for, with --base or --tree; or take what is only likely with --guess"
[ ! -e "$work/other" ] || fail "something was written"
expect 2 "$ROGATE" series import "$work/none" --series "$work/other"
said "$work/err" "error: cannot read '$work/none'"
passed
