# A debug VM keep and the debugger's protocol, by hand: there is no gdb in here. What it shows is
# that steps and int3 work where ring 3 is entered as on a real processor.
. /t/guest/lib.sh

if ! has_backend broch-shim; then
    skip "a debug keep" "this build has none"
    exit 0
fi

packet() # DATA: framed; the checksum is the sum of its bytes
{
    local sum=0 byte
    for byte in $(printf %s "$1" | od -An -v -tu1); do sum=$(((sum + byte) & 255)); done
    printf '$%s#%02x' "$1" $sum
}

# 1: where it starts; a step; where it is; a breakpoint at exec's text, which is then not seen in
# memory; to where the guest is compiled; to the end.
talk()
{
    local p
    for p in QStartNoAckMode p10 'vCont;s' p10 "Z0,$1,1" "m$1,1" 'z0,'"$1"',1' 'vCont;c' 'vCont;c'; do
        packet "$p"
        sleep 0.7
    done
    sleep 1
}

# Where exec's file starts, in the keep (gate/place.h: PLACE_EXEC_VA).
entry=$(printf %x $((0x500000000000 + 0x$(od -An -tx8 -j24 -N8 /t/bin/broch-exec | tr -d ' '))))

broch run --backend kvm --gdb 127.0.0.1:4444 --invoke vectors /t/wasm/traps.wasm \
    >/tmp/debug.out 2>/tmp/debug.err &
sleep 1
talk "$entry" | nc 127.0.0.1 4444 >/tmp/debug.said
wait $!
check "what it gives is the same" grep -qx 2325186649625005889 /tmp/debug.out
check "it starts in exec" grep -q '#9a$[0-9a-f]\{6\}0000500000#' /tmp/debug.said
check "a step" grep -q 'T05thread:1;' /tmp/debug.said
check "the end" grep -q 'W00' /tmp/debug.said
