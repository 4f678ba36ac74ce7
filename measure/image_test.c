/* image_test.c: a planned keep, walked as the processor would walk it. lesson E28 */
#include "measure/image.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/writer.h"
#include "gate/abi.h"
#include "tests/check.h"

enum { PT_LOAD = 1, PT_NOTE = 4 };

#define RAM_SIZE ((uint64_t)32 << 20)

static uint8_t shim_raw[0x5000];
static uint8_t exec_raw[0x5000];
static uint8_t head[IMAGE_HEAD_MAX];

static struct writer elf_start(uint8_t *raw, size_t size, uint16_t type, uint64_t entry,
                               uint16_t count)
{
    struct writer w = writer_of(raw, size);

    memset(raw, 0x90, size);
    writer_put(&w, BYTES_TEXT("\x7f"
                              "ELF\2\1\1\0\0\0\0\0\0\0\0\0"));
    writer_u16le(&w, type);
    writer_u16le(&w, 62);
    writer_u32le(&w, 1);
    writer_u64le(&w, entry);
    writer_u64le(&w, 64);
    writer_u64le(&w, 0);
    writer_u32le(&w, 0);
    writer_u16le(&w, 64);
    writer_u16le(&w, 56);
    writer_u16le(&w, count);
    writer_u16le(&w, 0);
    writer_u32le(&w, 0);
    return w;
}

static void header(struct writer *w, uint32_t type, uint32_t flags, uint64_t offset, uint64_t at,
                   uint64_t file_size, uint64_t size)
{
    writer_u32le(w, type);
    writer_u32le(w, flags);
    writer_u64le(w, offset);
    writer_u64le(w, at);
    writer_u64le(w, at);
    writer_u64le(w, file_size);
    writer_u64le(w, size);
    writer_u64le(w, 4096);
}

static struct shim_note note = {
    .version = SHIM_NOTE_VERSION,
    .platform = BOOT_KVM,
    .vcpu_entry = PLACE_CORE_VA + 0x20,
    .trap_entry = PLACE_CORE_VA + 0x40,
    .syscall_stub = PLACE_STUB_VA + 0x80,
    .gdt = PLACE_STUB_VA + 0x1000,
    .gdt_limit = 0x3f,
    .idt = PLACE_STUB_VA + 0x1100,
    .idt_limit = 0x20f,
};

static struct bytes shim_file(void)
{
    struct writer w = elf_start(shim_raw, sizeof shim_raw, 2, PLACE_CORE_VA + 0x10, 5);
    struct writer n = writer_of(shim_raw + 0x3800, 0x100);

    header(&w, PT_LOAD, 5 | SHIM_SEGMENT_SUPERVISOR, 0x1000, PLACE_STUB_VA, 0x400, 0x400);
    header(&w, PT_LOAD, 4 | SHIM_SEGMENT_SUPERVISOR, 0x2000, PLACE_STUB_VA + 0x1000, 0x400, 0x400);
    header(&w, PT_LOAD, 5, 0x3000, PLACE_CORE_VA, 0x900, 0x900);
    header(&w, PT_LOAD, 6, 0x4000, PLACE_CORE_VA + 0x1000, 0x10, 0x3000);
    header(&w, PT_NOTE, 4, 0x3800, PLACE_CORE_VA + 0x800, 20 + sizeof note, 20 + sizeof note);
    writer_u32le(&n, 6);
    writer_u32le(&n, sizeof note);
    writer_u32le(&n, SHIM_NOTE);
    writer_put(&n, BYTES_TEXT("Broch\0\0\0"));
    writer_put(&n, (struct bytes){ (const uint8_t *)&note, sizeof note });
    return BYTES_OF(shim_raw);
}

static struct bytes exec_file(void)
{
    struct writer w = elf_start(exec_raw, sizeof exec_raw, 3, 0x1010, 3);

    header(&w, PT_LOAD, 4, 0, 0, 0x800, 0x800);
    header(&w, PT_LOAD, 5, 0x1000, 0x1000, 0x1000, 0x1000);
    header(&w, PT_LOAD, 6, 0x2100, 0x3100, 0x100, 0x5000);
    return BYTES_OF(exec_raw);
}

static enum err plan(struct image *image)
{
    memset(head, 0xcc, sizeof head); /* the plan must not count on zeroes */
    return image_plan(image, head, shim_file(), exec_file(), RAM_SIZE, BOOT_FRESH_ZERO);
}

/* The leaf entry for an address, or 0; *size is of its page. */
static uint64_t walk(uint64_t va, uint64_t *size)
{
    uint64_t gpa = PLACE_RAM_GPA;

    for (unsigned level = 4; level > 0; level--) {
        uint64_t entry;

        memcpy(&entry, head + (gpa - PLACE_RAM_GPA) + ((va >> (12 + 9 * (level - 1))) & 511) * 8,
               8);
        *size = (uint64_t)1 << (12 + 9 * (level - 1));
        if ((entry & 1) == 0 || level == 1 || (entry & 0x80) != 0)
            return (entry & 1) == 0 ? 0 : entry;
        gpa = entry & 0xffffffffff000ull;
    }
    return 0;
}

