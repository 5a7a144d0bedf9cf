#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots the probe and its fixtures under QEMU and checks what they report against what their disks then hold.
# usage: probe_test.sh PROBE_ELF FIXTURES_FOLDER
# Oracles: images and payloads made here with printf and dd and compared by cmp; CRCs by gzip. Every check that does not
# hold ends the script with 1, and so does a missing program; only the last line earns 0.
set -u

probe=$1
fixtures=$2
nonce=0123456789abcdef
sectors=17136
dir=$(mktemp -d "${TMPDIR:-/tmp}/probe test.XXXXXX") || exit 1      # a space, as paths may have
pids=()

# shellcheck disable=SC2317 # called by the trap
cleanup() {
    trap - EXIT
    [ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null
    wait
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

fail() {
    echo "FAIL: $*" >&2
    [ ! -s "$dir/out" ] || sed 's/^/  out: /' "$dir/out" >&2
    [ ! -s "$dir/err" ] || sed 's/^/  err: /' "$dir/err" >&2
    exit 1
}

for tool in qemu-system-x86_64 nbdkit setpriv timeout gzip od cmp dd; do
    command -v "$tool" >/dev/null || fail "'$tool' is missing"
done
for file in "$probe" "$fixtures"/{hang,crash,silent,liar,slow}.elf /usr/share/qemu/qboot.rom; do
    [ -r "$file" ] || fail "cannot read '$file'"
done

# boot SECONDS ELF WORDS [QEMU OPTION...]: output in $dir/out, QEMU's exit status (124: out of time) in $rc.
boot() {
    local seconds=$1 elf=$2 words=$3
    shift 3
    setpriv --pdeathsig KILL timeout -k 5 "$seconds" setpriv --pdeathsig KILL \
        qemu-system-x86_64 -accel tcg -M pc -m 16 -nodefaults -no-user-config -display none \
        -bios /usr/share/qemu/qboot.rom -kernel "$elf" -append "$words" \
        -device isa-debug-exit,iobase=0xf4,iosize=4 -debugcon stdio "$@" \
        </dev/null >"$dir/out" 2>"$dir/err" &
    pids+=($!)
    wait $!
    rc=$?
    unset 'pids[-1]'
}

# Options that attach a disk: NODE BUS UNIT, and the raw file or the NBD socket. The answer is in $disk.
file_disk() {
    disk=(-blockdev "driver=raw,node-name=$1,discard=unmap,file.driver=file,file.filename=$4"
        -device "ide-hd,bus=ide.$2,unit=$3,drive=$1,werror=report,rerror=report")
}
nbd_disk() {
    disk=(-blockdev "driver=raw,node-name=$1,discard=unmap,file.driver=nbd,file.server.type=unix,file.server.path=$4"
        -device "ide-hd,bus=ide.$2,unit=$3,drive=$1,werror=report,rerror=report")
}

# serve SOCKET NBDKIT ARGUMENT...: returns once the socket takes connections, that is once the pid file is there.
serve() {
    local socket=$1
    shift
    nbdkit --exit-with-parent -f -U "$socket" -P "$socket.pid" "$@" 2>"$dir/nbdkit.err" &
    pids+=($!)
    for _ in {1..200}; do
        [ ! -s "$socket.pid" ] || return 0
        sleep 0.05
    done
    cat "$dir/nbdkit.err" >&2
    fail "nbdkit $* did not start"
}
stop_serving() {
    kill "${pids[-1]}"
    wait "${pids[-1]}" 2>/dev/null
    unset 'pids[-1]'
}

expect_rc() { [ "$rc" -eq "$1" ] || fail "$2: exit status $rc, not $1"; }
expect_line() { grep -qxE -- "$1" "$dir/out" || fail "no line '$1'"; }
# expect_count N REGEX: exactly N lines match.
expect_count() {
    local n
    n=$(grep -cE -- "$2" "$dir/out")
    [ "$n" -eq "$1" ] || fail "$n lines match '$2', not $1"
}
expect_same() { cmp "$1" "$2" >"$dir/err" 2>&1 || fail "$3"; }

# The writes of one disk: op proto lba n name.
writes="
30 pio 16 1 WRITE_SECTORS
31 pio 24 2 WRITE_SECTORS_NORETRY
34 pio 32 3 WRITE_SECTORS_EXT
c5 pio 40 8 WRITE_MULTIPLE
39 pio 48 6 WRITE_MULTIPLE_EXT
3c pio 56 2 WRITE_VERIFY
ca dma 64 8 WRITE_DMA
cb dma 72 1 WRITE_DMA_NORETRY
35 dma 80 5 WRITE_DMA_EXT
30 pio 0 1 WRITE_SECTORS
ca dma 124 8 WRITE_DMA
35 dma 4092 8 WRITE_DMA_EXT
34 pio 17135 1 WRITE_SECTORS_EXT"
n_writes=13

# The 512 bytes that the command OP of disk INDEX writes to sector LBA.
payload_sector() {
    local op=$1 index=$2 lba=$3 block head tail text=
    printf -v head '\\x%s' 01 23 45 67 89 ab cd ef
    printf -v tail '\\x%02x' $((lba & 255)) $((lba >> 8 & 255)) $((lba >> 16 & 255)) $((lba >> 24 & 255)) "0x$op" "$index"
    for ((block = 0; block < 32; block++)); do
        printf -v text '%s%s%s\\x%02x\\x57' "$text" "$head" "$tail" "$block"
    done
    # shellcheck disable=SC2059 # the bytes are the format on purpose
    printf "$text"
}

# write_expected IMAGE INDEX: does to IMAGE what the probe should do to disk INDEX.
write_expected() {
    local op proto lba n name i
    while read -r op proto lba n name; do
        [ -n "$op" ] || continue
        for ((i = 0; i < n; i++)); do
            payload_sector "$op" "$2" $((lba + i))
        done | dd of="$1" bs=512 seek="$lba" conv=notrunc status=none
    done <<<"$writes"
    dd if=/dev/zero of="$1" bs=512 seek=88 count=8 conv=notrunc status=none     # the trimmed slot
}

# crc_of IMAGE LBA N: CRC-32 as gzip writes it into its trailer.
crc_of() {
    local bytes
    read -ra bytes < <(dd if="$1" bs=512 skip="$2" count="$3" status=none | gzip -c | tail -c 8 | od -An -tx1 -N4)
    echo "${bytes[3]}${bytes[2]}${bytes[1]}${bytes[0]}"
}

# expect_writes DISK ST ER BACK IMAGE: a line for each write, its crc being that of what IMAGE holds there.
expect_writes() {
    local op proto lba n name bm
    while read -r op proto lba n name; do
        [ -n "$op" ] || continue
        bm=
        [ "$proto" = pio ] || bm=' bm=04'
        expect_line "cmd $1 op=$op class=write proto=$proto lba=$lba n=$n st=$2 er=$3 to=0$bm back=$4 crc=$(
            crc_of "$5" "$lba" "$n") name=$name"
    done <<<"$writes"
    expect_count $n_writes "^cmd $1 .* class=write "
}

absent="36 3a 3b 3d 3f 45 57 92 cc cd 38 ce e8 f4"

# expect_report DISK INDEX WRITES REGEX: the lines that are the same whatever becomes of the writes; WRITES is on or off,
# and REGEX what an absent command's line says of its place.
expect_report() {
    expect_line "disk $1 index=$2 kind=ata sectors=$sectors st=50 er=00 to=0 model=\"QEMU HARDDISK\""
    expect_count 1 "^cmd $1 op=ec class=identify proto=pio lba=0 n=1 st=50 er=00 to=0 crc=[0-9a-f]{8} name="
    expect_line "cmd $1 op=c6 class=setup proto=none lba=0 n=0 st=50 er=00 to=0 name=[A-Z_]+"
    for op in 40 41 42; do
        expect_count 1 "^cmd $1 op=$op class=verify proto=none lba=[0-9]+ n=8 st=50 er=00 to=0 name="
    done
    for op in $absent; do
        [ "$3" = off ] || expect_count 1 "^cmd $1 op=$op class=absent .* st=41 er=04 to=0 (bm=0[0-7] )?$4name="
    done
    for op in e7 ea; do
        expect_line "cmd $1 op=$op class=flush proto=none lba=0 n=0 st=50 er=00 to=0 name=[A-Z_]+"
    done
}

# expect_reads DISK IMAGE: every read is in order and its crc is that of IMAGE's sectors.
expect_reads() {
    local word op lba n bm crc count=0
    while read -r -a words; do
        bm=
        for word in "${words[@]}"; do
            case $word in
            op=*) op=${word#*=} ;;
            lba=*) lba=${word#*=} ;;
            n=*) n=${word#*=} ;;
            bm=*) bm=${word#*=} ;;
            crc=*) crc=${word#*=} ;;
            st=* | er=* | to=*) [[ $word =~ ^(st=50|er=00|to=0)$ ]] || fail "read $op of $1: $word" ;;
            esac
        done
        [[ " 20 21 24 c4 29 " != *" $op "* || -z $bm ]] || fail "PIO read $op of $1 has bm=$bm"
        [[ " c8 c9 25 " != *" $op "* || $bm = 04 ]] || fail "DMA read $op of $1 has bm=$bm"
        [ "$crc" = "$(crc_of "$2" "$lba" "$n")" ] || fail "read $op of $1: crc=$crc is not that of lba=$lba n=$n"
        count=$((count + 1))
    done < <(grep "^cmd $1 .* class=read " "$dir/out")
    [ "$count" -eq 8 ] || fail "$count reads of $1, not 8"
    for op in 20 21 24 c4 29 c8 c9 25; do
        expect_count 1 "^cmd $1 op=$op class=read "
    done
}

