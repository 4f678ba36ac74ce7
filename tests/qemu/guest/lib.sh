# What the scripts share: `check NAME COMMAND...` is one line of TAP.
set -u

checks=0

ok() { checks=$((checks + 1)); echo "ok $checks - $1"; }
not_ok() { checks=$((checks + 1)); echo "not ok $checks - $1"; }
skip() { checks=$((checks + 1)); echo "ok $checks - $1 # SKIP $2"; }

check() # NAME COMMAND...
{
    local name="$1" out
    shift
    if out=$("$@" 2>&1); then
        ok "$name"
    else
        not_ok "$name"
        echo "$out" | tail -5 | sed 's/^/#   /'
    fi
}

# Runs a program with its three streams in files: $run.out $run.err $run.code.
record() # RUN INPUT COMMAND...
{
    local run="$1" input="$2"
    shift 2
    "$@" <"$input" >"$run.out" 2>"$run.err"
    echo $? >"$run.code"
}

# True where this build has that backend.
has_backend() { broch run --help 2>&1 | grep -q -e '--backend' && [ -x "/t/bin/$1" ]; }
