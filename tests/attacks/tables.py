"""Type confusion: calls through tables with another signature, null, an index that is out of
range, or an element that somebody else put there. (lesson E17)
"""
from attacks.harness import case

CONFIGS = ("", "no-optimize", "naive-allocation", "lazy", "explicit-bounds,fuel,interrupt")

RUN = """(module
  (type $wanted (func (param %s) (result i32)))
  (table 4 8 funcref) (elem (i32.const 0) func $long $double $none)
  (memory 1)
  (func $long (param i64) (result i32) (i32.load (i32.wrap_i64 (local.get 0))))
  (func $double (param f64) (result f64) (local.get 0))
  (func $none)
  (func (export "_start")
    (drop (call_indirect (type $wanted) (%s.const 1) (i32.const %d)))))"""

# Signatures that differ in one place only, and that a weak hash or a count would confuse.
ALIKE = [
    "", "(param i32)", "(param i64)", "(param f32)", "(param f64)", "(param v128)",
    "(param funcref)", "(param externref)", "(result i32)", "(result i64)", "(result f32)",
    "(result funcref)", "(result externref)", "(param i32) (result i32)",
    "(param i32 i32)", "(param i32 i32) (result i32)", "(param i32) (result i32 i32)",
    "(param i64 i32)", "(param i32 i64)", "(result i32 i64)", "(result i64 i32)",
    "(param i32 i32 i32 i32 i32 i32 i32 i32)", "(param i32 i32 i32 i32 i32 i32 i32 i32 i32)",
    "(param i64 i64 i64 i64 i64 i64 i64 i64 i64)",
]
ZERO = {"i32": "(i32.const 0)", "i64": "(i64.const 0)", "f32": "(f32.const 0)",
        "f64": "(f64.const 0)", "v128": "(v128.const i64x2 0 0)",
        "funcref": "(ref.null func)", "externref": "(ref.null extern)"}


def kinds(signature, word):
    return [k for group in signature.split("(") if group.startswith(word)
            for k in group[len(word):].strip(") ").split()]


def alike_script(tail):
    """Every one of those called as every other: works only where they are the same."""
    text, asserts = "(module\n", ""
    for i, signature in enumerate(ALIKE):
        text += f"(type $t{i} (func {signature}))\n"
    text += f"(table {len(ALIKE)} funcref) (elem (i32.const 0) func"
    text += "".join(f" $f{i}" for i in range(len(ALIKE))) + ")\n"
    for i, signature in enumerate(ALIKE):
        results = " ".join(ZERO[k] for k in kinds(signature, "result"))
        text += f"(func $f{i} (type $t{i}) {results})\n"
    for i, signature in enumerate(ALIKE):
        arguments = " ".join(ZERO[k] for k in kinds(signature, "param"))
        results = kinds(signature, "result")
        call = f"local.get 0 call_indirect (type $t{i})"
        if tail:  # in a function of its own, of the results that it must then have
            results_ = f"(result {' '.join(results)})" if results else ""
            text += (f"(func $tail{i} (param i32) {results_} {arguments} local.get 0 "
                     f"return_call_indirect (type $t{i}))\n")
            arguments, call = "", f"(call $tail{i} (local.get 0))"
        text += (f'(func (export "c{i}") (param i32) {arguments} {call} '
                 f"{'(drop) ' * len(results)})\n")
        for j in range(len(ALIKE) + 2):
            invoke = f'(invoke "c{i}" (i32.const {j}))'
            if j >= len(ALIKE):
                asserts += f'(assert_trap {invoke} "undefined element")\n'
            elif i != j:
                asserts += f'(assert_trap {invoke} "indirect call type mismatch")\n'
            else:
                asserts += f"(assert_return {invoke})\n"
        for j in (-1, 0x7FFFFFFF, 0x80000000, 1 << 28, 1 << 29, 1 << 30):
            asserts += f'(assert_trap (invoke "c{i}" (i32.const {j})) "undefined element")\n'
    return text + ")\n" + asserts


def add():
    for config in CONFIGS:
        for tail in (False, True):
            case(f"tables: {len(ALIKE)} signatures called as each other, "
                 f"{'tail calls' if tail else 'calls'}, {config or 'as it is'}",
                 lambda w, t=tail, c=config: w.script(alike_script(t), c))
    for kind, index, message in (("i32", 0, "indirect call type mismatch"),
                                 ("i64", 1, "indirect call type mismatch"),
                                 ("f64", 1, "indirect call type mismatch"),
                                 ("i64", 2, "indirect call type mismatch"),
                                 ("i64", 3, "uninitialized element"),
                                 ("i64", 4, "undefined element"), ("i64", -1, "undefined element"),
                                 ("i64", 1 << 29, "undefined element")):
        case(f"tables: broch run, element {index} called with {kind}",
             lambda w, k=kind, i=index, m=message: w.traps(RUN % (k, k, i), m))
