#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# rogate image digest and diff: digests of equal content are equal, differences are named, exit statuses hold.
. "$(dirname "$0")/lib.sh"

digest_of() { "$ROGATE" image digest "$@" | cut -d ' ' -f 1; }

cd "$work" || exit
head -c 3000000 /dev/urandom >random
cp random copy
truncate -s 50M hole
head -c 50M /dev/zero >zeros
: >empty

# Equal content, equal digests, whatever the holes; the names and the form of sha256sum.
expect 0 "$ROGATE" image digest random copy hole zeros empty
[ "$(wc -l <out)" = 5 ] || fail "not a line for each file"
grep -Eqx '[0-9a-f]{64}  random' out || fail "not a digest and a name"
[ "$(digest_of random)" = "$(digest_of copy)" ] || fail "a copy has another digest"
[ "$(digest_of hole)" = "$(digest_of zeros)" ] || fail "a hole is not zeros"
[ "$(digest_of hole)" != "$(digest_of empty)" ] || fail "the size does not count"

# Oracle: the definition, computed by sha256sum. One chunk, odd size: number 0, size 1000 = 0x3e8.
head -c 1000 random >small
{
    printf 'rogate-chunks-2\000\350\003\000\000\000\000\000\000\000\000\000\000\000\000\000\000'
    sha256sum small | cut -c 1-64 | sed 's/../\\x&/g' | xargs -0 /usr/bin/printf
} >sequence
[ "$(digest_of small)" = "$(head -c 64 sequence | sha256sum | cut -c 1-64)" ] || fail "not the documented digest"

# JSON, map, quick.
expect 0 "$ROGATE" image digest --json --map small hole
said out '"algorithm": "rogate-chunks-2"'
said out '"size_bytes": 52428800'
said out '"data_chunks": 0'
said out "$(sha256sum small | cut -c 1-32)"
expect 0 "$ROGATE" image digest --quick --json random
said out '"algorithm": "rogate-xxh3-2"'
[ "$(digest_of --quick random)" = "$(digest_of --quick copy)" ] || fail "a copy has another quick digest"
[ "$(digest_of --quick hole)" != "$(digest_of --quick empty)" ] || fail "the size does not count when quick"

# A name with a newline stays one line, as with sha256sum.
odd=$(printf 'odd\nname')
cp small "$odd"
expect 0 "$ROGATE" image digest "$odd"
[ "$(cat out)" = "\\$(digest_of small)  odd\\nname" ] || fail "the odd name is not escaped"

