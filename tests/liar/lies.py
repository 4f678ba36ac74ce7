"""What a lying loader says, and what may come of it: (call, nth, words of a plan, class).

The classes:
  CAUGHT   no honest host says it: the keep goes on as if nothing were, or stops with 71
  DIES     the same, and it cannot go on: 71 alone
  LATE     permitted, and changes nothing: the keep goes on
  TOLD     permitted by the contract: the program may be told of an error, and ends by itself
  BYTES    TOLD, of what the host may choose: the program sees that its input is another
  OUTPUT   TOLD, and what the host does with the output is its own
  SPOILT   both: memory of the host's flickers on, and other answers of its go through it
  DENIED   what was given is not there: the keep may end by touching it
  CHANCE   all of these: whatever happens, no keep fails of itself
  NEVER    it may also wait for ever, until it is told to end
"""
import os
import random
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLASS_NAMES = "CAUGHT DIES LATE TOLD BYTES OUTPUT SPOILT DENIED CHANCE NEVER".split()
CAUGHT, DIES, LATE, TOLD, BYTES, OUTPUT, SPOILT, DENIED, CHANCE, NEVER = range(len(CLASS_NAMES))
TOP = 1 << 63
ALL = (1 << 64) - 1
REFUSALS = ("AGAIN", "PIPE", "RESET", "IO", "NOSPC", "NOMEM", "UNSUPPORTED", "CANCELLED")


class Call:
    def __init__(self, name, sent, back, value, flags, refusals):
        self.name, self.flags = name, flags
        self.sent, self.back, self.value = sent, back, value
        self.refusals = {REFUSALS.index(r) + 1 for r in re.findall(r"GATE_BIT\((\w+)\)", refusals)}


def calls():
    """Of gate/calls.def, by name."""
    with open(os.path.join(ROOT, "gate/calls.def"), encoding="utf-8") as f:
        text = f.read()
    numbers = {"GATE_HANDLES_MAX": 4096, "GATE_BLOCK_SIZE_MAX": 1 << 46}
    row = re.compile(r"^GATE_CALL\(\d+, \w+, (\w+), ([^,]+), ([^,]+), ([^,]+), ([^,]+),\s+([^,]+),",
                     re.M)
    return {m[1]: Call(m[1], int(m[2]), int(m[3]),
                       eval(m[4], {"__builtins__": {}}, numbers), m[5], m[6])
            for m in row.finditer(text)}


def of_answers(call):
    """Lies about any answer."""
    for n in (call.value + 1, TOP, ALL):
        yield "value-set", (n,), CAUGHT
    yield "size-set", (0xffffffff,), CAUGHT
    yield "size-set", (call.back + 1,), CAUGHT
    yield "size-add", (1,), CAUGHT
    yield "both-add", (65537,), CAUGHT
    for n in (9, 255, 0x80000000):
        yield "refuse", (n,), CAUGHT
    for n in range(1, 9):
        listed = n in call.refusals and n != 8  # nobody cancels here
        if "GATE_POSTED" in call.flags and listed and call.name == "stream_write":
            yield "refuse", (n,), OUTPUT
        else:
            yield "refuse", (n,), TOLD if listed else CAUGHT
    yield "refuse-with-value", (min(call.refusals or {4}),), CAUGHT
    yield "refuse-with-size", (min(call.refusals or {4}),), CAUGHT
    for n in (1, ALL, 0x40000000):
        yield "id-add", (n,), CAUGHT
    yield "id-set", (0,), CAUGHT
    yield "id-other", (), CAUGHT
    yield "zero-set", (1,), CAUGHT
    yield "zero64-set", (TOP,), CAUGHT


def of_rings():
    """Lies about where and when it is."""
    for verb in ("twice", "replay-before", "replay-instead", "early", "empty-first"):
        yield verb, (), CAUGHT
    for n in (0, 0x7fff0001):
        yield "unsolicited", (n,), CAUGHT
    for n in (1, 33, ALL, ALL - 32, TOP >> 32):
        yield "completed-add", (n,), NEVER if n == ALL else CAUGHT
        yield "taken-add", (n,), CAUGHT
    yield "late", (50,), LATE
    yield "never", (), NEVER
    for numbers in ((1, 1), (TOP, 0), (0, 70000), (0, 1)):
        yield "flicker-answer", numbers, CAUGHT
    for n in (1, 33, ALL):
        yield "flicker-index", (n,), NEVER  # what comes meanwhile may be lost


