#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A series follows its upstream: check, rebase with a conflict, the resolution that is remembered, refresh, undo, sweep.
# Oracles: git am of the rewritten patches, git's own trees, the files' names and contents before and after.
. "$(dirname "$0")/lib.sh"

export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
copy_series
cp -r "$series" "$work/original"
repo=$work/upstream
cp -r "$SOURCE/overlay" "$repo"
git -C "$repo" init -q -b main
commit() { git -C "$repo" add -A && git -C "$repo" commit -q -m "$1" && git -C "$repo" rev-parse HEAD; }
base=$(commit base)
block=$repo/tools/ioemu/block.c
sed -i '1s/^/\/* moved by one line *\/\n/' "$block"
moved=$(commit 'block: a line on top')
sed -i 's/fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE);/fd = open(filename, O_RDWR | O_BINARY | O_LARGEFILE | O_CLOEXEC);/' "$block"
clash=$(commit 'block: close on exec')
git -C "$repo" revert --no-edit HEAD >/dev/null
healed=$(git -C "$repo" rev-parse HEAD)

same_as_original() { diff -r -x .rogate -x resolutions "$series" "$work/original" || fail "the series was changed"; }

# check and apply: the tree is the one git am makes.
expect 0 "$ROGATE" series check "$series" --tree "$repo" --rev "$moved"
said "$work/out" "tools/ioemu/block.c hunk 1: offset, +1 lines"
expect 0 "$ROGATE" series apply "$series" --tree "$repo" --rev "$moved" --output "$work/patched"
git clone -q "$repo" "$work/am"
git -C "$work/am" checkout -q --detach "$moved"
git -C "$work/am" am -q "$series"/*.patch
said "$work/out" "tree $(git -C "$work/am" rev-parse 'HEAD^{tree}')"
diff -r -x .git "$work/am" "$work/patched" || fail "apply writes another tree than git am"
expect 2 "$ROGATE" series apply "$series" --tree "$repo" --output "$work/patched"

# sweep: which commit breaks which hunk, and which heals it.
expect 0 "$ROGATE" series sweep "$base..main" "$series" --tree "$repo"
said "$work/out" "breaks at $(echo "$clash" | cut -c 1-12)"
said "$work/out" "heals  at $(echo "$healed" | cut -c 1-12)"
said "$work/out" "not monotone"
said "$work/out" "3 commits, 3 touch the series' files, it applies to 2 of them"
expect 3 "$ROGATE" series sweep "$base..$clash" "$series" --tree "$repo" --json
said "$work/out" "\"commits_in_range\": 2"
same_as_original

# rebase onto the commit that clashes: nothing changes, the conflict is written down with the commit it comes from.
expect 3 "$ROGATE" series rebase "$series" --tree "$repo" --onto "$clash"
said "$work/err" "error: cannot apply '0003-"
said "$work/out" "upstream last touched these lines in $(echo "$clash" | cut -c 1-12)"
said "$work/out" "t <t@example.org>: block: close on exec"
same_as_original
marked=$(echo "$series"/.rogate/conflicts/0003-*/tools/ioemu/block.c)
said "$marked" "<<<<<<< upstream"
said "$marked" "O_LARGEFILE | O_CLOEXEC"
# Run again without an edit: the same.
expect 3 "$ROGATE" series rebase "$series" --tree "$repo" --onto "$clash"
# Resolve it: in each region take the series' side, with upstream's flag.
awk '/^<<<<<<< /{skip=1; next} /^=======$/{skip=0; ours=1; next} /^>>>>>>> /{ours=0; next} skip{next}
     ours{sub(/O_LARGEFILE\)/, "O_LARGEFILE | O_CLOEXEC)")} {print}' "$marked" >"$work/resolved"
cp "$work/resolved" "$marked"
expect 0 "$ROGATE" series rebase "$series" --tree "$repo" --onto "$clash"
said "$work/out" "resolved"
[ "$(ls "$series/resolutions" | wc -l)" -ge 1 ] || fail "nothing is remembered"
[ ! -e "$series/.rogate/conflicts" ] || fail "the conflicts are still there"
git -C "$work/am" checkout -q --detach "$clash"
git -C "$work/am" am -q "$series"/*.patch || fail "git am refuses the rebased series"
grep -q 'O_LARGEFILE | O_CLOEXEC' "$work/am/tools/ioemu/block.c" || fail "the resolution is not in it"
grep -q '^Signed-off-by: ' "$series"/0003-*.patch || fail "a trailer is lost"
expect 0 "$ROGATE" series check "$series" --tree "$repo" --rev "$clash"
grep -qE ' (offset|three-way|conflict)' "$work/out" && fail "a rebased series is not exact"

# undo brings the old one back; what was remembered is used again.
expect 0 "$ROGATE" series undo "$series"
same_as_original
expect 2 "$ROGATE" series undo "$series"
expect 0 "$ROGATE" series rebase "$series" --tree "$repo" --onto "$clash"
expect 0 "$ROGATE" series undo "$series"

# Killed at any moment it leaves the old series or the new one, and nothing beside it.
rebase_moved() { "$ROGATE" series rebase "$series" --tree "$repo" --onto "$moved"; }
rebase_moved >/dev/null
cp -r "$series" "$work/rebased"
killed=0
for delay in 0.01 0.02 0.03 0.04 0.05 0.06 0.08 0.1; do
    rm -rf "$series"
    cp -r "$work/original" "$series"
    timeout -s KILL "$delay" "$ROGATE" series rebase "$series" --tree "$repo" --onto "$moved" >/dev/null 2>&1 || killed=$((killed + 1))
    if ! diff -r -x .rogate -x resolutions "$series" "$work/original" >/dev/null; then
        diff -r -x .rogate -x resolutions "$series" "$work/rebased" >/dev/null || fail "killed after $delay s it leaves half a series"
    fi
    waited=0
    while [ "$(ls "$work/patches")" != drv_read_only ]; do
        waited=$((waited + 1))
        [ "$waited" -le 200 ] || fail "killed after $delay s it leaves something beside the series"
        sleep 0.1
    done
done
[ "$killed" -ge 1 ] || fail "it was never killed"
rm -rf "$series"
cp -r "$work/original" "$series"

# refresh on the in-tree sources: a second one has nothing to do.
expect 0 "$ROGATE" series refresh "$series"
expect 0 "$ROGATE" series refresh "$series"
said "$work/out" "0 of $(grep -c . "$series/series") patches rewritten"

# The repository is never written, and bad requests say what is wrong.
git -C "$repo" fsck --no-progress >/dev/null || fail "the repository is damaged"
[ -z "$(git -C "$repo" status --porcelain)" ] || fail "the work tree was written"
expect 2 "$ROGATE" series sweep main "$series" --tree "$repo"
said "$work/err" "error: 'main' is no range of commits"
expect 2 "$ROGATE" series rebase "$series" --tree "$repo" --onto nowhere
expect 2 "$ROGATE" series check "$series" --tree "$repo" --strip elsewhere
expect 2 "$ROGATE" series check "$series" --rev main
[ "$(ls "$work/patches")" = drv_read_only ] || fail "something was left beside the series"
passed