# diff: oracle is the list of edits.
expect 0 "$ROGATE" image diff random copy
[ ! -s out ] || fail "equal files differ"
said err "0 sectors of 512 bytes differ"
edit() { printf '%s' "$1" | dd of=copy bs=1 seek="$2" conv=notrunc status=none; }
edit 'rogate edits' 0
edit 'rogate edits' $((2000 * 512 + 506))
edit 'rogate edits' $((5859 * 512 + 100))
expect 1 "$ROGATE" image diff random copy
[ "$(cat out)" = "0 1
2000 2
5859 1" ] || fail "other sectors than those edited: $(cat out)"
expect 1 "$ROGATE" image diff --limit 1 random copy
[ "$(cat out)" = "0 1" ] || fail "the limit does not hold"
said err "only the first 1 ranges are listed"
said err "4 sectors of 512 bytes differ"
expect 1 "$ROGATE" image diff --json random copy
said out '"sectors_changed": 4'
said out '"first": 2000'
[ "$(digest_of random)" != "$(digest_of copy)" ] || fail "an edit does not change the digest"
[ "$(digest_of --quick random)" != "$(digest_of --quick copy)" ] || fail "an edit does not change the quick digest"
# Sizes: from the sector that is only partly in both to the end.
expect 1 "$ROGATE" image diff small random
[ "$(cat out)" = "1 5859" ] || fail "the longer file's sectors: $(cat out)"
expect 1 "$ROGATE" image diff empty hole
[ "$(cat out)" = "0 102400" ] || fail "a hole is no sectors: $(cat out)"
expect 0 "$ROGATE" image diff hole zeros
expect 0 "$ROGATE" image diff empty empty

# 1 TiB of hole costs its data only: without skipping, this would run into the test's time limit.
truncate -s 1T huge
printf x | dd of=huge bs=1 seek=$((1 << 39)) conv=notrunc status=none
expect 0 "$ROGATE" image digest huge
truncate -s 1T huge2
expect 1 "$ROGATE" image diff huge huge2
[ "$(cat out)" = "$((1 << 30)) 1" ] || fail "the one sector of 1 TiB: $(cat out)"

# Missing and unfit files: told, and the others are digested.
expect 2 "$ROGATE" image digest missing small
[ "$(cat err)" = "error: cannot read 'missing': No such file or directory" ] || fail "not said: $(cat err)"
grep -q '  small$' out || fail "the file that is there is not digested"
expect 2 "$ROGATE" image digest .
said err "error: '.' is neither a regular file nor a block device"
mkfifo fifo
expect 2 "$ROGATE" image digest fifo
expect 2 "$ROGATE" image diff small missing
expect 2 "$ROGATE" image diff small
expect 2 "$ROGATE" image digest
expect 2 "$ROGATE" image
if [ "$(id -u)" -ne 0 ]; then
    cp small unreadable
    chmod 0 unreadable
    expect 5 "$ROGATE" image digest unreadable small
    said err "error: cannot read 'unreadable': Permission denied"
fi

# A reader that goes away, and a full disk: no signal, and no success.
ignore=0
{ "$ROGATE" image digest --map --json random || ignore=$?; echo "$ignore" >status; } | true
[ "$(cat status)" -lt 128 ] || fail "killed by a signal when nobody reads"
status=0
"$ROGATE" image digest small >/dev/full 2>err || status=$?
[ "$status" = 5 ] || fail "a full disk ends with $status"

# A chain: every file that the headers lead to, in order; names that leave the folder or lead in a circle are refused.
mkdir case
cp random case/base.raw
truncate -s 4M case/base.raw
(cd case && qemu-img create -q -f qcow2 -F raw -b base.raw middle.qcow2 && qemu-img create -q -f qcow2 -F qcow2 -b middle.qcow2 top.qcow2)
expect 0 "$ROGATE" image digest --chain case/top.qcow2
[ "$(cut -c 67- out)" = "case/top.qcow2
case/middle.qcow2
case/base.raw" ] || fail "not the chain: $(cat out)"
expect 0 "$ROGATE" image digest case/top.qcow2
[ "$(wc -l <out)" = 1 ] || fail "a chain is followed unasked"
(cd case && qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentFlat two.vmdk 4M)
expect 0 "$ROGATE" image digest --chain case/two.vmdk
[ "$(cut -c 67- out)" = "case/two.vmdk
case/two-f001.vmdk" ] || fail "not the extents: $(cat out)"
qemu-img rebase -q -u -f qcow2 -F raw -b ../random case/middle.qcow2
expect 2 "$ROGATE" image digest --chain case/top.qcow2
[ "$(head -n 1 err)" = "error: 'case/middle.qcow2' names '../random', which is not in the image's folder" ] ||
    fail "not said: $(cat err)"
said err "hint: "
qemu-img rebase -q -u -f qcow2 -F qcow2 -b top.qcow2 case/middle.qcow2
expect 2 "$ROGATE" image digest --chain case/top.qcow2
said err "leads round in a circle"

# Reading is no touch.
before=$(stat -c '%s %b %i %Y %Z' case/base.raw)
expect 0 "$ROGATE" image digest case/base.raw
[ "$(stat -c '%s %b %i %Y %Z' case/base.raw)" = "$before" ] || fail "digesting changed what stat tells"

passed
