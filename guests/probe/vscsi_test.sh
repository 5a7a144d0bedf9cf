#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots the probe with disks and CD drives on virtio-scsi and checks what it reports against what they then hold.
# usage: vscsi_test.sh PROBE_ELF
# Every check that does not hold ends the script with 1, and so does a missing program; only the last line earns 0.
# shellcheck source-path=SCRIPTDIR
. "${0%/*}/test_lib.sh"

cp "$1" "$dir/probe.elf" || fail "cannot copy '$1'"
probe=$dir/probe.elf

# The writes of one disk: op lba n name.
writes="
0a 16 1 WRITE_6
2a 24 8 WRITE_10
aa 32 3 WRITE_12
8a 40 5 WRITE_16
2e 48 2 WRITE_AND_VERIFY_10
ae 56 4 WRITE_AND_VERIFY_12
8e 64 6 WRITE_AND_VERIFY_16
41 72 1 WRITE_SAME_10
93 80 1 WRITE_SAME_16
2a 88 7 WRITE_10_FUA
8a 96 1 WRITE_16_FUA
0a 0 1 WRITE_6
2a 124 8 WRITE_10
8a 4092 8 WRITE_16
aa 17135 1 WRITE_12"
trims="
42 216 8 UNMAP
41 224 8 WRITE_SAME_10_UNMAP
93 232 8 WRITE_SAME_16_UNMAP
41 240 6 WRITE_SAME_10_ZEROES
93 248 5 WRITE_SAME_16_ZEROES"
# And what is not to change anything: op lba answer name, the answer as QEMU's disks have it. Of those whose data they
# expect to come in, the controller itself says that it does not fit (er=01).
absents="
89 144 st=00,er=01,to=0 COMPARE_AND_WRITE
3f 152 st=02,er=00,to=0,sense=052000 WRITE_LONG_10
9f 160 st=00,er=01,to=0 WRITE_LONG_16
3b 168 st=02,er=00,to=0,sense=052000 WRITE_BUFFER
83 176 st=02,er=00,to=0,sense=052000 EXTENDED_COPY
8b 184 st=00,er=01,to=0 ORWRITE_16
9c 192 st=00,er=01,to=0 WRITE_ATOMIC_16
48 200 st=02,er=00,to=0,sense=052000 SANITIZE
04 208 st=00,er=00,to=0 FORMAT_UNIT"
n_commands=47

# write_expected IMAGE INDEX: does to IMAGE what the probe should do to disk INDEX.
write_expected() {
    local op lba n name
    while read -r op lba n name; do
        [ -z "$op" ] || put_payload "$1" "$op" "$2" "$lba" "$n"
    done <<<"$writes"
    while read -r op lba n name; do
        [ -z "$op" ] || put_zeros "$1" "$lba" "$n"
    done <<<"$trims"
}

# expect_changes DISK ANSWER BACK ZEROBACK IMAGE: a line for each write and trim, its crc being that of IMAGE's sectors.
expect_changes() {
    local op lba n name
    while read -r op lba n name; do
        [ -z "$op" ] || expect_line "cmd $1 op=$op class=write proto=dma lba=$lba n=$n $2 back=$3 crc=$(
            crc_of "$5" "$lba" "$n") name=$name"
    done <<<"$writes"
    while read -r op lba n name; do
        [ -z "$op" ] || expect_line "cmd $1 op=$op class=trim proto=dma lba=$lba n=$n $2 back=$4 crc=$(
            crc_of "$5" "$lba" "$n") name=$name"
    done <<<"$trims"
    expect_count 20 "^cmd $1 .* class=(write|trim) "
}

# expect_rest DISK INDEX ORIGINAL: the lines that are the same whatever becomes of the writes.
expect_rest() {
    local op lba n answer name good='st=00 er=00 to=0'
    expect_line "disk $1 index=$2 kind=scsi sectors=$sectors $good model=\"QEMU HARDDISK\""
    for op in 12 00 25 9e a0 1a 5a 03; do
        expect_count 1 "^cmd $1 op=$op class=identify proto=(dma|none) lba=0 n=0 $good name="
    done
    for op in 15 55; do
        expect_count 1 "^cmd $1 op=$op class=setup proto=dma lba=0 n=0 $good name=MODE_SELECT_"
    done
    while read -r op lba n name; do
        expect_line "cmd $1 op=$op class=read proto=dma lba=$lba n=$n $good crc=$(crc_of "$3" "$lba" "$n") name=$name"
    done <<'E2'
08 0 1 READ_6
28 124 8 READ_10
28 8 2 READ_10_FUA
a8 4092 6 READ_12
88 17133 3 READ_16
E2
    expect_line "cmd $1 op=2f class=verify proto=none lba=0 n=8 $good name=VERIFY_10"
    expect_line "cmd $1 op=8f class=verify proto=none lba=17128 n=8 $good name=VERIFY_16"
    expect_line "cmd $1 op=35 class=flush proto=none lba=0 n=0 $good name=SYNCHRONIZE_CACHE_10"
    while read -r op lba answer name; do
        [ -n "$op" ] || continue
        expect_line "cmd $1 op=$op class=absent proto=(dma|none) lba=$lba n=1 ${answer//,/ } back=old crc=$(
            crc_of "$3" "$lba" 1) name=$name"
    done <<<"$absents"
    expect_count $n_commands "^cmd $1 "
}

