/* The engine's memory: the ceiling, and that nothing is counted twice or lost.
 * lesson E31 */
#include "exec/memory.h"

#include "tests/check.h"

#define MIB (1u << 20)

static struct wasm_host host;

static unsigned takes_of(size_t size)
{
    static void *taken[256];
    unsigned count = 0;

    while (count < 256 && (taken[count] = host.heap_take(host.context, size)) != NULL)
        count++;
    for (unsigned i = 0; i < count; i++)
        host.heap_give(host.context, taken[i], size);
    return count;
}

int main(void)
{
    const unsigned all = (unsigned)(MEMORY_LEAST / MIB);
    uint8_t *pages;

    CASE("a limit that is too small for the engine is raised");
    memory_host(&host, 1);
    CHECK_EQ(takes_of(MIB), all);
    CHECK(memory_refused());
    CASE("what is given back can be taken again");
    CHECK_EQ(takes_of(MIB), all);
    CASE("pages count when they are committed, and no longer than that");
    pages = host.reserve(host.context, 1u << 30);
    if (!CHECK(pages != NULL))
        return check_done();
    CHECK_EQ(takes_of(MIB), all);
    CHECK(host.commit(host.context, pages, 16 * MIB));
    pages[0] = 1;
    CHECK_EQ(takes_of(MIB), all - 16);
    CHECK(!host.commit(host.context, pages + 16 * MIB, (size_t)(all - 15) * MIB));
    CHECK(host.decommit(host.context, pages, 8 * MIB));
    CHECK_EQ(takes_of(MIB), all - 8);
    CASE("pages are zero when they are committed again");
    CHECK(host.commit(host.context, pages, 8 * MIB));
    CHECK_EQ(pages[0], 0);
    CASE("a reservation that goes takes what it holds along");
    host.release(host.context, pages, 1u << 30);
    CHECK_EQ(takes_of(MIB), all);
    CASE("the ceiling itself does not wrap");
    CHECK_NULL(host.heap_take(host.context, SIZE_MAX));
    CHECK_NULL(host.heap_take(host.context, SIZE_MAX - 4096));
    return check_done();
}
