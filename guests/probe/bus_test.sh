#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots the probe with disks on one bus and checks what it reports against what the disks then hold.
# usage: bus_test.sh PROBE_ELF ahci|virtio-blk|nvme|floppy
# Oracles: tables here, written from the buses' specifications; images and payloads made here with printf and dd and
# compared by cmp; CRCs by gzip; nbdkit's log. Every check that does not hold ends the script with 1.
# shellcheck source-path=SCRIPTDIR source=test_lib.sh
. "$(dirname "$0")/test_lib.sh"
set -f

probe=$1
bus=$2
for file in "$probe" /usr/share/qemu/qboot.rom; do
    [ -r "$file" ] || fail "cannot read '$file'"
done

# What a bus does, one row a command:
#   writes  op lba n name       zeroes  op lba n name       copies  op lba n source name
#   refused what the answer to a write is on a disk that refuses it; accepted: on one that takes it
#   absent  op lba n name answer    works   op class answer
ata_absent="36 144 1 WRITE_DMA_QUEUED_EXT|3a 152 1 WRITE_STREAM_DMA_EXT|3b 160 1 WRITE_STREAM_EXT
3d 168 1 WRITE_DMA_FUA_EXT|3f 176 1 WRITE_LOG_EXT|45 184 1 WRITE_UNCORRECTABLE_EXT|57 192 1 WRITE_LOG_DMA_EXT
92 200 1 DOWNLOAD_MICROCODE|cc 208 1 WRITE_DMA_QUEUED|cd 216 1 CFA_WRITE_MULTIPLE_NOERASE
38 224 1 CFA_WRITE_SECTORS_NOERASE|ce 232 1 WRITE_MULTIPLE_FUA_EXT|e8 240 1 WRITE_BUFFER|f4 248 1 SECURITY_ERASE_UNIT"
copies=
declare -A refuses=()       # the answers to single opcodes that are refused differently
case $bus in
ahci)
    kind=ata ok='st=50 er=00 to=0' refused='st=41 er=04 to=0' wire_writes=15 model='QEMU HARDDISK'
    writes="30 16 1 WRITE_SECTORS|31 24 2 WRITE_SECTORS_NORETRY|34 32 3 WRITE_SECTORS_EXT|c5 40 8 WRITE_MULTIPLE
39 48 6 WRITE_MULTIPLE_EXT|3c 56 2 WRITE_VERIFY|ca 64 8 WRITE_DMA|cb 72 1 WRITE_DMA_NORETRY|35 80 5 WRITE_DMA_EXT
61 96 8 WRITE_FPDMA_QUEUED|61 104 2 WRITE_FPDMA_QUEUED_FUA|30 0 1 WRITE_SECTORS|ca 124 8 WRITE_DMA
35 4092 8 WRITE_DMA_EXT|34 17135 1 WRITE_SECTORS_EXT"
    zeroes="06 88 8 DSM_TRIM"
    absent=$(while read -r row; do echo "$row st=41 er=04 to=0"; done <<<"${ata_absent//|/$'\n'}")
    works="ec identify|c6 setup|20 read|21 read|24 read|c4 read|29 read|c8 read|c9 read|25 read|60 read|40 verify|41 verify
42 verify|e7 flush|ea flush" n_works=16
    names=(ahci1 ahci4)
    controller=(-device ich9-ahci,id=ahci0,addr=4)
    attach() { device=(-device "ide-hd,bus=ahci0.$((1 + 3 * $1)),drive=$2,werror=report,rerror=report"); }
    ;;
virtio-blk)
    kind=virtio ok='st=00 er=00 to=0' refused='st=01 er=00 to=0' wire_writes=6 model='serial'
    writes="01 16 1 OUT|01 24 8 OUT|01 0 1 OUT|01 124 8 OUT|01 4092 8 OUT|01 17135 1 OUT"
    zeroes="0b 32 8 DISCARD|0d 40 8 WRITE_ZEROES|0d 48 8 WRITE_ZEROES_UNMAP"
    absent="02 144 1 SCSI_CMD st=01 er=00 to=0|0e 152 8 SECURE_ERASE st=02 er=00 to=0"
    works="08 identify|00 read|00 read|00 read|04 flush" n_works=5
    names=(vblk0 vblk1)
    controller=()
    attach() {
        device=(-device "virtio-blk-pci,disable-legacy=off,addr=$((5 + $1)),drive=$2,serial=serial,werror=report,rerror=report")
    }
    ;;
nvme)
    kind=nvme ok='st=00 er=00 to=0' refused='st=0280 er=00 to=0' wire_writes=8 model='QEMU NVMe Ctrl'
    writes="01 16 1 WRITE|01 24 8 WRITE|01 32 2 WRITE_FUA|01 0 1 WRITE|01 124 8 WRITE|01 4092 8 WRITE|01 17135 1 WRITE"
    zeroes="09 48 8 DSM_DEALLOCATE|08 56 8 WRITE_ZEROES|08 64 8 WRITE_ZEROES_DEALLOCATE"
    refuses[09]='st=06 er=00 to=0' refuses[19]='st=06 er=00 to=0'
    copies="19 40 8 24 COPY"
    absent="04 144 1 WRITE_UNCORRECTABLE st=01 er=00 to=0|7d 152 1 ZONE_APPEND st=01 er=00 to=0
