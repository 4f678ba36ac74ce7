"""What a program sees of folders, and what it leaves there: cases of run-cli.

Programs are lists of steps, made into WebAssembly text: open and write a file, and so on. A step
that fails ends the program with exit code 100 + the number of the step (from 1).
"""
import os
import stat
import subprocess

CREAT, DIRECTORY, EXCL, TRUNC = 1, 2, 4, 8

HEAD = """(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open
    (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write
    (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read
    (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $fd_sync (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $path_unlink_file
    (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory
    (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory" (func $path_remove_directory
    (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $path_symlink
    (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $path_rename
    (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 4)
  (func $check (param $e i32) (param $step i32)
    (if (local.get $e) (then (call $proc_exit (i32.add (i32.const 100) (local.get $step))))))
"""


class Text:
    """A program being written: its data, and the lines of _start."""

    def __init__(self):
        self.data, self.lines, self.at = [], [], 1024

    def put(self, text):
        at = self.at
        self.data.append(f'(data (i32.const {at}) "{"".join(f"{chr(92)}{b:02x}" for b in text)}")')
        self.at += len(text)
        return f"(i32.const {at}) (i32.const {len(text)})"

    def check(self, call, step):
        self.lines.append(f"(call $check (call ${call}) (i32.const {step}))")

    def open(self, path, oflags, write, step):
        rights = (1 << 1) | (1 << 6 if write else 0) | (1 << 4)  # read, write, sync
        self.check(f"path_open (i32.const 3) (i32.const 0) {self.put(path.encode())}"
                   f" (i32.const {oflags}) (i64.const {rights}) (i64.const 0) (i32.const 0)"
                   " (i32.const 0)", step)

    def buffer(self, where, size):
        self.lines.append(f"(i32.store (i32.const 8) (i32.const {where}))"
                          f" (i32.store (i32.const 12) (i32.const {size}))")


def program(*steps):
    """("write", path, bytes), ("print", path), ("sync",) of the file opened last, ("unlink", p),
    ("mkdir", p), ("rmdir", p), ("symlink", target, p), ("rename", a, b), ("exit", code),
    ("trap",), ("loop",)."""
    t = Text()
    for number, (what, *args) in enumerate(steps, 1):
        if what == "write":
            t.open(args[0], CREAT | TRUNC, True, number)
            place = t.put(args[1])
            t.lines.append(f"(i32.store (i32.const 8) {place.split(') ')[0]}))"
                           f" (i32.store (i32.const 12) {place.split(') ')[1]})")
            t.check("fd_write (i32.load (i32.const 0)) (i32.const 8) (i32.const 1)"
                    " (i32.const 16)", number)
        elif what == "print":
            t.open(args[0], 0, False, number)
            t.buffer(65536, 65536)
            t.check("fd_read (i32.load (i32.const 0)) (i32.const 8) (i32.const 1)"
                    " (i32.const 16)", number)
            t.lines.append("(i32.store (i32.const 12) (i32.load (i32.const 16)))")
            t.check("fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)", number)
        elif what == "sync":
            t.check("fd_sync (i32.load (i32.const 0))", number)
        elif what in ("unlink", "mkdir", "rmdir"):
            call = {"unlink": "path_unlink_file", "mkdir": "path_create_directory",
                    "rmdir": "path_remove_directory"}[what]
            t.check(f"{call} (i32.const 3) {t.put(args[0].encode())}", number)
        elif what == "symlink":
            t.check(f"path_symlink {t.put(args[0].encode())} (i32.const 3)"
                    f" {t.put(args[1].encode())}", number)
        elif what == "rename":
            t.check(f"path_rename (i32.const 3) {t.put(args[0].encode())} (i32.const 3)"
                    f" {t.put(args[1].encode())}", number)
        elif what == "exit":
            t.lines.append(f"(call $proc_exit (i32.const {args[0]}))")
        elif what == "trap":
            t.lines.append("(unreachable)")
        else:
            t.lines.append("(loop (br 0))")
    return HEAD + "\n".join(t.data) + '\n(func (export "_start")\n' + "\n".join(t.lines) + "))"


