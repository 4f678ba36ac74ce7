/* sigframe_test.c: signal frames: what a handler finds, and what it may leave. */
#include "shim/core/sigframe.h"

#include "gate/place.h"
#include "shim/core/xstate_form.h"
#include "tests/check.h"

static const struct xstate avx = { .mask = 7, .size = 832, .mxcsr_mask = 0xffff };
static const struct xstate legacy = { .mask = 0, .size = 512, .mxcsr_mask = 0xffbf };

static void test_place(void)
{
    struct sigframe_place p;

    CASE("a frame is as after a call, its extended state aligned, nothing overlaps");
    for (uint64_t sp = 0x100000; sp < 0x100100; sp++) {
        CHECK(sigframe_place(&p, sp, &avx));
        CHECK_EQ(p.frame % 16, 8);
        CHECK_EQ(p.extended % 64, 0);
        CHECK(p.extended + sigframe_extended_size(&avx) <= sp);
        CHECK(p.frame + sizeof(struct sigframe) <= p.extended);
    }
    CASE("a stack that ends before the frame");
    CHECK(!sigframe_place(&p, 1000, &avx));
    CHECK(!sigframe_place(&p, 0, &avx));
    CASE("a stack where no program's is");
    CHECK(!sigframe_place(&p, PLACE_USER_END + 1, &avx));
    CHECK(!sigframe_place(&p, UINT64_MAX - 127, &avx));
}

static void test_registers(void)
{
    struct frame f = { .r15 = 15,
                       .rax = 1,
                       .rdi = 2,
                       .rip = 0x1234,
                       .rsp = 0x5678,
                       .rflags = 0x10246,
                       .vector = 14,
                       .error = 6 };
    struct frame back = { .rflags = 0x202, .cs = 1, .ss = 1 };
    struct sigframe_context c;

    CASE("an exception's words");
    sigframe_put_registers(&c, &f, 0xabc);
    CHECK_EQ(c.trap, 14);
    CHECK_EQ(c.error, 6);
    CHECK_EQ(c.cr2, 0xabc);
    CHECK_EQ(c.cs, PLACE_SEL_USER_CS);
    f.vector = 13;
    sigframe_put_registers(&c, &f, 0xabc);
    CHECK_EQ(c.cr2, 0);
    f.vector = FRAME_SYSCALL;
    sigframe_put_registers(&c, &f, 0xabc);
    CHECK_EQ(c.trap, 0);
    CHECK_EQ(c.error, 0);

    CASE("registers come back");
    CHECK(sigframe_take_registers(&back, &c));
    CHECK_EQ(back.r15, 15);
    CHECK_EQ(back.rax, 1);
    CHECK_EQ(back.rdi, 2);
    CHECK_EQ(back.rip, 0x1234);
    CHECK_EQ(back.rsp, 0x5678);
    CHECK_EQ(back.vector, FRAME_RETURNED);

    CASE("selectors and the flags of ring 0 do not");
    c.cs = PLACE_SEL_KERNEL_CS;
    c.ss = PLACE_SEL_KERNEL_SS;
    c.rflags = UINT64_MAX;
    back.rflags = 0x202;
    CHECK(sigframe_take_registers(&back, &c));
    CHECK_EQ(back.cs, PLACE_SEL_USER_CS);
    CHECK_EQ(back.ss, PLACE_SEL_USER_SS);
    CHECK_EQ(back.rflags & 0x7000, 0); /* IOPL, NT */
    CHECK_EQ(back.rflags >> 19, 0);
    CHECK_EQ(back.rflags & 0x20000, 0); /* VM */
    c.rflags = 0;
    CHECK(sigframe_take_registers(&back, &c));
    CHECK_EQ(back.rflags & 0x200, 0x200); /* IF stays */

    CASE("an address that IRETQ would fault on");
    c.rip = 0x800000000000;
    CHECK(!sigframe_take_registers(&back, &c));
    c.rip = 0xffff800000000000;
    CHECK(!sigframe_take_registers(&back, &c));
}

