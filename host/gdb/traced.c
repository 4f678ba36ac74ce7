/* traced.c: a process under ptrace as a target of the debugger's server, for tests.
 *
 *   traced SOCKET PROGRAM [ARGUMENT...]    waits at a Unix socket for one gdb
 *   traced --core FILE PROGRAM [ARGUMENT...]   runs it, and writes a core file where
 *                                              a signal would end it
 *
 * So the real gdb tries the server on a real program without a keep. One thread. */
#include "host/core_file.h"
#include "host/gdb/server.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct traced {
    pid_t pid;
    int memory; /* /proc/PID/mem: writes whatever the protection is */
    bool stopped, stepping, gone;
};

static int target_fd; /* readable when the process has done something */

static uint32_t traced_threads(void *context, uint32_t ids[GDB_THREADS_MAX])
{
    const struct traced *t = context;

    ids[0] = 1;
    return t->gone ? 0 : 1;
}

static enum err traced_get(void *context, uint32_t thread, struct debug_registers *out)
{
    const struct traced *t = context;
    struct user_regs_struct u;
    struct user_fpregs_struct f;
    uint8_t xsave[4096] = { 0 };
    struct iovec whole = { xsave, sizeof xsave };

    (void)thread;
    if (ptrace(PTRACE_GETREGS, t->pid, NULL, &u) != 0 ||
        ptrace(PTRACE_GETFPREGS, t->pid, NULL, &f) != 0)
        return ERR_IO;
    *out = (struct debug_registers){
        .rax = u.rax,
        .rbx = u.rbx,
        .rcx = u.rcx,
        .rdx = u.rdx,
        .rsi = u.rsi,
        .rdi = u.rdi,
        .rbp = u.rbp,
        .rsp = u.rsp,
        .r8 = u.r8,
        .r9 = u.r9,
        .r10 = u.r10,
        .r11 = u.r11,
        .r12 = u.r12,
        .r13 = u.r13,
        .r14 = u.r14,
        .r15 = u.r15,
        .rip = u.rip,
        .rflags = u.eflags,
        .fs_base = u.fs_base,
        .gs_base = u.gs_base,
    };
    memcpy(out->fxsave, &f, sizeof out->fxsave);
    if (ptrace(PTRACE_GETREGSET, t->pid, NT_X86_XSTATE, &whole) == 0 && whole.iov_len >= 832) {
        out->flags = DEBUG_HAS_AVX;
        memcpy(out->ymm_high, xsave + 576, sizeof out->ymm_high);
    }
    return ERR_OK;
}

static enum err traced_set(void *context, uint32_t thread, const struct debug_registers *from)
{
    const struct traced *t = context;
    struct user_regs_struct u;

    (void)thread;
    if (ptrace(PTRACE_GETREGS, t->pid, NULL, &u) != 0)
        return ERR_IO;
    u.rax = from->rax;
    u.rbx = from->rbx;
    u.rcx = from->rcx;
    u.rdx = from->rdx;
    u.rsi = from->rsi;
    u.rdi = from->rdi;
    u.rsp = from->rsp;
    u.rip = from->rip;
    u.eflags = from->rflags;
    return ptrace(PTRACE_SETREGS, t->pid, NULL, &u) == 0 ? ERR_OK : ERR_IO;
}

static size_t traced_read(void *context, uint64_t at, uint8_t *to, size_t size)
{
    const struct traced *t = context;
    ssize_t n = pread(t->memory, to, size, (off_t)at);

    return n < 0 ? 0 : (size_t)n;
}

static enum err traced_write(void *context, uint64_t at, const uint8_t *from, size_t size)
{
    const struct traced *t = context;

    return pwrite(t->memory, from, size, (off_t)at) == (ssize_t)size ? ERR_OK : ERR_IO;
}

static uint32_t traced_areas(void *context, uint64_t at, struct debug_area *out, uint32_t room)
{
    const struct traced *t = context;
    char line[512];
    uint32_t count = 0;
    FILE *maps;

    snprintf(line, sizeof line, "/proc/%d/maps", t->pid);
    maps = fopen(line, "r");
    if (maps == NULL)
        return 0;
    while (count < room && fgets(line, sizeof line, maps) != NULL) {
        uint64_t start, end;
        char r, w, x;

        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %c%c%c", &start, &end, &r, &w, &x) == 5 &&
            end > at && start < 1ull << 47)
            out[count++] = (struct debug_area){
                .start = start,
                .size = end - start,
                .protection = (r == 'r' ? 1u : 0) | (w == 'w' ? 2u : 0) | (x == 'x' ? 4u : 0),
            };
    }
    fclose(maps);
    return count;
}

