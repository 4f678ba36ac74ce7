"""Exceptions, generators, classes, closures, matching: what the interpreter's loop does."""
import contextlib
import functools
import itertools
import sys
import traceback


class Tower:
    def __init__(self, name, height):
        self.name, self.height = name, height

    def __lt__(self, other):
        return self.height < other.height

    def __repr__(self):
        return f"{self.name}:{self.height}"


def fail(depth):
    if depth == 0:
        raise ValueError("deep") from KeyError("cause")
    fail(depth - 1)


def primes():
    found = []
    for n in itertools.count(2):
        if all(n % p for p in itertools.takewhile(lambda p: p * p <= n, found)):
            found.append(n)
            yield n


@functools.lru_cache(maxsize=None)
def steps(n):
    return n if n < 2 else steps(n - 1) + steps(n - 2)


@contextlib.contextmanager
def told(name):
    print("enter", name)
    try:
        yield name
    finally:
        print("leave", name)


def shape(x):
    match x:
        case {"at": (a, b)} if a == b:
            return "square"
        case {"at": (_, _)}:
            return "rectangle"
        case [first, *rest]:
            return f"list of {len(rest) + 1}"
        case int() | float():
            return "number"
    return "other"


print(sorted([Tower("Mousa", 13.3), Tower("Clickimin", 5.2), Tower("Carloway", 9.0)]))
try:
    fail(30)
except ValueError as why:
    frames = traceback.extract_tb(why.__traceback__)
    print(type(why).__name__, why, type(why.__cause__).__name__, len(frames))
print(list(itertools.islice(primes(), 10)), next(itertools.islice(primes(), 1000, None)))
print(steps(12), steps.cache_info().hits)
with contextlib.suppress(ZeroDivisionError), told("block"):
    print(1 // 0)
print([shape(x) for x in ({"at": (1, 1)}, {"at": (1, 2)}, [1, 2, 3], 2.5, None)])
gen = (yielded := (x * x for x in range(3)))
print(sum(gen), list(yielded))
try:
    print(int("9" * 5000))
except ValueError as why:
    print(str(why)[:38])
print(sys.implementation.name, sys.version_info[:2], sys.platform, sys.maxsize)
#> [Clickimin:5.2, Carloway:9.0, Mousa:13.3]
#> ValueError deep KeyError 32
#> [2, 3, 5, 7, 11, 13, 17, 19, 23, 29] 7927
#> 144 10
#> enter block
#> leave block
#> ['square', 'rectangle', 'list of 3', 'number', 'other']
#> 5 []
#> Exceeds the limit (4300 digits) for in
#> cpython (3, 12) wasi 2147483647
