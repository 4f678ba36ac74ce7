#include "host/gdb/server.h"

#include "host/gdb/fake_target.h"
#include "host/gdb/registers.h"
#include "tests/check.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define X87_TAGS 34u

static struct gdb_server server;

static void fresh(void)
{
    memset(&fake, 0, sizeof fake);
    for (unsigned i = 0; i < FAKE_SIZE; i++)
        fake.memory[i] = (uint8_t)i;
    gdb_server_init(&server, &fake_target,
                    (struct gdb_stop){ .kind = GDB_STOP_SIGNAL, .thread = 1, .number = SIGTRAP });
}

/* The answer's data as text; "(none)" where there is no answer. */
static const char *answer(bool there)
{
    static char text[2 * PACKET_MAX + 8];

    if (!there)
        return "(none)";
    struct bytes raw = packet_finish(&server.out);
    memcpy(text, raw.data + 1, raw.size - 4);
    text[raw.size - 4] = '\0';
    return text;
}

static const char *ask(const char *packet)
{
    return answer(
        gdb_server_handle(&server, (struct bytes){ (const uint8_t *)packet, strlen(packet) }));
}

static const struct {
    const char *name, *packet, *answer;
} cases[] = {
    { "why it stands still", "?", "T05thread:1;" },
    { "a packet of no bytes", "", "" },
    { "a command that we do not know", "!", "" },
    { "another", "vFile:open:2f", "" },
    { "a question that we do not know", "qFoo", "" },
    { "a setting that we do not know", "QPassSignals:e", "" },
    { "hardware breakpoints", "Z1,10000,1", "" },
    { "watchpoints", "Z2,10000,4", "" },
    { "four bytes of memory", "m10010,4", "10111213" },
    { "no bytes of memory", "m10010,0", "" },
    { "memory up to where it ends", "m1fffe,8", "feff" },
    { "memory that is not there", "m0,4", "E0e" },
    { "memory at the very end", "mffffffffffffffff,ffffffffffffffff", "E0e" },
    { "memory without a size", "m10010", "E16" },
    { "memory with something behind", "m10010,4,", "E16" },
    { "an address that is none", "mzz,4", "E16" },
    { "an address of seventeen digits", "m00000000000010010,4", "E16" },
    { "a write", "M10010,2:abcd", "OK" },
    { "a write of more than is there", "M10010,3:abcd", "E16" },
    { "a write of less than is there", "M10010,1:abcd", "E16" },
    { "a write of more than fits in a packet", "M10010,ffffffffffffffff:ab", "E16" },
    { "a write that is not hexadecimal", "M10010,1:xy", "E16" },
    { "a write where nothing is", "M0,1:00", "E0e" },
    { "a binary write", "X10010,2:ab", "OK" },
    { "a binary write of nothing, which asks whether it is known", "X10010,0:", "OK" },
    { "a binary write that is too short", "X10010,3:ab", "E16" },
    { "a breakpoint where nothing is", "Z0,0,1", "E0e" },
    { "a breakpoint without a kind", "Z0,10000", "E16" },
    { "taking out one that is not there", "z0,10000,1", "OK" },
    { "register rip", "p10", "0000000000000000" },
    { "a register that is not there", "pffff", "E16" },
    { "a register's number that is none", "p", "E16" },
    { "setting a register that is not there", "Pffff=00", "E16" },
    { "setting a register short", "P10=00", "E16" },
    { "setting all with too little", "G00", "E16" },
    { "threads", "qfThreadInfo", "m1,2" },
    { "no more threads", "qsThreadInfo", "l" },
    { "the thread now", "qC", "QC1" },
    { "a thread lives", "T2", "OK" },
    { "a thread does not", "T3", "E03" },
    { "choosing a thread", "Hg2", "OK" },
    { "choosing one that is not there", "Hg3", "E03" },
    { "choosing for something else", "Hx1", "E16" },
    { "choosing all to continue", "Hc-1", "OK" },
    { "how it can run", "vCont?", "vCont;c;C;s;S" },
    { "running without an action", "vCont", "E03" },
    { "running a thread that is not there", "vCont;c:7", "E03" },
    { "running in a way that is none", "vCont;t", "E16" },
    { "running backwards", "bc", "" },
    { "a signal that is none", "Cxx", "E16" },
    { "a document from behind its end", "qXfer:features:read:target.xml:ffffff,10", "E16" },
    { "a document that is not there", "qXfer:features:read:other.xml:0,10", "" },
    { "the threads, as a document", "qXfer:threads:read::0,1000",
      "l<threads><thread id=\"1\" core=\"0\" name=\"vCPU 0\"/><thread id=\"2\" core=\"1\" "
      "name=\"vCPU 1\"/></threads>" },
    { "a part of it", "qXfer:threads:read::1,7", "mthreads" },
    { "continue has no answer yet", "c", "(none)" },
    { "where the program is, which its file says", "qOffsets", "" },
    { "kill", "vKill;1", "OK" },
    { "kill, the old way", "k", "(none)" },
    { "detach", "D", "OK" },
};

