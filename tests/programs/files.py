"""Files in a folder that may be written: create, seek, rename, list, remove; and none outside."""
import os
import pathlib
import shutil

os.chdir("/work")
with open("a.txt", "w", encoding="utf-8") as file:
    for i in range(1000):
        file.write(f"line {i} \u00e9\n")
with open("a.txt", "r+b") as file:
    file.seek(-7, os.SEEK_END)
    print(file.read())
    file.seek(0)
    file.write(b"LINE")
    file.truncate(12)
print(pathlib.Path("a.txt").read_text(), os.path.getsize("a.txt"))
os.makedirs("deep/er/still")
os.rename("a.txt", "deep/er/b.txt")
pathlib.Path("deep/er/still/c").write_bytes(b"\0" * 100_000)
print(sorted(str(p) for p in pathlib.Path(".").rglob("*")))
print(sum(p.stat().st_size for p in pathlib.Path("deep").rglob("*") if p.is_file()))
with os.scandir("deep/er") as entries:
    print(sorted((e.name, e.is_dir()) for e in entries))
for path in ("../outside", "/etc/passwd", "deep/../../outside"):
    try:
        open(path)
        print(path, "was opened")
    except OSError as why:
        print(path, type(why).__name__)
try:
    os.rmdir("deep")
except OSError as why:
    print(why.strerror)
shutil.rmtree("deep")
print(os.listdir("."))
pathlib.Path("left").write_text("by the guest")
#> b'999 \xc3\xa9\n'
#> LINE 0 é
#> li 12
#> ['deep', 'deep/er', 'deep/er/b.txt', 'deep/er/still', 'deep/er/still/c']
#> 100012
#> [('b.txt', False), ('still', True)]
#> ../outside PermissionError
#> /etc/passwd FileNotFoundError
#> deep/../../outside PermissionError
#> Directory not empty
#> []
