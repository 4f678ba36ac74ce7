"""Counts, sizes and depths that a module only declares: a refusal must cost what the bytes cost,
not what they claim (lesson E31), and is never a smaller count instead (lesson I7).
"""
from attacks.harness import MIB, case, expect
from attacks.module import (BLOCK, CODE, CUSTOM, DATA, DATA_COUNT, DROP, ELEMENT, END, EXPORT,
                            FUNCREF, FUNCTION, GLOBAL, HEADER, I32, IF, IMPORT, LOOP, MEMORY, START,
                            TABLE, TAG, TYPE, body, br, call, export, i32_const, local_get, module,
                            name, section, signature, u, vector)

NAMES = {TYPE: "types", IMPORT: "imports", FUNCTION: "functions", TABLE: "tables",
         MEMORY: "memories", GLOBAL: "globals", EXPORT: "exports", ELEMENT: "element segments",
         CODE: "bodies", DATA: "data segments", TAG: "tags"}
HUGE = (1000, 100_000, 10_000_000, 2**31, 2**32 - 1)
SMALL = 64 * MIB  # what a refusal may take


def cheap(w, content, seconds=1.0, **more):
    done = w.refused(content, **more)
    expect(done.memory <= SMALL, f"{done.memory / MIB:.0f} MiB for a refusal")
    expect(done.busy <= seconds, f"{done.busy:.2f} s of processor time for a refusal")
    return done


def declared(number, count):
    return HEADER + section(number, u(count))


def truncations():
    """A module with every section, cut at every byte."""
    whole = module([body(i32_const(1) + DROP)], memory=b"\1\1\2", table=b"\x70\1\1\2",
                   before_code=section(ELEMENT, vector([b"\0" + i32_const(0) + END + u(1) + u(0)]))
                   + section(DATA_COUNT, u(1)))
    return whole + section(DATA, vector([b"\0" + i32_const(0) + END + name("x")]))


def cut_everywhere(w):
    whole = truncations()
    complete = (8, 8 + len(section(TYPE, vector([signature()]))))  # modules that lack nothing
    w.ends(whole, 0)
    for size in range(len(whole)):
        done = w.run("run", w.wasm(whole[:size]))
        if done.code == 0:
            expect(size in complete, f"{size} bytes are accepted")
            continue
        expect(done.code in (64, 65), f"{size} bytes: exit code {done.code}: {done.text()[:200]}")
        expect(done.err.count(b"\n") == 1, f"{size} bytes: {done.text()[:200]}")


def nesting(opening, depth, closing=END, before=b"", after=b""):
    return lambda: module([body((before + opening) * depth + after + closing * depth)])


def sections_again(number):
    one_type = section(TYPE, vector([signature()]))
    return HEADER + one_type + section(number, u(0)) + section(number, u(0))


# Exactly at a limit of base/limits.h works; one more is refused.
def locals_(count):
    return module([body(b"", [(count, I32)])])


def runs_of_locals():
    """A run of 2^32-1 after one of the same: the sum wraps."""
    return module([body(b"", [(2**32 - 1, I32), (2**32 - 1, I32), (3, I32)])])


def parameters(count):
    return module([body(b"")], types=[signature(), signature([I32] * count)])


def results(count):
    return module([body(b"")], types=[signature(), signature([], [I32] * count)])


def branch_table(count):
    return module([body(BLOCK + i32_const(0) + b"\x0e" + u(count) + b"\0" * count + b"\0" + END)])


def memories(count):
    return HEADER + section(MEMORY, vector([b"\0\0"] * count))


def body_of(size):
    return module([body(b"\x01" * (size - 2))])


def name_of(size):
    return module([body(b"")], exports=[export("_start", 0, 0), export("x" * size, 0, 0)])


EDGES = (
    ("locals", locals_, 50_000), ("parameters", parameters, 1000), ("results", results, 1000),
    ("targets of br_table", branch_table, 65_520), ("memories", memories, 100),
    ("bytes of a body", body_of, 7_654_321), ("bytes of a name", name_of, 100_000),
)

