/* image.c: lays a VM keep out: gate/place.h made into page tables and registers. */
#include "measure/image.h"

#include <string.h>

#include "base/num.h"
#include "codec/elf.h"
#include "gate/abi.h"
#include "gate/task.h"

/* Intel SDM vol. 3 §4.5, "4-Level Paging". Accessed and dirty are set from the
 * start, so that the processor never writes to a table. */
#define PTE_PRESENT 0x1ull
#define PTE_WRITE 0x2ull
#define PTE_USER 0x4ull
#define PTE_ACCESSED 0x20ull
#define PTE_DIRTY 0x40ull
#define PTE_LARGE 0x80ull
#define PTE_NX (1ull << 63)
#define PTE_LINK (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)

/* Links of the shim's half, of the direct map and of exec, and some to spare; a
 * table more for each 2 MiB of exec. */
#define TABLES_FIXED 16u

struct plan {
    struct image *image;
    uint8_t *head;
    uint64_t used; /* bytes of RAM taken so far */
    uint64_t tables_used;
    uint64_t tables_end;
    struct boot *boot;
};

static enum err wrong_is(struct image *image, const char *rule)
{
    image->wrong = rule;
    return ERR_INVALID;
}

/* Pages with content come out of the head; zeroed ones follow it. */
static uint64_t pages_take(struct plan *p, uint64_t size)
{
    uint64_t gpa = PLACE_RAM_GPA + p->used;

    p->used += num_align(size, PLACE_PAGE);
    return gpa;
}

static uint8_t *head_at(const struct plan *p, uint64_t gpa)
{
    return p->head + (gpa - PLACE_RAM_GPA);
}

static uint64_t table_take(struct plan *p)
{
    uint64_t gpa = PLACE_RAM_GPA + p->tables_used;

    if (p->tables_used == p->tables_end)
        return 0;
    p->tables_used += PLACE_PAGE;
    return gpa;
}

static uint64_t entry_load(const uint8_t *at)
{
    uint64_t entry;

    memcpy(&entry, at, sizeof entry);
    return entry;
}

/* The place of va's entry in the table of that level (4 the root); the tables on
 * the way are made where they are not there. NULL: no table is left. */
static uint8_t *entry_find(struct plan *p, uint64_t va, unsigned level)
{
    uint8_t *table = p->head; /* the root is the first */

    for (unsigned l = 4;; l--) {
        uint8_t *at = table + ((va >> (12 + 9 * (l - 1))) & 511) * 8;
        uint64_t entry = entry_load(at);

        if (l == level)
            return at;
        if (entry == 0) {
            uint64_t gpa = table_take(p);

            if (gpa == 0)
                return NULL;
            entry = gpa | PTE_LINK;
            memcpy(at, &entry, sizeof entry);
        }
        table = head_at(p, entry & 0xffffffffff000ull);
    }
}

static enum err map(struct plan *p, uint64_t va, uint64_t gpa, uint64_t size, uint64_t flags)
{
    uint64_t step = (flags & PTE_LARGE) != 0 ? PLACE_PAGE_LARGE : PLACE_PAGE;

    for (uint64_t done = 0; done < size; done += step) {
        uint8_t *at = entry_find(p, va + done, step == PLACE_PAGE ? 1 : 2);
        uint64_t entry = (gpa + done) | flags | PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;

        if (at == NULL)
            return wrong_is(p->image, "exec: too large for the tables");
        memcpy(at, &entry, sizeof entry);
    }
    return ERR_OK;
}

static uint64_t protection_flags(uint32_t flags)
{
    return ((flags & ELF_WRITE) != 0 ? PTE_WRITE : 0) | ((flags & ELF_EXECUTE) != 0 ? 0 : PTE_NX) |
           ((flags & SHIM_SEGMENT_SUPERVISOR) != 0 ? 0 : PTE_USER);
}

