"""Each limit that a user can set, hit from every side: the message names it and what was set, and
nothing goes beyond. (lesson E31) (lesson I5)
"""
import os
import signal
import time

from attacks.harness import MIB, case, expect
from attacks.shapes import indirect_calls

SPIN = '(module (func (export "_start") (loop (br 0))))'
SPIN_CALLS = '(module (func $f) (func (export "_start") (loop (call $f) (br 0))))'
SPIN_START = '(module (start $f) (func $f (loop (br 0))) (func (export "_start")))'
SPIN_TAIL = '(module (func $f (export "_start") (return_call $f)))'
SPIN_BRANCHES = """(module (func (export "_start") (local i32)
  (loop (block (loop (br_if 1 (i32.eqz (local.get 0))) (br 0))) (br 0))))"""
SPIN_SLEEP = """(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (i64.store (i32.const 24) (i64.const 3600000000000))
    (i32.store (i32.const 16) (i32.const 1))
    (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512)))))"""
SPIN_READ = """(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (i32.store (i32.const 4) (i32.const 100))
    (loop (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 512))) (br 0))))"""
SPIN_WAIT = """(module (memory 1 1 shared) (func (export "_start")
  (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))"""
SPIN_FILL = """(module (memory 8192) (func (export "_start")
  (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 536870912)) (br 0))))"""

GROW = """(module (memory (export "memory") 1) (func (export "_start")
  (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
  (if (i32.gt_u (memory.size) (i32.const 1024)) (then unreachable))))"""
GROW_TOUCH = """(module (memory 1) (func (export "_start") (local i32)
  (loop (if (i32.eq (local.tee 0 (memory.grow (i32.const 16))) (i32.const -1)) (then return))
    (memory.fill (i32.shl (local.get 0) (i32.const 16)) (i32.const 1) (i32.const 1048576))
    (br 0))))"""
TABLE_GROW = """(module (table 1 funcref) (func (export "_start")
  (loop (br_if 0 (i32.ne (table.grow 0 (ref.null func) (i32.const 1000)) (i32.const -1))))
  (if (i32.gt_u (table.size 0) (i32.const 5000)) (then unreachable))))"""
COUNTED = """(module (func (export "_start") (local i32)
  (loop (local.set 0 (i32.add (local.get 0) (i32.const 1)))
    (br_if 0 (i32.lt_u (local.get 0) (i32.const 1000))))))"""


def spin(w, text, options, message="limit: time (set to 300 ms)", stdin=b""):
    done = w.traps(text, message, options=options, stdin=stdin)
    expect(done.seconds < 10, f"ended after {done.seconds:.1f} s, the limit is 0.3")
    return done


def fuel_is_exact(w):
    """What one configuration used, all use; one less is not enough."""
    path = w.wasm(COUNTED)
    counts = set()
    for config in ("no-optimize", "naive-allocation", "lazy", "explicit-bounds", None):
        more = ("--config", config) if config else ()
        done = w.run("run", "--time", "--limit", "fuel=1000000", *more, path)
        expect(done.code == 0, done.text())
        counts.add(int(done.text().split("broch: fuel ")[1].split(" of ")[0]))
    expect(len(counts) == 1, "the configurations count", sorted(counts))
    used = counts.pop()
    expect(2000 < used < 20_000, used)
    for config in ((), ("--config", "no-optimize"), ("--config", "lazy")):
        done = w.run("run", "--limit", f"fuel={used}", *config, path)
        expect(done.code == 0, f"fuel {used}: {done.text()}")
        done = w.run("run", "--limit", f"fuel={used - 1}", *config, path)
        expect(done.code == 134, f"fuel {used - 1}: exit code {done.code}")
        expect(f"limit: fuel (set to {used - 1}) used up" in done.text(), done.text())


def memory_used(w, text, limit, most, code=0, options=()):
    done = w.ends(text, code, None, options=("--limit", f"memory={limit}", *options))
    expect(done.memory <= most, f"{done.memory / MIB:.0f} MiB with --limit memory={limit}")
    return done


def compile_memory(w, limit, options):
    """A function whose compile takes 700 MiB. Below 96 MiB (exec/memory.h) the limit is the
    guest's alone."""
    path = w.once("compile memory", lambda w: w.made_apart(indirect_calls))
    done = w.run("run", "--limit", f"memory={limit}MiB", *options, path)
    expect(done.code == 134, f"exit code {done.code}: {done.text()[:300]}")
    expect(f"limit: memory (set to {limit * MIB})" in done.text(), done.text()[:300])
    most = max(limit, 96) + 32
    expect(done.memory < most * MIB, f"{done.memory / MIB:.0f} MiB with --limit memory={limit}MiB")


