/* jail_attacks.c: stands in for exec in a process keep, and tries what it must not.
 *
 * tests/run-cli builds it statically, starts it under the real loader and sends
 * the name of one attack on stdin. It exits 0 where the attack was refused, 99
 * where it worked, 98 for a name it does not know. Descriptor 3 is the launch
 * record, 4 the module, 5 a folder to change, 6 a folder to read. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define RW_DIR 5
#define RO_DIR 6

static int refused(long result) { return result < 0 ? 0 : 99; }
static int good(int holds) { return holds ? 0 : 99; }

static int open_passwd(void) { return refused(open("/etc/passwd", O_RDONLY)); }
static int open_proc(void) { return refused(open("/proc/self/maps", O_RDONLY)); }
static int open_dev(void) { return refused(open("/dev/null", O_RDONLY)); }
static int create_in_root(void) { return refused(open("/x", O_CREAT | O_WRONLY, 0600)); }
static int mkdir_in_root(void) { return refused(mkdirat(AT_FDCWD, "/x", 0700)); }
static int open_parent(void) { return refused(openat(RW_DIR, "../outside", O_RDONLY)); }
static int open_far_parent(void)
{
    return refused(openat(RW_DIR, "../../../../../../../../etc/passwd", O_RDONLY));
}
static int open_by_link(void) { return refused(openat(RW_DIR, "link", O_RDONLY)); }
static int write_read_only(void) { return refused(openat(RO_DIR, "there", O_WRONLY)); }
static int create_read_only(void)
{
    return refused(openat(RO_DIR, "new", O_CREAT | O_WRONLY, 0600));
}
static int unlink_read_only(void) { return refused(unlinkat(RO_DIR, "there", 0)); }
static int rename_out(void) { return refused(renameat(RW_DIR, "mine", RO_DIR, "mine")); }
static int make_device(void) { return refused(mknodat(RW_DIR, "dev", S_IFCHR | 0600, 0x103)); }
static int make_fifo(void) { return refused(mknodat(RW_DIR, "fifo", S_IFIFO | 0600, 0)); }
static int run_file(void)
{
    return refused(syscall(SYS_execveat, RW_DIR, "program", NULL, NULL, 0));
}
static int run_self(void)
{
    return refused(execve("/proc/self/exe", (char *[]){ (char[]){ "x" }, NULL }, NULL));
}
static int run_again(void)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) != 0)
        return 99;
    return refused(syscall(SYS_execveat, (int)l.rlim_cur, "", NULL, NULL, AT_EMPTY_PATH));
}

/* Nothing but stdio, record, module and the two folders. */
static int other_descriptors(void)
{
    struct stat st;

    for (int fd = 7; fd < 20000; fd++)
        if (fstat(fd, &st) == 0)
            return 99;
    return 0;
}

static int module_write(void) { return refused(pwrite(4, "x", 1, 0)); }
static int module_shrink(void) { return refused(ftruncate(4, 0)); }
static int record_write(void) { return refused(pwrite(3, "x", 1, 0)); }

static int socket_new(void) { return refused(socket(AF_INET, SOCK_STREAM, 0)); }
static int socket_unix(void) { return refused(socket(AF_UNIX, SOCK_STREAM, 0)); }
static int socket_connect(void)
{
    struct sockaddr a = { .sa_family = AF_UNIX };

    return refused(connect(0, &a, sizeof a));
}
static int trace_init(void) { return refused(ptrace(PTRACE_ATTACH, 1, NULL, NULL)); }
static int trace_me(void) { return refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }
static int memory_of_init(void)
{
    return refused(syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0));
}
static int kill_init(void) { return refused(kill(1, SIGKILL)); }
static int kill_all(void) { return refused(kill(-1, SIGKILL)); }
static int tgkill_init(void) { return refused(syscall(SYS_tgkill, 1, 1, SIGKILL)); }
static int mount_tmpfs(void) { return refused(mount("x", "/", "tmpfs", 0, NULL)); }
static int umount_root(void) { return refused(umount2("/", MNT_DETACH)); }
static int root_change(void) { return refused(chroot("/")); }
static int new_user(void) { return refused(unshare(CLONE_NEWUSER)); }
static int join_space(void) { return refused(setns(RW_DIR, 0)); }
static int fork_process(void)
{
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    if (pid == 0)
        _exit(0);
    return refused(pid);
}
static int fork_old(void) { return refused(syscall(SYS_fork)); }
static int clone_user(void)
{
    return refused(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}
static int clone_3(void)
{
    uint64_t args[8] = { 0 };

    return good(syscall(SYS_clone3, args, sizeof args) < 0 && errno == ENOSYS);
}
static int map_wx(void)
{
    return good(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0) == MAP_FAILED);
}
static int protect_wx(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED || mprotect(at, 4096, PROT_READ | PROT_EXEC) != 0)
        return 97; /* this is what the engine lives from */
    return refused(mprotect(at, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
}
static int protect_wx_key(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return refused(syscall(SYS_pkey_mprotect, at, 4096, PROT_WRITE | PROT_EXEC, -1));
}
static int read_implies_exec(void) { return refused(syscall(SYS_personality, 0x0400000)); }
static int terminal_type(void) { return refused(ioctl(0, TIOCSTI, "x")); }
static int terminal_take(void) { return refused(ioctl(0, TIOCSCTTY, 1)); }
static int user_change(void) { return refused(syscall(SYS_setuid, 0)); }
static int bpf_load(void) { return refused(syscall(SYS_bpf, 0, NULL, 0)); }
static int ring(void) { return refused(syscall(SYS_io_uring_setup, 1, NULL)); }
static int fault_handler(void) { return refused(syscall(SYS_userfaultfd, 0)); }
static int key_add(void) { return refused(syscall(SYS_add_key, "user", "x", "y", 1, -1)); }
static int handle_open(void) { return refused(syscall(SYS_open_by_handle_at, 5, NULL, 0)); }
static int memory_file(void) { return refused(memfd_create("x", 0)); }
static int limit_raise(void)
{
    struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };

    return refused(setrlimit(RLIMIT_DATA, &l));
}

