/* inspect.c: what exec asks about a descriptor, and what it changes of a file. */
#include "shim/core/cpu.h"
#include "shim/core/open.h"
#include "shim/core/syscall.h"
#include "shim/core/user.h"

#define DEVICE(major, minor) (((uint64_t)(major) << 8) | (minor))

static uint32_t mode_of(const struct file *f)
{
    switch (f->kind) {
    case GATE_HANDLE_INPUT: return LINUX_S_IFREG | 0444;
    case GATE_HANDLE_BLOCK: return LINUX_S_IFREG | 0600;
    case GATE_HANDLE_LISTENER: return LINUX_S_IFSOCK | 0777;
    case GATE_HANDLE_PLATFORM: return LINUX_S_IFCHR | 0600;
    default: break;
    }
    switch (f->type) {
    case GATE_TYPE_PIPE: return LINUX_S_IFIFO | 0600;
    case GATE_TYPE_TERMINAL: return LINUX_S_IFCHR | 0620;
    case GATE_TYPE_CHARACTER: return LINUX_S_IFCHR | 0666;
    case GATE_TYPE_SOCKET: return LINUX_S_IFSOCK | 0777;
    default: return LINUX_S_IFREG | 0644;
    }
}

static int64_t stat_write(const struct file *f, uint64_t fd, uint64_t to)
{
    struct linux_stat s = {
        .dev = 1,
        .ino = fd + 1, /* not the host's business; different for different files */
        .nlink = 1,
        .mode = mode_of(f),
        .size = (int64_t)f->size,
        .block_size = 4096,
        .blocks = (int64_t)((f->size + 511) / 512),
    };

    if (f->type == GATE_TYPE_TERMINAL)
        s.rdev = DEVICE(136, 0); /* a pseudo terminal, as Linux numbers them */
    else if ((s.mode & 0170000u) == LINUX_S_IFCHR)
        s.rdev = DEVICE(1, 3);
    return user_write(to, &s, sizeof s) ? 0 : -LINUX_EFAULT;
}

static int64_t stat_fd(uint64_t fd, uint64_t to)
{
    struct file *f = file_take(fd);
    int64_t r;

    if (f == NULL)
        return -LINUX_EBADF;
    r = stat_write(f, fd & UINT32_MAX, to);
    file_give(f);
    return r;
}

int64_t call_fstat(const struct call *c) { return stat_fd(c->a[0], c->a[1]); }

int64_t call_newfstatat(const struct call *c)
{
    const uint64_t empty_path = 0x1000, known = empty_path | 0x100 | 0x800; /* AT_… */
    uint64_t flags = c->a[3] & UINT32_MAX;
    char first;

    if ((flags & ~known) != 0)
        return -LINUX_EINVAL;
    if (!user_read(&first, c->a[1], 1))
        return -LINUX_EFAULT;
    /* There are no names in a keep; an empty one is the descriptor itself. */
    if (first != '\0' || (flags & empty_path) == 0)
        return -LINUX_ENOENT;
    return stat_fd(c->a[0], c->a[2]);
}

static int64_t seek(struct file *f, int64_t offset, uint32_t whence)
{
    int64_t base = 0;
    int64_t r;

    lock_take(&f->lock);
    if (whence == 1)
        base = (int64_t)f->position;
    else if (whence == 2)
        base = (int64_t)f->size;
    if (whence > 2 || __builtin_add_overflow(base, offset, &r) || r < 0)
        r = -LINUX_EINVAL;
    else
        f->position = (uint64_t)r;
    lock_give(&f->lock);
    return r;
}

int64_t call_lseek(const struct call *c)
{
    struct file *f = file_take(c->a[0]);
    int64_t r = -LINUX_ESPIPE;

    if (f == NULL)
        return -LINUX_EBADF;
    if (f->kind == GATE_HANDLE_INPUT || f->kind == GATE_HANDLE_BLOCK)
        r = seek(f, (int64_t)c->a[1], (uint32_t)c->a[2]);
    else if (f->kind == GATE_HANDLE_STREAM && f->type == GATE_TYPE_CHARACTER)
        r = (uint32_t)c->a[2] > 2 ? -LINUX_EINVAL : 0; /* as /dev/null has it */
    file_give(f);
    return r;
}

static int64_t sync_fd(uint64_t fd)
{
    struct file *f = file_take(fd);
    int64_t r = 0;

    if (f == NULL)
        return -LINUX_EBADF;
    if (f->kind == GATE_HANDLE_BLOCK) {
        r = block_flush(f);
    } else if (f->kind == GATE_HANDLE_STREAM && f->type == GATE_TYPE_FILE) {
        (void)stream_flush();
        r = -stream_late(f);
    } else if (f->kind != GATE_HANDLE_INPUT) {
        r = -LINUX_EINVAL; /* pipes, sockets, terminals: fsync(2) */
    }
    file_give(f);
    return r;
}

