"""Exceptions whose handling could cost what nothing in the module shows: a try_table of very many
clauses, and a throw out of very many frames of a very large function. (lesson E31)
"""
from attacks.harness import case, expect
from attacks.module import (BLOCK, CODE, END, EXPORT, FUNCTION, HEADER, I32, I64, IF, TAG, TYPE,
                            body, call, export, i32_const, i64_const, local_get, local_set,
                            section, signature, u, vector)

SUB, GE_S, EQZ, ADD64, THROW, BR_IF = b"\x6b", b"\x4e", b"\x45", b"\x7c", b"\x08", b"\x0d"


def whole(types, uses, tags, bodies, start):
    return (HEADER + section(TYPE, vector(types)) +
            section(FUNCTION, vector([u(x) for x in uses])) +
            section(TAG, vector([b"\0\0"] * tags)) + section(EXPORT, vector([start])) +
            section(CODE, vector(bodies)))


def try_table(clauses):
    return b"\x1f\x40" + vector(clauses)


def many_clauses(count):
    """Locals that are assigned in the body, and the last clause of all is the one that catches."""
    clauses = [b"\0" + u(tag) + u(0) for tag in range(count)]
    throws = body(THROW + u(count - 1))
    catches = body(BLOCK + try_table(clauses) + i64_const(5) + local_set(0) + call(0) + END + END +
                   local_get(1) + local_get(0) + ADD64)
    start = body(i64_const(1) + i64_const(1000) + call(1))
    types = [signature(), signature((I64, I64), (I64,)), signature((), (I64,))]
    return whole(types, [0, 1, 2], count, [throws, catches, start], export("run", 0, 2))


def deep_throw(calls, depth):
    """Every frame of the recursion stands at the last of `calls` call sites of its function."""
    code = (local_get(0) + EQZ + IF + THROW + u(0) + END +
            local_get(0) + i32_const(1) + SUB + local_set(0) +
            BLOCK + local_get(0) + i32_const(0) + GE_S + BR_IF + u(0) +
            (local_get(0) + call(0)) * calls + END + local_get(0) + call(0))
    start = body(BLOCK + try_table([b"\0\0\0"]) + i32_const(depth) + call(0) + END + END)
    return whole([signature(), signature((I32,))], [1, 0], 1, [body(code), start],
                 export("_start", 0, 1))


def caught(w, count):
    done = w.run("run", "--invoke", "run", w.wasm(lambda: many_clauses(count)))
    expect(done.code == 0 and done.out == b"1005\n", done.code, done.out, done.text()[:300])


def add():
    for count in (2, 3, 10, 1000):
        case(f"exceptions: a local assigned in a try_table of {count} clauses",
             lambda w, n=count: caught(w, n))
    case("exceptions: one throw out of 20,000 frames of a function with 150,000 call sites",
         lambda w: w.ends(lambda: deep_throw(150_000, 20_000), 0))