/* The old 32-bit door has other numbers: 5 is open there. */
static int call_32(void)
{
    static const char path[] = "/";
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L), "b"(path) : "memory");
    return refused(result);
}
static int call_x32(void) { return refused(syscall(0x40000000 | SYS_getpid)); }

/* Addresses cost nothing, writable memory beyond the limit is not there. */
static int memory_limit(void)
{
    size_t size = (size_t)8 << 30;
    void *none = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (none == MAP_FAILED)
        return 97;
    if (mprotect(none, size, PROT_READ | PROT_WRITE) == 0)
        return 99;
    return good(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                MAP_FAILED);
}

static int host_name(void)
{
    struct utsname u;

    return good(uname(&u) == 0 && strcmp(u.nodename, "keep") == 0);
}

static int alone(void) { return good(getpid() == 2); }

/* What must work, so that a jail that refuses everything does not pass. */
static int honest(void)
{
    int fd = openat(RW_DIR, "new", O_CREAT | O_RDWR | O_TRUNC, 0600);
    struct stat st;
    char byte;

    if (fd < 0 || write(fd, "hello", 5) != 5 || ftruncate(fd, 3) != 0 || close(fd) != 0)
        return 97;
    if (fstatat(RW_DIR, "new", &st, 0) != 0 || st.st_size != 3 || unlinkat(RW_DIR, "new", 0) != 0)
        return 97;
    fd = openat(RO_DIR, "there", O_RDONLY);
    if (fd < 0 || read(fd, &byte, 1) != 1 || pread(4, &byte, 1, 0) != 1)
        return 97;
    return 0;
}

static void *thread(void *from) { return from; }

/* The engine compiles on all cores. */
static int threads(void)
{
    for (int i = 0; i < 8; i++) {
        pthread_t t;
        void *back = NULL;
        int word = 0;

        if (pthread_create(&t, NULL, thread, &word) != 0 || pthread_join(t, &back) != 0 ||
            back != &word)
            return 97;
    }
    return 0;
}

static int crash(void)
{
    *(volatile int *)8 = 1;
    return 99;
}

static int quit(void) { return 201; }

static int wait_signal(void)
{
    printf("waiting\n");
    fflush(stdout);
    poll(NULL, 0, -1);
    return 97; /* a signal that we did not ask for leaves no choice */
}

static int echo(void)
{
    static char room[65536];
    ssize_t got;

    while ((got = read(0, room, sizeof room)) > 0)
        if (write(1, room, (size_t)got) != got)
            return 97;
    return 0;
}

static int window(void)
{
    struct winsize w;

    if (!isatty(1) || ioctl(1, TIOCGWINSZ, &w) != 0)
        return 97;
    printf("%u %u\n", w.ws_row, w.ws_col);
    return 0;
}

#define ATTACK(name) \
    {                \
#name, name  \
    }
static const struct {
    const char *name;
    int (*run)(void);
} attacks[] = {
    ATTACK(open_passwd),
    ATTACK(open_proc),
    ATTACK(open_dev),
    ATTACK(create_in_root),
    ATTACK(mkdir_in_root),
    ATTACK(open_parent),
    ATTACK(open_far_parent),
    ATTACK(open_by_link),
    ATTACK(write_read_only),
    ATTACK(create_read_only),
    ATTACK(unlink_read_only),
    ATTACK(rename_out),
    ATTACK(make_device),
    ATTACK(make_fifo),
    ATTACK(run_file),
    ATTACK(run_self),
    ATTACK(run_again),
    ATTACK(other_descriptors),
    ATTACK(module_write),
    ATTACK(module_shrink),
    ATTACK(record_write),
    ATTACK(socket_new),
    ATTACK(socket_unix),
    ATTACK(socket_connect),
    ATTACK(trace_init),
    ATTACK(trace_me),
    ATTACK(memory_of_init),
    ATTACK(kill_init),
    ATTACK(kill_all),
    ATTACK(tgkill_init),
    ATTACK(mount_tmpfs),
    ATTACK(umount_root),
    ATTACK(root_change),
    ATTACK(new_user),
    ATTACK(join_space),
    ATTACK(fork_process),
    ATTACK(fork_old),
    ATTACK(clone_user),
    ATTACK(clone_3),
    ATTACK(map_wx),
    ATTACK(protect_wx),
    ATTACK(protect_wx_key),
    ATTACK(read_implies_exec),
    ATTACK(terminal_type),
    ATTACK(terminal_take),
    ATTACK(user_change),
    ATTACK(bpf_load),
    ATTACK(ring),
    ATTACK(fault_handler),
    ATTACK(key_add),
    ATTACK(handle_open),
    ATTACK(memory_file),
    ATTACK(limit_raise),
    ATTACK(call_32),
    ATTACK(call_x32),
    ATTACK(memory_limit),
    ATTACK(host_name),
    ATTACK(threads),
    ATTACK(alone),
    ATTACK(honest),
    ATTACK(crash),
    ATTACK(quit),
    ATTACK(wait_signal),
    ATTACK(echo),
    ATTACK(window),
};

int main(void)
{
    char name[64];
    size_t size = 0;

    /* Byte by byte: what follows the line belongs to the attack. */
    while (size + 1 < sizeof name && read(0, name + size, 1) == 1 && name[size] != '\n')
        size++;
    name[size] = '\0';
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
        if (strcmp(name, attacks[i].name) == 0)
            return attacks[i].run();
    return 98;
}
