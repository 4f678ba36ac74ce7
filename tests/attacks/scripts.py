"""Our own scripts in tests/wast/, in every configuration that makes other machine code."""
import os

from attacks.harness import WABT, case, expect, tool

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "wast")
CONFIGS = ("", "no-optimize", "naive-allocation", "lazy", "explicit-bounds", "fuel", "interrupt",
           "deterministic", "no-avx,no-bmi,no-popcnt", "lazy,explicit-bounds,fuel,interrupt",
           "no-optimize,naive-allocation")


def converted(w, name):
    out = w.path(name.replace(".wast", ".json"))
    tool("wast2json", *WABT, os.path.join(FOLDER, name), "-o", out)
    return out


def add():
    for name in sorted(os.listdir(FOLDER)):
        for config in CONFIGS:
            def run(w, name=name, config=config):
                path = w.once(name, lambda w: converted(w, name))
                expect(w.script_json(path, config) > 0, "no assertions")
            case(f"script: {name}, {config or 'as it is'}", run)