def add(case, expect):
    """The cases, added to run-cli's list."""

    def folder(w):
        path = w.path("folder")
        subprocess.run(["rm", "-rf", path], check=True)
        os.makedirs(os.path.join(path, "sub"))
        for name, text in (("a", "hello"), ("b", "second"), ("sub/x", "deep")):
            with open(os.path.join(path, name), "w", encoding="ascii") as f:
                f.write(text)
        os.chmod(os.path.join(path, "b"), 0o750)
        os.mkfifo(os.path.join(path, "pipe"))
        return path

    def read(*parts):
        with open(os.path.join(*parts), "rb") as f:
            return f.read()

    def snapshot(w, guest, *more, rw="", limit=()):
        return w.run("run", "--snapshot-dirs", *limit, "--dir", w.path("folder") + "::/" + rw,
                     *more, guest)

    @case
    def a_snapshot_is_brought_back(w):
        """Written, made, renamed, removed: as if the program had worked in the folder."""
        path = folder(w)
        inode = os.stat(os.path.join(path, "a")).st_ino
        done = snapshot(w, w.wasm(program(
            ("print", "a"), ("write", "b", b"changed"), ("mkdir", "new"),
            ("write", "new/y", b"fresh"), ("rename", "sub/x", "new/x"), ("rmdir", "sub"),
            ("symlink", "new/y", "link"), ("exit", 7))))
        expect(done.returncode == 7 and done.stdout == b"hello" and not done.stderr, done)
        expect(sorted(os.listdir(path)) == ["a", "b", "link", "new", "pipe"], os.listdir(path))
        expect(read(path, "b") == b"changed" and read(path, "new", "y") == b"fresh", "contents")
        expect(read(path, "new", "x") == b"deep", "a renamed file")
        expect(os.readlink(os.path.join(path, "link")) == "new/y", "a link")
        expect(stat.S_IMODE(os.stat(os.path.join(path, "b")).st_mode) == 0o750, "the mode")
        expect(os.stat(os.path.join(path, "a")).st_ino == inode, "an unchanged file was replaced")
        expect(stat.S_ISFIFO(os.lstat(os.path.join(path, "pipe")).st_mode), "the pipe")

    @case
    def a_snapshot_is_brought_back_after_a_trap(w):
        path = folder(w)
        done = snapshot(w, w.wasm(program(("write", "t", b"before"), ("trap",))))
        expect(done.returncode == 134 and read(path, "t") == b"before", done)

    @case
    def a_snapshot_is_brought_back_after_the_time_limit(w):
        path = folder(w)
        done = snapshot(w, w.wasm(program(("write", "t", b"in time"), ("loop",))),
                        limit=("--limit", "time=300ms"))
        expect(done.returncode == 134 and read(path, "t") == b"in time", done)

    @case
    def nothing_lands_before_the_end(w):
        path = folder(w)
        guest = w.wasm(program(("write", "a", b"lost"), ("sync",), ("write", "t", b"x"), ("loop",)))
        with subprocess.Popen([w.broch, "run", "--snapshot-dirs", "--dir", path + "::/", guest],
                              stderr=subprocess.PIPE, cwd=w.dir) as process:
            try:
                process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                pass
            expect(read(path, "a") == b"hello", "it landed early")
            process.terminate()
            _, text = process.communicate(timeout=20)
        expect(process.returncode == 143, process.returncode)
        expect(b"note: the keep ended before it could hand back" in text, text)
        listed = sorted(os.listdir(path))
        expect(read(path, "a") == b"hello" and listed == ["a", "b", "pipe", "sub"], listed)

    @case
    def a_read_only_snapshot_stays(w):
        path = folder(w)
        done = snapshot(w, w.wasm(program(("print", "a"), ("write", "a", b"x"))), rw=":ro")
        expect(done.returncode == 102 and done.stdout == b"hello" and read(path, "a") == b"hello",
               done)

    @case
    def a_refused_module_changes_nothing(w):
        path = folder(w)
        w.write("bad.wasm", b"\0asm\1\0\0\0\1")
        done = snapshot(w, "bad.wasm")
        expect(done.returncode == 65 and b"hand back" not in done.stderr, done)
        expect(read(path, "a") == b"hello", "changed")

    @case
    def what_others_do_meanwhile_stays(w):
        """Only what the program changed is brought back, not the state of the whole folder."""
        path = folder(w)
        guest = w.wasm(program(("write", "b", b"guest"), ("exit", 0)))
        text = os.path.join(path, "a")
        with open(text, "w", encoding="ascii") as f:
            f.write("ours")
        done = snapshot(w, guest)
        expect(done.returncode == 0 and read(path, "b") == b"guest" and read(text) == b"ours", done)

    @case
    def a_folder_that_is_too_large_for_a_snapshot(w):
        path = folder(w)
        with open(os.path.join(path, "big"), "wb") as f:
            f.truncate(2 << 30)
        w.refused(64, r"the folder holds more than 99999 files or 1024 MiB.*smaller folder", "run",
                  "--snapshot-dirs", "--dir", path, w.wasm(program(("exit", 0))))
        os.unlink(os.path.join(path, "big"))

    def key(w, name="key", text="ab" * 32 + "\n", mode=0o600):
        path = w.write(name, text)
        os.chmod(path, mode)
        return path

    def volume(w, guest, *more, rw="", name="v", keyfile=None):
        return w.run("run", "--volume", w.path(name) + "::/v" + rw, "--volume-key",
                     keyfile or key(w), *more, guest)

    def volume_new(w):
        """Two snapshots: "one" at a sync in the first run, "two" at the end of the second."""
        if os.path.exists(w.path("v")):
            os.unlink(w.path("v"))
        done = volume(w, w.wasm(program(("mkdir", "d"), ("write", "d/f", b"one"), ("sync",),
                                        ("exit", 3))))
        expect(done.returncode == 3 and not done.stderr, done)
        done = volume(w, w.wasm(program(("print", "d/f"), ("write", "d/f", b"two"))))
        expect(done.returncode == 0 and done.stdout == b"one" and not done.stderr, done)

    def reader(w):
        return w.wasm(program(("print", "d/f")))

    @case
    def a_volume_lasts(w):
        volume_new(w)
        done = volume(w, reader(w))
        expect(done.returncode == 0 and done.stdout == b"two", done)
        raw = read(w.path("v"))
        expect(raw[:8] == b"brochvol" and b"two" not in raw, "not encrypted")
        expect(stat.S_IMODE(os.stat(w.path("v")).st_mode) == 0o600, "others may read it")
        done = volume(w, w.wasm(program(("write", "d/f", b"three"), ("trap",))))
        expect(done.returncode == 134 and volume(w, reader(w)).stdout == b"three", done)

    @case
    def a_volume_keeps_what_was_synced_when_the_keep_is_killed(w):
        volume_new(w)
        guest = w.wasm(program(("write", "d/f", b"synced"), ("sync",), ("write", "d/f", b"lost"),
                               ("loop",)))
        with subprocess.Popen([w.broch, "run", "--volume", w.path("v") + "::/v", "--volume-key",
                               key(w), guest], cwd=w.dir) as process:
            try:
                process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                pass
            process.kill()
        for _ in range(100):  # the keep goes with its loader, a moment later
            done = volume(w, reader(w))
            if b"another keep" not in done.stderr:
                break
        expect(done.stdout == b"synced", done)

    @case
    def a_read_only_volume_stays(w):
        volume_new(w)
        before = read(w.path("v"))
        done = volume(w, w.wasm(program(("print", "d/f"), ("write", "d/f", b"x"))), rw=":ro")
        expect(done.returncode == 102 and done.stdout == b"two", done)
        expect(read(w.path("v")) == before, "it changed")

    @case
    def a_volume_is_refused_with_another_key(w):
        volume_new(w)
        before = read(w.path("v"))
        done = volume(w, reader(w), keyfile=key(w, "key2", "cd" * 32))
        expect(done.returncode == 65 and b"made with another key" in done.stderr, done)
        expect(read(w.path("v")) == before, "it was overwritten")
        raw = w.write("key3", b"\xab" * 32)
        os.chmod(raw, 0o600)
        expect(volume(w, reader(w), keyfile=raw).stdout == b"two", "the same key, in bytes")

    @case
    def a_volume_that_was_changed_is_refused(w):
        volume_new(w)
        good = read(w.path("v"))
        for at, pattern in ((len(good) - 100, b"contents were changed (chunk 1 of 1)"),
                            (None, b"was cut short")):
            bad = bytearray(good if at is not None else good[:-1])
            if at is not None:
                bad[at] ^= 1
            w.write("v", bytes(bad))
            done = volume(w, w.wasm(program(("write", "d/f", b"x"))))
            expect(done.returncode == 65 and pattern in done.stderr, done)
            expect(read(w.path("v")) == bytes(bad), "it was overwritten")
        w.write("v", b"x" * 20000)
        done = volume(w, reader(w))
        expect(done.returncode == 65 and b"its file is no volume" in done.stderr, done)

    @case
    def a_volume_after_a_torn_write(w):
        """The newest header was half written: the snapshot before it is used, and it is said."""
        volume_new(w)
        raw = bytearray(read(w.path("v")))
        raw[4096 + 60:4096 + 512] = bytes(452)
        w.write("v", bytes(raw))
        done = volume(w, reader(w))
        expect(done.returncode == 0 and done.stdout == b"one", done)
        expect(b"note: the volume of /v: its newest snapshot was not finished" in done.stderr, done)

    @case
    def a_volume_belongs_to_one_keep_at_a_time(w):
        volume_new(w)
        with open(w.path("v"), "rb") as f:
            import fcntl  # pylint: disable=import-outside-toplevel
            fcntl.flock(f, fcntl.LOCK_EX)
            w.refused(64, "another keep has this volume open", "run", "--volume",
                      w.path("v") + "::/v", "--volume-key", key(w), reader(w))

    @case
    def keys_that_cannot_be_used(w):
        guest = reader(w)
        for name, text, mode, pattern in (
                ("k1", "ab" * 32, 0o644, "others may use this key: chmod 600"),
                ("k2", "ab" * 31, 0o600, "expected a key of 32 bytes, or 64 hex"),
                ("k3", "xy" * 32, 0o600, "expected a key of 32 bytes"),
                ("k4", "ab" * 40, 0o600, "expected a key of 32 bytes")):
            w.refused(64, pattern, "run", "--volume", "vol::/v", "--volume-key",
                      key(w, name, text, mode), guest)
        w.refused(64, "a volume needs a key", "run", "--volume", "vol::/v", guest)
        w.refused(64, "No such file", "run", "--volume", "vol::/v", "--volume-key", "absent", guest)
        w.refused(64, r"expected FILE::GUEST\[:ro\]", "run", "--volume", "vol", guest)
        expect(not os.path.exists(w.path("vol")), "it was made all the same")

    @case
    def a_manifest_names_volumes_and_snapshots(w):
        volume_new(w)
        folder(w)
        key(w)
        w.write("broch.toml", "snapshot-dirs = true\n"
                "[[volumes]]\nfile = 'v'\nguest = '/v'\nkey = 'key'\nsize = '1MiB'\n")
        done = w.run("run", "--manifest", "broch.toml", reader(w))
        expect(done.stdout == b"two", done)
