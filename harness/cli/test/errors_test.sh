#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input: what is wrong, with which object, what to do, and the exit status that README lists.
. "$(dirname "$0")/lib.sh"

error() { # STATUS FIRST-LINE COMMAND...: stderr's first line is that, whole
    wanted_status=$1
    wanted_line=$2
    shift 2
    expect "$wanted_status" "$@"
    [ "$(head -n 1 "$work/err")" = "$wanted_line" ] || { cat "$work/err" >&2; fail "not said: $wanted_line"; }
}

error 2 "error: unknown format 'qcwo' in case 'qcwo/ide'" "$ROGATE" run qcwo/ide
said "$work/err" "hint: did you mean 'qcow'? the formats are: "
error 2 "error: unknown bus 'scsi' in case 'raw/scsi'" "$ROGATE" run raw/scsi
error 2 "error: unknown series 'drv_readonly' in '$SOURCE/patches'" "$ROGATE" run --series drv_readonly
said "$work/err" "did you mean 'drv_read_only'?"
error 2 "error: '--at 99' is beyond the series, which has $(grep -c patch "$SOURCE/patches/drv_read_only/series") patches" \
    "$ROGATE" run --at 99
expect 2 "$ROGATE" run --no-such-option
expect 2 "$ROGATE"
expect 0 "$ROGATE" --help
said "$work/out" "Exit status: 0 as expected"

# A patch that does not fit: file, hunk, line, what is expected and what is there.
copy_series
raw=$(ls "$series"/0003-*)
sed -i 's/^     BDRVRawState \*s = bs->opaque;$/     BDRVRawState *t = bs->opaque;/' "$raw"
expect 3 "$ROGATE" run raw --series "$series"
said "$work/err" "error: cannot apply '$(basename "$raw")': hunk 1 of 'tools/ioemu/block.c' at line "
said "$work/err" "expected '    BDRVRawState *t = bs->opaque;', found '    BDRVRawState *s = bs->opaque;'"
said "$work/err" "hint: "
rm -r "$work/patches"

# A patch that is listed but not there.
copy_series
echo 0009-more.patch >>"$series/series"
expect 2 "$ROGATE" run raw --series "$series"
said "$work/err" "0009-more.patch"
rm -r "$work/patches"

# A patch that does not compile: the compiler's first message, and which patch brought it.
copy_series
sed -i 's/^+\(.*\)int fd = -1;/+\1int fd = -1 oops;/' "$raw"
sed 's/0003.*/&/' "$series/series" >/dev/null
expect 4 "$ROGATE" run raw --series "$series" --at 2,3
said "$work/err" "tools/ioemu/block.c line "
said "$work/err" "hint: '$(basename "$raw")' brought it: the tree before that patch builds"
rm -r "$work/patches"

# A program that is missing is an error with its package, never a pass.
mkdir "$work/bin"
for tool in nbdkit cc ninja ccache qemu-img uml_moo; do
    ln -s "$(command -v $tool)" "$work/bin/$tool"
done
error 5 "error: cannot find the program 'qemu-system-x86_64'" env PATH="$work/bin" "$ROGATE" run raw
said "$work/err" "hint: install the Debian package 'qemu-system-x86'"
ln -s "$(command -v qemu-system-x86_64)" "$work/bin/"
rm "$work/bin/nbdkit"
error 5 "error: cannot find the program 'nbdkit'" env PATH="$work/bin" "$ROGATE" run raw
said "$work/err" "hint: install the Debian package 'nbdkit'"
ln -s "$(command -v nbdkit)" "$work/bin/"
rm "$work/bin/uml_moo"
expect 5 env PATH="$work/bin:/nowhere" "$ROGATE" run 'cow/ide/*/drive/plain' --at tip
said "$work/out" "cow/ide/rw/drive/plain  error! (writes)"
said "$work/out" "hint: install the Debian package 'uml-utilities'"
expect 5 env PATH="$work/bin" "$ROGATE" doctor
grep -qE '^MISSING +uml_moo .*apt-get install uml-utilities$' "$work/out" || fail "doctor does not miss uml_moo"
passed
