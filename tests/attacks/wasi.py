"""A guest that wants out of the folders it was given, or to have the host read and write where it
must not. Each attack is a list of WASI calls; the guest writes their results to stdout, and the
folder of the host is compared with what it was. (lesson O7) (lesson O8) (lesson I7)
"""
import os
import shutil

from attacks.harness import case, expect

IMPORTS = {
    "args_get": "i32 i32", "args_sizes_get": "i32 i32", "environ_get": "i32 i32",
    "clock_time_get": "i32 i64 i32", "fd_advise": "i32 i64 i64 i32", "fd_allocate": "i32 i64 i64",
    "fd_close": "i32", "fd_datasync": "i32", "fd_fdstat_get": "i32 i32",
    "fd_fdstat_set_flags": "i32 i32", "fd_fdstat_set_rights": "i32 i64 i64",
    "fd_filestat_get": "i32 i32", "fd_filestat_set_size": "i32 i64",
    "fd_filestat_set_times": "i32 i64 i64 i32", "fd_pread": "i32 i32 i32 i64 i32",
    "fd_prestat_get": "i32 i32", "fd_prestat_dir_name": "i32 i32 i32",
    "fd_pwrite": "i32 i32 i32 i64 i32", "fd_read": "i32 i32 i32 i32",
    "fd_readdir": "i32 i32 i32 i64 i32", "fd_renumber": "i32 i32", "fd_seek": "i32 i64 i32 i32",
    "fd_sync": "i32", "fd_tell": "i32 i32", "fd_write": "i32 i32 i32 i32",
    "path_create_directory": "i32 i32 i32", "path_filestat_get": "i32 i32 i32 i32 i32",
    "path_filestat_set_times": "i32 i32 i32 i32 i64 i64 i32",
    "path_link": "i32 i32 i32 i32 i32 i32 i32",
    "path_open": "i32 i32 i32 i32 i32 i64 i64 i32 i32",
    "path_readlink": "i32 i32 i32 i32 i32 i32", "path_remove_directory": "i32 i32 i32",
    "path_rename": "i32 i32 i32 i32 i32 i32", "path_symlink": "i32 i32 i32 i32 i32",
    "path_unlink_file": "i32 i32 i32", "poll_oneoff": "i32 i32 i32 i32", "random_get": "i32 i32",
    "sock_accept": "i32 i32 i32", "sock_recv": "i32 i32 i32 i32 i32 i32",
    "sock_send": "i32 i32 i32 i32 i32", "sock_shutdown": "i32 i32",
}
OK, BADF, EXIST, FAULT, INVAL, LOOP_, TOOLONG, NOENT, ROFS, PERM, NOTCAPABLE = (
    0, 8, 20, 21, 28, 32, 37, 44, 69, 63, 76)
CREAT, DIRECTORY, EXCL, TRUNC = 1, 2, 4, 8
FOLLOW = 1
ALL = (1 << 29) - 1
OF_DIRECTORY = ALL & ~(1 | 1 << 6 | 1 << 8 | 1 << 22)  # all but those that write into a file
DIR, RO = 3, 4  # the folders handed in: rw, and ro for reading only
OUT, RESULTS, TEXT = 1024, 4096, 8192
END_OF_MEMORY = 4 * 65536


class Load:
    """A word that an earlier call left in memory."""

    def __init__(self, at):
        self.at = at


