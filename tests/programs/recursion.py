"""Recursion ends in RecursionError, caught, as often as one likes: never in a trap.

Recursion through C, as in repr(), is another matter: this build of CPython has less C stack in its
memory than its own limit assumes, and traps on every engine."""


def down(n):
    return 1 + down(n + 1)


def mutual(n):
    return [mutual(n + 1) for _ in (0,)]


for deep in (lambda: down(0), lambda: mutual(0), lambda: down(0)):
    try:
        deep()
        print("no end")
    except RecursionError as why:
        print(type(why).__name__)
nested = []
for _ in range(20000):
    nested = [nested]
del nested
print("still here")
#> RecursionError
#> RecursionError
#> RecursionError
#> still here
