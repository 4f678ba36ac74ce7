/* ring_tables.c: a keep that rewrites its own page tables.
 *
 * Exec reaches them through the direct map. That is no way out: what the loader gave
 * this keep is all that any table can lead to. These cases look for what it did not
 * mean to give: addresses with nothing behind them, files that other keeps share,
 * every I/O port, and instructions of ring 0. */
#define _GNU_SOURCE
#include "ring.h"

#include <string.h>
#include <sys/mman.h>

#include "gate/boot.h"
#include "gate/place.h"

#define PRESENT 0x1u
#define WRITE 0x2u
#define USER 0x4u
#define SEEN 0x60u /* accessed and dirty */
#define LARGE 0x80u
#define ADDRESS 0x000ffffffffff000ul

static const volatile struct boot *boot_page(void)
{
    return (const volatile struct boot *)PLACE_BOOT_VA;
}

static volatile uint64_t *table_at(uint64_t gpa)
{
    return (volatile uint64_t *)(PLACE_DIRECT_VA + (gpa - PLACE_RAM_GPA));
}

/* The entry of the lowest level for that address, or NULL. */
static volatile uint64_t *entry_of(uint64_t va)
{
    uint64_t gpa = boot_page()->root_gpa;

    for (unsigned shift = 39; shift >= 12; shift -= 9) {
        volatile uint64_t *entry = table_at(gpa) + (va >> shift & 511);

        if (shift == 12)
            return entry;
        if ((*entry & PRESENT) == 0 || (*entry & LARGE) != 0)
            return NULL;
        gpa = *entry & ADDRESS;
    }
    return NULL;
}

/* A page whose entry is ours to set: its table is there, and nothing is in it yet. */
static uint8_t *page_fresh(volatile uint64_t **entry)
{
    uint8_t *room = pages_new(3, PROT_NONE);

    mprotect(room, PAGE, PROT_READ | PROT_WRITE);
    mprotect(room + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE);
    *entry = entry_of((uint64_t)(uintptr_t)room + PAGE);
    return *entry != NULL ? room + PAGE : NULL;
}

/* The core forgets every translation when enough of them change. */
static void forget(void)
{
    uint8_t *room = pages_new(1024, PROT_READ | PROT_WRITE);

    for (int i = 0; i < 3; i++) {
        mprotect(room, 1024 * PAGE, PROT_READ);
        mprotect(room, 1024 * PAGE, PROT_READ | PROT_WRITE);
    }
    munmap(room, 1024 * PAGE);
}

/* --- One guest-physical address, read, written or executed. */

static const uint64_t addresses[] = {
    0,
    0xa0000,
    0xf0000,
    PLACE_GATE_GPA - PAGE,
    PLACE_GATE_GPA + 0x1000000,
    PLACE_SHIM_GPA,
    PLACE_SHIM_GPA + 0x1ff000,
    PLACE_EXEC_GPA,
    PLACE_EXEC_GPA + 0x1000,
    PLACE_EXEC_GPA + 0x10000000,
    0xfec00000,
    0xfee00000,
    0xfffbd000,
    0xfffff000,
    PLACE_RAM_GPA + 0x800000000,
    PLACE_RAM_END - PAGE,
    PLACE_INPUT_GPA,
    PLACE_INPUT_GPA + 0x200000,
    PLACE_INPUT_END - PAGE,
    PLACE_INPUT_END,
    (uint64_t)1 << 40,
    (uint64_t)1 << 46,
    (uint64_t)1 << 51,
};

void wild_address(void)
{
    const uint64_t gpa = addresses[ring_seed / 3 % COUNT_OF(addresses)];
    volatile uint64_t *entry;
    uint8_t *page = page_fresh(&entry);

    if (page == NULL)
        return;
    *entry = gpa | PRESENT | WRITE | USER | SEEN;
    if (ring_seed % 3 == 0)
        say("read: %c", touch(page, ACCESS_READ));
    else if (ring_seed % 3 == 2)
        say("execute: %c", touch(page, ACCESS_EXECUTE));
    else
        for (size_t i = 0; i < PAGE; i += 8)
            *(volatile uint64_t *)(void *)(page + i) = 0x6666666666666666;
}