int64_t call_fsync(const struct call *c) { return sync_fd(c->a[0]); }
int64_t call_fdatasync(const struct call *c) { return sync_fd(c->a[0]); }

int64_t call_ftruncate(const struct call *c)
{
    struct file *f;
    int64_t r = -LINUX_EINVAL;

    if (c->a[1] > INT64_MAX)
        return -LINUX_EINVAL;
    f = file_take(c->a[0]);
    if (f == NULL)
        return -LINUX_EBADF;
    if (f->kind == GATE_HANDLE_BLOCK && file_can_write(f))
        r = block_resize(f, c->a[1]);
    file_give(f);
    return r;
}

int64_t call_fadvise64(const struct call *c)
{
    struct file *f = file_take(c->a[0]);
    int64_t r = 0;

    if (f == NULL)
        return -LINUX_EBADF;
    if (f->type == GATE_TYPE_PIPE)
        r = -LINUX_ESPIPE;
    else if (c->a[2] > INT64_MAX || (uint32_t)c->a[3] > 5)
        r = -LINUX_EINVAL;
    file_give(f);
    return r;
}

/* --- ioctl. */

enum {
    TCGETS = 0x5401,
    TIOCGWINSZ = 0x5413,
    FIONREAD = 0x541b,
    FIONBIO = 0x5421,
    FIONCLEX = 0x5450,
    FIOCLEX = 0x5451,
};

struct termios_kernel { /* struct termios of asm-generic/termbits.h */
    uint32_t input, output, control, local;
    uint8_t line;
    uint8_t characters[19];
};

/* A terminal that nobody changed: the host's real one is not ours to describe. */
static int64_t terminal_write(uint64_t to)
{
    const struct termios_kernel t = {
        .input = 0x500,  /* ICRNL | IXON */
        .output = 0x5,   /* OPOST | ONLCR */
        .control = 0xbf, /* B38400 | CS8 | CREAD */
        .local = 0x8a3b, /* ISIG | ICANON | ECHO… | IEXTEN */
        .characters = { 3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26 },
    };

    return user_write(to, &t, sizeof t) ? 0 : -LINUX_EFAULT;
}

static int64_t window_write(uint64_t to)
{
    const uint16_t size[4] = { 24, 80, 0, 0 };

    return user_write(to, size, sizeof size) ? 0 : -LINUX_EFAULT;
}

static int64_t readable_write(struct file *f, uint64_t to)
{
    uint64_t n = 0;
    int32_t count;

    if (f->kind == GATE_HANDLE_STREAM && f->type != GATE_TYPE_FILE &&
        f->type != GATE_TYPE_CHARACTER)
        n = stream_readable(f);
    else if (f->kind == GATE_HANDLE_INPUT || f->kind == GATE_HANDLE_BLOCK)
        n = f->position < f->size ? f->size - f->position : 0;
    else if (f->kind == GATE_HANDLE_LISTENER)
        return -LINUX_EINVAL;
    else
        return -LINUX_ENOTTY;
    count = n < INT32_MAX ? (int32_t)n : INT32_MAX;
    return user_write(to, &count, sizeof count) ? 0 : -LINUX_EFAULT;
}

static int64_t nonblock_set(struct file *f, uint64_t from)
{
    int32_t on;

    if (!user_read(&on, from, sizeof on))
        return -LINUX_EFAULT;
    if (on != 0)
        __atomic_fetch_or(&f->flags, LINUX_O_NONBLOCK, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(&f->flags, ~LINUX_O_NONBLOCK, __ATOMIC_RELAXED);
    return 0;
}

int64_t call_ioctl(const struct call *c)
{
    struct file *f = file_take(c->a[0]);
    bool is_terminal;
    int64_t r = -LINUX_ENOTTY;

    if (f == NULL)
        return -LINUX_EBADF;
    is_terminal = f->kind == GATE_HANDLE_STREAM && f->type == GATE_TYPE_TERMINAL;
    switch ((uint32_t)c->a[1]) {
    case TCGETS: r = is_terminal ? terminal_write(c->a[2]) : -LINUX_ENOTTY; break;
    case TIOCGWINSZ: r = is_terminal ? window_write(c->a[2]) : -LINUX_ENOTTY; break;
    case FIONREAD: r = readable_write(f, c->a[2]); break;
    case FIONBIO: r = nonblock_set(f, c->a[2]); break;
    case FIOCLEX:
    case FIONCLEX: r = file_close_on_exec((uint32_t)c->a[0], (uint32_t)c->a[1] == FIOCLEX); break;
    default: break;
    }
    file_give(f);
    return r;
}