class Guest:
    def __init__(self):
        self.code, self.data, self.wants = [], b"", []

    def text(self, raw):
        raw = raw.encode() if isinstance(raw, str) else raw
        self.data += raw
        return TEXT + len(self.data) - len(raw), len(raw)

    def store(self, at, *words):
        for i, word in enumerate(words):
            self.code.append(f"(i32.store (i32.const {at + 4 * i}) (i32.const {word}))")

    def call(self, name, *arguments, want=None):
        """Strings become an address and a length. `want`: results that are right; None: any
        but success."""
        flat = []
        for a in arguments:
            flat += self.text(a) if isinstance(a, (str, bytes)) else (a,)
        kinds = IMPORTS[name].split()
        expect(len(flat) == len(kinds), f"{name} takes {len(kinds)} arguments")
        operands = " ".join(f"(i32.load (i32.const {a.at}))" if isinstance(a, Load)
                            else f"({k}.const {a})" for a, k in zip(flat, kinds))
        at = RESULTS + 2 * len(self.wants)
        self.code.append(f"(i32.store16 (i32.const {at}) (call ${name} {operands}))")
        self.wants.append((name, arguments, want))

    def opens(self, path, oflags=0, fd=DIR, follow=FOLLOW, rights=ALL, fdflags=0, want=None):
        self.call("path_open", fd, follow, path, oflags, rights, rights, fdflags, OUT, want=want)

    def module(self):
        imports = "\n".join(
            f'(import "wasi_snapshot_preview1" "{n}" (func ${n} (param {p}) (result i32)))'
            for n, p in IMPORTS.items())
        data = "".join(f"\\{b:02x}" for b in self.data)
        self.store(OUT, RESULTS, 2 * len(self.wants))
        return f"""(module {imports}
          (memory (export "memory") {END_OF_MEMORY // 65536})
          (data (i32.const {TEXT}) "{data}")
          (func (export "_start") {' '.join(self.code)}
            (drop (call $fd_write (i32.const 1) (i32.const {OUT}) (i32.const 1)
              (i32.const {OUT + 64})))))"""


class Folders:
    """secret/ beside rw/ and ro/; only the two are handed in."""

    def __init__(self, w):
        self.at = w.path("host")
        shutil.rmtree(self.at, ignore_errors=True)
        for name in ("secret", "rw", "rw/folder", "ro", "ro/folder"):
            os.makedirs(os.path.join(self.at, name))
        for name in ("secret/file", "rw/file", "rw/folder/inner", "ro/file", "ro/folder/inner"):
            with open(os.path.join(self.at, name), "w", encoding="ascii") as f:
                f.write(name)
        for target, name in (("../secret/file", "out"), ("../secret", "out_folder"),
                             (self.at + "/secret/file", "absolute"), ("/etc/passwd", "passwd"),
                             ("/proc/self/root", "root"), ("/proc/self/fd/1", "descriptor"),
                             ("out", "chain"), ("loop", "loop"),
                             ("folder/../../secret/file", "bent"),
                             ("../secret/new", "dangling"), (".", "here"), ("..", "up")):
            for folder in ("rw", "ro"):
                os.symlink(target, os.path.join(self.at, folder, name))

    def options(self):
        return ("--dir", f"{self.at}/rw::/rw", "--dir", f"{self.at}/ro::/ro:ro")

    def seen(self, *folders):
        """All that is in these folders: names, kinds, contents, modes, times of change."""
        found = {}
        for folder in folders:
            for where, dirs, files in os.walk(os.path.join(self.at, folder)):
                for name in (*dirs, *files, "."):
                    path = os.path.join(where, name)
                    s = os.lstat(path)
                    content = b""
                    if os.path.isfile(path) and not os.path.islink(path):
                        with open(path, "rb") as f:
                            content = f.read()
                    found[path] = (s.st_mode, s.st_size, s.st_mtime_ns, s.st_nlink, content)
        return found


def attack(w, build, kept=("secret", "ro")):
    folders = Folders(w)
    before = folders.seen(*kept)
    guest = Guest()
    build(guest, folders)
    done = w.run("run", *folders.options(), w.wasm(guest.module()))
    expect(done.code == 0, f"exit code {done.code}: {done.text()[:300]}")
    expect(len(done.out) == 2 * len(guest.wants), f"{len(done.out)} bytes of results")
    wrong = []
    for i, (name, arguments, want) in enumerate(guest.wants):
        got = int.from_bytes(done.out[2 * i:2 * i + 2], "little")
        if (got == OK) if want is None else got not in want:
            shown = ", ".join(repr(a)[:40] for a in arguments if not isinstance(a, Load))
            wrong.append(f"{name}({shown}) gave {got}, want {want or 'a refusal'}")
    expect(not wrong, "; ".join(wrong[:6]), f"({len(wrong)} in all)" if len(wrong) > 6 else "")
    after = folders.seen(*kept)
    changed = [p for p in {**before, **after} if before.get(p) != after.get(p)]
    expect(not changed, "changed on the host:", changed[:5])


