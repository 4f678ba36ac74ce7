# The process keep under another kernel than the one it was built on.
. /t/guest/lib.sh

run=/tmp/process
record $run /dev/null broch run /t/wasm/world.wasm
check "output of a program" grep -qx "to stdout" $run.out
check "its errors" grep -qx "to stderr" $run.err
check "nothing else is printed" test "$(cat $run.out $run.err | wc -l)" = 2
check "its exit code" grep -qx 7 $run.code
record $run /dev/null broch run --invoke load_beyond /t/wasm/traps.wasm
check "a trap ends with 134" grep -qx 134 $run.code