static void test_packets(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CASE(cases[i].name);
        fresh();
        CHECK_TEXT(ask(cases[i].packet), cases[i].answer);
    }
}

static void test_breakpoints(void)
{
    struct gdb_stop stop = { .kind = GDB_STOP_BREAK, .thread = 2 };

    fresh();
    CASE("a breakpoint is in memory, and not in what gdb reads");
    (void)ask("qSupported:swbreak+");
    CHECK_TEXT(ask("Z0,10020,1"), "OK");
    CHECK_TEXT(ask("Z0,10020,1"), "OK");
    CHECK_EQ(fake.memory[0x20], 0xcc);
    CHECK_TEXT(ask("m1001f,3"), "1f2021");
    CASE("a write goes under it");
    CHECK_TEXT(ask("M1001f,3:aabbcc"), "OK");
    CHECK_EQ(fake.memory[0x20], 0xcc);
    CHECK_TEXT(ask("m1001f,3"), "aabbcc");
    CASE("whoever meets it stands before it");
    CHECK_TEXT(ask("vCont;c"), "(none)");
    CHECK_EQ(fake.resumed_count, 2);
    fake.regs[1].rip = 0x10021;
    CHECK(gdb_server_stopped(&server, stop));
    CHECK_TEXT(answer(true), "T05thread:2;swbreak:;");
    CHECK_EQ(fake.regs[1].rip, 0x10020);
    CASE("one that was taken out meanwhile lets its thread go on");
    CHECK_TEXT(ask("z0,10020,1"), "OK");
    CHECK_EQ(fake.memory[0x20], 0xbb);
    CHECK_TEXT(ask("vCont;s:1"), "(none)");
    fake.regs[1].rip = 0x10021;
    CHECK(!gdb_server_stopped(&server, stop));
    CHECK_EQ(fake.regs[1].rip, 0x10020);
    CHECK(fake.resumes == 3 && fake.resumed_count == 1 && fake.resumed[0].step);
    CASE("an int3 of the program's own is a SIGTRAP behind it");
    fake.memory[0x30] = 0xcc;
    fake.regs[1].rip = 0x10031;
    CHECK(gdb_server_stopped(&server, stop));
    CHECK_TEXT(answer(true), "T05thread:2;");
    CHECK_EQ(fake.regs[1].rip, 0x10031);
    CASE("detaching takes them out");
    CHECK_TEXT(ask("Z0,10040,1"), "OK");
    CHECK_TEXT(ask("D"), "OK");
    CHECK(fake.memory[0x40] == 0x40 && fake.detaches == 1);
    CASE("more of them than there may be");
    fresh();
    for (unsigned i = 0; i < BREAKPOINTS_MAX; i++)
        CHECK_OK(breakpoint_insert(&server.breakpoints, &fake_target, FAKE_AT + i));
    CHECK_TEXT(ask("Z0,11000,1"), "E0e");
}