84 160 8 SANITIZE st=01 er=00 to=0"
    works="06 identify|06 identify|02 identify|0a identify|02 read|02 read|02 read|0c verify|05 verify|00 flush" n_works=10
    names=(nvme0 nvme1)
    controller=()
    attach() { device=(-device "nvme,serial=s,addr=$((5 + $1)),id=n$1" -device "nvme-ns,bus=n$1,drive=$2"); }
    ;;
floppy)
    sectors=2880
    kind=floppy ok='st=[02][0-7] er=00 to=0 sense=00' refused='st=6[0-7] er=00 to=0 sense=00' wire_writes=5 model=''
    writes="45 36 1 WRITE_DATA|45 72 8 WRITE_DATA|c5 124 8 WRITE_DATA_MT|45 0 1 WRITE_DATA|45 2879 1 WRITE_DATA"
    zeroes=
    absent="49 144 1 WRITE_DELETED st=6[0-7] er=00 to=0 sense=00|c9 180 8 WRITE_DELETED_MT st=6[0-7] er=00 to=0 sense=00
49 252 1 WRITE_DELETED st=6[0-7] er=00 to=0 sense=00|4d 288 18 FORMAT_TRACK st=0[0-7] er=00 to=0 sense=00
4d 324 18 FORMAT_TRACK st=0[0-7] er=00 to=0 sense=00|cd 360 18 FORMAT_AND_WRITE st=80 er=00 to=0"
    works="10 identify|04 identify|03 setup|07 setup|0f setup|4a identify|46 read|66 read|c6 read|e6 read|42 read|46 read
56 verify" n_works=13
    names=(fd0 fd1)
    controller=()
    attach() { device=(-device "floppy,bus=floppy-bus.0,unit=$1,drive=$2,drive-type=144"); }
    ;;
*) fail "no bus '$bus'" ;;
esac
rows() { [ -z "$1" ] || tr '|' '\n' <<<"$1"; }

# write_expected IMAGE INDEX: does to IMAGE what the probe should do to disk INDEX.
write_expected() {
    local op lba n source name
    while read -r op lba n name; do
        put_payload "$1" "$op" "$2" "$lba" "$n"
    done < <(rows "$writes")
    while read -r op lba n source name; do
        dd if="$1" of="$1" bs=512 skip="$source" seek="$lba" count="$n" conv=notrunc status=none
    done < <(rows "$copies")
    while read -r op lba n name; do
        put_zeros "$1" "$lba" "$n"
    done < <(rows "$zeroes")
}

# expect_one DISK OP CLASS LBA N EXTRA ANSWER BACK IMAGE NAME: the one line of it; n= may exceed the 8 sectors read back.
expect_one() {
    local read=$(($5 < 8 ? $5 : 8))
    expect_count 1 "^cmd $1 op=$2 class=$3 proto=(none|pio|dma|ncq) lba=$4 n=$5 $6$7 back=$8 crc=$(
        crc_of "$9" "$4" "$read") name=${10}$"
}

answer_of() { [ "$2" != "$refused" ] && echo "$2" || echo "${refuses[$1]:-$2}"; }
# expect_commands DISK ANSWER BACK ZEROED IMAGE: the line of each write, and of each absent command, whose place is old.
expect_commands() {
    local op lba n source name answer
    while read -r op lba n name; do
        expect_one "$1" "$op" write "$lba" "$n" '' "$(answer_of "$op" "$2")" "$3" "$5" "$name"
    done < <(rows "$writes")
    while read -r op lba n source name; do
        expect_one "$1" "$op" write "$lba" "$n" "src=$source " "$(answer_of "$op" "$2")" "$3" "$5" "$name"
    done < <(rows "$copies")
    while read -r op lba n name; do
        expect_one "$1" "$op" trim "$lba" "$n" '' "$(answer_of "$op" "$2")" "$4" "$5" "$name"
    done < <(rows "$zeroes")
    while read -r op lba n name answer; do
        expect_one "$1" "$op" absent "$lba" "$n" '' "$answer" old "$orig" "$name"
    done < <(rows "$absent")
    while read -r op name; do
        expect_count "$(rows "$works" | grep -cx "$op $name")" "^cmd $1 op=$op class=$name "
    done < <(rows "$works")
    expect_count "$n_works" "^cmd $1 .* class=(identify|setup|read|verify|flush) "
    expect_count 0 "^cmd $1 .* class=(identify|setup|read|verify|flush) .* (to=1|back=)|^cmd .* class=recheck "
}
# expect_reads DISK IMAGE: every read is in order and its crc is that of IMAGE's sectors.
expect_reads() {
    local line
    while read -r line; do
        [[ $line =~ \ lba=([0-9]+)\ n=([0-9]+)\ ($ok)\ crc=([0-9a-f]{8})\ name= ]] || fail "a read of another form: $line"
        [ "${BASH_REMATCH[4]}" = "$(crc_of "$2" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}")" ] || fail "wrong crc: $line"
    done < <(grep "^cmd $1 .* class=read " "$dir/out")
}
# expect_works DISK: what must go on working does.
expect_works() {
    local n
    n=$(grep "^cmd $1 .* class=\(identify\|setup\|verify\|flush\) " "$dir/out" |
        grep -cvE " (st=(50|00) er=00 to=0 |st=[02][0-7] er=[0-9a-f]{2} to=0 )")
    [ "$n" -eq 0 ] || fail "$n commands of $1 do not work"
}
expect_disk() {
    expect_count 1 "^disk $1 index=$2 kind=$kind sectors=$sectors st=(50|00|2[0-7]) er=00 to=0 model=\"$model\"\$"
}
count() { rows "$1" | grep -c .; }
n_cmds=$(($(count "$writes") + $(count "$zeroes") + $(count "$copies") + $(count "$absent") + n_works))

