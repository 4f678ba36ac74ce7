/* cpu_area_test.c: another vCPU's pages, with memory that runs out at every point. */
#include "shim/core/cpu_area.h"

#include <string.h>
#include <sys/mman.h>

#include "gate/abi.h"
#include "gate/place.h"
#include "shim/core/cpu.h"
#include "shim/core/memory.h"
#include "tests/check.h"

#define PAGES (PLACE_CPU_STRIDE / PLACE_PAGE)
#define GPA 0x100000000ull

static struct {
    uint64_t taken;
    uint64_t left;          /* how many calls still work */
    uint64_t gpa[2][PAGES]; /* of areas 1 and 2 */
    bool user[2][PAGES];
    uint64_t twice;
} memory;
static uint8_t pages[128][PLACE_PAGE];

static bool works(void)
{
    if (memory.left == 0)
        return false;
    memory.left--;
    return true;
}

uint64_t memory_page_take(void) { return works() ? GPA + memory.taken++ * PLACE_PAGE : 0; }

bool memory_page_map(uint64_t va, uint64_t gpa, bool user, bool write)
{
    uint64_t area = (va - PLACE_CPU_VA) / PLACE_CPU_STRIDE - 1;
    uint64_t page = (va - PLACE_CPU_VA) % PLACE_CPU_STRIDE / PLACE_PAGE;

    if (!works())
        return false;
    memory.twice += memory.gpa[area][page] != 0 || !write;
    memory.gpa[area][page] = gpa;
    memory.user[area][page] = user;
    return true;
}

void *memory_direct(uint64_t gpa) { return pages[(gpa - GPA) / PLACE_PAGE]; }

static uint64_t word_at(const uint8_t *page, size_t at)
{
    uint64_t w;

    memcpy(&w, page + at, sizeof w);
    return w;
}

static void area_check(uint32_t index)
{
    const uint64_t area = PLACE_CPU_VA + index * (uint64_t)PLACE_CPU_STRIDE;
    const uint64_t *gpa = memory.gpa[index - 1];
    const bool *user = memory.user[index - 1];
    const uint64_t *iret = (const uint64_t *)(area + PLACE_CPU_TRAP_USER);
    const uint8_t *tss = memory_direct(gpa[PLACE_CPU_TSS / PLACE_PAGE]);

    CHECK_EQ(gpa[PLACE_CPU_TRAP / PLACE_PAGE], gpa[PLACE_CPU_TRAP_USER / PLACE_PAGE]);
    for (size_t i = 0; i < PAGES; i++) {
        bool is_gap = i == 3 || i == 0xb; /* nothing there */

        CHECK_EQ(gpa[i] == 0, is_gap);
        CHECK_EQ(user[i], i > 3 && !is_gap);
        for (size_t k = i + 1; k < PAGES; k++)
            CHECK(gpa[i] == 0 || gpa[i] != gpa[k] || (i == 0 && k == 4));
    }
    CHECK_EQ(iret[0], 0x1234);
    CHECK_EQ(iret[3], area + PLACE_CPU_TRAP_STACK + 2 * PLACE_PAGE);
    CHECK_EQ(word_at(tss, 4), area + PLACE_PAGE);
    for (size_t n = 1; n <= 4; n++)
        CHECK_EQ(word_at(tss, 36 + 8 * (n - 1)), area + PLACE_CPU_IST + 0x400 * n);
    for (unsigned port = 0; port < 0x110; port++)
        CHECK_EQ(tss[104 + port / 8] >> port % 8 & 1,
                 port != GATE_PORT_PARK && port != GATE_PORT_BELL);
}

int main(void)
{
    struct trap_page *first = (struct trap_page *)(PLACE_CPU_VA + PLACE_CPU_TRAP_USER);
    unsigned tries = 0;

    CASE("the areas' addresses");
    if (mmap((void *)PLACE_CPU_VA, 3 * PLACE_CPU_STRIDE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) {
        CASE_SKIP("taken in this process");
        return check_done();
    }
    first->iret[0] = 0x1234;

    CASE("an area in one go");
    memory.left = UINT64_MAX;
    CHECK(cpu_area_make(1));
    area_check(1);
    CHECK_EQ(memory.taken, PAGES - 3);
    CHECK(cpu_area_make(1));
    CHECK_EQ(memory.taken, PAGES - 3);

    CASE("an area whose memory ends at every point: nothing twice, nothing lost");
    for (memory.left = 1; !cpu_area_make(2) && tries < 1000; memory.left = 1)
        tries++;
    CHECK(tries > PAGES && tries < 1000);
    area_check(2);
    CHECK_EQ(memory.taken, 2 * (PAGES - 3));
    CHECK_EQ(memory.twice, 0);
    return check_done();
}