expect_header() {
    [ "$(head -n 1 "$dir/out")" = "rogate-probe 2 nonce=$nonce writes=$1" ] || fail "first line is not the header"
}
expect_end() { [ "$(tail -n 1 "$dir/out")" = "end disks=$1 cmds=$2" ] || fail "last line is not the end"; }

orig=$dir/orig.raw
a=$dir/a.raw
b=$dir/b.raw
cp "$probe" "$dir/probe.elf" || fail "cannot copy '$probe'"      # its name too has a space now
probe=$dir/probe.elf
head -c $((sectors * 512)) /dev/urandom >"$orig" || fail "cannot make an image"

echo "== a writable raw file holds the payload exactly where the report says"
cp "$orig" "$a"
cp "$orig" "$dir/expected.raw"
write_expected "$dir/expected.raw" 0
file_disk hda 0 0 "$a"
boot 60 "$probe" "nonce=$nonce" "${disk[@]}"
expect_rc 33 probe
expect_header on
expect_end 1 43
expect_report ide0.0 0 on 'back=old crc=[0-9a-f]{8} '
expect_reads ide0.0 "$orig"
expect_writes ide0.0 50 00 new "$dir/expected.raw"
expect_line "cmd ide0.0 op=06 class=trim proto=dma lba=88 n=8 st=50 er=00 to=0 bm=04 back=zero crc=$(
    crc_of "$dir/expected.raw" 88 8) name=DSM_TRIM"
