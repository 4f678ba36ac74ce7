"""Recursion without end, in every way to call, and frames as large as they get: each ends with
the stack limit, named, and not with a fault. (lesson E19)
"""
from attacks.harness import case, expect
from attacks.module import (F64, I32, I64, V128, body, call, i32_const, local_get, local_set,
                            module, signature)

LIMIT = "limit: stack, set to"
OPTIONS = ((), ("--config", "lazy"), ("--config", "explicit-bounds,naive-allocation"),
           ("--limit", "stack=64KiB"), ("--limit", "stack=64MiB"))

TEXTS = {
    "direct": '(func $f (export "_start") (call $f))',
    "with a value kept": """(func $f (param i64) (result i64)
        (i64.add (call $f (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
      (func (export "_start") (drop (call $f (i64.const 0))))""",
    "mutual": '(func $f (export "_start") (call $g)) (func $g (call $f))',
    "indirect": """(table 1 funcref) (elem (i32.const 0) func $f)
      (func $f (export "_start") (call_indirect (i32.const 0)))""",
    "in the start function": '(start $f) (func $f (call $f)) (func (export "_start"))',
    "through many parameters": f"""(func $f (param {'i64 ' * 200})
        {' '.join(f'(local.get {i})' for i in range(200))} (call $f))
      (func (export "_start") {'(i64.const 1) ' * 200} (call $f))""",
    "through many results": f"""(func $f (result {'f64 ' * 200}) (call $f))
      (func (export "_start") (call $f) {'(drop) ' * 200})""",
    "inside a try": """(tag $e) (func $f (try (do (call $f)) (catch_all)) (call $f))
      (func (export "_start") (try (do (call $f)) (catch_all (nop))))""",
    "between tail calls": """(func $f (export "_start") (call $g)) (func $g (return_call $f))""",
    "around a call of the host": """(import "wasi_snapshot_preview1" "args_sizes_get"
        (func $count (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func $f (export "_start") (drop (call $count (i32.const 0) (i32.const 8))) (call $f))""",
    "around memory.grow": """(memory 1)
      (func $f (export "_start") (drop (memory.grow (i32.const 0))) (call $f))""",
    "in a loop": '(func $f (export "_start") (loop (call $f) (br 0)))',
    "two branches": """(func $f (param i32) (call $f (i32.const 1)) (call $f (i32.const 2)))
      (func (export "_start") (call $f (i32.const 0)))""",
}
CONTINUES = '(func $f (param i64) (result i64) (if (result i64) (i64.eqz (local.get 0)) ' \
    '(then (i64.const 7)) (else (return_call $f (i64.sub (local.get 0) (i64.const 1)))))) ' \
    '(func (export "_start") (drop (call $f (i64.const 3000000))))'


def huge_frame(kind, count, deep):
    """Locals that are all live across a call, so that each has a slot in the frame."""
    load = {I32: b"\x28", I64: b"\x29", F64: b"\x2b", V128: b"\xfd\x00"}[kind]
    add = {I32: b"\x6a", I64: b"\x7c", F64: b"\xa0", V128: b"\xfd\xae\x01"}[kind]
    store = {I32: b"\x36", I64: b"\x37", F64: b"\x39", V128: b"\xfd\x0b"}[kind]
    code = i32_const(0)  # where the sum goes: what nobody uses would not be kept
    code += b"".join(i32_const(8 * i) + load + b"\x00\x00" + local_set(i) for i in range(count))
    if deep:
        code += call(0)
    code += b"".join(local_get(i) for i in range(count)) + add * (count - 1) + store + b"\0\0"
    return module([body(code, [(count, kind)])], memory=b"\0\x10")


def frames_alternate():
    """Small and large frames in turn: the comparison must know the callee's frame, not its own."""
    count = 4000
    big = i32_const(0)
    big += b"".join(i32_const(8 * i) + b"\x29\x00\x00" + local_set(i) for i in range(count))
    big += call(0) + b"".join(local_get(i) for i in range(count)) + b"\x7c" * (count - 1)
    big += b"\x37\0\0"
    return module([body(call(1)), body(big, [(count, I64)])], uses=[0, 0], memory=b"\0\1")


def catches_exhaustion():
    """catch_all must not catch a trap."""
    types = [signature()]
    # block; try_table (catch_all 0); call 0; end; end
    code = b"\x02\x40" + b"\x1f\x40\x01\x02\x00" + call(0) + b"\x0b" + b"\x0b"
    return module([body(code)], types=types)


def bound(done, most):
    expect(done.memory < most << 20, f"{done.memory >> 20} MiB")
    return done


def add():
    for title, text in TEXTS.items():
        for options in OPTIONS:
            case(f"stack: {title} {' '.join(options)}".rstrip(),
                 lambda w, t=text, o=options:
                 bound(w.traps(f"(module {t})", LIMIT, options=o), 600))
    for options in OPTIONS[:3]:
        case(f"stack: tail calls do not use it {' '.join(options)}".rstrip(),
             lambda w, o=options: w.ends(f"(module {CONTINUES})", 0, options=o))
    for title, kind in (("i32", I32), ("i64", I64), ("f64", F64), ("v128", V128)):
        for options in (*OPTIONS[:2], ("--config", "explicit-bounds"), *OPTIONS[3:]):
            case(f"stack: frames of 3,000 {title} {' '.join(options)}".rstrip(),
                 lambda w, k=kind, o=options: w.traps(huge_frame(k, 3000, True), LIMIT, options=o))
    case("stack: a frame larger than the stack",
         lambda w: w.traps(huge_frame(I64, 20_000, True), LIMIT,
                           options=("--limit", "stack=64KiB")))
    case("stack: a frame that no limit allows", lambda w: framed(w))
    case("stack: frames that alternate", lambda w: w.traps(frames_alternate(), LIMIT))
    case("stack: catch_all does not catch its end", lambda w: w.traps(catches_exhaustion(), LIMIT))


def framed(w):
    done = w.run("run", w.wasm(lambda: huge_frame(V128, 49_000, True), "frame.wasm"))
    expect(done.code in (65, 134), done.code, done.text()[:300])
    expect("frame" in done.text() or "compile memory" in done.text() or "stack" in done.text(),
           done.text()[:300])