/* The pages of a writable segment that have content: a copy, in the head. */
static enum err segment_copy(struct plan *p, const struct elf *elf, const struct elf_segment *s,
                             uint64_t va)
{
    uint64_t lead = s->at % PLACE_PAGE;
    uint64_t size = num_align(lead + s->file_size, PLACE_PAGE);
    uint64_t gpa;

    if (s->file_size == 0)
        return ERR_OK;
    if (size > IMAGE_HEAD_MAX - p->used)
        return wrong_is(p->image, "its writable data does not fit the head of RAM");
    gpa = pages_take(p, size);
    memset(head_at(p, gpa), 0, size);
    memcpy(head_at(p, gpa) + lead, elf->file.data + s->offset, s->file_size);
    return map(p, va - lead, gpa, size, protection_flags(s->flags));
}

/* What is mapped from the file, or copied. */
static enum err segments_place(struct plan *p, const struct elf *elf, uint64_t base,
                               uint64_t file_gpa)
{
    for (uint32_t i = 0; i < elf->segments_count; i++) {
        const struct elf_segment *s = &elf->segment[i];
        uint64_t lead = s->at % PLACE_PAGE;

        if ((s->flags & ELF_WRITE) != 0) {
            TRY(segment_copy(p, elf, s, base + s->at));
            continue;
        }
        if (s->size != s->file_size)
            return wrong_is(p->image, "a read-only segment is larger than its content");
        TRY(map(p, base + s->at - lead, file_gpa + s->offset - lead,
                num_align(lead + s->size, PLACE_PAGE), protection_flags(s->flags)));
    }
    return ERR_OK;
}

/* The rest of writable segments: zeroed pages behind the head. */
static enum err zeroes_place(struct plan *p, const struct elf *elf, uint64_t base)
{
    for (uint32_t i = 0; i < elf->segments_count; i++) {
        const struct elf_segment *s = &elf->segment[i];
        uint64_t lead = s->at % PLACE_PAGE;
        uint64_t whole = num_align(lead + s->size, PLACE_PAGE);
        uint64_t copied = s->file_size == 0 ? 0 : num_align(lead + s->file_size, PLACE_PAGE);

        if ((s->flags & ELF_WRITE) != 0 && whole > copied)
            TRY(map(p, base + s->at - lead + copied, pages_take(p, whole - copied), whole - copied,
                    protection_flags(s->flags)));
    }
    return ERR_OK;
}

/* The frame that the stub's IRETQ takes: to the core's trap entry, in user mode. */
static void trap_page_write(uint8_t *page, uint64_t area, const struct shim_note *note)
{
    const uint64_t frame[5] = {
        note->trap_entry,
        PLACE_SEL_USER_CS,
        0x202, /* interrupts stay on: user mode could not turn them on again */
        area + PLACE_CPU_TRAP_STACK + 2 * PLACE_PAGE,
        PLACE_SEL_USER_SS,
    };

    memcpy(page, frame, sizeof frame);
}

static enum err area_content(struct plan *p, const struct shim_note *note)
{
    const uint64_t area = PLACE_CPU_VA;
    uint64_t trap = pages_take(p, 2 * PLACE_PAGE);
    uint64_t tss = trap + PLACE_PAGE;

    memset(head_at(p, trap), 0, 2 * PLACE_PAGE);
    trap_page_write(head_at(p, trap), area, note);
    gate_task_write(head_at(p, tss), area);
    TRY(map(p, area + PLACE_CPU_TRAP, trap, PLACE_PAGE, PTE_WRITE | PTE_NX));
    TRY(map(p, area + PLACE_CPU_TRAP_USER, trap, PLACE_PAGE, PTE_WRITE | PTE_NX | PTE_USER));
    return map(p, area + PLACE_CPU_TSS, tss, PLACE_PAGE, PTE_WRITE | PTE_NX);
}

static enum err area_zeroes(struct plan *p)
{
    static const struct {
        uint64_t at;
        uint64_t size;
        uint64_t user;
    } parts[] = {
        { PLACE_CPU_IST, PLACE_PAGE, 0 },
        { PLACE_CPU_STATE, PLACE_CPU_STATE_SIZE, PTE_USER },
        { PLACE_CPU_TRAP_STACK, 2 * PLACE_PAGE, PTE_USER },
        { PLACE_CPU_XSAVE, 4 * PLACE_PAGE, PTE_USER },
        { PLACE_CPU_STACK, PLACE_CPU_STRIDE - PLACE_CPU_STACK, PTE_USER },
    };

