"""The standard library on data: json, re, csv, struct, decimal, datetime."""
import csv
import datetime
import decimal
import io
import json
import re
import struct

text = json.dumps({"b": [1, 2.5, None, True], "a": "\u00e9\U0001f409"}, sort_keys=True)
print(text)
print(json.loads(text)["a"] == "\u00e9\U0001f409")
try:
    json.loads('{"a": 1,}')
except json.JSONDecodeError as why:
    print("json:", why.lineno, why.colno)
print(re.findall(r"(?P<key>\w+)=(\d{2,})", "a=1 b=22 c=333"))
print(re.sub(r"(?<=o)\s+(?=w)", "-", "hello   world"))
print(list(csv.reader(io.StringIO('a,"b,c"\n"d""e",f\n'))))
print(struct.unpack("<hIq", struct.pack("<hIq", -2, 4000000000, -9)))
print(decimal.Decimal(1) / decimal.Decimal(7))
print(datetime.date(2024, 2, 28) + datetime.timedelta(days=2))
print(f"{2**100:,} {3.14159:.3e} {255:#010x} {1e22!r} {0.1 + 0.2!r}")
#> {"a": "\u00e9\ud83d\udc09", "b": [1, 2.5, null, true]}
#> True
#> json: 1 9
#> [('b', '22'), ('c', '333')]
#> hello-world
#> [['a', 'b,c'], ['d"e', 'f']]
#> (-2, 4000000000, -9)
#> 0.1428571428571428571428571429
#> 2024-03-01
#> 1,267,650,600,228,229,401,496,703,205,376 3.142e+00 0x000000ff 1e+22 0.30000000000000004