BYTES = {
    "no bytes": b"", "another magic": b"\0asn\1\0\0\0", "a component": b"\0asm\x0d\0\1\0",
    "version 2": b"\0asm\2\0\0\0", "text": b"hello, world\n", "an ELF file": b"\x7fELF" + bytes(60),
    "zeroes": bytes(65536),
    "a section that runs beyond the end": HEADER + b"\1\xff\xff\xff\xff\x0f",
    "an LEB128 of six bytes": HEADER + b"\1\x80\x80\x80\x80\x80\0",
    "an LEB128 with bits beyond 32": HEADER + b"\1\xff\xff\xff\xff\x1f",
    "an unknown section": HEADER + b"\x0e\0", "a section 255": HEADER + b"\xff\0",
    "sections out of order": HEADER + section(FUNCTION, u(0)) + section(TYPE, u(0)),
    "a name that is no UTF-8": HEADER + section(CUSTOM, b"\2\xff\xfe"),
    "a name that is too long for UTF-8": HEADER + section(CUSTOM, b"\4\xf8\x88\x80\x80"),
    "a surrogate in a name": HEADER + section(CUSTOM, b"\3\xed\xa0\x80"),
    "a custom section without a name": HEADER + b"\0\0",
    "functions without bodies": HEADER + section(TYPE, vector([signature()])) +
    section(FUNCTION, u(1) + u(0)),
    "bodies without functions": HEADER + section(CODE, vector([body(b"")])),
    "a type index beyond the types": module([body(b"")], uses=[1]),
    "a type index of 2^32-1": module([body(b"")], uses=[2**32 - 1]),
    "an export of no function": module([body(b"")], exports=[export("_start", 0, 7)]),
    "an export of 2^32-1": module([body(b"")], exports=[export("x", 0, 2**32 - 1)]),
    "two exports of one name": module([body(b"")], exports=[export("a", 0, 0)] * 2),
    "a start function beyond": module([body(b"")], before_code=section(START, u(9))),
    "a body that is one byte longer": module([u(3) + b"\0\x0b\x0b"]),
    "a body that is one byte short": module([u(1) + b"\0"]),
    "an end too many": module([body(END)]),
    "a block without an end": module([body(BLOCK)]),
    "a call of 2^32-1": module([body(call(2**32 - 1))]),
    "a branch of 2^32-1": module([body(br(2**32 - 1))]),
    "a local of 2^32-1": module([body(local_get(2**32 - 1) + DROP)]),
    "a block type of no type": module([body(b"\x02\x07" + END)]),
    "an opcode of 0xff": module([body(b"\xff")]),
    "a vector opcode of 2^32-1": module([body(b"\xfd" + u(2**32 - 1))]),
    "a lane of 255": module([body(b"\xfd\x0c" + bytes(16) + b"\xfd\x15\xff" + DROP)]),
    "an alignment of 2^31": module([body(i32_const(0) + b"\x28\x1f\0" + DROP)], memory=b"\0\1"),
    "an alignment of 2^64": module([body(i32_const(0) + b"\x28\x3f\0" + DROP)], memory=b"\0\1"),
    "an offset beyond 32 bits": module([body(i32_const(0) + b"\x28\x02" + u(2**32) + DROP)],
                                       memory=b"\0\1"),
    "an access without a memory": module([body(i32_const(0) + b"\x28\x02\0" + DROP)]),
    "an access to memory 7": module([body(i32_const(0) + b"\x28\x42\x07\0" + DROP)],
                                    memory=b"\0\1"),
    "memory of 65,537 pages": module([body(b"")], memory=b"\0" + u(65_537)),
    "memory with less most than least": module([body(b"")], memory=b"\1\2\1"),
    "shared memory without a most": module([body(b"")], memory=b"\2\1"),
    "a data count that lies": module([body(b"")], before_code=section(DATA_COUNT, u(5))),
    "a data count of 2^32-1": module([body(b"")], before_code=section(DATA_COUNT, u(2**32 - 1))),
    "memory.init without a data count": module([body(i32_const(0) * 3 + b"\xfc\x08\0\0")],
                                               memory=b"\0\1"),
    "a global that refers to itself": HEADER + section(GLOBAL, vector([b"\x7f\0\x23\0\x0b"])),
    "a global with no end": HEADER + section(GLOBAL, vector([b"\x7f\0" + i32_const(0)])),
    "a global that calls": HEADER + section(GLOBAL, vector([b"\x7f\0\x10\0\x0b"])),
    "an element of no function": module([body(b"")], table=b"\x70\0\1", before_code=section(
        ELEMENT, vector([b"\0" + i32_const(0) + END + u(1) + u(9)]))),
    "an element segment of flags 255": module([body(b"")], table=b"\x70\0\1", before_code=section(
        ELEMENT, vector([b"\xff\1"]))),
    "a data segment of flags 3": module([body(b"")], memory=b"\0\1") + section(DATA, b"\1\3"),
    "a value stack that is empty": module([body(b"\x6a" + DROP)]),
    "a value of another type": module([body(i32_const(0) + b"\x42\0\x6a" + DROP)]),
    "a type behind an unreachable": module([body(b"\0\x42\0\x6a" + DROP)]),
    "an else without an if": module([body(BLOCK + b"\x05" + END)]),
    "a typed reference": module([body(b"\xd0\x64\x00" + DROP)]),
    "a structure of GC": HEADER + section(TYPE, u(1) + b"\x5f\0"),
}
# Only when it comes to be instantiated.
LARGE = {
    "a table of 2^32-1": module([body(b"")], table=b"\x70\0" + u(2**32 - 1)),
    "a table of 10,000,001": module([body(b"")], table=b"\x70\0" + u(10_000_001)),
    "64-bit memory of 2^47 bytes": module([body(b"")], memory=b"\4" + u(2**31)),
    "64-bit memory of 2^64 bytes": module([body(b"")], memory=b"\4" + u(2**48)),
    "100 memories of 4 GiB": HEADER + section(MEMORY, vector([b"\0" + u(65_536)] * 100)),
}