    for (size_t i = 0; i < COUNT_OF(parts); i++)
        TRY(map(p, PLACE_CPU_VA + parts[i].at, pages_take(p, parts[i].size), parts[i].size,
                parts[i].user | PTE_WRITE | PTE_NX));
    return ERR_OK;
}

static void segments_tell(struct boot *b, const struct elf *exec)
{
    for (uint32_t i = 0; i < exec->segments_count; i++) {
        const struct elf_segment *s = &exec->segment[i];
        uint64_t lead = s->at % PLACE_PAGE;

        b->segment[b->segments_count++] = (struct boot_segment){
            .va = PLACE_EXEC_VA + s->at - lead,
            .size = num_align(lead + s->size, PLACE_PAGE),
            .protection = ((s->flags & ELF_READ) != 0 ? BOOT_READ : 0) |
                          ((s->flags & ELF_WRITE) != 0 ? BOOT_WRITE : 0) |
                          ((s->flags & ELF_EXECUTE) != 0 ? BOOT_EXECUTE : 0),
        };
        b->exec_end = PLACE_EXEC_VA + s->at + s->size;
    }
}

static void boot_write(struct boot *b, const struct elf *exec, const struct shim_note *note,
                       uint64_t ram_size, uint32_t flags)
{
    *b = (struct boot){
        .magic = BOOT_MAGIC,
        .platform = BOOT_KVM,
        .flags = flags,
        .ram_size = ram_size,
        .root_gpa = PLACE_RAM_GPA,
        .exec_entry = PLACE_EXEC_VA + exec->entry,
        .exec_phdr = exec->headers_at != 0 ? PLACE_EXEC_VA + exec->headers_at : 0,
        .exec_phnum = exec->headers_count,
        .syscall_stub = note->syscall_stub,
    };
    segments_tell(b, exec);
}

static enum err shared_map(struct plan *p)
{
    TRY(map(p, PLACE_GATE_VA, PLACE_GATE_GPA, GATE_REGION_SIZE,
            PTE_USER | PTE_WRITE | PTE_NX | PTE_LARGE));
    return map(p, PLACE_DIRECT_VA, PLACE_RAM_GPA, p->image->ram_size,
               PTE_USER | PTE_WRITE | PTE_NX | PTE_LARGE);
}

/* Content first, so that the head is short; then all that starts as zero. */
static enum err memory_place(struct plan *p, const struct elf *shim, const struct elf *exec,
                             const struct shim_note *note, uint32_t boot_flags)
{
    uint64_t boot;
    struct boot b;

    TRY(shared_map(p));
    boot = pages_take(p, PLACE_PAGE);
    memset(head_at(p, boot), 0, PLACE_PAGE);
    TRY(map(p, PLACE_BOOT_VA, boot, PLACE_PAGE, PTE_USER | PTE_NX));
    TRY(area_content(p, note));
    TRY(segments_place(p, shim, 0, PLACE_SHIM_GPA));
    TRY(segments_place(p, exec, PLACE_EXEC_VA, PLACE_EXEC_GPA));
    p->image->head = (struct bytes){ p->head, p->used };
    TRY(zeroes_place(p, shim, 0));
    TRY(zeroes_place(p, exec, PLACE_EXEC_VA));
    TRY(area_zeroes(p));
    if (p->used > p->image->ram_size)
        return wrong_is(p->image, "exec: the memory to start with is too small for it");
    boot_write(&b, exec, note, p->image->ram_size, boot_flags);
    b.ram_used = p->used;
    memcpy(head_at(p, boot), &b, sizeof b);
    return ERR_OK;
}

static void registers_fill(struct image_registers *r, const struct elf *shim,
                           const struct shim_note *note)
{
    *r = (struct image_registers){
        .rip = shim->entry,
        .rflags = 0x202,
        .cr0 = 0x80050033, /* PE MP ET NE WP AM PG */
        .cr3 = PLACE_RAM_GPA,
        .cr4 = 0x620,               /* PAE OSFXSR OSXMMEXCPT */
        .efer = 0xd01,              /* SCE LME LMA NXE */
        .star = 0x0023001000000000, /* SYSCALL: 0x10, 0x18; SYSRET: 0x33, 0x2b */
        .lstar = note->syscall_stub,
        .sfmask = 0x44700, /* TF IF DF NT AC */
        /* G L P DPL 3 S type 11; G B P DPL 3 S type 3 */
        .cs = { 0, 0xffffffff, PLACE_SEL_USER_CS, 0xafb },
        .ss = { 0, 0xffffffff, PLACE_SEL_USER_SS, 0xcf3 },
        .ldt = { 0, 0xffff, 0, 0x82 },
        .gdt = { note->gdt, (uint16_t)note->gdt_limit },
        .idt = { note->idt, (uint16_t)note->idt_limit },
    };
    r->ds = r->es = r->fs = r->gs = r->ss;
    r->tr = (struct image_segment_register){ 0, GATE_TASK_LIMIT, PLACE_SEL_TSS, 0x8b };
}