/* --- Tables of garbage, and then a walk through the ruins. */

void wild_tables(void)
{
    const uint64_t root = boot_page()->root_gpa;

    for (int i = 0; i < 200; i++) {
        /* Entries of exec's half, at a depth drawn by lot. */
        volatile uint64_t *entry = table_at(root) + lot() % 254;
        unsigned down = (unsigned)(lot() % 3);

        while (down-- > 0 && (*entry & PRESENT) != 0 && (*entry & LARGE) == 0 &&
               (*entry & ADDRESS) >= PLACE_RAM_GPA &&
               (*entry & ADDRESS) < PLACE_RAM_GPA + boot_page()->ram_size)
            entry = table_at(*entry & ADDRESS) + lot() % 512;
        *entry = lot() % 2 ? lot() : (lot_number() & ~0xfffull) | (lot() & 0xe7);
    }
    for (int i = 0; i < 2000; i++)
        (void)touch((void *)(lot() & 0x7f7ffffffff8), lot() % 2 ? ACCESS_READ : ACCESS_WRITE);
}

/* --- The task state segment's bitmap, opened for every port. */

static const uint16_t ports[] = { 0x80,  0x60,  0x64,  0x20,  0x21,  0xa0,  0x40,   0x43,
                                  0x61,  0x70,  0x71,  0x92,  0xf4,  0xcf8, 0xcfc,  0xcf9,
                                  0x3f8, 0x2f8, 0x1f0, 0x3d4, 0x402, 0x510, 0x5658, 0xb2,
                                  0x102, 0x103, 0x105, 0x107, 0xff,  0x604, 0x8000, 0xffff };

/* The core's area for vCPU 0; the processor reads the segment from memory. */
void wild_task(void)
{
    const uint16_t port = ports[ring_seed % COUNT_OF(ports)];
    volatile uint64_t *task = entry_of(PLACE_CPU_VA + PLACE_CPU_TSS), *entry;
    uint8_t *page = page_fresh(&entry);
    uint32_t got = 0;

    if (page == NULL || task == NULL)
        return;
    *entry = (*task & ADDRESS) | PRESENT | WRITE | USER | SEEN;
    memset(page + 104, 0, 40);
    __asm__ volatile("outb %%al, %%dx" ::"a"(0xfe), "d"(port));
    __asm__ volatile("inb %%dx, %%al" : "+a"(got) : "d"(port));
    __asm__ volatile("outl %%eax, %%dx" ::"a"(-1), "d"(port));
    __asm__ volatile("rep outsw" ::"S"(page), "c"(100L), "d"(port) : "memory");
    __asm__ volatile("rep insl" ::"D"(page), "c"(20L), "d"(port) : "memory");
}

/* --- Ring 0: the handler of #UD replaced by instructions of ours. */

#define CODE(...)                                           \
    {                                                       \
        sizeof((uint8_t[]){ __VA_ARGS__ }), { __VA_ARGS__ } \
    }