static enum err traced_resume(void *context, const struct gdb_resume *each, uint32_t count)
{
    struct traced *t = context;

    if (count != 1 || !t->stopped)
        return ERR_USAGE;
    t->stopped = false;
    t->stepping = each->step;
    return ptrace(each->step ? PTRACE_SINGLESTEP : PTRACE_CONT, t->pid, NULL,
                  (unsigned long)each->signal) == 0
               ? ERR_OK
               : ERR_IO;
}

static void traced_interrupt(void *context)
{
    const struct traced *t = context;

    kill(t->pid, SIGINT);
}

static bool traced_stop_take(void *context, struct gdb_stop *out)
{
    struct traced *t = context;
    struct signalfd_siginfo drained;
    int status;

    (void)!read(target_fd, &drained, sizeof drained);
    if (waitpid(t->pid, &status, WNOHANG) != t->pid)
        return false;
    *out = (struct gdb_stop){ .thread = 1 };
    if (WIFSTOPPED(status)) {
        bool broke = WSTOPSIG(status) == SIGTRAP && !t->stepping;

        out->kind = broke ? GDB_STOP_BREAK : GDB_STOP_SIGNAL;
        out->number = (uint32_t)WSTOPSIG(status);
        t->stopped = true;
    } else {
        out->kind = WIFEXITED(status) ? GDB_STOP_EXITED : GDB_STOP_KILLED;
        out->number = (uint32_t)(WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
        t->gone = true;
    }
    return true;
}

static void traced_detach(void *context)
{
    const struct traced *t = context;

    ptrace(PTRACE_DETACH, t->pid, NULL, 0);
}

static void traced_kill(void *context)
{
    const struct traced *t = context;

    kill(t->pid, SIGKILL);
}

static struct traced traced;
static struct gdb_target target = {
    .context = &traced,
    .threads = traced_threads,
    .registers_get = traced_get,
    .registers_set = traced_set,
    .read = traced_read,
    .write = traced_write,
    .areas = traced_areas,
    .resume = traced_resume,
    .interrupt = traced_interrupt,
    .stop_take = traced_stop_take,
    .detach = traced_detach,
    .kill = traced_kill,
};

static void fail(const char *what)
{
    perror(what);
    exit(70);
}

static void start(char **argv)
{
    sigset_t child;
    char path[64];
    int status;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    traced.pid = fork();
    if (traced.pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(argv[0], argv);
        _exit(127);
    }
    sigprocmask(SIG_BLOCK, &child, NULL);
    target_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    target.stop_fd = target_fd;
    if (waitpid(traced.pid, &status, 0) != traced.pid || !WIFSTOPPED(status))
        fail(argv[0]);
    ptrace(PTRACE_SETOPTIONS, traced.pid, NULL, PTRACE_O_EXITKILL);
    snprintf(path, sizeof path, "/proc/%d/mem", traced.pid);
    traced.memory = open(path, O_RDWR | O_CLOEXEC);
    traced.stopped = true;
}

static int serve(const char *path)
{
    static struct gdb_server server;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd;

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1) != 0)
        fail(path);
    fd = accept(listener, NULL, NULL);
    gdb_server_init(&server, &target,
                    (struct gdb_stop){ .kind = GDB_STOP_SIGNAL, .thread = 1, .number = SIGTRAP });
    printf("end: %d\n", (int)gdb_serve(&server, fd));
    return 0;
}

static int dump(const char *path)
{
    struct gdb_resume on = { .thread = 1 };
    struct gdb_stop stop;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    for (;;) {
        if (traced_resume(&traced, &on, 1) != ERR_OK)
            fail("resume");
        while (!traced_stop_take(&traced, &stop))
            usleep(1000);
        if (stop.kind == GDB_STOP_EXITED || stop.kind == GDB_STOP_KILLED)
            return 1;
        if (stop.number == SIGSEGV)
            return core_file_write(fd, &target, &stop) == ERR_OK ? 0 : 2;
        on.signal = stop.number == SIGTRAP ? 0 : stop.number;
    }
}

int main(int argc, char **argv)
{
    bool dumping = argc > 3 && strcmp(argv[1], "--core") == 0;

    if (argc < 3)
        return 64;
    start(argv + (dumping ? 3 : 2));
    return dumping ? dump(argv[2]) : serve(argv[1]);
}
