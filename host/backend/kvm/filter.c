/* filter.c: the system calls that a running loader may make, each with its reason.
 *
 * A keep that has taken over its loader by a fault in it finds: no file to open,
 * no program to start, no socket to make, no other process; of KVM only what its
 * own machine is run by. */
#define _GNU_SOURCE

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

#include "base/num.h"
#include "host/backend/kvm/loader.h"
#include "host/backend/process/filter.h"

static const struct filter_plain allowed[] = {
    CALL(read, "stdin, pipes, files; eventfd and signalfd"),
    CALL(write, "stdout, pipes, files; eventfd; the word of the end"),
    CALL(preadv2, "a stream that must not block"),
    CALL(pwritev2, "a stream that must not block"),
    CALL(pread64, "BLOCK_READ; a template's inputs"),
    CALL(pwrite64, "BLOCK_WRITE"),
    CALL(fdatasync, "BLOCK_CONTROL flush"),
    CALL(ftruncate, "BLOCK_CONTROL resize; a core file"),
    CALL(fstat, "BLOCK_CONTROL size, and how much of a file is left"),
    CALL(lseek, "how much of a file is left"),
    CALL(recvfrom, "STREAM_READ of a socket"),
    CALL(accept4, "STREAM_ACCEPT"),
    CALL(shutdown, "STREAM_SHUTDOWN"),
    CALL(close, "STREAM_CLOSE"),
    CALL(poll, "STREAM_POLL, and streams that must be asked first"),
    CALL(ppoll, "a parked vCPU sleeps; so does the server thread"),
    CALL(eventfd2, "VCPU_START"),

    CALL(brk, "malloc"),
    CALL(munmap, "malloc, the image that was measured"),
    CALL(mremap, "malloc"),
    CALL(madvise, "MEMORY_SHRINK"),
    CALL(futex, "locks between the threads"),
    CALL(set_robust_list, "threads start with it"),
    CALL(rseq, "threads start with it"),
    CALL(sched_yield, "locks between the threads"),
    CALL(sched_getaffinity, "LAUNCH says how many processors there are"),
    CALL(rt_sigprocmask, "threads start with it"),
    CALL(rt_sigaction, "the first thread is started, in some libcs"),
    CALL(rt_sigreturn, "a kick ends"),
    CALL(restart_syscall, "the kernel's own, after a stop"),
    CALL(getpid, "a kick is for a thread of this process"),
    CALL(gettid, "a thread names itself"),
    CALL(clock_gettime, "CLOCK, where the vDSO gives up"),
    CALL(getrandom, "the seed of LAUNCH, signatures"),
    CALL(getrusage, "the word of the end"),
    CALL(exit, "a thread ends"),
    CALL(exit_group, "the keep ends"),
};

#define KVM_CALL(request, why) IF(ioctl, YES, EQUAL(1, request), why)

static const struct filter_judged by_argument[] = {
    KVM_CALL(KVM_RUN, "the keep runs"),
    KVM_CALL(KVM_INTERRUPT, "WAKE of a vCPU that runs"),
    KVM_CALL(KVM_SET_USER_MEMORY_REGION, "MEMORY_GROW; a template's inputs"),
    KVM_CALL(KVM_GET_TSC_KHZ, "LAUNCH says how fast the counter is"),
    KVM_CALL(KVM_CREATE_VCPU, "VCPU_START"),
    KVM_CALL(KVM_SET_CPUID2, "VCPU_START"),
    KVM_CALL(KVM_GET_SREGS, "VCPU_START"),
    KVM_CALL(KVM_SET_SREGS, "VCPU_START"),
    KVM_CALL(KVM_SET_XCRS, "VCPU_START"),
    KVM_CALL(KVM_SET_MSRS, "VCPU_START"),
    KVM_CALL(KVM_SET_REGS, "VCPU_START"),
    KVM_CALL(KVM_SET_DEVICE_ATTR, "VCPU_START: the counter of the new one"),
    IF(ioctl, YES, EQUAL(1, FIONREAD), "STREAM_POLL says how much there is"),
    IF(newfstatat, YES, EQUAL(3, AT_EMPTY_PATH), "fstat through libc; no paths"),
    IF(mmap, YES, MASKED(2, PROT_EXEC, 0), "stacks, buffers, a template's inputs"),
    IF(mprotect, YES, MASKED(2, PROT_EXEC, 0), "MEMORY_GROW; stacks"),
    IF(clone, YES, MASKED(0, CLONE_JUDGED, CLONE_WANTED), "VCPU_START"),
    IF(sendto, YES, MASKED(3, FASTOPEN, 0), "STREAM_WRITE to a socket"),
    /* Only a template's: the others have taken their workload in by now. */
    IF(recvmsg, YES, EQUAL(2, MSG_CMSG_CLOEXEC | MSG_DONTWAIT), "a template gets its workload"),
    IF(ioctl, YES, EQUAL(1, TCGETS), "its stdio: is it a terminal"),
    IF(fcntl, YES, EQUAL(1, F_GETFL), "its streams"),
    IF(fcntl, YES, EQUAL(1, F_DUPFD_CLOEXEC), "its streams"),
    IF(fcntl, YES, EQUAL(1, F_GET_SEALS), "its inputs"),
    IF(prlimit64, YES, EQUAL(0, 0), "its limit of memory comes down to the workload's"),
};

#define FOR_TEMPLATES 6u

int loader_filter_compile(struct filter_program *out, pid_t self, bool is_template)
{
    static struct filter_program known; /* a pool makes many loaders, all pid 1 */
    static pid_t known_self;
    static bool known_template;

    if (known.count == 0 || known_self != self || known_template != is_template) {
        size_t judged = COUNT_OF(by_argument) - (is_template ? 0 : FOR_TEMPLATES);
        int error = filter_compile(&known, allowed, COUNT_OF(allowed), by_argument, judged, self);

        if (error != 0)
            return error;
        known_self = self;
        known_template = is_template;
    }
    *out = known;
    return 0;
}
