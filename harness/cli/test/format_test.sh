#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The mails that rogate writes are what git am takes and git mailinfo reads; an old folder is not overwritten.
. "$(dirname "$0")/lib.sh"

export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
patches=$SOURCE/patches/drv_read_only
for tree in series mails; do
    mkdir "$work/$tree"
    cp -r "$SOURCE/overlay/." "$work/$tree"
    git -C "$work/$tree" init -q -b main
    git -C "$work/$tree" add -A
    git -C "$work/$tree" commit -q -m base
done
base=$(git -C "$work/mails" rev-parse HEAD)
git -C "$work/series" am -q "$patches"/*.patch || fail "git am refuses the series"

write() {
    expect "$1" "$ROGATE" series format -o "$work/dir" -v 3 --cover-letter --tree "$work/mails" --change-id 2026-ro \
        --in-reply-to 1@example.org --to list@example.org "--prefix=RFC PATCH"
}
write 0
total=$(grep -c . "$patches/series")
[ "$(find "$work/dir" -name '*.patch' | wc -l)" -eq $((total + 1)) ] || fail "not one mail a patch and a cover letter"
# shellcheck disable=SC2046 # names without blanks
git -C "$work/mails" am -q $(find "$work/dir" -name '*.patch' ! -name '*cover*' | sort) || fail "git am refuses the mails"
[ "$(git -C "$work/mails" rev-parse 'HEAD^{tree}')" = "$(git -C "$work/series" rev-parse 'HEAD^{tree}')" ] ||
    fail "git am makes another tree of the mails"
[ "$(git -C "$work/mails" log -n "$total" --format=%an%ae%at%B)" = "$(git -C "$work/series" log -n "$total" --format=%an%ae%at%B)" ] ||
    fail "authors, dates or messages differ"

cover=$work/dir/v3-0000-cover-letter.patch
git mailinfo "$work/message" "$work/patch" <"$cover" >"$work/info" || fail "git mailinfo does not read the cover letter"
said "$work/info" "Subject: *** SUBJECT HERE ***"
said "$cover" "Subject: [RFC PATCH v3 00/$total] *** SUBJECT HERE ***"
said "$cover" "In-Reply-To: <1@example.org>"
said "$cover" "To: list@example.org"
said "$cover" "base-commit: $base"
said "$cover" "change-id: 2026-ro"
id=$(sed -n 's/^Message-Id: //p' "$cover")
[ "$(grep -lF "In-Reply-To: $id" "$work"/dir/*.patch | wc -l)" -eq "$total" ] || fail "not all mails answer the cover letter"

cp -r "$work/dir" "$work/before"
write 2
said "$work/err" "hint: name another, or replace its mails with --force"
git -C "$work/mails" reset -q --hard "$base"
expect 0 "$ROGATE" series format -o "$work/dir" -v 3 --cover-letter --tree "$work/mails" --change-id 2026-ro \
    --in-reply-to 1@example.org --to list@example.org "--prefix=RFC PATCH" --force
diff -r "$work/before" "$work/dir" || fail "the same series gives other mails"
touch "$work/dir/mine"
expect 2 "$ROGATE" series format -o "$work/dir" --force
[ -e "$work/dir/mine" ] || fail "a file of the user's is gone"
passed