def deep_constant():
    """An extended constant expression of 2,000,000 additions."""
    count = 2_000_000
    code = i32_const(1) + (i32_const(1) + b"\x6a") * count
    return HEADER + section(GLOBAL, vector([b"\x7f\0" + code + END]))


def wide_constant():
    count = 2_000_000
    code = i32_const(1) * count + b"\x6a" * (count - 1)
    return HEADER + section(GLOBAL, vector([b"\x7f\0" + code + END]))


def bounded(w, make, codes, options=()):
    done = w.run("run", *options, w.wasm(make), seconds=90)
    expect(done.code in codes, f"exit code {done.code}: {done.text()[:300]}")
    done.note = done.text()[:120].split("\n")[0]
    return done


def add():
    for number, title in NAMES.items():
        for count in HUGE:
            if not (number == CODE and count == 0):
                case(f"counts: {count} {title} in no bytes",
                     lambda w, n=number, c=count: cheap(w, declared(n, c)))
        case(f"counts: two sections of {title}", lambda w, n=number: cheap(w, sections_again(n)))
    case("counts: 2^32-1 locals in a body", lambda w: cheap(w, locals_(2**32 - 1)))
    case("counts: locals whose sum wraps", lambda w: cheap(w, runs_of_locals()))
    for title, raw in BYTES.items():
        case(f"counts: {title}", lambda w, r=raw: cheap(w, r))
    for title, raw in LARGE.items():
        case(f"counts: {title}", lambda w, r=raw: bounded(w, lambda: r, (65, 134)))
    case("counts: a module cut at every byte", cut_everywhere)
    for title, make, most in EDGES:
        case(f"counts: {most} {title}", lambda w, m=make, n=most: bounded(w, lambda: m(n), (0,)))
        case(f"counts: {most + 1} {title}",
             lambda w, m=make, n=most: cheap(w, lambda: m(n + 1), seconds=2.0))
    for title, opening, before in (
            ("blocks", BLOCK, b""), ("loops", LOOP, b""), ("ifs", IF, i32_const(1)),
            ("tries", b"\x06\x40", b""), ("try_tables", b"\x1f\x40\0", b""),
            ("blocks and loops", BLOCK + LOOP, b"")):
        closing = END * (2 if "and" in title else 1)
        for depth in (49_000, 60_000, 1_000_000):
            depth //= len(closing)
            codes = (0, 65) if depth * len(closing) < 50_000 else (65,)
            for options in ((), ("--config", "lazy")):
                case(f"nesting: {depth} {title}{', lazy' if options else ''}",
                     lambda w, o=opening, d=depth, c=closing, b=before, k=codes, p=options:
                     bounded(w, nesting(o, d, c, b), k if not p else (*k, 134), p))
    case("nesting: a constant of 2,000,000 additions",
         lambda w: bounded(w, deep_constant, (0, 65)))
    case("nesting: a constant of 2,000,000 operands",
         lambda w: bounded(w, wide_constant, (0, 65)))