def signalled(w, text, number):
    seen = []

    def poke(process):
        time.sleep(0.5)
        seen.extend(descendants(process.pid))
        process.send_signal(number)
    done = w.run("run", w.wasm(text), poke=poke)
    expect(done.code in (128 + number, -number), f"exit code {done.code}: {done.text()[:200]}")
    expect(len(seen) >= 1, "no process was seen")
    for _ in range(300):
        if not any(os.path.exists(f"/proc/{pid}") for pid in seen):
            return
        time.sleep(0.01)
    raise AssertionError("processes are left behind")


def descendants(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                for child in f.read().split():
                    found += [int(child)] + descendants(int(child))
    except OSError:
        pass
    return found


def impossible(w):
    """Limits that nothing can keep are refused, and not taken for `no limit`."""
    path = w.wasm(COUNTED)
    for limit in ("stack=2GiB", "stack=0", "memory=0", "table=0", "fuel=18446744073709551616",
                  "memory=16777216TiB", "time=99999999999999999999s"):
        done = w.run("run", "--limit", limit, path)
        expect(done.code == 64 and done.err.count(b"\n") == 1 and b"expected" in done.err,
               f"{limit}: exit code {done.code}: {done.text()[:200]}")


def add():
    for title, text in (("a loop", SPIN), ("a loop of calls", SPIN_CALLS),
                        ("tail calls", SPIN_TAIL), ("the start function", SPIN_START),
                        ("branches", SPIN_BRANCHES),
                        ("a sleep of an hour", SPIN_SLEEP),
                        ("reads at the end of input", SPIN_READ),
                        ("an atomic wait", SPIN_WAIT), ("fills of 512 MiB", SPIN_FILL)):
        for config in ("", "no-optimize", "lazy", "explicit-bounds"):
            more = ("--config", config) if config else ()
            case(f"limits: time, {title} {config}".rstrip(),
                 lambda w, t=text, m=more: spin(w, t, ("--limit", "time=300ms", *m)))
    for title, text in (("a loop", SPIN), ("a loop of calls", SPIN_CALLS),
                        ("tail calls", SPIN_TAIL), ("the start function", SPIN_START),
                        ("branches", SPIN_BRANCHES)):
        for config in ("", "no-optimize", "lazy"):
            more = ("--config", config) if config else ()
            case(f"limits: fuel, {title} {config}".rstrip(),
                 lambda w, t=text, m=more: w.traps(t, "limit: fuel (set to 12345) used up",
                                                   options=("--limit", "fuel=12345", *m)))
    case("limits: fuel is exact and the same in every configuration", fuel_is_exact)
    case("limits: those that cannot be kept are refused", impossible)
    case("limits: fuel of nothing", lambda w: w.traps(COUNTED, "limit: fuel",
                                                      options=("--limit", "fuel=0")))
    for title, text in (("grow", GROW), ("grow and touch", GROW_TOUCH)):
        for options in ((), ("--config", "explicit-bounds")):
            case(f"limits: memory, {title} {' '.join(options)}".rstrip(),
                 lambda w, t=text, o=options: memory_used(w, t, "64MiB", 120 * MIB, options=o))
    case("limits: memory, one that starts beyond it", lambda w: w.traps(
        '(module (memory 2000) (func (export "_start")))', "limit: memory (set to 67108864)",
        options=("--limit", "memory=64MiB")))
    case("limits: memory, 90 of them", lambda w: w.traps(
        "(module " + "(memory 100)" * 90 + ' (func (export "_start")))',
        "limit: memory (set to 67108864)", options=("--limit", "memory=64MiB")))
    for limit in (8, 100, 300):
        for options in ((), ("--config", "lazy")):
            case(f"limits: memory, {limit} MiB of a compile {' '.join(options)}".rstrip(),
                 lambda w, n=limit, o=options: compile_memory(w, n, o))
    case("limits: memory, of a table", lambda w: w.traps(
        '(module (table 9000000 funcref) (func (export "_start")))', "limit: memory",
        options=("--limit", "memory=16MiB")))
    case("limits: table, grown", lambda w: w.ends(TABLE_GROW, 0, options=("--limit", "table=5000")))
    case("limits: table, one that starts beyond it", lambda w: w.traps(
        '(module (table 5001 funcref) (func (export "_start")))',
        "limit: table elements (set to 5000)", options=("--limit", "table=5000")))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for title, text in (("a loop", SPIN), ("a sleep", SPIN_SLEEP)):
            case(f"limits: {number.name} ends {title}, nothing is left",
                 lambda w, t=text, n=number: signalled(w, t, n))
