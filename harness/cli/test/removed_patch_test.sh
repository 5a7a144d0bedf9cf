#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A series that lost a patch fails, and what fails is what that patch closed. Two drivers are used by other formats' cases
# as well: a raw file is the base of their chains, and the temporary file of -snapshot is a qcow image. Without their
# patches those cases must fail, and for no other reason. The first two patches make the flag and the word for it; without
# them the others have no place.
. "$(dirname "$0")/lib.sh"

drop() { # PATCH: a copy of the series without it
    copy_series
    sed -i "/$1/d" "$series/series"
    [ "$(wc -l <"$series/series")" -eq "$(($(wc -l <"$SOURCE/patches/drv_read_only/series") - 1))" ] || fail "no single patch $1"
}

# without PATCH CASE SEEN ALLOWED SELECTED...: without the patch CASE ends SEEN, and every one of the SELECTED cases that
# fails fits ALLOWED, matched against the line that names it and the reason below it.
without() {
    drop "$1"
    dropped=$1 case=$2 seen=$3 allowed=$4
    shift 4
    expect 1 "$ROGATE" run --series "$work/patches/drv_read_only" --at tip "$@"
    said "$work/out" "unexpected: $case at tip: expected sealed, seen $seen"
    grep -A2 '^unexpected: ' "$work/out" | grep -v '^--$' | paste -s -d ' ' | sed 's/unexpected: /\n&/g' | sed 1d >"$work/failed"
    if grep -vE "$allowed" "$work/failed"; then
        fail "without $dropped another case fails"
    fi
    rm -r "$work/patches"
}

# conflicting PATCH OTHER: without the patch OTHER does not apply.
conflicting() {
    drop "$1"
    expect 3 "$ROGATE" run --series "$work/patches/drv_read_only" --at tip 'raw/ide/ro/drive/plain'
    said "$work/err" "$2"
    rm -r "$work/patches"
}

conflicting ioemu-let-a-block-device- 0002-ioemu-drive-learns-the-word-ro.patch
conflicting ioemu-drive-learns- 0015-ioemu-USB-disks
without ioemu-raw- raw/ide/ro/drive/plain hole "^unexpected: (raw|host_device)/|'base\.raw' (was )?open for writing" \
    '*/ide/ro/drive'
without ioemu-cow- cow/ide/ro/drive/plain hole '^unexpected: cow/' \
    '*/ide/ro/drive'
without ioemu-qcow- qcow/ide/ro/drive/plain hole '^unexpected: (qcow/|[a-z0-9_]+/ide/ro/drive/snapshot at tip: expected sealed, seen silent)' \
    '*/ide/ro/drive'
without ioemu-qcow2- qcow2/ide/ro/drive/plain hole '^unexpected: qcow2/' \
    '*/ide/ro/drive'
without ioemu-vmdk- vmdk/ide/ro/drive/plain hole '^unexpected: vmdk/' \
    '*/ide/ro/drive'
without ioemu-vpc- vpc/ide/ro/drive/plain hole '^unexpected: vpc/' \
    '*/ide/ro/drive'
without ioemu-bochs-parallels- bochs/ide/ro/drive/plain leak '^unexpected: (bochs|parallels)/' \
    '*/ide/ro/drive'
without ioemu-vvfat- vvfat/ide/ro/drive/plain silent '^unexpected: vvfat/' \
    '*/ide/ro/drive'
without ioemu-open-backing-files- qcow/ide/ro/drive/backed leak '^unexpected: [a-z0-9_]+/[a-z]+/ro/[a-z-]+/(backed|snapshot) ' \
    '*/ide/ro/drive'
without ioemu-snapshot-never- raw/ide/ro/drive/snapshot leak '^unexpected: [a-z0-9_]+/ide/ro/drive/snapshot ' \
    '*/ide/ro/drive'
without ioemu-ask-for-read_only- qcow2/monitor/ro/drive/plain silent '^unexpected: (qcow2|host_device)/monitor/' \
    '*/monitor/ro/*/plain'
without ioemu-xenstore-a-disk- raw/ide/ro/xenstore/plain hole '^unexpected: [a-z0-9_]+/ide/ro/xenstore' \
    '*/ide/ro/drive/plain' '*/ide/ro/xenstore/plain'
without ioemu-USB- raw/floppy/ro/drive/plain hole '^unexpected: [a-z0-9_]+/(ide/ro/(cdrom|board-cd|usbdevice)|floppy/ro/drive)/' \
    '*/ide/ro/drive/plain' '*/ide/ro/cdrom/plain' '*/floppy/ro/drive/plain'
without ioemu-xenstore-a-new-medium- raw/ide/ro/xenstore-change/plain hole '^unexpected: [a-z0-9_]+/ide/ro/xenstore-change/' \
    '*/ide/ro/xenstore/plain' '*/ide/ro/xenstore-change/plain'
without ioemu-ioemu-img- raw/tool/ro/img/plain leak '^unexpected: [a-z0-9_]+/tool/' \
    '*/ide/ro/drive/plain' '*/tool/ro/img/plain'
passed
