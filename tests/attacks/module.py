"""A writer of WebAssembly binaries: honest ones, and those that no assembler would write.

Core specification, section 5 (binary format). Everything is bytes; nothing is checked, because
most of what comes out is meant to be refused.
"""

I32, I64, F32, F64, V128 = 0x7F, 0x7E, 0x7D, 0x7C, 0x7B
FUNCREF, EXTERNREF, EXNREF = 0x70, 0x6F, 0x69
EMPTY = 0x40
HEADER = b"\0asm\1\0\0\0"
(CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA,
 DATA_COUNT, TAG) = range(14)

UNREACHABLE, NOP, BLOCK, LOOP, IF, ELSE = b"\0", b"\1", b"\2\x40", b"\3\x40", b"\4\x40", b"\5"
END, RETURN, DROP = b"\x0b", b"\x0f", b"\x1a"


def u(n):
    """Unsigned LEB128."""
    out = bytearray()
    while True:
        n, low = n >> 7, n & 0x7F
        out.append(low | (0x80 if n else 0))
        if not n:
            return bytes(out)


def s(n):
    """Signed LEB128."""
    out = bytearray()
    while True:
        low = n & 0x7F
        n >>= 7
        if (n == 0 and not low & 0x40) or (n == -1 and low & 0x40):
            out.append(low)
            return bytes(out)
        out.append(low | 0x80)


def name(text):
    raw = text.encode() if isinstance(text, str) else text
    return u(len(raw)) + raw


def vector(items):
    return u(len(items)) + b"".join(items)


def section(number, content):
    return bytes([number]) + u(len(content)) + content


def signature(params=(), results=()):
    return b"\x60" + u(len(params)) + bytes(params) + u(len(results)) + bytes(results)


def body(code, local_runs=()):
    """`code` without its last end; `local_runs` are pairs of count and type."""
    raw = vector([u(count) + bytes([kind]) for count, kind in local_runs]) + code + END
    return u(len(raw)) + raw


def export(text, kind, index):
    return name(text) + bytes([kind]) + u(index)


def module(bodies=(), types=(signature(),), uses=None, memory=None, table=None, exports=None,
           before_code=b"", imports=()):
    """The common shape: function i has type uses[i] (default: type 0), export _start is the
    first function. `memory` and `table` are limits and table types as bytes."""
    uses = [0] * len(bodies) if uses is None else uses
    out = HEADER + section(TYPE, vector(list(types)))
    if imports:
        out += section(IMPORT, vector(list(imports)))
    if bodies:
        out += section(FUNCTION, vector([u(x) for x in uses]))
    if table is not None:
        out += section(TABLE, vector([table]))
    if memory is not None:
        out += section(MEMORY, vector([memory]))
    if exports is None:
        exports = [export("_start", 0, len(imports))] if bodies else []
    if exports:
        out += section(EXPORT, vector(exports))
    out += before_code
    if bodies:
        out += section(CODE, vector(list(bodies)))
    return out


def i32_const(n):
    return b"\x41" + s(n)


def i64_const(n):
    return b"\x42" + s(n)


def local_get(i):
    return b"\x20" + u(i)


def local_set(i):
    return b"\x21" + u(i)


def call(i):
    return b"\x10" + u(i)


def br(depth):
    return b"\x0c" + u(depth)


def br_if(depth):
    return b"\x0d" + u(depth)