def own(name):
    """Lies that this call alone can be told."""
    if name == "stream_read":
        yield "both-set", (1,), BYTES
        yield "both-set", (0,), BYTES
        yield "fill", (0x55,), BYTES
        yield "value-set", (1,), CAUGHT
        yield "size-set", (1,), CAUGHT
        yield "flicker-data", (0, ALL), SPOILT
    if name == "stream_write":
        yield "value-set", (0,), CAUGHT
        yield "value-set", (1,), OUTPUT
        yield "size-set", (1,), CAUGHT
        yield "both-set", (5,), CAUGHT
    if name == "stream_accept":
        for n in (0, 1, 2):
            yield "value-set", (n,), CAUGHT
        yield "value-set", (4095,), TOLD
    if name == "stream_poll":
        for n in (0, 1, 2, 3, 512):
            yield "value-set", (n,), TOLD
        yield "size-add", (ALL - 15,), CAUGHT
        for at in (6, 22):
            for n in (0, 0xffff, 4, 8):
                yield "poke16", (at, n), TOLD
        yield "poke64", (8, ALL), TOLD
        yield "poke64", (8, 0), TOLD
        yield "poke32", (0, 7), TOLD
        yield "poke16", (4, 0xffff), TOLD
        yield "flicker-data", (0, ALL), SPOILT
    if name == "block_read":
        yield "fill", (0,), TOLD
        yield "poke8", (20, 255), TOLD
        yield "wild", (3,), TOLD
        yield "both-set", (0,), TOLD
        yield "both-set", (1,), TOLD
        yield "value-set", (1,), CAUGHT
        yield "flicker-data", (0, ALL), SPOILT
    if name == "block_write":
        yield "value-set", (0,), CAUGHT
        yield "value-set", (1,), TOLD
    if name == "block_control":
        for n in (0, 1, 65536, 1 << 46, (1 << 46) + 1):
            yield "value-set", (n,), TOLD if n <= 1 << 46 else CAUGHT
    if name == "evidence":
        yield "wild", (1,), TOLD
    if name == "clock":
        for at in (0, 8, 16):
            for n in (0, TOP, ALL, 1 << 62):
                yield "poke64", (at, n), LATE
        yield "poke64", (24, 1), CAUGHT
        yield "flicker-data", (0, TOP), SPOILT
        yield "wild", (5,), CAUGHT
    if name == "memory_grow":
        yield "refuse", (6,), DENIED  # it was given, and is asked for again


# Of struct gate_launch and struct gate_handle (gate/launch.h).
HEAD, ENTRY = 96, 32
HEAD_FIELDS = {"version": (0, 4), "handles_count": (4, 4), "tsc_khz": (8, 8), "tsc": (16, 8),
               "monotonic": (24, 8), "realtime": (32, 8), "clock zero": (40, 8),
               "cpu_count": (48, 4), "zero": (52, 4), "memory_max": (56, 8)}
ENTRY_FIELDS = {"fd": (0, 4), "kind": (4, 2), "type": (6, 2), "handle": (8, 4), "flags": (12, 4),
                "gpa": (16, 8), "size": (24, 8)}
INPUT_GPA = None


def launch_pokes():
    """(what, field, value, class) of LAUNCH's head."""
    for field, values, kind in (
            ("version", (0, 2, 0xffffffff), DIES),
            ("handles_count", (0, 1, 3, 1025, 0xffffffff), DIES),
            ("tsc_khz", (1, 99999, 20000001, ALL), DIES),
            ("tsc_khz", (0, 100000, 20000000), TOLD),
            ("tsc", (0, TOP, ALL), LATE),
            ("monotonic", (TOP, ALL), DIES),
            ("monotonic", (0, TOP - 1), TOLD),
            ("realtime", (TOP, ALL), DIES),
            ("realtime", (0, TOP - 1), TOLD),
            ("clock zero", (1,), DIES),
            ("cpu_count", (0, 65, 0xffffffff), DIES),
            ("cpu_count", (1, 64), LATE),
            ("zero", (1,), DIES),
            ("memory_max", (ALL,), DIES),
            ("memory_max", (0, 1), TOLD)):
        at, width = HEAD_FIELDS[field]
        for value in values:
            yield f"poke{8 * width}", (at, value), kind, f"{field} is {value:#x}"


def handle_pokes(index, what):
    """Of one handle: a stream (of a program), an input (the record, the module), ..."""
    table = {
        "stream": (("fd", (4096, 0xffffffff), DIES), ("kind", (0, 6, 0xffff), DIES),
                   ("kind", (4, 5), DIES), ("type", (0, 6, 0xffff), DIES),
                   ("handle", (4096, 0xffffffff), DIES), ("flags", (0, 8, 0xffffffff), DIES),
                   ("gpa", (0x1000, ALL), DIES), ("size", (1, ALL), DIES)),
        "input": (("fd", (0, 2, 0xffffffff), DIES), ("kind", (0, 1, 5, 6), DIES),
                  ("type", (0, 1, 6), DIES), ("handle", (1, 0xffffffff), DIES),
                  ("flags", (0, 2, 3, 7), DIES),
                  ("gpa", (0, 1, 0x1000, 0x200000, TOP, ALL, ALL - 0xfff), DIES),
                  ("size", (TOP, ALL), DIES), ("size", (0, 1, 50), TOLD),
                  ("size", (1 << 20,), DENIED)),
    }
    for field, values, kind in table[what]:
        at, width = ENTRY_FIELDS[field]
        for value in values:
            yield (f"poke{8 * width}", (HEAD + ENTRY * index + at, value), kind,
                   f"handle {index}: {field} is {value:#x}")


