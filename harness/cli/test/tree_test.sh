#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A tree of the user's own, of three generations: holes at base, sealed at tip, and its repository is as it was. The
# options' mistakes, a build that fails, and init followed by doctor.
. "$(dirname "$0")/lib.sh"

trees=$SOURCE/harness/subject/testdata/trees
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org

# repository NAME: the test tree NAME as a git repository in $work/NAME
repository() {
    cp -r "$trees/$1/tree" "$work/$1"
    git -C "$work/$1" init -q -b main
    git -C "$work/$1" add -A
    git -C "$work/$1" commit -q -m base
}

# all_of FOLDER: every file and folder with mode, size, times and content
all_of() {
    (cd "$1" && find . -printf '%p %y %m %s %T@ %C@\n' | sort && find . -type f -exec sha256sum {} + | sort)
}

row() { grep -qE "^$1 +$2$" "$work/out" || { cat "$work/out" >&2; fail "not in the table: $1 $2"; }; }

for name in root protocol vl2006; do
    repository "$name"
    all_of "$work/$name" >"$work/before"
    expect 0 "$ROGATE" run --tree "$work/$name" --profile "$trees/$name/profile/profile.toml" -q --at all
    said "$work/out" "; all as expected"
    case $name in
    root)
        row raw/ide/ro/drive/plain 'hole +leak +sealed +sealed'
        row qcow/ide/ro/drive/plain 'hole +leak +leak +sealed'
        ;;
    protocol)
        row vpc/ide/ro/drive/plain 'hole +leak +sealed'
        row vpc/ide/rw/drive/plain 'writes +writes +writes'
        ;;
    vl2006)
        row cow/ide/ro/drive/plain 'hole +leak +sealed'
        row cow/ide/rw/drive/plain 'writes +writes +writes'
        ;;
    esac
    all_of "$work/$name" >"$work/after"
    cmp "$work/before" "$work/after" || fail "the repository '$name' was changed"
done

protocol="--tree $work/protocol --profile $trees/protocol/profile/profile.toml"
# shellcheck disable=SC2086 # two options with their values
{
    expect 0 "$ROGATE" list $protocol 'vpc/ide/*/*/plain' 'cow/ide/ro/drive/plain'
    said "$work/out" "vpc/ide/ro/drive/plain           base=hole tip=sealed"
    said "$work/out" "skip: the tree's profile has no configuration by xenstore"
    said "$work/out" "skip: the tree's profile has no format cow"
    expect 1 "$ROGATE" run $protocol -q raw/ide/ro/drive/snapshot # nothing ran
    expect 0 "$ROGATE" run $protocol -q 'raw/ide/ro/drive' --json "$work/results.json"
    said "$work/results.json" "this block layer has no word for a snapshot"
    said "$work/results.json" "$(git -C "$work/protocol" rev-parse HEAD)"
    expect 0 "$ROGATE" show $protocol raw/ide/ro/drive/plain --at base
    said "$work/out" "raw/ide/ro/drive/plain at base (expected hole): hole"
    expect 0 "$ROGATE" doctor $protocol
    said "$work/out" "answer by callback"
    said "$work/out" "vpc, which the tree calls vhd"
}

# Mistakes.
expect 2 "$ROGATE" run --tree "$work/root" raw
said "$work/err" "error: '--tree' is given without a profile that tells how its tree is built"
said "$work/err" "rogate init"
expect 2 "$ROGATE" run --profile "$trees/root/profile/profile.toml" raw
said "$work/err" "names no repository"
expect 2 "$ROGATE" run --tree "$work/root" --rev nowhere --profile "$trees/root/profile/profile.toml" raw
said "$work/err" "error: 'nowhere' names nothing in the repository at '$work/root'"
expect 2 "$ROGATE" run --tree "$work/root" --profile "$trees/protocol/profile/profile.toml" raw
said "$work/err" "error: $work/root at HEAD has no folder 'qemu'"

# A patch that does not compile is named, though only the tip was asked for.
cp -r "$trees/root/profile" "$work/broken"
sed -i 's/^+\(.*\)drv_read_only ? O_RDONLY/+\1drv_read_only oops O_RDONLY/' "$work/broken/patches/0002-"*
expect 4 "$ROGATE" run --tree "$work/root" --profile "$work/broken/profile.toml" -q --at tip raw/ide/ro/drive
said "$work/err" "block-raw.c line "
said "$work/err" "hint: '0002-raw-open-a-read-only-drive-O_RDONLY.patch' brought it: the tree before that patch builds"

# What a profile forgot is told with its place in the tree.
sed 's/^exclude.*/exclude = ["vl.c", "osdep.c"]/' "$trees/vl2006/profile/profile.toml" >"$work/forgot.toml"
expect 4 "$ROGATE" doctor --tree "$work/vl2006" --profile "$work/forgot.toml"
said "$work/err" "  qemu_mallocz                     defined in tools/ioemu/osdep.c"
said "$work/err" "  pstrcpy                          defined in tools/ioemu/osdep.c"
said "$work/err" "hint: add those files to tree.sources"

sed '/^headers/d' "$trees/protocol/profile/profile.toml" >"$work/broken/no-headers.toml"
cp "$trees/protocol/profile"/*.h "$work/broken/"
expect 4 "$ROGATE" doctor --tree "$work/protocol" --profile "$work/broken/no-headers.toml"
said "$work/err" "block/block_int.h: No such file or directory"
said "$work/err" "hint: the tree has it as 'qemu/include/block/block_int.h'"
sed '/^prelude/d' "$trees/protocol/profile/profile.toml" >"$work/broken/no-prelude.toml"
expect 4 "$ROGATE" doctor --tree "$work/protocol" --profile "$work/broken/no-prelude.toml"
said "$work/err" "error: cannot build the unpatched tree: qemu/include/block/block_int.h line "
said "$work/err" "target_off_t"
sed '/^stubs/d' "$trees/protocol/profile/profile.toml" >"$work/broken/no-stubs.toml"
expect 4 "$ROGATE" doctor --tree "$work/protocol" --profile "$work/broken/no-stubs.toml"
said "$work/err" "config-host.h: No such file or directory"
said "$work/err" "hint: the tree has no such file"

# init's profile is one that doctor takes, where the tree needs nothing of the user's.
cd "$work" || fail "no work folder"
expect 0 "$ROGATE" init --tree vl2006 --profile first.toml
said out "the block layer is in 'tools/ioemu/block.c', with 1 drivers"
said out "int bdrv_open(BlockDriverState *bs, const char *filename, int snapshot);"
said out "next: rogate doctor --profile first.toml"
expect 0 "$ROGATE" doctor --profile first.toml
said out "bdrv_open with a snapshot argument"
expect 2 "$ROGATE" init --tree vl2006 --profile first.toml
said err "'first.toml' is there already"
expect 0 "$ROGATE" init --tree protocol --profile second.toml
said out "included, but not in the tree: config-host.h"
said second.toml 'vpc = "vhd"'
git -C "$work/vl2006" rm -qr tools/ioemu
git -C "$work/vl2006" commit -qm none --allow-empty
expect 2 "$ROGATE" init --tree vl2006 --profile third.toml
said err "has no block.c"
[ ! -e third.toml ] || fail "init left a profile of nothing"
passed
