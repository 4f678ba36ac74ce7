"""Memory beyond the limit is MemoryError to the program, not its end."""
kept = []
try:
    while True:
        kept.append(bytearray(4 << 20))
except MemoryError:
    count, kept = len(kept), None
    print("MemoryError", 10 < count < 32)
#! limit memory=128MiB
#> MemoryError True
