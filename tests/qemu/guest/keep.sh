# The same programs in the VM keep and in the process keep: what they print, on stdout and on
# stderr, and their exit codes are the same bytes, and the exit code is the one wanted.
. /t/guest/lib.sh

if ! has_backend broch-shim; then
    skip "the VM keep" "this build has none"
    exit 0
fi

[ -s /t/wasm/tower.txt ] && input=/t/wasm/tower.txt || input=/etc/passwd
i=0
while [ $i -lt 40 ]; do cat "$input"; i=$((i + 1)); done >/tmp/large

hung=0

compare() # CODE NAME INPUT OPTIONS-AND-MODULE...
{
    local code="$1" name="$2" input="$3" part wrong=
    shift 3
    if [ $hung -ge 2 ]; then # a third would only cost time
        not_ok "$name: not tried, others came to no end"
        return
    fi
    record /tmp/process "$input" broch run --backend process "$@"
    record /tmp/kvm "$input" timeout -s KILL 20 broch run --backend kvm "$@"
    [ "$(cat /tmp/kvm.code)" != 137 ] || hung=$((hung + 1))
    for part in out err code; do
        cmp -s /tmp/process.$part /tmp/kvm.$part || wrong="$wrong $part"
    done
    [ "$(cat /tmp/kvm.code)" = "$code" ] || wrong="$wrong code-wanted-$code"
    if [ -z "$wrong" ]; then
        ok "$name"
        return
    fi
    not_ok "$name: differs in$wrong"
    for part in out err code; do
        echo "#   process $part: $(head -c 300 /tmp/process.$part | tr '\n' '|')"
        echo "#   kvm     $part: $(head -c 300 /tmp/kvm.$part | tr '\n' '|')"
    done
}

compare 7 "hello, random bytes, clock" /dev/null /t/wasm/world.wasm
compare 77 "empty stdin" /dev/null /t/wasm/echo.wasm
compare 77 "a short stdin" "$input" /t/wasm/echo.wasm
compare 77 "a long stdin" /tmp/large /t/wasm/echo.wasm
if [ -f /t/wasm/wordcount.wasm ]; then
    compare 0 "a C program" "$input" /t/wasm/wordcount.wasm
    check "that counts right" cmp /tmp/kvm.out /t/wasm/tower.expected
fi
for f in fine remainder_no_overflow load_last grow vectors floats; do
    compare 0 "no trap: $f" /dev/null --invoke $f /t/wasm/traps.wasm
done
for f in unreachable divide_by_zero divide_overflow convert_nan convert_large load_beyond load_far \
    store_beyond fill_beyond call_null call_wrong_type call_beyond grow_then_beyond; do
    compare 134 "a trap: $f" /dev/null --invoke $f /t/wasm/traps.wasm
done
compare 134 "a trap: no end of calls" /dev/null --invoke deep /t/wasm/traps.wasm 0
compare 134 "a trap: out of fuel" /dev/null --limit fuel=1000 --invoke floats /t/wasm/traps.wasm
compare 65 "a module that is refused" /dev/null /t/wasm/tower.txt
compare 64 "an export that is not there" /dev/null --invoke nix /t/wasm/traps.wasm
compare 134 "lazy compilation, then a trap" /dev/null --config lazy --invoke load_beyond \
    /t/wasm/traps.wasm
compare 0 "explicit bounds" /dev/null --config explicit-bounds --invoke grow /t/wasm/traps.wasm

clean() { ! dmesg | grep -E 'Oops:|BUG:|soft lockup|WARNING:|kvm.*(unhandled|SHUTDOWN|internal)'; }
check "the kernel has nothing to complain of" clean
