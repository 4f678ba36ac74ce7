# What the steps of the demonstration share. Sourced by ./quickstart.
# shellcheck shell=bash
demo=build/demo
mkdir -p "$demo"

# Says on one line what a reader could type, then does it.
show()
{
    printf '\n$ %s\n' "$*"
    "$@"
}

# Runs a command that prints time, memory and digest on stderr, and compares
# what it prints with what it must print. A difference ends the demonstration.
show_run() # EXPECTED COMMAND...
{
    local expected=$1 code=0
    shift
    printf '\n$ %s\n' "$*"
    "$@" >"$demo/stdout" 2>"$demo/stderr" </dev/null || code=$?
    sed 's/^/    /' "$demo/stdout"
    sed 's/^/  | /' "$demo/stderr"
    if [ "$code" != 0 ] || ! diff -u "$expected" "$demo/stdout"; then
        echo "quickstart: exit code $code; expected was the content of $expected" >&2
        exit 1
    fi
    grep -q '^broch: workload sha256:' "$demo/stderr" || {
        echo "quickstart: the workload's digest was not printed" >&2
        exit 1
    }
}