hd() { printf '%s' "scsi-hd,bus=$1.0,scsi-id=$2,drive=$3,werror=report,rerror=report"; }
# shellcheck disable=SC2054 # the commas are QEMU's
controller=(-device virtio-scsi-pci,id=vs0,addr=5)
orig=$dir/orig.raw
a=$dir/a.raw
b=$dir/b.raw
head -c $((sectors * 512)) /dev/urandom >"$orig" || fail "cannot make an image"

echo "== two writable raw files hold the payload exactly where the report says"
cp "$orig" "$a"
cp "$orig" "$b"
cp "$orig" "$dir/expected.raw"
cp "$orig" "$dir/expected2.raw"
write_expected "$dir/expected.raw" 4
write_expected "$dir/expected2.raw" 5
file_node da "$a"
both=("${controller[@]}" "${node[@]}" -device "$(hd vs0 0 da)")
file_node db "$b"
both+=("${node[@]}" -device "$(hd vs0 41 db)")
boot 60 "$probe" "nonce=$nonce" "${both[@]}"
expect_rc 33 probe
expect_header on
expect_end 2 $((2 * n_commands))
expect_rest vscsi0.0 4 "$orig"
expect_rest vscsi0.41 5 "$orig"
expect_changes vscsi0.0 'st=00 er=00 to=0' new zero "$dir/expected.raw"
expect_changes vscsi0.41 'st=00 er=00 to=0' new zero "$dir/expected2.raw"
expect_same "$a" "$dir/expected.raw" "the first image is not what the report says"
expect_same "$b" "$dir/expected2.raw" "the second image is not what the report says"

echo "== writes=off changes nothing and leaves out what could"
cp "$orig" "$a"
file_node da "$a"
boot 60 "$probe" "writes=off nonce=$nonce" "${controller[@]}" "${node[@]}" -device "$(hd vs0 0 da)"
expect_rc 33 probe
expect_header off
expect_end 1 18
expect_count 0 'class=(write|trim|absent) '
expect_same "$a" "$orig" "writes=off changed the image"

echo "== a server that refuses: each change ends with sense 0b0006 and old, all else works, nothing changes"
serve_refusing "$dir/refuse" "$a" "$dir/log"
nbd_node da "$dir/refuse"
boot 60 "$probe" "nonce=$nonce" "${controller[@]}" "${node[@]}" -device "$(hd vs0 7 da)"
stop_serving
expect_rc 33 probe
expect_end 1 $n_commands
expect_rest vscsi0.7 4 "$orig"
expect_changes vscsi0.7 'st=02 er=00 to=0 sense=0b0006' old old "$orig"
expect_same "$a" "$orig" "refused writes changed the image"
# One request each for the 15 writes, and for UNMAP and the two WRITE SAME with it, which ask for a deallocation.
[ "$(grep -c ' Write id=' "$dir/log")" -eq 15 ] || fail "not 15 writes reached the server"
[ "$(grep -cE ' (Zero|Trim) id=' "$dir/log")" -eq 5 ] || fail "not 5 zeroings and trims reached the server"

echo "== a node that is read-only: sense 072700"
file_node da "$a" read-only=on
boot 60 "$probe" "nonce=$nonce" "${controller[@]}" "${node[@]}" -device "$(hd vs0 7 da)"
expect_rc 33 probe
expect_changes vscsi0.7 'st=02 er=00 to=0 sense=072700' old old "$orig"
expect_same "$a" "$orig" "a read-only node was written"

echo "== a CD: reads work, writes are refused, with and without a medium"
file_node cd "$orig" read-only=on
boot 60 "$probe" "nonce=$nonce" "${controller[@]}" "${node[@]}" -device scsi-cd,bus=vs0.0,scsi-id=2,drive=cd \
    -device scsi-cd,bus=vs0.0,scsi-id=3
expect_rc 33 probe
expect_end 2 12
expect_line "disk vscsi0.2 index=4 kind=scsi-cd sectors=$sectors st=00 er=00 to=0 model=\"QEMU CD-ROM\""
expect_line "disk vscsi0.3 index=5 kind=scsi-cd sectors=0 st=00 er=00 to=0 model=\"QEMU CD-ROM\""
expect_count 5 '^cmd vscsi0.2 .* class=identify .* st=00 er=00 to=0 name='
while read -r op lba n; do
    expect_count 1 "^cmd vscsi0.2 op=$op class=read proto=dma lba=$lba n=$n st=00 er=00 to=0 crc=$(
        crc_of "$orig" "$lba" "$n") name="
