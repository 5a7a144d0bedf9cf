#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Manual pages and completions come from the same declarations as --help, and are what man and the shells take.
. "$(dirname "$0")/lib.sh"

cd "$work"
mkdir pages
expect 0 "$ROGATE" man --all pages
for command in run list show report doctor man completion; do
    expect 0 "$ROGATE" man "$command"
    cmp "$work/out" "pages/rogate-$command.1" || fail "the page of $command differs"
    "$ROGATE" "$command" --help >help
    mandoc -T ascii "pages/rogate-$command.1" | sed 's/.\x08//g' >page
    [ "$(grep -cE "^ +-h, --help$" page)" = 1 ] || fail "the page of $command tells of --help more than once"
    grep -oE '^  (-[a-z-]+,)?--[a-z-]+' help | grep -oE -- '--[a-z-]+' | while read -r option; do
        grep -qF -- "$option" page || fail "the page of $command does not tell of $option"
    done
done
for page in pages/*.1; do
    mandoc -T lint -W warning "$page" >lint 2>&1 || true
    # The date is left out so that a page is the same whenever it is made.
    if grep -v 'missing date' lint; then
        fail "$page is no clean manual page"
    fi
done
expect 2 "$ROGATE" man reprot
said "$work/err" "did you mean 'report'?"

"$ROGATE" completion bash >rogate.bash
bash -n rogate.bash || fail "bash does not take the completion"
complete() {
    bash -c 'source ./rogate.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rogate; printf "%s\n" "${COMPREPLY[@]}"' x "$@" >completed
}
complete rogate re
grep -qx report completed || fail "bash does not complete a command"
complete rogate report --ht
[ "$(cat completed)" = --html ] || fail "bash does not complete an option"
PATH="$(dirname "$ROGATE"):$PATH" complete rogate run raw/ide/ro/drive/pl
grep -qx raw/ide/ro/drive/plain completed || fail "bash does not complete a case"
"$ROGATE" completion zsh >_rogate
zsh -n _rogate || fail "zsh does not take the completion"
"$ROGATE" completion fish >rogate.fish
HOME=$work fish -c 'source rogate.fish; complete -C "rogate report --h"' >completed
grep -q -- '^--html' completed || fail "fish does not complete an option"
expect 2 "$ROGATE" completion csh
passed
