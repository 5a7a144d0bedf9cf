#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# extract_vmlinux.sh BZIMAGE VMLINUX: unpacks the kernel proper, which QEMU starts through its PVH entry: a bzImage would
# first unpack itself, and that is seconds under emulation.
# Source: Documentation/x86/boot.rst of Linux, fields setup_sects, payload_offset and payload_length.
set -eu
image=$1
out=$2

# field OFFSET BYTES: a little-endian number of the image's header.
field() { od -An -v -t "u$2" -j "$1" -N "$2" "$image" | tr -d ' '; }

[ "$(dd if="$image" bs=1 skip=514 count=4 2>/dev/null)" = HdrS ] || {
    echo "extract_vmlinux.sh: '$image' is no bzImage" >&2
    exit 1
}
start=$((($(field 497 1) + 1) * 512 + $(field 584 4)))
length=$(($(field 588 4) - 4)) # without the unpacked length that follows the stream
trap 'rm -f "$out.new"' EXIT
tail -c "+$((start + 1))" "$image" | head -c "$length" | xz -dc >"$out.new"
[ "$(head -c 4 "$out.new" | od -An -c | tr -d ' ')" = '177ELF' ] || {
    echo "extract_vmlinux.sh: the payload of '$image' is no ELF file" >&2
    exit 1
}
mv "$out.new" "$out"