#define WRITABLE 2ull
#define USER 4ull
#define NX (1ull << 63)
#define RIGHTS (WRITABLE | USER | NX)

static void leaf_is(uint64_t va, uint64_t gpa, uint64_t rights)
{
    uint64_t size = 0;
    uint64_t entry = walk(va, &size);

    CHECK(entry != 0);
    CHECK_EQ((entry & 0xffffffffff000ull) & ~(size - 1), gpa & ~(size - 1));
    CHECK_EQ(entry & RIGHTS, rights);
}

static void places(struct image *image)
{
    uint64_t size;

    CASE("the stub is ring 0's alone");
    leaf_is(PLACE_STUB_VA, PLACE_SHIM_GPA + 0x1000, 0);
    leaf_is(PLACE_STUB_VA + 0x1000, PLACE_SHIM_GPA + 0x2000, NX);
    CASE("the core's text comes from its file, its data from RAM");
    leaf_is(PLACE_CORE_VA, PLACE_SHIM_GPA + 0x3000, USER);
    CHECK_EQ(walk(PLACE_CORE_VA + 0x1000, &size) & RIGHTS, WRITABLE | USER | NX);
    CHECK((walk(PLACE_CORE_VA + 0x1000, &size) & 0xffffffffff000ull) >= PLACE_RAM_GPA);
    CHECK_EQ(walk(PLACE_CORE_VA + 0x3000, &size) & RIGHTS, WRITABLE | USER | NX);
    CASE("exec: read-only, code, data with zeroes behind");
    leaf_is(PLACE_EXEC_VA, PLACE_EXEC_GPA, USER | NX);
    leaf_is(PLACE_EXEC_VA + 0x1000, PLACE_EXEC_GPA + 0x1000, USER);
    CHECK_EQ(walk(PLACE_EXEC_VA + 0x3000, &size) & RIGHTS, WRITABLE | USER | NX);
    CHECK_EQ(walk(PLACE_EXEC_VA + 0x8000, &size) & RIGHTS, WRITABLE | USER | NX);
    CHECK_EQ(walk(PLACE_EXEC_VA + 0x2000, &size), 0);
    CHECK_EQ(walk(PLACE_EXEC_VA + 0x9000, &size), 0);
    CASE("what both sides share, and RAM for page tables: never executable");
    leaf_is(PLACE_GATE_VA, PLACE_GATE_GPA, WRITABLE | USER | NX);
    leaf_is(PLACE_GATE_VA + GATE_REGION_SIZE - 1, PLACE_GATE_GPA + GATE_REGION_SIZE - 1,
            WRITABLE | USER | NX);
    CHECK_EQ(walk(PLACE_GATE_VA + GATE_REGION_SIZE, &size), 0);
    leaf_is(PLACE_DIRECT_VA, PLACE_RAM_GPA, WRITABLE | USER | NX);
    leaf_is(PLACE_DIRECT_VA + RAM_SIZE - 1, PLACE_RAM_GPA + RAM_SIZE - 1, WRITABLE | USER | NX);
    CHECK_EQ(walk(PLACE_DIRECT_VA + RAM_SIZE, &size), 0);
    CASE("the first vCPU's area: TSS and stacks of ring 0 are its alone");
    CHECK_EQ(walk(PLACE_CPU_VA + PLACE_CPU_TSS, &size) & RIGHTS, WRITABLE | NX);
    CHECK_EQ(walk(PLACE_CPU_VA + PLACE_CPU_IST, &size) & RIGHTS, WRITABLE | NX);
    CHECK_EQ(walk(PLACE_CPU_VA + PLACE_CPU_STATE, &size) & RIGHTS, WRITABLE | USER | NX);
    CHECK_EQ(walk(PLACE_CPU_VA + PLACE_CPU_STRIDE - 8, &size) & RIGHTS, WRITABLE | USER | NX);
    CHECK_EQ(walk(PLACE_CPU_VA + PLACE_CPU_STRIDE, &size), 0);
    CHECK_EQ(walk(PLACE_CPU_VA + PLACE_CPU_TRAP, &size) & 0xffffffffff000ull,
             walk(PLACE_CPU_VA + PLACE_CPU_TRAP_USER, &size) & 0xffffffffff000ull);
    CASE("nothing at 0, nothing in the upper half");
    CHECK_EQ(walk(0, &size), 0);
    CHECK_EQ(walk(0xffff800000000000ull, &size), 0);
    (void)image;
}