ESCAPES = [
    "../secret/file", "..", "../", "./..", "folder/../../secret/file", "folder/../..", "/",
    "/etc/passwd", "//etc/passwd", "/../etc/passwd", "./../secret", "folder/./../../secret/file",
    "out", "out_folder/file", "out_folder/", "absolute", "passwd", "root/etc/passwd", "root/",
    "descriptor", "chain", "bent", "up/secret/file", "up/", "here/../secret/file",
    "up/up/etc/passwd",
    "here/here/here/up/secret/file", "dangling", "loop", "loop/file", "folder//..//../secret",
    "../rw/file", "../ro/file", "folder/../../rw/file", "up/rw/file",
]
BROKEN = ["", "file\0", "\0", "fi\0le", b"\xff\xfe", b"a\xc0\xaf..\xc0\xafsecret", "a" * 256,
          "b" * 5000, "c/" * 3000, "../" * 2000]


def escape_calls(g, path, fd):
    for oflags in (0, CREAT, CREAT | EXCL, TRUNC, DIRECTORY, CREAT | TRUNC):
        g.opens(path, oflags, fd)
    g.call("path_filestat_get", fd, FOLLOW, path, OUT)
    g.call("path_filestat_set_times", fd, FOLLOW, path, 1, 1, 5)
    g.call("path_remove_directory", fd, path)


def escapes(fd):
    def build(g, folders):
        for path in (*ESCAPES, folders.at + "/secret/file"):
            escape_calls(g, path, fd)
    return build


def escapes_of_two_paths(g, folders):
    """Calls that take two paths, with either of them leading out."""
    for path in ("../secret/file", "../secret/new", "/etc/passwd", "out_folder/file", "up/secret/x",
                 "folder/../../secret/new", folders.at + "/secret/new"):
        g.call("path_rename", DIR, path, DIR, "stolen")
        g.call("path_rename", DIR, "file", DIR, path)
        g.call("path_link", DIR, 0, path, DIR, "stolen")
        g.call("path_link", DIR, FOLLOW, path, DIR, "stolen")
        g.call("path_link", DIR, 0, "file", DIR, path)
        g.call("path_symlink", "file", DIR, path)
        g.call("path_create_directory", DIR, path)
        g.call("path_unlink_file", DIR, path)
        g.call("path_readlink", DIR, path, OUT, 100, OUT + 200)
    for path in ("out", "absolute", "passwd"):
        g.call("path_link", DIR, FOLLOW, path, DIR, "stolen")


def own_links(g, _):
    """Links that the guest makes itself, and renames and moves of them."""
    for target in ("/etc", "/", "//x"):
        g.call("path_symlink", target, DIR, "mine", want=range(1, 100))
    for target in ("../secret", "..", "folder/../../secret"):
        g.call("path_symlink", target, DIR, "mine", want=range(100))
        for path in ("mine", "mine/file", "mine/", "mine/../secret/file"):
            g.opens(path)
            g.opens(path, CREAT)
            g.call("path_filestat_get", DIR, FOLLOW, path, OUT)
        g.call("path_rename", DIR, "mine", DIR, "folder/mine", want=range(100))
        if target != "..":  # there it leads to rw, which is given
            g.opens("folder/mine")
            g.opens("folder/mine/file")
        g.call("path_unlink_file", DIR, "folder/mine", want=range(100))
    # A link deep below that leads no further than the root, moved up by two.
    g.call("path_create_directory", DIR, "a", want=(OK,))
    g.call("path_create_directory", DIR, "a/b", want=(OK,))
    g.call("path_symlink", "../../../secret", DIR, "a/b/c", want=range(100))
    g.call("path_symlink", "../../secret", DIR, "a/b/d", want=range(100))
    for path in ("a/b/c/file", "a/b/d/file"):
        g.opens(path)
    g.call("path_rename", DIR, "a/b", DIR, "b", want=(OK,))
    for path in ("b/c/file", "b/d/file", "b/d", "b/c"):
        g.opens(path)
        g.opens(path, CREAT)


