/* Classic BPF as seccomp has it: what is refused, what comes out; and Linux's own
 * judgement of the same programs, in a child that installs them. */
#define _GNU_SOURCE
#include "shim/core/bpf.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "tests/check.h"

static struct bpf_instruction code[BPF_COUNT_MAX];

static struct bpf_program program_of(uint32_t count)
{
    struct bpf_program p = { .count = count };

    for (uint32_t i = 0; i < COUNT_OF(p.page); i++)
        p.page[i] = code + i * BPF_IN_PAGE;
    return p;
}

static void set(uint32_t at, unsigned op, uint32_t k, uint8_t yes, uint8_t no)
{
    code[at] = (struct bpf_instruction){ .code = (uint16_t)op, .k = k, .yes = yes, .no = no };
}

static bool good(uint32_t count)
{
    const struct bpf_program p = program_of(count);

    return bpf_verify(&p);
}

/* One instruction, and a return behind it. */
static bool one_good(unsigned op, uint32_t k)
{
    set(0, op, k, 0, 0);
    set(1, BPF_RET | BPF_K, 0, 0, 0);
    return good(2);
}

static void test_refused(void)
{
    CASE("programs that are refused");
    CHECK(!good(0));
    CHECK(!good(BPF_COUNT_MAX + 1));
    CHECK(one_good(BPF_LD | BPF_W | BPF_ABS, 60));
    CHECK(!one_good(BPF_LD | BPF_W | BPF_ABS, 64));
    CHECK(!one_good(BPF_LD | BPF_W | BPF_ABS, 2));
    CHECK(!one_good(BPF_LD | BPF_H | BPF_ABS, 0));
    CHECK(!one_good(BPF_LD | BPF_W | BPF_IND, 0));
    CHECK(!one_good(BPF_ALU | BPF_DIV | BPF_K, 0));
    CHECK(!one_good(BPF_ALU | BPF_MOD | BPF_K, 3));
    CHECK(!one_good(BPF_ALU | BPF_LSH | BPF_K, 32));
    CHECK(!one_good(BPF_ST, 16));
    CHECK(!one_good(BPF_LD | BPF_MEM, 0));
    CHECK(!one_good(BPF_JMP | BPF_JA, 1));
    CHECK(!one_good(BPF_JMP | BPF_JA, UINT32_MAX));
    CHECK(!one_good(0xff07, 0));
    set(0, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
    CHECK(!good(2));
    set(0, BPF_LD | BPF_IMM, 0, 0, 0);
    CHECK(!good(1));

    CASE("a cell that one of two ways has not stored");
    set(0, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
    set(1, BPF_ST, 3, 0, 0);
    set(2, BPF_LD | BPF_MEM, 3, 0, 0);
    set(3, BPF_RET | BPF_A, 0, 0, 0);
    CHECK(!good(4));
    code[0].yes = 0;
    CHECK(good(4));
}

static uint32_t random_state = 12345;

static uint32_t rnd(uint32_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

/* Anything that may be well formed; the end makes the accumulator an errno. */
static uint32_t program_make(void)
{
    static const uint16_t ops[] = {
        BPF_LD | BPF_W | BPF_ABS,
        BPF_LD | BPF_IMM,
        BPF_LDX | BPF_IMM,
        BPF_LD | BPF_W | BPF_LEN,
        BPF_LDX | BPF_W | BPF_LEN,
        BPF_ST,
        BPF_STX,
        BPF_LD | BPF_MEM,
        BPF_LDX | BPF_MEM,
        BPF_MISC | BPF_TAX,
        BPF_MISC | BPF_TXA,
        BPF_ALU | BPF_ADD,
        BPF_ALU | BPF_SUB | BPF_X,
        BPF_ALU | BPF_MUL,
        BPF_ALU | BPF_DIV,
        BPF_ALU | BPF_OR | BPF_X,
        BPF_ALU | BPF_AND,
        BPF_ALU | BPF_XOR,
        BPF_ALU | BPF_LSH,
        BPF_ALU | BPF_RSH | BPF_X,
        BPF_ALU | BPF_NEG,
        BPF_ALU | BPF_DIV | BPF_X,
        BPF_JMP | BPF_JA,
        BPF_JMP | BPF_JEQ,
        BPF_JMP | BPF_JGT | BPF_X,
        BPF_JMP | BPF_JGE,
        BPF_JMP | BPF_JSET,
        BPF_ALU | BPF_LSH | BPF_X,
        BPF_ALU | BPF_NEG | BPF_X,
        BPF_JMP | BPF_JA | BPF_X,
        BPF_ALU | BPF_ADD | BPF_X,
        BPF_ALU | BPF_RSH,
    };
    uint32_t count = 3 + rnd(20);

    for (uint32_t i = 0; i < count; i++) {
        unsigned op = ops[rnd(COUNT_OF(ops))];
        uint32_t k = rnd(8) == 0 ? rnd(1u << 20) : rnd(18);
        uint8_t yes = (uint8_t)rnd(4);
        uint8_t no = (uint8_t)rnd(4);

        if (op == (BPF_LD | BPF_W | BPF_ABS))
            k = 4 * rnd(17);
        else if (op == (BPF_JMP | BPF_JA))
            k = rnd(3);
        set(i, op, k, yes, no);
    }
    set(count++, BPF_ALU | BPF_AND | BPF_K, 0xff, 0, 0);
    set(count++, BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO, 0, 0);
    set(count++, BPF_RET | BPF_A, 0, 0, 0);
    return count;
}

enum { PROBES = 4, CALL = SYS_mlock2 };

static void probe_args(unsigned i, long args[6])
{
    for (unsigned j = 0; j < 6; j++)
        args[j] = (long)((i + 1) * 0x100000001ull * (j + 3));
}

/* What Linux says: refused, or for each probe an errno. In a child. */
struct verdict {
    int refused;
    int number[PROBES];
};

static void child(int to, uint32_t count)
{
    struct sock_fprog prog = { .len = (unsigned short)count, .filter = (struct sock_filter *)code };
    /* All calls but one pass: the child must still be able to tell. */
    struct sock_filter all[64] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALL, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_IMM, 0),
    };
    struct verdict v = { 0 };

    memcpy(all + 4, code, count * sizeof all[0]);
    prog.len = (unsigned short)(count + 4);
    prog.filter = all;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0) {
        v.refused = 1;
    } else {
        for (unsigned i = 0; i < PROBES; i++) {
            long a[6];

            probe_args(i, a);
            errno = 0;
            v.number[i] = syscall(CALL, a[0], a[1], a[2], a[3], a[4], a[5]) == 0 ? 0 : errno;
        }
    }
    if (write(to, &v, sizeof v) != sizeof v)
        _exit(1);
    _exit(0);
}