/* Every leaf of every table: none writable and executable, none outside. */
static void all_leaves(void)
{
    const uint64_t *root = (const uint64_t *)(const void *)head;
    unsigned leaves = 0;

    CASE("no page is writable and executable");
    for (unsigned a = 0; a < 512; a++)
        for (unsigned b = 0; root[a] != 0 && b < 512; b++)
            for (unsigned c = 0; c < 512; c++)
                for (unsigned d = 0; d < 512; d++) {
                    uint64_t va = (uint64_t)a << 39 | (uint64_t)b << 30 | (uint64_t)c << 21 |
                                  (uint64_t)d << 12;
                    uint64_t size;
                    uint64_t entry = walk(va, &size);

                    if (size > 4096)
                        d = 511;
                    if (size > 0x200000)
                        c = 511;
                    if (entry == 0)
                        continue;
                    leaves++;
                    CHECK((entry & (WRITABLE | NX)) != WRITABLE);
                }
    CHECK(leaves > 60);
}

static void boot_page(const struct image *image)
{
    struct boot b;
    uint64_t size;
    uint64_t gpa = walk(PLACE_BOOT_VA, &size) & 0xffffffffff000ull;

    CASE("the boot page says where things are, and is read-only");
    CHECK_EQ(walk(PLACE_BOOT_VA, &size) & RIGHTS, USER | NX);
    memcpy(&b, head + (gpa - PLACE_RAM_GPA), sizeof b);
    CHECK_EQ(b.magic, BOOT_MAGIC);
    CHECK_EQ(b.flags, BOOT_FRESH_ZERO);
    CHECK_EQ(b.exec_entry, PLACE_EXEC_VA + 0x1010);
    CHECK_EQ(b.exec_phdr, PLACE_EXEC_VA + 64);
    CHECK_EQ(b.exec_end, PLACE_EXEC_VA + 0x8100);
    CHECK_EQ(b.segments_count, 3);
    CHECK_EQ(b.segment[2].va, PLACE_EXEC_VA + 0x3000);
    CHECK_EQ(b.segment[2].size, 0x6000);
    CHECK(b.ram_used > image->head.size && b.ram_used < RAM_SIZE);
    CHECK(b.ram_used % PLACE_PAGE == 0);
}

static void registers(const struct image *image)
{
    struct image_registers r;

    CASE("another vCPU's registers differ in its area and its entry");
    image_vcpu(&r, image, 3);
    CHECK_EQ(r.rip, note.vcpu_entry);
    CHECK_EQ(r.rsp, PLACE_CPU_VA + 4 * PLACE_CPU_STRIDE);
    CHECK_EQ(r.tr.base, PLACE_CPU_VA + 3 * PLACE_CPU_STRIDE + PLACE_CPU_TSS);
    CHECK_EQ(image->registers.rip, PLACE_CORE_VA + 0x10);
    CHECK_EQ(r.cs.selector & 3, 3);
}

static void the_same(void)
{
    static uint8_t first[IMAGE_HEAD_MAX];
    struct image a, b;
    uint8_t one[32], other[32];

    CASE("the same files give the same image, whatever the memory held");
    CHECK_OK(plan(&a));
    memcpy(first, head, a.head.size);
    CHECK_OK(image_measure_sim(one, &a));
    memset(head, 0x55, sizeof head);
    CHECK_OK(image_plan(&b, head, shim_file(), exec_file(), RAM_SIZE, BOOT_FRESH_ZERO));
    CHECK_EQ(a.head.size, b.head.size);
    CHECK(memcmp(first, head, a.head.size) == 0);
    CHECK_OK(image_measure_sim(other, &b));
    CHECK(memcmp(one, other, 32) == 0);
    CASE("a debug keep measures differently");
    CHECK_OK(image_plan(&b, head, shim_file(), exec_file(), RAM_SIZE, BOOT_DEBUG));
    CHECK_OK(image_measure_sim(other, &b));
    CHECK(memcmp(one, other, 32) != 0);
}

static void refusals(void)
{
    struct image image;
    struct shim_note kept = note;

    CASE("a shim of another version");
    note.version++;
    CHECK_ERR(plan(&image), ERR_INVALID);
    note = kept;
    CASE("a shim for another platform");
    note.platform = 99;
    CHECK_ERR(plan(&image), ERR_INVALID);
    note = kept;
    CASE("an exec file that is not position-independent");
    CHECK_ERR(image_plan(&image, head, shim_file(), shim_file(), RAM_SIZE, 0), ERR_INVALID);
    CASE("memory that is no multiple of 2 MiB, none, or too much");
    CHECK_ERR(image_plan(&image, head, shim_file(), exec_file(), RAM_SIZE + 4096, 0), ERR_INVALID);
    CHECK_ERR(image_plan(&image, head, shim_file(), exec_file(), 0, 0), ERR_INVALID);
    CHECK_ERR(image_plan(&image, head, shim_file(), exec_file(), PLACE_RAM_END, 0), ERR_INVALID);
    CHECK(image.wrong[0] != '\0');
}

int main(void)
{
    struct image image;

    CASE("two files make an image");
    if (CHECK_OK(plan(&image))) {
        places(&image);
        all_leaves();
        boot_page(&image);
        registers(&image);
    }
    the_same();
    refusals();
    return check_done();
}