def moved_folder(g, _):
    """An open folder that is moved up: `..` from it must still not lead out."""
    g.call("path_create_directory", DIR, "x", want=(OK,))
    g.call("path_create_directory", DIR, "x/y", want=(OK,))
    g.opens("x/y", DIRECTORY, rights=OF_DIRECTORY, want=(OK,))
    g.call("path_rename", DIR, "x/y", DIR, "y", want=(OK,))
    for path in ("../secret/file", "../../secret/file", "../file", "..", "../.."):
        g.call("path_open", Load(OUT), FOLLOW, path, 0, ALL, ALL, 0, OUT + 4)
    g.opens("folder", DIRECTORY, rights=OF_DIRECTORY, want=(OK,))
    for path in ("..", "../file", "../../secret/file", "../folder/inner"):
        g.call("path_open", Load(OUT), FOLLOW, path, 0, ALL, ALL, 0, OUT + 4)


def read_only(g, _):
    """Everything that writes, in a folder that is for reading. (lesson O8)"""
    for oflags in (CREAT, CREAT | EXCL, TRUNC, CREAT | TRUNC):
        g.opens("new", oflags, RO)
        g.opens("file", oflags, RO, want=(OK, *range(2, 100)) if oflags == CREAT else None)
    g.call("path_create_directory", RO, "new")
    g.call("path_remove_directory", RO, "folder")
    g.call("path_unlink_file", RO, "file")
    g.call("path_rename", RO, "file", RO, "moved")
    g.call("path_rename", RO, "file", DIR, "moved")
    g.call("path_rename", DIR, "file", RO, "moved")
    g.call("path_rename", DIR, "folder", RO, "moved")
    g.call("path_link", RO, 0, "file", RO, "linked")
    g.call("path_link", RO, 0, "file", DIR, "linked")
    g.call("path_link", DIR, 0, "file", RO, "linked")
    g.call("path_symlink", "file", RO, "linked")
    g.call("path_filestat_set_times", RO, FOLLOW, "file", 1, 1, 5)
    g.call("path_filestat_set_times", RO, 0, "file", 0, 0, 10)
    g.call("fd_filestat_set_times", RO, 1, 1, 5)
    g.opens("file", 0, RO, rights=2, want=(OK,))  # for reading: the descriptor must not write
    g.store(OUT + 16, TEXT, 1)
    file = Load(OUT)
    g.call("fd_write", file, OUT + 16, 1, OUT + 32)
    g.call("fd_pwrite", file, OUT + 16, 1, 0, OUT + 32)
    g.call("fd_filestat_set_size", file, 0)
    g.call("fd_filestat_set_times", file, 1, 1, 5)
    g.call("fd_allocate", file, 0, 100_000)
    g.call("fd_fdstat_set_rights", file, ALL, ALL)
    g.opens("file", 0, RO, fdflags=1, want=range(100))  # append
    g.call("fd_write", file, OUT + 16, 1, OUT + 32, want=range(1, 100))
    g.opens("folder", DIRECTORY, RO, rights=OF_DIRECTORY, want=range(100))
    g.opens("folder", DIRECTORY, RO, rights=1 << 13 | 1 << 14 | 1 << 18, want=(OK,))
    g.call("path_open", Load(OUT), FOLLOW, "new", CREAT, ALL, ALL, 0, OUT + 4)
    g.call("path_create_directory", Load(OUT), "new")
    g.call("path_unlink_file", Load(OUT), "inner")
    g.call("path_rename", Load(OUT), "inner", DIR, "stolen")


