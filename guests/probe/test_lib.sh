# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the probe's tests that boot it under QEMU; to be sourced. Oracles: images and payloads made here with printf
# and dd and compared by cmp; CRCs by gzip. fail() ends the script with 1, and what is made lies in $dir, removed at exit.
# shellcheck shell=bash
set -u

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

# need TOOL...: all of them are there.
need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || fail "'$tool' is missing"
    done
}
need qemu-system-x86_64 nbdkit setpriv timeout gzip od cmp dd

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

# file_node NODE FILE [OPTION...], nbd_node NODE SOCKET: a -blockdev in $node.
file_node() {
    local name=$1 file=$2
    shift 2
    node=(-blockdev "driver=raw,node-name=$name,discard=unmap,file.driver=file,file.filename=$file$(printf ',%s' "$@")")
    node[1]=${node[1]%,}
}
nbd_node() {
    node=(-blockdev
        "driver=raw,node-name=$1,discard=unmap,file.driver=nbd,file.server.type=unix,file.server.path=$2")
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
# serve_refusing SOCKET IMAGE LOG: a server that refuses what would change the image.
serve_refusing() {
    serve "$1" --filter=log --filter=error file "$2" logfile="$3" error-pwrite=EIO error-pwrite-rate=100% \
        error-zero=EIO error-zero-rate=100% error-trim=EIO error-trim-rate=100%
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
expect_header() {
    [ "$(head -n 1 "$dir/out")" = "rogate-probe 2 nonce=$nonce writes=$1" ] || fail "first line is not the header"
}
expect_end() { [ "$(tail -n 1 "$dir/out")" = "end disks=$1 cmds=$2" ] || fail "last line is not 'end disks=$1 cmds=$2'"; }

# The 512 bytes that the command OP of disk INDEX writes to sector LBA.
payload_sector() {
    local op=$1 index=$2 lba=$3 block head all=''
    printf -v head '\\x%s' 01 23 45 67 89 ab cd ef
    printf -v head '%s\\x%02x\\x%02x\\x%02x\\x%02x\\x%s\\x%02x' "$head" $((lba & 255)) $((lba >> 8 & 255)) \
        $((lba >> 16 & 255)) $((lba >> 24 & 255)) "$op" "$index"
    for ((block = 0; block < 32; block++)); do
        printf -v all '%s%s\\x%02x\\x57' "$all" "$head" "$block"
    done
    # shellcheck disable=SC2059 # the bytes are the format on purpose
    printf "$all"
}

# put_payload IMAGE OP INDEX LBA N: does to IMAGE what the command should do. put_zeros IMAGE LBA N.
put_payload() {
    local i
    for ((i = 0; i < $5; i++)); do
        payload_sector "$2" "$3" $(($4 + i))
    done | dd of="$1" bs=512 seek="$4" conv=notrunc status=none
}
put_zeros() { dd if=/dev/zero of="$1" bs=512 seek="$2" count="$3" conv=notrunc status=none; }

# crc_of IMAGE LBA N: CRC-32 as gzip writes it into its trailer.
crc_of() {
    local bytes
    read -ra bytes < <(dd if="$1" bs=512 skip="$2" count="$3" status=none | gzip -c | tail -c 8 | od -An -tx1 -N4)
    echo "${bytes[3]}${bytes[2]}${bytes[1]}${bytes[0]}"
}