static void test_running(void)
{
    fresh();
    CASE("a step of one thread, the others go");
    (void)ask("vCont;s:1;c");
    CHECK_EQ(fake.resumed_count, 2);
    CHECK(fake.resumed[0].thread == 1 && fake.resumed[0].step);
    CHECK(fake.resumed[1].thread == 2 && !fake.resumed[1].step);
    CASE("a step of one thread alone");
    fresh();
    (void)ask("vCont;s:2");
    CHECK(fake.resumed_count == 1 && fake.resumed[0].thread == 2);
    CASE("gdb's number of a signal is Linux's to the thread");
    fresh();
    (void)ask("vCont;C0a:1;c");
    CHECK(fake.resumed[0].signal == SIGBUS && fake.resumed[1].signal == 0);
    CASE("the old way");
    fresh();
    (void)ask("Hc2");
    (void)ask("S0b");
    CHECK(fake.resumed[1].step && fake.resumed[1].signal == SIGSEGV && !fake.resumed[0].step);
    CASE("a signal");
    CHECK(gdb_server_stopped(
        &server, (struct gdb_stop){ .kind = GDB_STOP_SIGNAL, .thread = 1, .number = SIGBUS }));
    CHECK_TEXT(answer(true), "T0athread:1;");
    CASE("the end");
    (void)ask("c");
    CHECK(gdb_server_stopped(&server, (struct gdb_stop){ .kind = GDB_STOP_EXITED, .number = 134 }));
    CHECK_TEXT(answer(true), "W86");
    CHECK_EQ(server.state, GDB_ENDED);
}

/* Every register: what is set is got, and nothing else changes. */
static void test_registers(void)
{
    struct debug_registers regs, before;
    uint8_t value[REGISTER_SIZE_MAX], got[REGISTER_SIZE_MAX];
    size_t sum = 0;

    CASE("as many as gdb counts");
    CHECK_EQ(registers_count(false), 60);
    CHECK_EQ(registers_count(true), 76);
    CHECK_EQ(register_size(76), 0);
    for (uint32_t i = 0; i < registers_count(true); i++)
        sum += register_size(i);
    CHECK_EQ(sum, 17 * 8 + 7 * 4 + 8 * 10 + 8 * 4 + 16 * 16 + 4 + 8 + 2 * 8 + 16 * 16);
    CASE("each is set, and no other");
    for (uint32_t i = 0; i < registers_count(true); i++) {
        size_t size = register_size(i);
        bool kept = false;

        memset(&regs, 0x55, sizeof regs);
        before = regs;
        memset(value, 0xa0, sizeof value);
        CHECK(register_set(&regs, i, (struct bytes){ value, size }));
        CHECK_EQ(register_get(&regs, i, got), size);
        kept = memcmp(&regs, &before, sizeof regs) == 0;
        /* Those that are two bytes have four on the wire; the tags have a form of their own. */
        CHECK(kept || i == X87_TAGS || memcmp(got, value, 2) == 0);
        CHECK(register_set(&before, i, (struct bytes){ value, size }));
        CHECK(memcmp(&regs, &before, sizeof regs) == 0);
    }
    CASE("a wrong size");
    CHECK(!register_set(&regs, 0, (struct bytes){ value, 4 }));
    CHECK(!register_set(&regs, 76, (struct bytes){ value, 8 }));
    CASE("x87's tags");
    memset(&regs, 0, sizeof regs);
    regs.fxsave[4] = 0x81;
    CHECK_EQ(register_get(&regs, X87_TAGS, got), 4);
    CHECK(got[0] == 0xfc && got[1] == 0x3f);
    regs.fxsave[4] = 0;
    CHECK(register_set(&regs, X87_TAGS, (struct bytes){ got, 4 }));
    CHECK_EQ(regs.fxsave[4], 0x81);
}

