"""A Python script that runs in a keep: the standard library, files, no host."""
import collections
import hashlib
import json
import os
import statistics

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "towers.json")) as file:
    towers = json.load(file)

heights = [tower["height_m"] for tower in towers if tower["height_m"] is not None]
by_place = collections.Counter(tower["place"] for tower in towers)
print(f"{len(towers)} towers, {len(heights)} of them measured")
print(f"highest {max(heights)} m, median {statistics.median(heights)} m")
for place, count in sorted(by_place.items()):
    print(f"{place}: {count}")
print("sha256", hashlib.sha256(json.dumps(towers, sort_keys=True).encode()).hexdigest()[:16])
try:
    open("/etc/passwd")
except OSError as why:
    print("the host's files:", type(why).__name__)