def descriptors(g, _):
    """Numbers that nobody handed in, and calls on descriptors of another kind."""
    for fd in (5, 6, 9, 10, 63, 100, 1000, 4096, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1):
        g.call("fd_fdstat_get", fd, OUT, want=(BADF,))
        g.call("fd_close", fd, want=(BADF,))
        g.call("fd_read", fd, OUT, 1, OUT + 64, want=(BADF,))
        g.call("fd_write", fd, OUT, 1, OUT + 64, want=(BADF,))
        g.call("fd_renumber", fd, 1, want=(BADF,))
        g.call("fd_renumber", 1, fd, want=(BADF,))
        g.call("fd_prestat_get", fd, OUT, want=(BADF,))
        g.call("fd_prestat_dir_name", fd, OUT, 100, want=(BADF,))
        g.opens("file", fd=fd, want=(BADF,))
        g.call("path_rename", DIR, "file", fd, "x", want=(BADF,))
        g.call("path_rename", fd, "file", DIR, "x", want=(BADF,))
        g.call("sock_accept", fd, 0, OUT, want=(BADF,))
    for fd in (0, 1, 2):
        g.opens("file", fd=fd)
        g.opens("../etc/passwd", fd=fd)
        g.call("fd_readdir", fd, OUT, 100, 0, OUT + 200)
        g.call("fd_prestat_get", fd, OUT)
        g.call("path_unlink_file", fd, "file")
        g.call("sock_shutdown", fd, 3)
    g.opens("file", rights=2, want=(OK,))
    for path in ("x", "../secret/file", ".", ""):
        g.call("path_open", Load(OUT), FOLLOW, path, 0, ALL, ALL, 0, OUT + 4)
    g.call("fd_close", Load(OUT), want=(OK,))
    g.call("fd_read", Load(OUT), OUT, 1, OUT + 64, want=(BADF,))
    g.call("fd_close", DIR, want=(OK,))
    g.opens("file", want=(BADF,))
    g.call("fd_close", DIR, want=(BADF,))


def broken_names(g, _):
    for path in BROKEN:
        escape_calls(g, path, DIR)
        g.call("path_create_directory", DIR, path)
        g.call("path_symlink", path, DIR, "broken",
               want=range(100) if str(path)[:1] in "abc." else None)
        g.call("path_unlink_file", DIR, path)
        g.call("path_rename", DIR, "file", DIR, path)
    for path in ("file/", "file/.", "file/..", "file//", "file/x", "folder/inner/"):
        g.opens(path)
        g.call("path_unlink_file", DIR, path)
        g.call("path_rename", DIR, path, DIR, "moved")
    g.call("path_remove_directory", DIR, ".")
    g.call("path_remove_directory", DIR, "folder/..")
    g.call("path_rename", DIR, ".", DIR, "x")
    g.call("path_rename", DIR, "folder", DIR, "folder/x")


# Where `size` bytes do not fit; with sizes that wrap 32 bits.
def outside(size):
    yield from (END_OF_MEMORY - size + 1, END_OF_MEMORY, 2**31, 2**32 - size, 2**32 - 1)