/* --- Over a real line. */

static void *serve(void *context) { return (void *)(uintptr_t)gdb_serve(&server, *(int *)context); }

static bool say(int fd, const char *text) { return write(fd, text, strlen(text)) > 0; }

/* Reads as many bytes as wanted has, and compares. */
static bool hears(int fd, const char *wanted)
{
    char got[256] = { 0 };
    size_t size = strlen(wanted), at = 0;

    while (at < size) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        ssize_t n = poll(&wait, 1, 5000) == 1 ? read(fd, got + at, size - at) : 0;

        if (n <= 0)
            break;
        at += (size_t)n;
    }
    if (strcmp(got, wanted) != 0)
        printf("# heard %s, not %s\n", got, wanted);
    return strcmp(got, wanted) == 0;
}

static void stop_with(enum gdb_stop_kind kind, uint32_t number)
{
    uint64_t one = 1;

    fake.stop = (struct gdb_stop){ .kind = kind, .thread = 1, .number = number };
    fake.has_stop = true;
    (void)!write(fake_target.stop_fd, &one, sizeof one);
}

static enum gdb_state line_test(void (*talk)(int fd))
{
    int fds[2];
    pthread_t thread;
    void *state = NULL;

    fresh();
    fake_target.stop_fd = eventfd(0, EFD_NONBLOCK);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK(pthread_create(&thread, NULL, serve, &fds[1]) == 0);
    talk(fds[0]);
    close(fds[0]);
    pthread_join(thread, &state);
    close(fds[1]);
    close(fake_target.stop_fd);
    return (enum gdb_state)(uintptr_t)state;
}

static void talk_acks(int fd)
{
    CHECK(say(fd, "+$?#3f") && hears(fd, "+$T05thread:1;#d7"));
    CHECK(say(fd, "-") && hears(fd, "$T05thread:1;#d7"));
    CHECK(say(fd, "+$?#40") && hears(fd, "-"));
    CHECK(say(fd, "$QStartNoAckMode#b0") && hears(fd, "+$OK#9a"));
    CHECK(say(fd, "+$?#3f") && hears(fd, "$T05thread:1;#d7"));
    CHECK(say(fd, "$c#63"));
    CHECK(say(fd, "$?#3f\x03")); /* not answered while it runs; the interrupt is */
    for (unsigned i = 0; i < 1000 && __atomic_load_n(&fake.interrupts, __ATOMIC_SEQ_CST) == 0; i++)
        usleep(1000);
    stop_with(GDB_STOP_SIGNAL, SIGINT);
    CHECK(hears(fd, "$T02thread:1;#d4"));
    CHECK(say(fd, "$c#63"));
    stop_with(GDB_STOP_EXITED, 7);
    CHECK(hears(fd, "$W07#be"));
}

static void talk_kill(int fd) { CHECK(say(fd, "$vKill;1#6e") && hears(fd, "+$OK#9a")); }

static void talk_nothing(int fd) { CHECK(say(fd, "$Z0,10020,1#06") && hears(fd, "+$OK#9a")); }

static void test_lines(void)
{
    CASE("signs, an interrupt, the end");
    CHECK_EQ(line_test(talk_acks), GDB_ENDED);
    CHECK_EQ(fake.interrupts, 1);
    CASE("killed, and told so before");
    CHECK_EQ(line_test(talk_kill), GDB_KILLED);
    CHECK_EQ(fake.kills, 1);
    CASE("gdb leaves without a word");
    CHECK_EQ(line_test(talk_nothing), GDB_DETACHED);
    CHECK(fake.detaches == 1 && fake.memory[0x20] == 0x20);
}

int main(void)
{
    test_packets();
    test_breakpoints();
    test_running();
    test_registers();
    test_lines();
    return check_done();
}