expect_same "$a" "$dir/expected.raw" "the image is not what the report says"
expect_count 0 "class=recheck|to=1"
word='[a-z0-9.]+'
expect_count 43 "^cmd $word op=[0-9a-f]{2} class=[a-z]+ proto=(none|pio|dma) lba=[0-9]+ n=[0-8] st=[0-9a-f]{2} \
er=[0-9a-f]{2} to=[01] (bm=[0-9a-f]{2} )?(back=[a-z]+ )?(crc=[0-9a-f]{8} )?name=[A-Z_]+$"
[ "$(wc -l <"$dir/out")" -eq 46 ] || fail "not 46 lines"

echo "== other places on the buses: their own index, a second device alone, a packet device driven by its own table"
cp "$orig" "$a"
cp "$orig" "$b"
cp "$orig" "$dir/expected2.raw"
cp "$orig" "$dir/expected.raw"
write_expected "$dir/expected.raw" 1
write_expected "$dir/expected2.raw" 2
file_disk hdb 0 1 "$a"
both=("${disk[@]}")
file_disk hdc 1 0 "$b"
# shellcheck disable=SC2054 # the commas are QEMU's
both+=("${disk[@]}" -blockdev "driver=raw,node-name=cd,read-only=on,file.driver=file,file.filename=$orig"
    -device ide-cd,bus=ide.1,unit=1,drive=cd)
