"""A kernel of Debian's, and an initramfs around it: what the guest of tests/run-qemu boots.

The kernel package is downloaded as any user may, unpacked and never installed. build/qemu/ caches
it by its version. The archive is written here, byte by byte, so that no root is needed for it.
"""
import glob
import os
import re
import shutil
import stat
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(HERE, "..", "..", "build", "qemu")
META_PACKAGE = "linux-image-cloud-amd64"
MODULES = ("kvm-amd",)  # with all that they depend on
FOLDERS = ("proc", "sys", "dev", "tmp", "run", "etc", "root", "var", "new")

# kmod lives where the PATH of an ordinary user does not look.
os.environ["PATH"] += ":/usr/sbin:/sbin"


class Missing(Exception):
    """This machine lacks something that the run needs."""


def output_of(*command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def newest_version():
    """The kernel that Debian's archive has today; its number is in no file of ours."""
    try:
        found = re.search(r"Depends: linux-image-(\S+)", output_of("apt-cache", "depends",
                                                                   META_PACKAGE))
        return found.group(1) if found else None
    except (OSError, subprocess.CalledProcessError):
        return None


def unpack_kernel(version, into):
    """Downloads the package and leaves kernel and modules, indexed, in a folder that is whole."""
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        output_of("apt-get", "download", f"linux-image-{version}", cwd=work)
        package = glob.glob(os.path.join(work, "*.deb"))[0]
        root = os.path.join(work, "root")
        output_of("dpkg-deb", "-x", package, root)
        output_of("depmod", "-b", root, version)
        try:
            os.rename(root, into)
        except OSError:  # another run was faster
            if not os.path.isdir(into):
                raise


def cached_version(why):
    """The kernel that was used last, where no newer one can be had."""
    cached = sorted(glob.glob(os.path.join(CACHE, "kernel-*")), key=os.path.getmtime)
    if not cached:
        raise Missing(why)
    return os.path.basename(cached[-1])[len("kernel-"):]


def find_kernel():
    """(version, folder) of the newest kernel that can be had."""
    for tool, package in (("qemu-system-x86_64", "qemu-system-x86"), ("modprobe", "kmod"),
                          ("busybox", "busybox-static")):
        if shutil.which(tool) is None:
            raise Missing(f"{package} is not installed: tools/install-deps test")
    version = newest_version()
    if version is None:
        version = cached_version(f"apt knows no {META_PACKAGE}: apt-get update")
    folder = os.path.join(CACHE, "kernel-" + version)
    if not os.path.isdir(folder):
        try:
            unpack_kernel(version, folder)
        except (OSError, subprocess.CalledProcessError) as e:
            said = (getattr(e, "stderr", None) or str(e)).strip().replace("\n", " | ")[-200:]
            version = cached_version(f"linux-image-{version} cannot be had: {said}")
            folder = os.path.join(CACHE, "kernel-" + version)
    return version, folder


def module_files(version, folder):
    """Paths of the modules, those first that others need."""
    files = []
    for module in MODULES:
        for line in output_of("modprobe", "-d", folder, "-S", version, "--show-depends",
                              module).splitlines():
            word, _, path = line.strip().partition(" ")
            path = path.split(" ")[0]
            if word == "insmod" and path not in files:
                files.append(path)
    return files


def libraries_of(program):
    """Shared libraries that a program loads, the loader included; none of a static one."""
    done = subprocess.run(("ldd", program), text=True, capture_output=True, check=False)
    return re.findall(r"(?:=> |^\s*)(/\S+) \(0x", done.stdout, re.MULTILINE)


class Archive:
    """A cpio archive of the kind "newc" (Linux, Documentation/driver-api/early-userspace/
    buffer-format.rst), in memory. Every file belongs to root."""

    def __init__(self):
        self.entries = {}

    def add(self, name, data, mode):
        name = name.strip("/")
        parent = os.path.dirname(name)
        if parent and parent not in self.entries:
            self.add(parent, b"", stat.S_IFDIR | 0o755)
        self.entries[name] = (data, mode)

    def add_file(self, name, path, mode=None):
        with open(path, "rb") as f:
            mode = stat.S_IMODE(os.stat(path).st_mode) if mode is None else mode
            self.add(name, f.read(), stat.S_IFREG | mode)

    def add_program(self, name, path):
        """A program, and under their own names the libraries that it needs."""
        self.add_file(name, path)
        for library in libraries_of(path):
            self.add_file(library, path=library, mode=0o755)

    def add_tree(self, name, path):
        if not os.path.isdir(path):
            self.add_program(name, path)
            return
        for here, _, files in os.walk(path):
            for file in files:
                inside = os.path.relpath(os.path.join(here, file), path)
                self.add_program(os.path.join(name, inside), os.path.join(here, file))

    def write(self, out):
        entries = list(self.entries.items()) + [("TRAILER!!!", (b"", 0))]
        for number, (name, (data, mode)) in enumerate(entries, 1):
            raw = name.encode() + b"\0"
            fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
            head = b"070701" + b"".join(b"%08x" % field for field in fields) + raw
            out.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))


def guest_archive(version, folder, build, extra):
    """All that the guest needs: /bin, /mods in loading order, /t with what is tested."""
    archive = Archive()
    for name in FOLDERS:
        archive.add(name, b"", stat.S_IFDIR | 0o755)
    archive.add_file("bin/busybox", shutil.which("busybox"), 0o755)
    archive.add("bin/sh", b"busybox", stat.S_IFLNK | 0o777)
    archive.add_file("init", os.path.join(HERE, "init"), 0o755)
    order = []
    for path in module_files(version, folder):
        archive.add_file("mods/" + os.path.basename(path), path, 0o644)
        order.append(os.path.basename(path))
    archive.add("mods/order", "".join(name + "\n" for name in order).encode(),
                stat.S_IFREG | 0o644)
    archive.add_tree("t/guest", os.path.join(HERE, "guest"))
    for program in ("broch", "broch-exec", "broch-loader", "broch-shim"):
        path = os.path.join(build, program)
        if os.path.exists(path):
            archive.add_program("t/bin/" + program, path)
    for host, guest in extra:
        archive.add_tree(guest, host)
    return archive