static void test_software(void)
{
    uint8_t area[1024] = { 0 };
    struct sigframe_software s;
    bool whole;

    CASE("software words that we wrote are taken");
    sigframe_put_software(area, &avx);
    CHECK_EQ(sigframe_software_size(area, &avx, &whole), 832);
    CHECK(whole);
    memcpy(&s, area + XSTATE_SOFTWARE_AT, sizeof s);
    CHECK_EQ(s.magic, SIGFRAME_MAGIC_FIRST);
    CHECK_EQ(s.whole_size, 836);
    CHECK_EQ(s.features, 7);

    CASE("sizes that are none, or no magic: the legacy part alone");
    static const struct {
        uint32_t magic, size, whole_size;
    } bad[] = {
        { 0, 832, 836 },
        { SIGFRAME_MAGIC_FIRST, 833, 836 },
        { SIGFRAME_MAGIC_FIRST, 575, 836 },
        { SIGFRAME_MAGIC_FIRST, 0, 836 },
        { SIGFRAME_MAGIC_FIRST, UINT32_MAX, UINT32_MAX },
        { SIGFRAME_MAGIC_FIRST, 832, 0 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        s.magic = bad[i].magic;
        s.size = bad[i].size;
        s.whole_size = bad[i].whole_size;
        memcpy(area + XSTATE_SOFTWARE_AT, &s, sizeof s);
        CHECK_EQ(sigframe_software_size(area, &avx, &whole), 512);
        CHECK(!whole);
    }
    CASE("a processor without XSAVE");
    sigframe_put_software(area, &legacy);
    CHECK_EQ(sigframe_software_size(area, &legacy, &whole), 512);
    CHECK(!whole);
    CHECK_EQ(sigframe_extended_size(&legacy), 512);
}

static uint64_t word_at(const uint8_t *area, size_t at)
{
    uint64_t w;

    memcpy(&w, area + at, sizeof w);
    return w;
}

static void test_sanitise(void)
{
    uint8_t area[1024];
    uint32_t mxcsr;

    CASE("all that XRSTOR would fault on is gone");
    memset(area, 0xff, sizeof area);
    xstate_sanitise(area, 832, &avx);
    memcpy(&mxcsr, area + XSTATE_MXCSR_AT, sizeof mxcsr);
    CHECK_EQ(mxcsr, 0xffff);
    CHECK_EQ(word_at(area, 512), 7);
    for (size_t at = 520; at < 576; at += 8)
        CHECK_EQ(word_at(area, at), 0);
    CHECK_EQ(area[576], 0xff);

    CASE("and nothing else is touched where there is no header");
    memset(area, 0xff, sizeof area);
    xstate_sanitise(area, 512, &legacy);
    memcpy(&mxcsr, area + XSTATE_MXCSR_AT, sizeof mxcsr);
    CHECK_EQ(mxcsr, 0xffbf);
    CHECK_EQ(word_at(area, 512), UINT64_MAX);

    CASE("a legacy state says so");
    memset(area, 0xff, sizeof area);
    sigframe_legacy_only(area, &avx);
    CHECK_EQ(word_at(area, 512), 3);
    CHECK_EQ(word_at(area, 520), 0);

#if defined(__x86_64__)
    CASE("this processor takes what comes out of it");
    static _Alignas(64) uint8_t own[4096];
    memset(own, 0xff, sizeof own);
    xstate_sanitise(own, sizeof own, &(struct xstate){ 3, 576, 0xffbf });
    __asm__ volatile("xrstor64 %0" : : "m"(own), "a"(3), "d"(0) : "memory");
    memset(own, 0, 576);
    xstate_first(own);
    __asm__ volatile("xrstor64 %0" : : "m"(own), "a"(3), "d"(0) : "memory");
    CHECK(true);
#endif
}

int main(void)
{
    test_place();
    test_registers();
    test_software();
    test_sanitise();
    return check_done();
}