def pointers(g, _):
    """Every pointer that a call takes, one byte too near to the end of memory, and further."""
    fault = (FAULT, INVAL)
    for at in outside(8):
        g.call("args_sizes_get", at, OUT, want=fault) if at != END_OF_MEMORY - 7 else None
        g.call("clock_time_get", 1, 1, at, want=fault)
        g.call("fd_tell", 1, at, want=range(1, 100))
        g.call("fd_prestat_get", DIR, at, want=fault)
        g.call("fd_seek", DIR, 0, 0, at, want=range(1, 100))
    for at in outside(24):
        g.call("fd_fdstat_get", 1, at, want=fault)
    for at in outside(64):
        g.call("fd_filestat_get", DIR, at, want=fault)
        g.call("path_filestat_get", DIR, 0, "file", at, want=fault)
    for at in outside(4):
        g.call("path_open", DIR, FOLLOW, "file", 0, 2, 2, 0, at, want=fault)
        g.call("args_sizes_get", OUT, at, want=fault)
        g.call("args_sizes_get", at, OUT, want=fault)
        g.store(OUT, TEXT, 0)
        g.call("fd_write", 1, OUT, 1, at, want=fault)
    for at in outside(16):
        g.call("random_get", at, 16, want=fault)
        g.call("fd_prestat_dir_name", DIR, at, 16, want=fault)
        g.call("fd_readdir", DIR, at, 16, 0, OUT, want=fault)
        g.call("path_readlink", DIR, "here", at, 16, OUT, want=fault)
        for name in ("path_unlink_file", "path_create_directory", "path_remove_directory"):
            g.call(name, DIR, at, 16, want=fault)
        g.call("path_open", DIR, FOLLOW, at, 16, 0, 2, 2, 0, OUT, want=fault)
    for size in (END_OF_MEMORY + 1, 2**31, 2**32 - 1, 2**32 - 16):
        g.call("random_get", 16, size, want=fault)
        g.call("path_open", DIR, FOLLOW, 16, size, 0, 2, 2, 0, OUT, want=range(1, 100))
        g.call("path_unlink_file", DIR, 16, size)
        g.call("fd_readdir", DIR, 16, size, 0, OUT, want=fault)
        g.call("path_readlink", DIR, "here", 16, size, OUT, want=fault)


def vectors(g, _):
    """Lists of buffers that lie: outside, overlapping, with lengths whose sum wraps."""
    g.opens("file", want=(OK,))
    file = Load(OUT)

    def both(at, count, want):
        for name in ("fd_read", "fd_write"):
            g.call(name, file, at, count, OUT + 8, want=want)
        for name in ("fd_pread", "fd_pwrite"):
            g.call(name, file, at, count, 0, OUT + 8, want=want)
    fault = (FAULT, INVAL)
    for at, size in ((END_OF_MEMORY - 1, 2), (END_OF_MEMORY, 1), (2**32 - 1, 1), (16, 2**32 - 1),
                     (2**31, 2**31), (END_OF_MEMORY - 8, 2**32 - 8)):
        g.store(OUT + 64, at, size)
        both(OUT + 64, 1, fault)
    g.store(OUT + 64, 16, 8, 2**32 - 4, 8)
    both(OUT + 64, 2, fault)
    g.store(OUT + 64, 0, 2**31, 0, 2**31, 0, 2**31)
    both(OUT + 64, 3, fault)
    for at, count in ((END_OF_MEMORY - 8, 2), (END_OF_MEMORY, 1), (2**32 - 8, 2), (0, 2**29),
                      (0, 2**32 - 1), (END_OF_MEMORY - 7, 1), (16, 2**28), (0, 2**31)):
        both(at, count, (FAULT, INVAL))
    for count in (2**32 - 1, 2**28, 5461 * 2, 2**31):
        g.call("poll_oneoff", 0, OUT, count, OUT + 8)
    g.call("poll_oneoff", END_OF_MEMORY - 47, OUT, 1, OUT + 8, want=fault)
    g.call("poll_oneoff", OUT + 256, END_OF_MEMORY - 31, 1, OUT + 8, want=fault)
    g.call("poll_oneoff", OUT + 256, OUT, 0, OUT + 8, want=(INVAL,))
    g.call("sock_send", file, OUT + 64, 2**29, 0, OUT + 8)
    g.call("sock_recv", file, OUT + 64, 2**29, 0, OUT + 8, OUT + 16)


