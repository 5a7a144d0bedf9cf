#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# git am and quilt take the series' folder as it is and agree with rogate on the tree; each patch compiles alone on the
# ones before without a warning. Oracles: git, quilt, the compiler.
. "$(dirname "$0")/lib.sh"

export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
patches=$SOURCE/patches/drv_read_only
cp -r "$SOURCE/overlay" "$work/git"
git -C "$work/git" init -q -b main
git -C "$work/git" add -A
git -C "$work/git" commit -q -m base
cp -r "$SOURCE/overlay" "$work/quilt"

expect 0 "$ROGATE" run raw/ide/ro/drive/plain --at all --json "$work/results.json"
tree_of() { sed -n "s/^  \"$1\": \"\([0-9a-f]\{40\}\)\",\{0,1\}$/\1/p" "$work/results.json"; }

compile() {
    for source in "$work"/git/tools/ioemu/*.c; do
        cc -std=gnu11 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I"$work/git/tools/ioemu" \
            -fsyntax-only "$source" || fail "$1 does not compile without a warning: $(basename "$source")"
    done
}

[ "$(git -C "$work/git" rev-parse 'HEAD^{tree}')" = "$(tree_of base)" ] || fail "base is another tree than git's"
compile base
total=$(grep -c . "$patches/series")
n=0
while read -r patch; do
    n=$((n + 1))
    git -C "$work/git" am -q "$patches/$patch" || fail "git am refuses $patch"
    compile "$patch"
    state=$n
    [ "$n" -eq "$total" ] && state=tip
    [ "$(git -C "$work/git" rev-parse 'HEAD^{tree}')" = "$(tree_of "$state")" ] || fail "git am makes another tree of $patch"
done <"$patches/series"
[ "$n" -ge 7 ] || fail "only $n patches"

(cd "$work/quilt" && QUILT_PATCHES=$patches quilt push -a -q >"$work/quilt.log" 2>&1) || { cat "$work/quilt.log" >&2; fail "quilt push"; }
rm -rf "$work/quilt/.pc"
diff -r -x .git "$work/git" "$work/quilt" || fail "quilt makes another tree than git am"
passed
