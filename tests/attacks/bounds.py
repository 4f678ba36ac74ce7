"""Memory accesses that try to leave their memory, by every opcode and every way to make an
address. Each function is called with the last address that works and with the first that does
not, in several configurations of the engine. (lesson E17)
"""
from attacks.harness import case, expect
from attacks.module import DROP, I64, body, i64_const, module, signature, u

PAGE = 65536
CONFIGS = ("", "explicit-bounds", "no-optimize", "explicit-bounds,naive-allocation",
           "lazy,fuel,interrupt,no-avx")
ZERO = {"i32": "(i32.const 0)", "i64": "(i64.const 0)", "f32": "(f32.const 0)",
        "f64": "(f64.const 0)", "v128": "(v128.const i64x2 0 0)"}


class Op:
    """One opcode: `kind` is load, store, rmw, cmpxchg, lane_load or lane_store."""

    def __init__(self, name, width, value, kind, aligned=False):
        self.name, self.width, self.value, self.kind = name, width, value, kind
        self.step = width if aligned else 1  # atomics trap on addresses that are not aligned

    def use(self, address, offset, memory):
        """An expression without a result that does the access."""
        zero = {"load": "", "store": ZERO[self.value], "rmw": ZERO[self.value],
                "cmpxchg": ZERO[self.value] * 2}.get(self.kind, ZERO["v128"])
        lane = " 0" if self.kind.startswith("lane") else ""
        text = f"({self.name}{memory} offset={offset}{lane} {address} {zero})"
        return text if self.kind in ("store", "lane_store") else f"(drop {text})"