static const struct {
    size_t size;
    uint8_t code[24];
} payloads[] = {
    CODE(0xf4),                                                       /* hlt */
    CODE(0xfb, 0xf4),                                                 /* sti; hlt */
    CODE(0xee),                                                       /* out */
    CODE(0xb8, 1, 0, 0, 0, 0xe7, 0xf4),                               /* out to 0xf4 */
    CODE(0x66, 0xba, 0xf8, 0x03, 0xee),                               /* out to 0x3f8 */
    CODE(0xe5, 0x80),                                                 /* in from 0x80 */
    CODE(0xcc),                                                       /* int3 */
    CODE(0xcd, 0x30),                                                 /* int 0x30 */
    CODE(0x0f, 0x01, 0xca),                                           /* clac */
    CODE(0x31, 0xc0, 0x0f, 0x22, 0xd8),                               /* cr3 = 0 */
    CODE(0x31, 0xc0, 0x0f, 0x22, 0xc0),                               /* cr0 = 0 */
    CODE(0x31, 0xc0, 0x0f, 0x22, 0xe0),                               /* cr4 = 0 */
    CODE(0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x22, 0xc0), /* cr0 = all */
    CODE(0x0f, 0x01, 0x1c, 0x25, 0, 0, 0, 0),                         /* lidt from nowhere */
    CODE(0x31, 0xe4, 0x0f, 0x0b),                                     /* no stack, and a trap */
    CODE(0xb9, 0x80, 0, 0, 0xc0, 0x31, 0xc0, 0x31, 0xd2, 0x0f, 0x30), /* EFER = 0 */
    CODE(0xb9, 0x1b, 0, 0, 0, 0x0f, 0x30),                            /* APIC base */
    CODE(0xb9, 0x00, 0x40, 0x56, 0x4b, 0x0f, 0x30),                   /* a clock page of KVM's */
    CODE(0xb9, 0x12, 0, 0, 0, 0x0f, 0x30),                            /* another, and older */
    CODE(0xb9, 0xef, 0xbe, 0xad, 0xde, 0x0f, 0x32),                   /* a register that is none */
    CODE(0x0f, 0x09),                                                 /* wbinvd */
    CODE(0x0f, 0xc7, 0x0c, 0x24),                                     /* cmpxchg8b */
    CODE(0x0f, 0xae, 0x24, 0x24),                                     /* xsave */
    CODE(0x66, 0x0f, 0xef, 0xc0),                                     /* pxor */
    CODE(0x0f, 0x01, 0xd0),                                           /* xgetbv */
    CODE(0x48, 0xcf), /* iretq, once more than pushed */
    CODE(0x0f, 0x05), /* syscall */
    CODE(0x0f, 0x0b), /* ud2, for ever deeper */
};

/* The stub's first page is its code, the second what the processor reads: the gates,
 * each with the offset of its handler in the first. 0: not found. */
static size_t handler_of(const uint8_t *gates, unsigned vector)
{
    for (size_t at = 0; at + 32 * 16 <= PAGE; at += 8)
        if (memcmp(gates + at + 2, "\x10\0\0\x8e", 4) == 0 &&
            memcmp(gates + at + 8, "\x80\x7f\0\0", 4) == 0) {
            const uint8_t *gate = gates + at + (size_t)16 * vector;

            return ((size_t)gate[1] << 8 | gate[0]) % PAGE;
        }
    return 0;
}

void wild_ring_0(void)
{
    const size_t which = ring_seed % COUNT_OF(payloads);
    volatile uint64_t *code = entry_of(PLACE_STUB_VA), *data = entry_of(PLACE_STUB_VA + PAGE);
    volatile uint64_t *first, *second, *mine;
    uint8_t *code_page = page_fresh(&first), *data_page = page_fresh(&second);
    uint8_t *copy = pages_new(1, PROT_READ | PROT_WRITE);
    size_t handler;

    mine = entry_of((uint64_t)(uintptr_t)copy);
    if (code_page == NULL || data_page == NULL || code == NULL || data == NULL || mine == NULL) {
        say("no tables");
        return;
    }
    *first = (*code & ADDRESS) | PRESENT | USER | SEEN;
    *second = (*data & ADDRESS) | PRESENT | USER | SEEN;
    memcpy(copy, code_page, PAGE);
    handler = handler_of(data_page, 6);
    if (handler == 0 || handler + sizeof payloads[0].code > PAGE) {
        say("no gates");
        return;
    }
    memcpy(copy + handler, payloads[which].code, payloads[which].size);
    *code = (*mine & ADDRESS) | PRESENT | SEEN;
    forget();
    say("now: %zu", which);
    __asm__ volatile("mov $0x80, %%edx\n ud2" ::: "rdx", "memory");
}
