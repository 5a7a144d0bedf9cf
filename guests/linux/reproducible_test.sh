#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# reproducible_test.sh GUESTS: builds the Linux guest twice, from copies of the sources in different folders, with another
# umask, time zone and time; the files must be the same to the bit, and must change with their contents.
set -u
guests=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# build NAME: copies the sources to $dir/NAME and builds them there.
build() {
    if ! { mkdir "$dir/$1" && cp -R "$guests" "$dir/$1/guests" &&
        cmake -S "$dir/$1/guests/linux" -B "$dir/$1/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo &&
        ninja -C "$dir/$1/build" guests; } >"$dir/log" 2>&1; then
        cat "$dir/log" >&2
        fail "build $1 failed"
    fi
}

(umask 022 && build first) || exit 1
sleep 1.1 # file times have another second
(umask 077 && export TZ=Pacific/Auckland && build 'second, longer name') || exit 1
for file in vmlinux initramfs identity; do
    [ -s "$dir/first/build/$file" ] || fail "there is no $file"
    cmp "$dir/first/build/$file" "$dir/second, longer name/build/$file" || fail "$file differs"
done
(cd "$dir/first/build" && sha256sum --quiet -c identity) || fail "the identity is not that of the files"

# The oracle of the archive: another program reads it, and finds the files as they are.
mkdir "$dir/unpacked"
(cd "$dir/unpacked" && cpio --quiet -i --no-absolute-filenames <"$dir/first/build/initramfs") || fail "cpio cannot read it"
cmp "$dir/unpacked/init" "$dir/first/build/agent" || fail "init is not the agent"
cmp "$dir/unpacked/bin/busybox" /bin/busybox || fail "busybox is not the host's"
while read -r module _; do
    [[ $module = \#* ]] || cmp "$dir/unpacked/lib/${module##*/}" "/usr/local/lib/rogate/linux/modules/$module" ||
        fail "$module is not the package's"
done <"$guests/linux/modules"

echo '# a comment more, and one module less' >>"$dir/first/guests/linux/modules"
sed -i '/raid1/d' "$dir/first/guests/linux/modules"
ninja -C "$dir/first/build" guests >"$dir/log" 2>&1 || fail "building again failed"
! cmp -s "$dir/first/build/initramfs" "$dir/second, longer name/build/initramfs" || fail "a change makes no difference"
echo "all checks hold"