def of_launch():
    yield from launch_pokes()
    for index in (0, 1):
        yield from handle_pokes(index, "stream")
    for index in (3, 4):
        yield from handle_pokes(index, "input")
    at = HEAD + ENTRY * 1 + ENTRY_FIELDS["handle"][0]
    yield "poke32", (at, 0), DIES, "two descriptors with one handle"
    at = HEAD + ENTRY * 1 + ENTRY_FIELDS["fd"][0]
    yield "poke32", (at, 0), DIES, "two with one number"
    at = HEAD + ENTRY * 4 + ENTRY_FIELDS["gpa"][0]
    yield "add64", (at, ALL - 0xfff), DIES, "two inputs that lie in each other"
    yield "add64", (at, 1), DIES, "an input between pages"
    yield "add64", (at, 1 << 30), DENIED, "an input where nothing is"
    yield "fill", (0,), DIES, "all zero"
    yield "fill", (255,), DIES, "all ones"
    for n in (1, 2, 3):
        yield "wild", (n,), DIES, "noise"
    yield "size-add", (ALL,), DIES, "a byte short"
    yield "size-add", (ENTRY,), DIES, "a handle long"
    yield "size-add", (ALL - ENTRY + 1,), DIES, "a handle short"
    yield "size-set", (0,), DIES, "nothing"
    yield "size-set", (HEAD,), DIES, "the head alone"
    for at in (0, 32, 96, 128, 192, 224):
        yield "flicker-data", (at, 0x8000000080000000), SPOILT, f"bytes from {at} flicker"


def of_calls(made, unsteady):
    """(name, plan, class): of every call that the program makes; of `unsteady` ones only without
    a counter that can be relied on."""
    known = calls()
    rings = set(of_rings())
    for name in sorted(made | unsteady):
        if name == "exit":
            continue
        call = known[name]
        before = "" if name in made else plan("launch", 0, "poke64", (8, 0)) + ","
        seen = set()
        # What the call alone knows goes first: it knows what else is permitted.
        for verb, numbers, kind in [*own(name), *of_answers(call), *of_rings()]:
            if (verb, numbers) in seen:
                continue
            seen.add((verb, numbers))
            yield words(name, 0, verb, numbers), before + plan(name, 0, verb, numbers), kind
            if name in OFTEN and (verb, numbers, kind) in rings:
                yield words(name, 1, verb, numbers), before + plan(name, 1, verb, numbers), kind
            if verb in AGAIN and name not in ("launch", "vcpu_start"):
                yield (words(name, "all", verb, numbers),
                       before + plan(name, "all", verb, numbers), kind)


def of_keep():
    """The same, of a keep as a whole."""
    for verb, numbers, kind, text in of_launch():
        yield f"launch: {text}", plan("launch", 0, verb, numbers), kind
    for verb in ("twice", "never", "unsolicited"):
        yield words("exit", "all", verb, ()), plan("exit", "all", verb, ()), NEVER
    yield "every park returns at once", "any.all.park-returns", LATE
    for n in (0, 1, 0xffffffff):
        yield f"host_asleep is {n:#x}", plan("any", "all", "asleep", (n,)), LATE


def of_chance(made, count):
    """Plans of three lies about anything, by lot: always the same ones."""
    lot = random.Random(1)
    known = calls()
    names = sorted(made - {"exit"})
    for i in range(count):
        told = []
        for _ in range(3):
            name = lot.choice(names)
            verb, numbers, _ = lot.choice([*own(name), *of_answers(known[name]), *of_rings()])
            told.append(plan(name, lot.choice((0, 0, 1, 2, 3, "all")), verb, numbers))
        yield "by lot: " + ", ".join(told), ",".join(told), CHANCE


# Made again and again: the second one is lied about too.
OFTEN = {"stream_read", "stream_write", "stream_poll", "block_write"}
# Told each time as well as the first.
AGAIN = {"flicker-answer", "flicker-index", "flicker-data", "late"}


def plan(call, nth, verb, numbers):
    return ".".join([call, str(nth), verb, *(str(n) for n in numbers)])


def words(call, nth, verb, numbers):
    when = {0: "", "all": ", each time"}.get(nth, ", again")
    return " ".join([call + ":", verb.replace("-", " "), *(f"{n:#x}" for n in numbers)]) + when