def plain_ops():
    for kind, width in (("i32", 4), ("i64", 8), ("f32", 4), ("f64", 8)):
        yield Op(f"{kind}.load", width, kind, "load")
        yield Op(f"{kind}.store", width, kind, "store")
    for kind, bits in (("i32", (8, 16)), ("i64", (8, 16, 32))):
        for size in bits:
            yield Op(f"{kind}.load{size}_s", size // 8, kind, "load")
            yield Op(f"{kind}.load{size}_u", size // 8, kind, "load")
            yield Op(f"{kind}.store{size}", size // 8, kind, "store")


def vector_ops():
    yield Op("v128.load", 16, "v128", "load")
    yield Op("v128.store", 16, "v128", "store")
    for shape in ("8x8", "16x4", "32x2"):
        yield Op(f"v128.load{shape}_s", 8, "v128", "load")
        yield Op(f"v128.load{shape}_u", 8, "v128", "load")
    for bits in (8, 16, 32, 64):
        yield Op(f"v128.load{bits}_splat", bits // 8, "v128", "load")
        yield Op(f"v128.load{bits}_lane", bits // 8, "v128", "lane_load")
        yield Op(f"v128.store{bits}_lane", bits // 8, "v128", "lane_store")
    yield Op("v128.load32_zero", 4, "v128", "load")
    yield Op("v128.load64_zero", 8, "v128", "load")


def atomic_ops():
    for kind, full in (("i32", 32), ("i64", 64)):
        for size in (8, 16, 32, 64):
            if size > full:
                continue
            narrow = "" if size == full else str(size)
            tail = "" if size == full else "_u"
            width = size // 8
            yield Op(f"{kind}.atomic.load{narrow}{tail}", width, kind, "load", True)
            yield Op(f"{kind}.atomic.store{narrow}", width, kind, "store", True)
            for what in ("add", "sub", "and", "or", "xor", "xchg"):
                yield Op(f"{kind}.atomic.rmw{narrow}.{what}{tail}", width, kind, "rmw", True)
            yield Op(f"{kind}.atomic.rmw{narrow}.cmpxchg{tail}", width, kind, "cmpxchg", True)


class Variant:
    def __init__(self, name, declare, pages, is64=False, memory=""):
        self.name, self.declare, self.pages = name, declare, pages
        self.is64, self.memory = is64, memory
        self.at = "i64" if is64 else "i32"


VARIANTS = (
    Variant("32-bit memory", "(memory 1)", 1),
    Variant("32-bit memory that can grow", "(memory 3 100)", 3),
    Variant("empty memory", "(memory 0)", 0),
    Variant("64-bit memory", "(memory i64 1)", 1, is64=True),
    Variant("second memory", "(memory 5) (memory 2)", 2, memory=" 1"),
)
SHARED = Variant("shared memory", "(memory 1 4 shared)", 1)


def forms(v):
    """(parameter type, WebAssembly of an address, the same in Python) for every way to make one:
    what a compiler may fold into an addressing mode must still wrap where WebAssembly wraps."""
    t, top = v.at, 1 << int(v.at[1:])
    get = "(local.get 0)"

    def signed(a, bits):
        a %= 1 << bits
        return a - (1 << bits) if a >> (bits - 1) else a

    yield t, get, lambda a: a
    for k in (-64, 64, top // 2 - 1, top // 2, 1 - top // 2, PAGE):
        yield t, f"({t}.add {get} ({t}.const {k}))", lambda a, k=k: a + k
    for k in (PAGE, 1, -1):
        yield t, f"({t}.sub {get} ({t}.const {k}))", lambda a, k=k: a - k
    for k in (1, 2, 3, 4, int(t[1:]) - 1):
        yield t, f"({t}.shl {get} ({t}.const {k}))", lambda a, k=k: a << k
    yield (t, f"({t}.add ({t}.shl {get} ({t}.const 3)) ({t}.add {get} ({t}.const -9)))",
           lambda a: a * 9 - 9)
    yield t, f"({t}.add {get} ({t}.add {get} {get}))", lambda a: a * 3
    yield t, f"({t}.mul {get} ({t}.const 8))", lambda a: a * 8
    yield t, f"({t}.and {get} ({t}.const 1048575))", lambda a: a & 1048575
    yield t, f"({t}.shr_u {get} ({t}.const 1))", lambda a: a >> 1
    yield t, f"({t}.shr_s {get} ({t}.const 8))", lambda a: signed(a, int(t[1:])) >> 8
    for bits in (8, 16):
        yield t, f"({t}.extend{bits}_s {get})", lambda a, b=bits: signed(a, b)
    if v.is64:
        yield "i32", f"(i64.extend_i32_s {get})", lambda a: signed(a, 32)
        yield "i32", f"(i64.extend_i32_u {get})", lambda a: a
    else:
        yield "i64", f"(i32.wrap_i64 {get})", lambda a: a
        yield ("i64", f"(i32.add (i32.wrap_i64 {get}) (i32.wrap_i64 (i64.shr_u {get} "
               "(i64.const 32))))", lambda a: (a & 0xFFFFFFFF) + (a >> 32))


def inputs(parameter, to_address, offset, op, v):
    """Arguments around every edge: those that reach it, and those that would if nothing wrapped."""
    size, top = v.pages * PAGE, 1 << int(v.at[1:])
    room = 1 << int(parameter[1:])
    edges = {0, size - op.width, size - op.width + op.step, size, size - op.step, top // 2,
             top - op.step, top - op.width, top // 2 - op.width, 2**32, 2**31}
    found = set()
    for e in edges:
        for shift in (0, 1, 2, 3, 4):
            for more in (0, -offset, 64, -64, PAGE, top // 2 + 1, top >> shift):
                found.add(((e >> shift) + more) % room)
    # Some of each kind: all would be tens of thousands for each opcode.
    good = [a for a in sorted(found) if (to_address(a) % top) + offset + op.width <= size]
    bad = [a for a in sorted(found) if (to_address(a) % top) + offset + op.width > size]
    edge = [a for a in bad if (to_address(a) % top) + offset + op.width <= size + op.step]
    near = [a for a in good if (to_address(a) % top) + offset + op.width == size]
    return good[:1] + near[:2] + good[-1:] + edge[:2] + bad[:1] + bad[len(bad) // 2:][:1] + bad[-2:]


def accesses(op, v):
    """(parameter type or none, address, offset, its arguments as pairs: the argument, whether
    the access is inside)."""
    size, top = v.pages * PAGE, 1 << int(v.at[1:])

    def judge(address, offset):
        if (address + offset) % op.step:
            return None  # an atomic that is not aligned may trap with either message
        return address + offset + op.width <= size

    offsets = [0, op.width, max(0, size - op.width), size, 2**31, 2**32 - op.width, 2**32 - 1]
    for parameter, address, to_address in forms(v):
        for offset in offsets if address == "(local.get 0)" else (0, 16, 2**32 - op.width):
            judged = {a: judge(to_address(a) % top, offset)
                      for a in inputs(parameter, to_address, offset, op, v)}
            yield parameter, address, offset, [x for x in judged.items() if x[1] is not None]
    for at in (0, size - op.width, size - op.width + op.step, size, top // 2, top - op.step):
        for offset in (0, op.width * 8, 2**32 - op.width):
            if (at + offset) % op.step == 0:
                yield (None, f"({v.at}.const {at % top})", offset,
                       [(None, judge(at % top, offset))])


def assertion(name, parameter, argument, works):
    value = "" if argument is None else f"({parameter}.const {argument})"
    if works:
        return f'(assert_return (invoke "{name}" {value}))'
    return f'(assert_trap (invoke "{name}" {value}) "out of bounds memory access")'


def script(ops, v):
    functions, asserts = [], []
    for op in ops:
        for parameter, address, offset, judged in accesses(op, v):
            name = f"f{len(functions)}"
            parameters = f"(param {parameter})" if parameter else ""
            functions.append(f'(func (export "{name}") {parameters}'
                             f" {op.use(address, offset, v.memory)})")
            asserts += [assertion(name, parameter, *x) for x in judged]
    return "(module " + v.declare + "\n" + "\n".join(functions) + ")\n" + "\n".join(asserts)


def add_family(title, ops, variants):
    for v in variants:
        def convert(w, v=v):
            return w.convert(script(list(ops()), v))
        for config in CONFIGS:
            def run(w, convert=convert, key=f"{title}, {v.name}", config=config):
                count = w.script_json(w.once(key, convert), config)
                expect(count > 1000, f"only {count} assertions")
            case(f"bounds: {title}, {v.name}, {config or 'as it is'}", run)


def bulk_script(at, declare, memory):
    """memory.fill, copy and init around the end; nothing is written by one that traps."""
    m, mm = (memory, f"{memory}{memory}") if memory else ("", "")
    count = "i64" if at == "i64" else "i32"
    top = 1 << int(at[1:])
    text = f"""(module {declare} (data $d "abcdefgh")
  (func (export "fill") (param {at} {count}) (memory.fill{m} (local.get 0) (i32.const 7)
    (local.get 1)))
  (func (export "copy") (param {at} {at} {count}) (memory.copy{mm} (local.get 0) (local.get 1)
    (local.get 2)))
  (func (export "init") (param {at} i32 i32) (memory.init{m} $d (local.get 0) (local.get 1)
    (local.get 2)))
  (func (export "drop") (data.drop $d))
  (func (export "last") (result i32) (i32.load8_u{m} ({at}.const 65535))))
"""
    trap = "out of bounds memory access"

    def line(works, function, *arguments):
        kinds = {"fill": (at, count), "copy": (at, at, count), "init": (at, "i32", "i32")}[function]
        list_ = " ".join(f"({k}.const {a % (1 << int(k[1:]))})" for k, a in zip(kinds, arguments))
        call = f'(invoke "{function}" {list_})'
        return f"(assert_return {call})\n" if works else f'(assert_trap {call} "{trap}")\n'

    for works, *arguments in ((0, 65535, 2), (0, 65536, 1), (1, 65536, 0), (0, 65537, 0),
                              (0, top - 1, 1), (0, top - 1, 2), (0, 1, top - 1), (0, 0, 65537),
                              (0, top // 2, top // 2), (0, 65530, top - 65530), (1, 0, 65535)):
        text += line(works, "fill", *arguments)
    text += '(assert_return (invoke "last") (i32.const 0))\n'
    for works, *arguments in ((0, 65535, 0, 2), (0, 0, 65535, 2), (1, 65536, 65536, 0),
                              (0, 65537, 0, 0), (0, 0, 65537, 0), (0, top - 1, top - 1, 1),
                              (0, 0, 1, top - 1), (0, 1, 0, top - 1), (0, 0, top - 4, 8),
                              (0, top - 4, 0, 8), (0, 0, top // 2, top // 2)):
        text += line(works, "copy", *arguments)
    text += '(assert_return (invoke "last") (i32.const 0))\n'
    for works, *arguments in ((1, 0, 0, 8), (0, 0, 0, 9), (0, 0, 1, 8), (0, 0, 2**32 - 1, 1),
                              (0, 0, 2**32 - 1, 2), (0, 0, 1, 2**32 - 1), (0, 65529, 0, 8),
                              (1, 65536, 8, 0), (0, 65537, 0, 0), (0, top - 1, 0, 1),
                              (0, 0, 9, 0)):
        text += line(works, "init", *arguments)
    text += '(assert_return (invoke "drop"))\n'
    text += line(0, "init", 0, 0, 1) + line(1, "init", 0, 0, 0)
    return text + '(assert_return (invoke "last") (i32.const 0))\n'


GROUPED = """(module (memory 1 2)
  (func (export "two") (param i32) (result i32)
    (i32.add (i32.load (local.get 0)) (i32.load offset=8 (local.get 0))))
  (func (export "back") (param i32) (result i32)
    (i32.add (i32.load offset=8 (local.get 0)) (i32.load (local.get 0))))
  (func (export "wide") (param i32) (result i64)
    (drop (i32.load8_u (local.get 0))) (i64.load (local.get 0)))
  (func (export "branch") (param i32 i32) (result i32)
    (if (local.get 1) (then (drop (i32.load offset=65532 (local.get 0)))))
    (i32.load offset=65532 (local.get 0)))
  (func (export "walk") (param $n i32) (result i32) (local $i i32) (local $s i32)
    (loop $next
      (local.set $s (i32.add (local.get $s) (i32.load (i32.shl (local.get $i) (i32.const 2)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $s))
  (func (export "down") (param $i i32) (result i32)
    (loop $next
      (drop (i32.load (local.get $i)))
      (local.set $i (i32.sub (local.get $i) (i32.const 4)))
      (br $next))
    (unreachable))
  (func (export "hoisted") (param $a i32) (param $n i32) (result i32)
    (loop $next (result i32)
      (drop (i32.load (local.get $a)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $next (local.get $n))
      (local.get $n)))
  (func (export "dead") (param i32) (drop (i32.load (local.get 0))))
  (func (export "dead wide") (param i32) (drop (i64.load8_u (local.get 0))))
  (func (export "order") (param i32) (result i32)
    (i32.store (i32.const 0) (i32.const 1)) (drop (i32.load (local.get 0)))
    (i32.store (i32.const 0) (i32.const 2)) (i32.const 3))
  (func (export "seen") (result i32) (i32.load (i32.const 0)))
  (func (export "partial") (param i32) (i64.store (local.get 0) (i64.const -1)))
  (func (export "tail") (result i64) (i64.load (i32.const 65528)))
  (func (export "grown") (param i32) (result i32)
    (drop (memory.grow (i32.const 1))) (i32.load (local.get 0)))
  (func (export "pages") (result i32) (memory.size)))
(assert_return (invoke "two" (i32.const 65524)) (i32.const 0))
(assert_trap (invoke "two" (i32.const 65525)) "out of bounds memory access")
(assert_trap (invoke "two" (i32.const -8)) "out of bounds memory access")
(assert_trap (invoke "back" (i32.const 65525)) "out of bounds memory access")
(assert_trap (invoke "back" (i32.const -8)) "out of bounds memory access")
(assert_trap (invoke "wide" (i32.const 65529)) "out of bounds memory access")
(assert_return (invoke "wide" (i32.const 65528)) (i64.const 0))
(assert_return (invoke "branch" (i32.const 0) (i32.const 1)) (i32.const 0))
(assert_trap (invoke "branch" (i32.const 1) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "branch" (i32.const 1) (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "walk" (i32.const 16384)) (i32.const 0))
(assert_trap (invoke "walk" (i32.const 16385)) "out of bounds memory access")
(assert_trap (invoke "walk" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "down" (i32.const 65532)) "out of bounds memory access")
(assert_trap (invoke "hoisted" (i32.const 65533) (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "hoisted" (i32.const 65532) (i32.const 1000)) (i32.const 0))
(assert_trap (invoke "dead" (i32.const 65533)) "out of bounds memory access")
(assert_trap (invoke "dead wide" (i32.const 65536)) "out of bounds memory access")
(assert_trap (invoke "order" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "seen") (i32.const 1))
(assert_trap (invoke "partial" (i32.const 65529)) "out of bounds memory access")
(assert_trap (invoke "partial" (i32.const 65535)) "out of bounds memory access")
(assert_return (invoke "tail") (i64.const 0))
(assert_return (invoke "grown" (i32.const 131068)) (i32.const 0))
(assert_trap (invoke "grown" (i32.const 131069)) "out of bounds memory access")
(assert_return (invoke "pages") (i32.const 2))
"""

RUN = """(module (memory (export "memory") 1)
  (func $inner (param i32) (result i32) (i32.load offset=3 (local.get 0)))
  (func (export "_start") (drop (call $inner (i32.const %d)))))"""


def far_offsets(w, options):
    """Offsets of 64-bit memories beyond what the text format of our tools can say: address plus
    offset wraps 64 bits, or 32."""
    memory = b"\4\1"
    accesses_ = ((b"\x2d\0", b"", 1), (b"\x29\0", b"", 8), (b"\xfd\0\0", b"", 16),
                 (b"\xfe\x10\2", b"", 4), (b"\x37\0", i64_const(7), 8))
    for opcode, value, width in accesses_:
        for address, offset in ((0, 2**32), (0, 2**63), (0, 2**64 - width), (width, 2**64 - width),
                                (-width, 2**64 - width), (2**63, 2**63), (-2**32, 2**32),
                                (-65536, 65536), (PAGE, 2**64 - PAGE), (0, 2**47), (-2**47, 2**47)):
            address = (address + 2**63) % 2**64 - 2**63
            code = i64_const(address) + value + opcode + u(offset) + (b"" if value else DROP)
            w.traps(module([body(code)], memory=memory), "out of bounds memory access",
                    options=options)
            code = b"\x20\0" + value + opcode + u(offset) + (b"" if value else DROP)
            call_ = i64_const(address) + b"\x10\1"
            w.traps(module([body(call_), body(code)], memory=memory, uses=[0, 1],
                           types=[signature(), signature([I64])]), "out of bounds memory access",
                    options=options)


def add():
    add_family("loads and stores", plain_ops, VARIANTS)
    add_family("vectors", vector_ops, VARIANTS)
    add_family("atomics", atomic_ops, (SHARED, *VARIANTS[:4]))
    for title, at, declare, memory in (
            ("32-bit memory", "i32", "(memory 1)", ""),
            ("64-bit memory", "i64", "(memory i64 1)", ""),
            ("shared memory", "i32", "(memory 1 1 shared)", ""),
            ("second memory", "i32", "(memory 3) (memory 1)", " 1")):
        for config in CONFIGS:
            case(f"bounds: bulk, {title}, {config or 'as it is'}",
                 lambda w, a=at, d=declare, m=memory, c=config: w.script(bulk_script(a, d, m), c))
    for config in CONFIGS:
        case(f"bounds: checks shared, hoisted and dead, {config or 'as it is'}",
             lambda w, c=config: w.script(GROUPED, c))
    for options in ((), ("--config", "explicit-bounds"), ("--config", "no-optimize")):
        case(f"bounds: far offsets of a 64-bit memory {' '.join(options)}".rstrip(),
             lambda w, o=options: far_offsets(w, o))
    case("bounds: broch run, the last address that works",
         lambda w: w.ends(RUN % (65536 - 7), 0))
    for where in (65536 - 6, -1, 0x7FFFFFFF):
        for more in ((), ("--config", "explicit-bounds"), ("--config", "lazy")):
            case(f"bounds: broch run, {where} {' '.join(more)}".rstrip(),
                 lambda w, at=where, o=more: w.traps(RUN % at, "out of bounds memory access",
                                                     options=o))