def numbers(g, _):
    """Offsets, sizes, flags and enumerations out of their range."""
    g.opens("file", want=(OK,))
    file = Load(OUT)
    g.call("fd_seek", file, -1, 0, OUT + 8)
    g.call("fd_seek", file, -2**63, 1, OUT + 8)
    g.call("fd_seek", file, 0, 3, OUT + 8, want=(INVAL,))
    g.call("fd_seek", file, 0, 255, OUT + 8, want=(INVAL,))
    g.call("fd_filestat_set_size", file, 2**63)
    g.call("fd_filestat_set_size", file, -1)
    g.call("fd_allocate", file, 2**63, 1)
    g.call("fd_allocate", file, 1, -1)
    g.store(OUT + 64, 16, 1)
    g.call("fd_pread", file, OUT + 64, 1, -1, OUT + 8)
    g.call("fd_pwrite", file, OUT + 64, 1, 2**63, OUT + 8)
    g.call("fd_advise", file, 0, 0, 6, want=(INVAL,))
    g.call("fd_advise", file, -1, -1, 0)
    g.call("clock_time_get", 4, 1, OUT + 8, want=(INVAL,))
    g.call("clock_time_get", 2**32 - 1, 1, OUT + 8, want=(INVAL,))
    g.call("fd_filestat_set_times", file, 1, 1, 3)
    g.call("fd_filestat_set_times", file, 1, 1, 12)
    g.call("fd_filestat_set_times", file, 1, 1, 65535)
    g.call("fd_fdstat_set_flags", file, 65535)
    g.call("path_open", DIR, FOLLOW, "file", 65535, ALL, ALL, 0, OUT + 4)
    g.call("path_open", DIR, FOLLOW, "file", 0, ALL, ALL, 65535, OUT + 4)
    g.call("path_open", DIR, 2**31, "file", 0, ALL, ALL, 0, OUT + 4, want=range(100))


def full_table(g, _):
    """Descriptors without end: the guest runs out, not the host."""
    for _ in range(40):
        g.opens("file", want=range(100))


def exhaust(w):
    """Opens in a loop until it is refused; the count must have an end."""
    folders = Folders(w)
    text = f"""(module
      (import "wasi_snapshot_preview1" "path_open" (func $open
        (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) (data (i32.const 64) "file")
      (func (export "_start") (local $n i32)
        (loop
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if 0 (i32.eqz (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4)
            (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 0)))))
        (call $exit (i32.gt_u (local.get $n) (i32.const 100000)))))"""
    done = w.ends(text, 0, options=folders.options())
    expect(done.memory < 128 << 20, f"{done.memory >> 20} MiB")


def polls(w):
    """A poll of as many events as memory holds ends, and in bounded memory."""
    text = """(module
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32)
        (result i32)))
      (memory (export "memory") 1000)
      (func (export "_start")
        (drop (call $poll (i32.const 1024) (i32.const 40000000) (i32.const 800000)
          (i32.const 0)))))"""
    done = w.ends(text, 0, options=("--limit", "time=20s"))
    expect(done.memory < 400 << 20, f"{done.memory >> 20} MiB")


def exits(w):
    """The program's own code, exact (lesson E18): also those that we use ourselves."""
    for code in (0, 1, 2, 63, 64, 65, 70, 126, 127, 128, 130, 134, 137, 255):
        w.ends(f"""(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func (export "_start") (call $exit (i32.const {code})) (unreachable)))""", code)


def add():
    for title, build, kept in (
            ("paths out of a folder", escapes(DIR), ("secret", "ro", "rw")),
            ("paths out of a folder for reading", escapes(RO), ("secret", "ro", "rw")),
            ("two paths, one leads out", escapes_of_two_paths, ("secret", "ro")),
            ("links of the guest's own", own_links, ("secret", "ro")),
            ("a folder that moves", moved_folder, ("secret", "ro")),
            ("writes to a folder for reading", read_only, ("secret", "ro")),
            ("descriptors nobody handed in", descriptors, ("secret", "ro", "rw")),
            ("names that are none", broken_names, ("secret", "ro", "rw/folder")),
            ("pointers outside", pointers, ("secret", "ro", "rw")),
            ("lists of buffers that lie", vectors, ("secret", "ro")),
            ("numbers out of range", numbers, ("secret", "ro")),
            ("many descriptors", full_table, ("secret", "ro", "rw"))):
        case(f"wasi: {title}", lambda w, b=build, k=kept: attack(w, b, k))
    case("wasi: exit codes are exact", exits)
    case("wasi: descriptors without end", exhaust)
    case("wasi: a poll of 800,000 events", polls)
