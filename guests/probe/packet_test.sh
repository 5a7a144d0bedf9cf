#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots the probe with CD drives on the legacy ATA channels and checks what it reports.
# usage: packet_test.sh PROBE_ELF
# Every check that does not hold ends the script with 1, and so does a missing program; only the last line earns 0.
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/test_lib.sh"

cp "$1" "$dir/probe.elf" || fail "cannot copy '$1'"
probe=$dir/probe.elf
orig=$dir/orig.raw
a=$dir/a.raw
head -c $((sectors * 512)) /dev/urandom >"$orig" || fail "cannot make an image"
good='st=50 er=00 to=0'

# expect_drive DISK INDEX: all that the report says of a drive with the original as its medium.
expect_drive() {
    local op lba n name
    expect_line "disk $1 index=$2 kind=atapi sectors=$sectors $good model=\"QEMU DVD-ROM\""
    for op in 12 25 5a 03; do
        expect_count 1 "^cmd $1 op=$op class=identify proto=pio lba=0 n=0 $good name="
    done
    expect_line "cmd $1 op=00 class=identify proto=none lba=0 n=0 $good name=TEST_UNIT_READY"
    while read -r op lba n name; do
        expect_line "cmd $1 op=$op class=read proto=pio lba=$lba n=$n $good crc=$(crc_of "$orig" "$lba" "$n") name=$name"
    done <<'E2'
28 0 4 READ_10
28 124 8 READ_10
a8 4092 8 READ_12
a8 17132 4 READ_12
E2
    while read -r op lba n name; do
        expect_line "cmd $1 op=$op class=absent proto=pio lba=$lba n=$n st=41 er=50 to=0 sense=052000 back=old crc=$(
            crc_of "$orig" "$lba" "$n") name=$name"
    done <<'E2'
2a 16 4 WRITE_10
aa 24 4 WRITE_12
2e 32 8 WRITE_AND_VERIFY_10
E2
    expect_count 12 "^cmd $1 "
}

echo "== a drive alone as second device, and one beside an empty drive: reads work, writes are not known"
file_node cd "$orig" read-only=on
# shellcheck disable=SC2054 # the commas are QEMU's
drives=("${node[@]}" -device ide-cd,bus=ide.0,unit=1,drive=cd -device ide-cd,bus=ide.1,unit=0)
file_node cd2 "$orig" read-only=on
# shellcheck disable=SC2054
drives+=("${node[@]}" -device ide-cd,bus=ide.1,unit=1,drive=cd2)
boot 60 "$probe" "nonce=$nonce" "${drives[@]}"
expect_rc 33 probe
expect_header on
expect_end 3 24
expect_drive ide0.1 1
expect_drive ide1.1 3
expect_line "disk ide1.0 index=2 kind=atapi sectors=0 $good model=\"QEMU DVD-ROM\""
expect_count 0 '^cmd ide1.0 '

echo "== a medium that could be written: no request to write reaches it"
cp "$orig" "$a"
serve "$dir/log.sock" --filter=log file "$a" logfile="$dir/log"
nbd_node cd "$dir/log.sock"
boot 60 "$probe" "nonce=$nonce" "${node[@]}" -device ide-cd,bus=ide.0,unit=0,drive=cd
stop_serving
expect_rc 33 probe
expect_drive ide0.0 0
grep -q ' Read id=' "$dir/log" || fail "no read reached the server"
! grep -qE ' (Write|Zero|Trim) id=' "$dir/log" || fail "a write reached the server"
expect_same "$a" "$orig" "a CD was written"

echo "== a medium that cannot be read: status, error and sense tell, and the next commands work"
serve "$dir/bad" --filter=error file "$a" error-pread=EIO error-pread-rate=100%
nbd_node cd "$dir/bad"
boot 60 "$probe" "nonce=$nonce" "${node[@]}" -device ide-cd,bus=ide.0,unit=0,drive=cd
stop_serving
expect_rc 33 probe
expect_end 1 12
expect_count 4 '^cmd ide0.0 op=(28|a8) class=read proto=pio lba=[0-9]+ n=[48] st=41 er=[0-9a-f]0 to=0 sense=[0-9a-f]{6} name='
expect_count 3 '^cmd ide0.0 .* class=absent .* st=41 er=50 to=0 sense=052000 back=none name='

echo "== a read that takes too long is reported, and the drive answers again"
serve "$dir/late" --filter=delay file "$a" delay-read=3
nbd_node cd "$dir/late"
boot 60 "$probe" "nonce=$nonce only=a8" "${node[@]}" -device ide-cd,bus=ide.0,unit=0,drive=cd
stop_serving
expect_rc 33 probe
expect_count 2 '^cmd ide0.0 op=a8 class=read .* to=1 name=READ_12$'
expect_end 1 2

echo "all checks hold"
exit 0
