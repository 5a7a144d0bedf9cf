#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Versions of a series are matched as git range-diff matches them, and upstream's patches found where git cherry finds
# them, and in a squashed commit too, where it does not.
. "$(dirname "$0")/lib.sh"

export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
patches=$SOURCE/patches/drv_read_only
total=$(grep -c . "$patches/series")
mkdir "$work/repo"
cp -r "$SOURCE/overlay/." "$work/repo"
git() { command git -C "$work/repo" "$@"; }
git init -q -b base
git add -A
git commit -q -m base
git checkout -q -b series
git am -q "$patches"/*.patch || fail "git am refuses the series"

# Upstream: other work, three patches as they are, two more in one commit.
git checkout -q -b upstream base
echo "/* upstream's */" >>"$work/repo/tools/ioemu/vl.c"
git commit -q -a -m "other work"
for n in 1 2 3; do git cherry-pick "series~$((total - n))" >/dev/null; done
for n in 4 5; do git cherry-pick -n "series~$((total - n))" >/dev/null; done
git commit -q -m "two in one"
expect 0 "$ROGATE" series upstreamed base..upstream --tree "$work/repo"
[ "$(grep -c ' patch id$' "$work/out")" -eq "$(git cherry upstream series | grep -c '^-')" ] || fail "git cherry finds others"
[ "$(grep -c ' content$' "$work/out")" -eq 2 ] || { cat "$work/out"; fail "the squashed patches are not found"; }
said "$work/out" "two in one"
said "$work/out" "5 of $total patches are upstream"
expect 2 "$ROGATE" series upstreamed nonsense..upstream --tree "$work/repo"
said "$work/err" "error: git cannot read 'nonsense..upstream'"

# A second version: patch 1 with another message, patch 4 gone.
git checkout -q -b second base
git am -q "$patches"/0001*.patch
git commit -q --amend -m "another subject"
for n in $(seq 2 "$total"); do
    [ "$n" -eq 4 ] || git cherry-pick "series~$((total - n))" >/dev/null 2>&1 || { git cherry-pick --abort; break; }
done
git range-diff --no-color -s --creation-factor=60 base..series base..second |
    sed 's/^ *\([0-9-]*\): *[0-9a-f-]* \([=!<>]\) *\([0-9-]*\):.*/\1 \2 \3/' | sort >"$work/git"
expect 0 "$ROGATE" series diff base..series base..second --tree "$work/repo" --short
sed 's/^ *\([0-9-]*\) \([=!<>]\) *\([0-9-]*\) .*/\1 \2 \3/' "$work/out" | sort >"$work/ours"
diff "$work/git" "$work/ours" || fail "git range-diff matches others"
said "$work/out" "(message)"

# The same versions from a folder and a mailbox.
git format-patch -q --stdout base..second >"$work/mbox"
expect 0 "$ROGATE" series diff drv_read_only "$work/mbox" --short
sed 's/^ *\([0-9-]*\) \([=!<>]\) *\([0-9-]*\) .*/\1 \2 \3/' "$work/out" | sort >"$work/ours"
diff "$work/git" "$work/ours" || fail "a mailbox is read as another version"
expect 0 "$ROGATE" series diff drv_read_only "$work/mbox" --json
said "$work/out" '"mark": "<"'
[ -z "$(git status --porcelain)" ] || fail "the repository was changed"
passed