done <<'E2'
28 0 4
28 124 8
a8 4092 8
a8 17132 4
E2
for row in '2a 16 4' 'aa 24 4' '2e 32 8'; do
    read -r op lba n <<<"$row"
    expect_count 1 "^cmd vscsi0.2 op=$op class=absent proto=dma lba=$lba n=$n st=02 er=00 to=0 sense=072700 back=old crc=$(
        crc_of "$orig" "$lba" "$n") name=WRITE"
done

echo "== no controller, and a controller without disks: an empty report"
boot 60 "$probe" "nonce=$nonce"
expect_rc 33 probe
expect_end 0 0
boot 60 "$probe" "nonce=$nonce" "${controller[@]}"
expect_rc 33 probe
expect_end 0 0

echo "== more than 32 disks on two controllers: each is found, in order, and written as itself"
# shellcheck disable=SC2054 # the commas are QEMU's
many=("${controller[@]}" -device virtio-scsi-pci,id=vs1,addr=7)
cp "$orig" "$a"
cp "$orig" "$b"
for ((i = 0; i < 40; i++)); do
    many+=(-blockdev "driver=null-co,node-name=n$i,size=$((sectors * 512)),read-zeroes=on"
        -device "$(hd vs0 $i "n$i")")
done
file_node da "$a"
many+=("${node[@]}" -device "$(hd vs0 63 da)")
file_node db "$b"
many+=("${node[@]}" -device "$(hd vs1 5 db)")
boot 120 "$probe" "nonce=$nonce only=2e" "${many[@]}"
expect_rc 33 probe
expect_end 42 42
for ((i = 0; i < 40; i++)); do
    expect_count 1 "^disk vscsi0\.$i index=$((4 + i)) kind=scsi sectors=$sectors "
done
expect_count 42 ' op=2e class=write proto=dma lba=48 n=2 st=00 er=00 to=0 back=(new|old) '
expect_count 1 '^disk vscsi0\.63 index=44 '
expect_count 1 '^disk vscsi1\.5 index=45 '
for image in a b; do
    [ $image = a ] && index=44 || index=45
    cp "$orig" "$dir/expected.raw"
    put_payload "$dir/expected.raw" 2e "$index" 48 2
    expect_same "$dir/$image.raw" "$dir/expected.raw" "the image of disk $index is not its own"
done

echo "== a write that takes too long is reported, and the next command works"
cp "$orig" "$a"
serve "$dir/late" --filter=delay file "$a" delay-write=3
nbd_node da "$dir/late"
boot 60 "$probe" "nonce=$nonce only=2e" "${controller[@]}" "${node[@]}" -device "$(hd vs0 0 da)"
stop_serving
expect_rc 33 probe
expect_count 1 ' op=2e class=write proto=dma lba=48 n=2 st=00 er=00 to=1 back=(new|old|other) crc=[0-9a-f]{8} name='
expect_end 1 1

echo "== a controller that sends no interrupt messages: the same report"
# Two disks, as the report of one would be sent as one piece.
empty=()
for i in 3 4; do
    empty+=(-blockdev "driver=null-co,node-name=n$i,size=$((sectors * 512)),read-zeroes=on" -device "$(hd vs0 $i "n$i")")
done
boot 60 "$probe" "nonce=$nonce" "${controller[@]}" "${empty[@]}"
expect_rc 33 probe
expect_end 2 $((2 * n_commands))
mv "$dir/out" "$dir/usual"
boot 60 "$probe" "nonce=$nonce" -device virtio-scsi-pci,id=vs0,addr=5,vectors=0 "${empty[@]}"
expect_rc 33 probe
expect_same "$dir/out" "$dir/usual" "the report of a controller without messages differs"

echo "== by a virtio console the report is the same, a panic's line arrives, and one of the old kind is passed over"
# shellcheck disable=SC2054 # the commas are QEMU's
console=(-chardev "file,id=vc,path=$dir/vc" -device virtio-serial-pci,addr=0x1f -device virtconsole,chardev=vc)
boot 60 "$probe" "nonce=$nonce" "${controller[@]}" "${empty[@]}" "${console[@]}"
expect_rc 33 probe
[ ! -s "$dir/out" ] || fail "the debug console got something, too"
expect_same "$dir/vc" "$dir/usual" "the report by the virtio console differs"
boot 60 "$probe" "bogus" "${console[@]}"
expect_rc 35 "a word that is none"
[ "$(cat "$dir/vc")" = 'panic word=bogus' ] || fail "no panic by the virtio console"
# Only the old interface: the guest does not drive it.
console[3]=virtio-serial-pci,addr=0x1f,disable-modern=on
boot 60 "$probe" "nonce=$nonce" "${controller[@]}" "${empty[@]}" "${console[@]}"
expect_rc 33 probe
expect_same "$dir/out" "$dir/usual" "the report without a usable virtio console differs"

echo "all checks hold"
exit 0