static bool linux_says(struct verdict *out, uint32_t count)
{
    int ends[2];
    int status;
    pid_t pid;
    bool got;

    if (pipe(ends) != 0)
        return false;
    pid = fork();
    if (pid == 0)
        child(ends[1], count);
    close(ends[1]);
    got = pid > 0 && read(ends[0], out, sizeof *out) == sizeof *out;
    close(ends[0]);
    waitpid(pid, &status, 0);
    return got;
}

static void compare(uint32_t count, const struct verdict *v)
{
    const struct bpf_program p = program_of(count);
    bool ours = bpf_verify(&p);

    CHECK_EQ(ours, !v->refused);
    for (unsigned i = 0; ours && !v->refused && i < PROBES; i++) {
        struct bpf_call c = { .number = CALL, .arch = BPF_ARCH_X86_64 };
        uint32_t said;
        long a[6];

        probe_args(i, a);
        memcpy(c.argument, a, sizeof a);
        said = bpf_run(&p, &c);
        /* A division by zero kills the thread: the child was gone then. The largest
         * errno is 4095; a jump may have left the mask out. */
        CHECK_EQ(said & BPF_RET_ACTION, BPF_RET_ERRNO);
        CHECK_EQ(num_min(said & BPF_RET_DATA, 4095), v->number[i]);
    }
}

/* Programs that look at where the call came from differ from run to run. */
static bool looks_at_address(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (code[i].code == (BPF_LD | BPF_W | BPF_ABS) && (code[i].k == 8 || code[i].k == 12))
            return true;
    return false;
}

static void test_against_linux(void)
{
    unsigned judged = 0;
    unsigned accepted = 0;

    CASE("400 random programs: Linux refuses and answers the same");
    for (int i = 0; i < 400; i++) {
        uint32_t count = program_make();
        struct verdict v;

        if (looks_at_address(count) || !linux_says(&v, count))
            continue;
        compare(count, &v);
        judged++;
        accepted += v.refused == 0;
    }
    printf("# %u were judged, %u of them accepted\n", judged, accepted);
    if (judged == 0)
        CASE_SKIP("no filters can be installed here");
}

static void test_always(void)
{
    const struct bpf_program p = program_of(6);

    CASE("calls that pass whatever their arguments are");
    set(0, BPF_LD | BPF_W | BPF_ABS, 4, 0, 0);
    set(1, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
    set(2, BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 2);
    set(3, BPF_LD | BPF_W | BPF_ABS, 16, 0, 0);
    set(4, BPF_JMP | BPF_JA, 0, 0, 0);
    set(5, BPF_RET | BPF_K, BPF_RET_ALLOW, 0, 0);
    CHECK(bpf_verify(&p));
    CHECK(bpf_always_allows(&p, 8));
    CHECK(!bpf_always_allows(&p, 7));
    code[5].k = BPF_RET_LOG;
    CHECK(!bpf_always_allows(&p, 8));
}

int main(void)
{
    test_refused();
    test_always();
    test_against_linux();
    return check_done();
}