void image_vcpu(struct image_registers *out, const struct image *image, uint32_t index)
{
    const uint64_t area = PLACE_CPU_VA + (uint64_t)index * PLACE_CPU_STRIDE;

    *out = image->registers;
    if (index != 0)
        out->rip = image->vcpu_entry;
    out->rsp = area + PLACE_CPU_STRIDE;
    out->gs.base = area + PLACE_CPU_STATE;
    out->kernel_gs_base = area + PLACE_CPU_TRAP;
    out->tr.base = area + PLACE_CPU_TSS;
}

static enum err note_find(struct shim_note *out, const struct elf *shim, struct image *image)
{
    struct bytes raw = elf_note(shim, "Broch", SHIM_NOTE);

    if (raw.size != sizeof *out)
        return wrong_is(image, "shim: its note is missing or of another size");
    memcpy(out, raw.data, sizeof *out);
    if (out->version != SHIM_NOTE_VERSION || out->platform != BOOT_KVM)
        return wrong_is(image, "shim: its note is of another version or platform");
    if (out->gdt_limit > 0xffff || out->idt_limit > 0xffff)
        return wrong_is(image, "shim: its descriptor tables are too large");
    return ERR_OK;
}

static enum err files_parse(struct image *image, struct elf *shim, struct elf *exec)
{
    TRY(elf_parse(shim, image->shim_file, &image->wrong));
    if (shim->position_independent || shim->segment[0].at < PLACE_SHIM_VA ||
        shim->segment[shim->segments_count - 1].at + shim->segment[shim->segments_count - 1].size >
            PLACE_CORE_END ||
        image->shim_file.size > PLACE_PAGE_LARGE)
        return wrong_is(image, "shim: it is not linked for its place");
    TRY(elf_parse(exec, image->exec_file, &image->wrong));
    if (!exec->position_independent)
        return wrong_is(image, "exec: it is not position-independent; link it with -static-pie");
    return ERR_OK;
}

enum err image_plan(struct image *out, uint8_t head[static IMAGE_HEAD_MAX], struct bytes shim_file,
                    struct bytes exec_file, uint64_t ram_size, uint32_t boot_flags)
{
    struct plan p = { .image = out, .head = head };
    struct elf shim, exec;
    struct shim_note note;

    *out = (struct image){ .shim_file = shim_file,
                           .exec_file = exec_file,
                           .ram_size = ram_size,
                           .exec_va = PLACE_EXEC_VA,
                           .wrong = "" };
    TRY(files_parse(out, &shim, &exec));
    TRY(note_find(&note, &shim, out));
    if (ram_size == 0 || ram_size % PLACE_PAGE_LARGE != 0 ||
        ram_size > PLACE_RAM_END - PLACE_RAM_GPA)
        return wrong_is(out, "the memory to start with is no multiple of 2 MiB, or too much");
    p.tables_end = (TABLES_FIXED + exec.segment[exec.segments_count - 1].at / PLACE_PAGE_LARGE +
                    ram_size / (1u << 30)) *
                   PLACE_PAGE;
    if (p.tables_end > IMAGE_HEAD_MAX / 2)
        return wrong_is(out, "exec: too large for the tables");
    p.used = p.tables_end;
    p.tables_used = PLACE_PAGE; /* the root */
    memset(head, 0, p.tables_end);
    TRY(memory_place(&p, &shim, &exec, &note, boot_flags));
    out->vcpu_entry = note.vcpu_entry;
    registers_fill(&out->registers, &shim, &note);
    image_vcpu(&out->registers, out, 0);
    return ERR_OK;
}