boot 60 "$probe" "nonce=$nonce" "${both[@]}"
expect_rc 33 probe
expect_end 3 98
expect_report ide0.1 1 on 'back=old crc=[0-9a-f]{8} '
expect_report ide1.0 2 on 'back=old crc=[0-9a-f]{8} '
expect_writes ide0.1 50 00 new "$dir/expected.raw"
expect_writes ide1.0 50 00 new "$dir/expected2.raw"
expect_line 'disk ide1.1 index=3 kind=atapi sectors=17136 st=50 er=00 to=0 model="QEMU DVD-ROM"'
expect_count 12 '^cmd ide1.1 '
expect_count 0 '^disk ide0.0 '
expect_same "$a" "$dir/expected.raw" "the image of ide0.1 is not what the report says"
expect_same "$b" "$dir/expected2.raw" "the image of ide1.0 is not what the report says"

echo "== writes=off changes nothing and leaves out all that could change something, and nothing else"
cp "$orig" "$a"
file_disk hda 0 0 "$a"
boot 60 "$probe" "writes=off nonce=$nonce" "${disk[@]}"
expect_rc 33 probe
expect_header off
expect_end 1 15
expect_report ide0.0 0 off
expect_reads ide0.0 "$orig"
expect_count 0 'class=(write|trim|absent) '
expect_same "$a" "$orig" "writes=off changed the image"

echo "== only= runs the rows of one opcode"
boot 60 "$probe" "nonce=$nonce only=C5" "${disk[@]}"
expect_rc 33 probe
expect_end 1 1
expect_count 1 '^cmd ide0.0 op=c5 class=write .* st=50 er=00 to=0 back=new '

echo "== a disk too small for some places: they are left out"
truncate -s $((200 * 512)) "$dir/small.raw"
file_disk hda 0 0 "$dir/small.raw"
boot 60 "$probe" "nonce=$nonce" "${disk[@]}"
expect_rc 33 probe
expect_count 0 'lba=4092 '
expect_count 1 'op=34 .* lba=199 n=1 st=50 .* back=new '
expect_count 1 'op=06 .* st=50 .* back=old '

echo "== a machine with an i486 and no bus master: the same by PIO alone"
cp "$orig" "$a"
file_disk hda 0 0 "$a"
boot 60 "$probe" "nonce=$nonce" -M isapc "${disk[@]}"
expect_rc 33 probe
expect_end 1 29
expect_count 8 'class=write proto=pio .* st=50 er=00 to=0 back=new '
expect_count 0 'proto=dma'

echo "== a server that refuses writes: each is 41/04 and old, all else works, nothing changes"
cp "$orig" "$a"
serve "$dir/refuse" --filter=log --filter=error file "$a" logfile="$dir/log" error-pwrite=EIO error-pwrite-rate=100% \
    error-zero=EIO error-zero-rate=100% error-trim=EIO error-trim-rate=100%
nbd_disk hda 0 0 "$dir/refuse"
boot 60 "$probe" "nonce=$nonce" "${disk[@]}"
stop_serving
expect_rc 33 probe
expect_end 1 43
expect_report ide0.0 0 on 'back=old crc=[0-9a-f]{8} '
expect_reads ide0.0 "$orig"
expect_writes ide0.0 41 04 old "$orig"
expect_line "cmd ide0.0 op=06 class=trim proto=dma lba=88 n=8 st=41 er=04 to=0 bm=04 back=old crc=$(
    crc_of "$orig" 88 8) name=DSM_TRIM"
expect_count 0 "class=recheck|to=1"
expect_same "$a" "$orig" "refused writes changed the image"
requests=$(grep -c ' Write id=' "$dir/log")
[ "$requests" -eq $n_writes ] || fail "$requests writes reached the server, not $n_writes"
grep -q ' Trim id=' "$dir/log" || fail "the trim did not reach the server"

echo "== what changes after the first reading shows up in a recheck line"
cp "$orig" "$a"
serve "$dir/forget" eval get_size="stat -c %s '$a'" can_write='exit 0' can_flush='exit 0' \
    pread="dd if='$a' iflag=skip_bytes,count_bytes skip=\$4 count=\$3 status=none" \
    pwrite="dd of='$a' oflag=seek_bytes seek=\$4 conv=notrunc status=none" \
    flush="cp '$orig' '$a'"