orig=$dir/orig.raw
head -c $((sectors * 512)) /dev/urandom >"$orig" || fail "cannot make an image"

echo "== $bus: writable raw files hold the payload exactly where the report says"
all=("${controller[@]}")
for i in 0 1; do
    cp "$orig" "$dir/$i.raw"
    cp "$orig" "$dir/expected$i.raw"
    write_expected "$dir/expected$i.raw" $((4 + i))
    file_node "d$i" "$dir/$i.raw"
    attach "$i" "d$i"
    all+=("${node[@]}" "${device[@]}")
done
boot 120 "$probe" "nonce=$nonce" "${all[@]}"
expect_rc 33 probe
expect_header on
expect_end 2 $((2 * n_cmds))
for i in 0 1; do
    expect_disk "${names[i]}" $((4 + i))
    expect_reads "${names[i]}" "$orig"
    expect_works "${names[i]}"
    expect_commands "${names[i]}" "$ok" new zero "$dir/expected$i.raw"
    expect_same "$dir/$i.raw" "$dir/expected$i.raw" "the image of ${names[i]} is not what the report says"
done

echo "== $bus: buses= leaves it out, and drives it alone"
boot 120 "$probe" "nonce=$nonce buses=ide" "${all[@]}"
expect_rc 33 probe
expect_end 0 0
boot 120 "$probe" "nonce=$nonce buses=ide,$bus writes=off" "${all[@]}"
expect_rc 33 probe
expect_end 2 $((2 * n_works))
expect_count 0 'class=(write|trim|absent|recheck) '

echo "== $bus: nothing is there, or only the controller"
boot 120 "$probe" "nonce=$nonce buses=$bus" "${controller[@]}"
expect_rc 33 probe
expect_end 0 0

echo "== $bus: a server that refuses writes: each is told, all else works, nothing changes"
cp "$orig" "$dir/a.raw"
serve_refusing "$dir/refuse" "$dir/a.raw" "$dir/log"
nbd_node d0 "$dir/refuse"
attach 0 d0
boot 120 "$probe" "nonce=$nonce" "${controller[@]}" "${node[@]}" "${device[@]}"
stop_serving
expect_rc 33 probe
expect_end 1 $n_cmds
expect_disk "${names[0]}" 4
expect_reads "${names[0]}" "$orig"
expect_works "${names[0]}"
expect_commands "${names[0]}" "$refused" old old "$orig"
expect_same "$dir/a.raw" "$orig" "refused writes changed the image"
requests=$(grep -c ' Write id=' "$dir/log")
[ "$requests" -eq "$wire_writes" ] || fail "$requests writes reached the server, not $wire_writes"
[ -z "$zeroes" ] || grep -qE ' (Trim|Zero) id=' "$dir/log" || fail "no trim reached the server"

if [ "$bus" = nvme ]; then
    echo "== nvme: format=on blanks the disk, last of all"
    cp "$orig" "$dir/a.raw"
    file_node d0 "$dir/a.raw"
    attach 0 d0
    boot 120 "$probe" "nonce=$nonce format=on" "${node[@]}" "${device[@]}"
    expect_rc 33 probe
    expect_end 1 $((n_cmds + 1))
    expect_reads nvme0 "$orig"
    expect_count 1 "^cmd nvme0 op=80 class=trim proto=none lba=0 n=$sectors $ok back=zero .* name=FORMAT_NVM$"
    tail -n 2 "$dir/out" | head -n 1 | grep -q FORMAT_NVM || fail "FORMAT NVM is not the last command"
    truncate -s $((sectors * 512)) "$dir/zero.raw"
    expect_same "$dir/a.raw" "$dir/zero.raw" "the formatted image is not zero"

    echo "== nvme: a namespace that copies nothing at once: COPY is absent"
    cp "$orig" "$dir/a.raw"
    boot 120 "$probe" "nonce=$nonce" "${node[@]}" -device nvme,serial=s,addr=5,drive=d0
    expect_rc 33 probe
    expect_count 1 "^cmd nvme0 op=19 class=absent proto=dma lba=40 n=8 src=24 st=06 er=00 to=0 back=old .* name=COPY$"
fi

echo "all checks hold"
exit 0
