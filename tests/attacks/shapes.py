"""Modules that are small or honest in size and meant to take a compiler's time or memory: shapes
for which some pass is quadratic or exponential. Each must compile, or be refused by a limit that
is named, within the bounds of harness.py; eagerly and when first called. (lesson E31)
"""
from attacks.harness import case, expect
from attacks.module import (BLOCK, DROP, END, I32, I64, F64, LOOP, RETURN, V128, body, br, br_if,
                            call, export, i32_const, i64_const, local_get, local_set, module,
                            signature, u)

ADD, XOR, EQZ, IF, ELSE = b"\x6a", b"\x73", b"\x45", b"\x04\x40", b"\x05"
BODY_MOST = 7_000_000  # limits.h has 7,654,321
MEMORY = b"\0\1"
TYPES = (signature(), signature((I32,), (I32,)))


def one(code, local_runs=(), argument=0, **more):
    """A module whose function 0 (param i32) (result i32) is `code`; _start calls it."""
    start = body(i32_const(argument) + call(0) + DROP)
    return module([body(code, local_runs), start], types=TYPES, uses=[1, 0], memory=MEMORY,
                  exports=[export("_start", 0, 1)], **more)


def until(piece, size):
    """`piece` again and again, to about this many bytes."""
    return piece * max(1, size // len(piece))


def nested(opening, count, inside=b""):
    return opening * count + inside + END * count


def br_table(targets, default=0):
    return b"\x0e" + u(len(targets)) + b"".join(map(u, targets)) + u(default)


def br_tables():
    """Many jump tables of the most entries there may be, into many blocks."""
    table = local_get(0) + br_table([i % 200 for i in range(65_000)])
    code = nested(BLOCK, 200, BLOCK + table + END + until(BLOCK + table + END, 3_000_000))
    return one(code + i32_const(1))


def table_of_loops():
    """Every entry goes back to the head of another loop."""
    loops = 500
    table = local_get(0) + br_table([i % loops for i in range(60_000)], loops)
    return one(BLOCK + nested(LOOP, loops, table) + END + i32_const(1), argument=-1)


def interpreter():
    """A loop around a switch with many cases, each of which changes locals: 2,000 phis at one
    head with thousands of edges."""
    cases, count = 3000, 60
    table = local_get(0) + br_table(list(range(cases)), cases - 1)
    code = LOOP + BLOCK * cases + table
    for i in range(cases):
        code += END + local_get(1 + i % count) + local_get(1 + (i * 7) % count) + ADD + \
            local_set(1 + (i * 3) % count) + local_get(1) + br_if(cases - 1 - i)
    return one(code + END + local_get(1), [(count, I32)])


def hundred_thousand_cases():
    """The same with one block for each of 49,000 cases."""
    cases = 49_000
    code = LOOP + BLOCK * cases + local_get(0) + br_table(list(range(cases)), cases - 1)
    for i in range(cases):
        code += END + local_get(1) + i32_const(i) + ADD + local_set(1)
    return one(code + END + local_get(1), [(1, I32)])


def phis_everywhere(loops, locals_):
    """Loops in a row, in each of which all locals change: locals × loops phis."""
    change = b"".join(local_get(i) + i32_const(1) + ADD + local_set(i)
                      for i in range(1, locals_ + 1))
    return one((LOOP + change + local_get(1) + EQZ + br_if(0) + END) * loops + local_get(1),
               [(locals_, I32)])


def locals_and_loops():
    """50,000 locals, all live through 2,000 loops that change one each."""
    count, loops = 49_000, 2000
    code = b"".join(local_get(0) + local_set(i) for i in range(1, count, 7))
    for i in range(loops):
        code += LOOP + local_get(i + 1) + i32_const(1) + ADD + local_set(i + 1) + local_get(0) + \
            br_if(0) + END
    code += i32_const(0) + b"".join(local_get(i) + XOR for i in range(1, count, 7))
    return one(code, [(count, I32)])


def locals_and_nested_loops():
    """Nested loops, each of which might change any of 1,000 locals."""
    count, depth = 1000, 1000
    code = b"".join(LOOP + local_get(0) + local_set(1 + i % count) for i in range(depth))
    code += b"".join(local_get(i) + i32_const(1) + ADD + local_set(i) for i in range(1, count + 1))
    code += (local_get(0) + br_if(0) + END) * depth
    return one(code + local_get(1), [(count, I32)])


def locals_and_branches():
    """Ifs in a row, each of which changes one local of 5,000, and then all are used."""
    count = 5000
    code = b"".join(local_get(0) + IF + i32_const(i) + local_set(1 + i % count) + END
                    for i in range(30_000))
    code += i32_const(0) + b"".join(local_get(i) + XOR for i in range(1, count + 1))
    return one(code, [(count, I32)])


def largest_body(piece, start=b"", end=b"", local_runs=()):
    return one(start + until(piece, BODY_MOST) + end, local_runs)


def dependency_chain():
    return largest_body(local_get(0) + ADD, local_get(0))


def deep_expression():
    """Operands piled up, then folded: everything is live at once."""
    count = 900_000
    return one(local_get(0) * count + ADD * (count - 1))


def live_loads():
    """400,000 loads that all stay live across calls."""
    count = 400_000
    load = local_get(0) + b"\x28\x02" + u(4)
    return one(load * count + ADD * (count - 1))


def live_across_calls():
    """2,000 values that live across 20,000 calls."""
    values = 2000
    load = b"".join(local_get(0) + b"\x28\x02" + u(4 * i) for i in range(values))
    calls = (call(2)) * 20_000
    start = body(i32_const(0) + call(0) + DROP)
    return module([body(load + calls + ADD * (values - 1)), start, body(b"")], types=TYPES,
                  uses=[1, 0, 0], memory=MEMORY, exports=[export("_start", 0, 1)])


def shared_expression():
    """x = x * x + x, 60,000 times: as a tree it has 3^60000 nodes."""
    piece = local_get(1) + local_get(1) + b"\x6c" + local_get(1) + ADD + local_set(1)
    return one(local_get(0) + local_set(1) + until(piece, 3_000_000) + local_get(1), [(1, I32)])


def shared_selects():
    piece = local_get(1) + local_get(2) + local_get(1) + local_get(2) + b"\x49\x1b" + local_set(1)
    piece += local_get(2) + local_get(1) + ADD + local_set(2)
    return one(local_get(0) + local_set(2) + until(piece, 2_000_000) + local_get(1), [(2, I32)])


def equal_values():
    """Value numbering with one key: the same expression half a million times."""
    return largest_body(local_get(0) + local_get(0) + ADD + DROP, b"", local_get(0))


def other_constants():
    """A million constants, all different, added up by sums that never meet."""
    code = b"".join(local_get(0) + i64_const((i << 40) + i) + b"\xa7" + ADD + local_set(1)
                    for i in range(300_000))
    return one(code + local_get(1), [(1, I32)])


def float_constants():
    code = b"".join(b"\x44" + (0x3FF0000000000000 + i).to_bytes(8, "little") + b"\xa0"
                    for i in range(400_000))
    return one(b"\x44" + bytes(8) + code + b"\xbd\xa7")


def vector_constants():
    code = b"".join(b"\xfd\x0c" + (i << 64 | i).to_bytes(16, "little") + b"\xfd\xae\x01"
                    for i in range(200_000))
    return one(b"\xfd\x0c" + bytes(16) + code + b"\xfd\x1b\0")


def ifs_in_a_row():
    piece = local_get(0) + IF + local_get(0) + i32_const(3) + ADD + local_set(1) + ELSE + \
        local_get(1) + local_set(2) + END
    return largest_body(piece, b"", local_get(1), [(2, I32)])


def nested_ifs():
    depth = 45_000
    return one((local_get(0) + IF + local_get(1) + i32_const(1) + ADD + local_set(1)) * depth +
               END * depth + local_get(1), [(1, I32)])


def exits_of_one_block():
    """One merge with half a million edges and some values."""
    piece = local_get(1) + i32_const(1) + ADD + local_set(1) + local_get(0) + br_if(0)
    return one(BLOCK + until(piece, 5_000_000) + END + local_get(1), [(1, I32)])


def exits_of_many_blocks():
    """5,000 blocks inside each other, a branch out of each from the inside, values changing."""
    depth = 5000
    code = BLOCK * depth
    for i in range(depth):
        code += local_get(1) + i32_const(1) + ADD + local_set(1)
        code += local_get(0) + br_if(depth - 1 - i)
    return one(code + END * depth + local_get(1), [(1, I32)])


def stores_and_loads():
    piece = local_get(0) + local_get(1) + b"\x36\x02\x10" + local_get(0) + b"\x28\x02\x14" + \
        local_set(1)
    return largest_body(piece, b"", local_get(1), [(1, I32)])


def calls_only():
    start = body(i32_const(0) + call(0) + DROP)
    code = local_get(0) + until(call(2), 4_000_000)
    return module([body(code), start, body(local_get(0))], types=TYPES, uses=[1, 0, 1],
                  memory=MEMORY, exports=[export("_start", 0, 1)])


def calls_with_many_arguments():
    """1,000 parameters each, 2,000 calls."""
    many = signature([I64] * 1000, [I64] * 1000)
    code = i64_const(1) * 1000 + call(0) * 2000 + DROP * 1000
    return module([body(b"".join(local_get(i) for i in range(1000))), body(code)],
                  types=(signature(), many), uses=[1, 0], exports=[export("_start", 0, 1)])


def many_small_functions():
    count = 300_000
    bodies = [body(b"")] * count
    return module(bodies)


def blocks_with_many_results():
    """Blocks of 1,000 results in each other: 1,000 phis each."""
    many = signature((), [I32] * 1000)
    values = i32_const(5) * 1000
    opening = b"\x02\x02"
    code = opening * 400 + values + (local_get(0) + br_if(0) + END) * 400 + DROP * 999
    return module([body(code), body(i32_const(0) + call(0) + DROP)], types=(*TYPES, many),
                  uses=[1, 0], exports=[export("_start", 0, 1)])


def float_pressure():
    """300 floats live over 200,000 operations."""
    count = 300
    first = b"".join(i32_const(8 * i) + b"\x2b\0\0" + local_set(i) for i in range(1, count + 1))
    code = b"".join(local_get(1 + i % count) + local_get(1 + (i * 31) % count) + b"\xa0" +
                    local_set(1 + (i * 17) % count) for i in range(200_000))
    total = local_get(1) + b"".join(local_get(i) + b"\xa0" for i in range(2, count + 1))
    return one(first + code + total + b"\xbd\xa7", [(count, F64)])


def vector_pressure():
    count = 200
    first = b"".join(i32_const(8 * i) + b"\xfd\0\0\0" + local_set(i) for i in range(1, count + 1))
    code = b"".join(local_get(1 + i % count) + local_get(1 + (i * 31) % count) + b"\xfd\xae\x01" +
                    local_set(1 + (i * 17) % count) for i in range(150_000))
    total = local_get(1) + b"".join(local_get(i) + b"\xfd\xae\x01" for i in range(2, count + 1))
    return one(first + code + total + b"\xfd\x1b\0", [(count, V128)])


def loops_with_pressure():
    """300 locals that rotate, in 300 loops in 300 loops: ranges with holes everywhere."""
    count = 300
    piece = b"".join(local_get(1 + i % count) + local_set(1 + (i + 1) % count) for i in range(40))
    code = (LOOP + piece) * 300 + (piece + local_get(0) + br_if(0) + END) * 300
    return one((LOOP + piece + local_get(0) + br_if(0) + END) * 2000 + code + local_get(1),
               [(count, I32)])


def rotating_locals():
    """Copies in a circle at every head of a loop: parallel moves with long cycles."""
    count = 2000
    code = b""
    for _ in range(40):
        rotate = local_get(1) + b"".join(local_get(i + 1) + local_set(i) for i in range(1, count)) \
            + local_set(count)
        code += LOOP + rotate + local_get(0) + br_if(0) + END
    return one(code + local_get(1), [(count, I32)])


def unreachable_tail():
    """Seven megabytes behind a return."""
    return one(local_get(0) + RETURN + until(i32_const(1) + DROP, BODY_MOST) + i32_const(1))


def nops():
    return largest_body(b"\x01", b"", local_get(0))


def divisions():
    piece = i32_const(7) + b"\x6e" + local_get(0) + i32_const(1) + b"\x72" + b"\x70"
    return one(local_get(0) + until(piece, 3_000_000))


def trapping_divisions():
    piece = local_get(0) + b"\x6d"
    return one(local_get(0) + local_get(0) + RETURN + until(piece, 3_000_000) )


def indirect_calls():
    """300,000 of them behind a return, as far as anybody can tell."""
    code = local_get(0) + EQZ + b"\x04\x7f" + i32_const(1) + b"\x05" + local_get(0)
    code += until(i32_const(0) + b"\x11\x01\x00", 1_500_000) + END
    return module([body(code), body(i32_const(0) + call(0) + DROP)], types=TYPES, uses=[1, 0],
                  table=b"\x70\0\1", exports=[export("_start", 0, 1)])


def try_tables():
    """A try_table around each of many calls, in each other."""
    opening = b"\x1f\x40\x01\x02\x00"
    code = BLOCK + opening * 5000 + call(2) + END * 5000 + END + i32_const(1)
    start = body(i32_const(0) + call(0) + DROP)
    return module([body(code), start, body(b"")], types=TYPES, uses=[1, 0, 0],
                  exports=[export("_start", 0, 1)])


def try_tables_with_calls():
    """200 nested tries with 20,000 calls inside, locals changing between."""
    opening = b"\x1f\x40\x01\x02\x00"
    piece = call(2) + local_get(1) + i32_const(1) + ADD + local_set(1)
    code = BLOCK + opening * 200 + piece * 20_000 + END * 200 + END + local_get(1)
    start = body(i32_const(0) + call(0) + DROP)
    return module([body(code, [(1, I32)]), start, body(b"")], types=TYPES, uses=[1, 0, 0],
                  exports=[export("_start", 0, 1)])


def names_of_everything():
    """100,000 functions with long names: the name section is read for traces."""
    count, text = 100_000, b"n" * 200
    names = b"".join(u(i) + u(len(text)) + text for i in range(count))
    sub = u(count) + names
    custom = u(4) + b"name" + b"\x01" + u(len(sub)) + sub
    return module([body(b"")] * count) + b"\0" + u(len(custom)) + custom


SHAPES = (
    br_tables, table_of_loops, interpreter, hundred_thousand_cases, locals_and_loops,
    locals_and_nested_loops, locals_and_branches, dependency_chain, deep_expression, live_loads,
    live_across_calls, shared_expression, shared_selects, equal_values, other_constants,
    float_constants, vector_constants, ifs_in_a_row, nested_ifs, exits_of_one_block,
    exits_of_many_blocks, stores_and_loads, calls_only, calls_with_many_arguments,
    many_small_functions, blocks_with_many_results, float_pressure, vector_pressure,
    loops_with_pressure, rotating_locals, unreachable_tail, nops, divisions, trapping_divisions,
    indirect_calls, try_tables, try_tables_with_calls, names_of_everything,
)
LIMITED = ("compile memory", "code size", "frame")


def bounded(w, make, options):
    """It compiles, or a limit of the compiler is named."""
    path = w.once(make, lambda w: w.made_apart(make))
    done = w.run("run", "--limit", "time=100s", *options, path, seconds=120)
    done.note = done.text().split("\n")[0][:150]
    if done.code == 65 or "limit:" in done.text():
        expect(any(x in done.text() for x in LIMITED), "refused:", done.note)
    else:
        expect(done.code in (0, 134), f"exit code {done.code}: {done.note}")
    return done


def add():
    makers = [(f.__name__.replace("_", " "), f) for f in SHAPES]
    makers += [(f"phis: {a} loops, {b} locals", lambda a=a, b=b: phis_everywhere(a, b))
               for a, b in ((20, 20_000), (300, 1000), (20_000, 10))]
    for title, make in makers:
        for options in ((), ("--config", "lazy")):
            case(f"shapes: {title}{', lazy' if options else ''}",
                 lambda w, m=make, o=options: bounded(w, m, o))
