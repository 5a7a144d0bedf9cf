#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make_initramfs.sh OUT AGENT MODULE_LIST MODULE_FOLDER PROGRAM...: packs the guest's root file system.
# The archive depends on the contents of its files alone: sorted names, fixed times, owners, modes and inode numbers.
set -eu
out=$1
agent=$2
list=$3
modules=$4
shift 4
umask 022
root=$(mktemp -d)
trap 'rm -rf "$root" "$out.new"' EXIT

mkdir "$root/bin" "$root/dev" "$root/lib" "$root/mnt" "$root/proc" "$root/sys" "$root/tmp"
install -m 755 "$agent" "$root/init"
for program in "$@"; do
    install -m 755 "$program" "$root/bin/"
done
# The agent's own list: file name, needs, parameters.
sed '/^#/d; s|^[^ ]*/||' "$list" >"$root/lib/modules"
chmod 644 "$root/lib/modules"
sed '/^#/d; s/ .*//' "$list" | while read -r module; do
    install -m 644 "$modules/$module" "$root/lib/"
done
[ "$(find "$root/lib" -name '*.ko' | wc -l)" -eq "$(wc -l <"$root/lib/modules")" ]
chmod 755 "$root"
find "$root" -exec touch -h -d @0 {} +
# Uncompressed: unpacking under emulation would cost more than reading.
(cd "$root" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc -R 0:0) >"$out.new"
mv "$out.new" "$out"