nbd_disk hda 0 0 "$dir/forget"
boot 60 "$probe" "nonce=$nonce" "${disk[@]}"
stop_serving
expect_rc 33 probe
expect_count $n_writes 'class=write .* st=50 er=00 .* back=new '
while read -r op proto lba n name; do
    [ -n "$op" ] || continue
    expect_line "cmd ide0.0 op=$op class=recheck proto=dma lba=$lba n=$n st=50 er=00 to=0 bm=04 back=old crc=$(
        crc_of "$orig" "$lba" "$n") name=$name"
done <<<"$writes"
expect_count $n_writes 'class=recheck '
expect_end 1 $((43 + n_writes))

echo "== a write that takes too long is reported, and the next command works"
# By PIO, as stopping the bus master cancels by itself. Six seconds are three waits:
# without a reset the reading after it would run into its limit as well.
cp "$orig" "$a"
serve "$dir/late" --filter=delay file "$a" delay-write=6
nbd_disk hda 0 0 "$dir/late"
boot 60 "$probe" "nonce=$nonce only=3c" "${disk[@]}"
stop_serving
expect_rc 33 probe
expect_count 1 '^cmd ide0.0 op=3c class=write .* to=1 back=(new|old|other) crc=[0-9a-f]{8} name=WRITE_VERIFY$'
expect_end 1 1

echo "== what cannot be understood is a panic, and there is no end line"
for words in '|nonce' 'writes=off|nonce' "nonce=${nonce}0|nonce" 'nonce=0123456789abcdeg|nonce' \
    "nonce=$nonce bogus=1|word=bogus=1" "nonce=$nonce writes=maybe|word=writes=maybe" \
    "nonce=$nonce only=123|word=only=123"; do
    boot 60 "$probe" "${words%|*}"
    expect_rc 35 "words '${words%|*}'"
    [ "$(cat "$dir/out")" = "panic ${words##*|}" ] || fail "words '${words%|*}' do not end in 'panic ${words##*|}'"
done
file_disk hda 0 0 "$orig"
boot 60 "$probe" "nonce=$nonce only=99" "${disk[@]}"
expect_rc 35 "an opcode that no table has"
[ "$(tail -n 1 "$dir/out")" = 'panic only' ] || fail "only=99 does not end in 'panic only'"

echo "== fixture: silent"
boot 60 "$fixtures/silent.elf" "nonce=$nonce"
expect_rc 33 silent
[ ! -s "$dir/out" ] || fail "silent said something"

echo "== fixture: crash"
boot 60 "$fixtures/crash.elf" "nonce=$nonce"
expect_rc 35 crash
expect_header on
expect_line 'panic vector=06 eip=0010[0-9a-f]{4} err=00000000'
[ "$(wc -l <"$dir/out")" -eq 2 ] || fail "crash said something else"

echo "== fixture: hang"
boot 5 "$fixtures/hang.elf" "nonce=$nonce"
expect_rc 124 hang
expect_header on
expect_count 1 '^disk '
[ "$(wc -l <"$dir/out")" -eq 2 ] || fail "hang said something else"

echo "== fixture: liar"
cp "$orig" "$a"
cp "$orig" "$dir/expected.raw"
write_expected "$dir/expected.raw" 0
file_disk hda 0 0 "$a"
boot 60 "$fixtures/liar.elf" "nonce=$nonce" "${disk[@]}"
expect_rc 33 liar
expect_header on
expect_end 1 43
expect_report ide0.0 0 on ''
expect_reads ide0.0 "$orig"
expect_writes ide0.0 50 00 new "$dir/expected.raw"
expect_count 1 'class=trim .* st=50 er=00 to=0 bm=04 back=zero '
expect_same "$a" "$orig" "the liar wrote"

echo "== fixture: slow"
cp "$orig" "$a"
start=${EPOCHREALTIME/./}
boot 60 "$fixtures/slow.elf" "nonce=$nonce" "${disk[@]}"
took=$(((${EPOCHREALTIME/./} - start) / 1000))
expect_rc 33 slow
expect_end 1 43
expect_same "$a" "$dir/expected.raw" "the image of slow is not what the report says"
[ "$took" -ge 2800 ] || fail "slow took $took ms only"

echo "all checks hold"
exit 0
