#include "host/core_file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <unistd.h>

#include "base/num.h"

static enum err put_at(int fd, uint64_t at, const void *from, size_t size)
{
    const uint8_t *bytes = from;

    while (size > 0) {
        ssize_t n = pwrite(fd, bytes, size, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        bytes += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return ERR_OK;
}

/* All areas, ascending; a target that repeats itself or has too many is cut. */
static uint32_t areas_collect(const struct gdb_target *t, struct debug_area *areas)
{
    uint32_t count = 0;
    uint64_t at = 0, sum = 0;

    while (count < CORE_AREAS_MAX) {
        uint32_t more = t->areas(t->context, at, areas + count, CORE_AREAS_MAX - count);

        if (more == 0 || more > CORE_AREAS_MAX - count)
            break;
        for (uint32_t i = 0; i < more; i++, count++) {
            const struct debug_area *a = &areas[count];

            if (a->start < at || a->size == 0 || a->size > CORE_SIZE_MAX - sum ||
                a->start > UINT64_MAX - a->size)
                return count;
            sum += a->size;
            at = a->start + a->size;
        }
    }
    return count;
}

static enum err note_put(int fd, uint64_t *at, uint32_t type, const void *desc, uint32_t size)
{
    Elf64_Nhdr head = { .n_namesz = 5, .n_descsz = size, .n_type = type };

    TRY(put_at(fd, *at, &head, sizeof head));
    TRY(put_at(fd, *at + sizeof head, "CORE\0\0\0", 8));
    TRY(put_at(fd, *at + sizeof head + 8, desc, size));
    *at += sizeof head + 8 + num_align(size, 4);
    return ERR_OK;
}

/* elf_gregset_t is struct user_regs_struct: Linux, arch/x86/include/asm/user_64.h. */
static void status_fill(struct elf_prstatus *out, const struct debug_registers *r, uint32_t thread,
                        uint32_t signal)
{
    const uint64_t order[] = { r->r15,     r->r14,     r->r13, r->r12, r->rbp,    r->rbx, r->r11,
                               r->r10,     r->r9,      r->r8,  r->rax, r->rcx,    r->rdx, r->rsi,
                               r->rdi,     UINT64_MAX, r->rip, 0x33,   r->rflags, r->rsp, 0x2b,
                               r->fs_base, r->gs_base, 0,      0,      0,         0 };

    _Static_assert(sizeof order == sizeof out->pr_reg, "all of them");
    memset(out, 0, sizeof *out);
    out->pr_pid = (pid_t)thread;
    out->pr_info.si_signo = (int)signal;
    out->pr_cursig = (short)signal;
    memcpy(&out->pr_reg, order, sizeof order);
}

static enum err thread_put(int fd, uint64_t *at, const struct gdb_target *t, uint32_t thread,
                           uint32_t signal)
{
    struct debug_registers regs = { 0 };
    struct elf_prstatus status;

    TRY(t->registers_get(t->context, thread, &regs));
    status_fill(&status, &regs, thread, signal);
    TRY(note_put(fd, at, NT_PRSTATUS, &status, sizeof status));
    return note_put(fd, at, NT_FPREGSET, regs.fxsave, sizeof regs.fxsave);
}

/* The thread that stopped comes first: it is the one that a debugger shows. */
static enum err threads_put(int fd, uint64_t *at, const struct gdb_target *t, const uint32_t *ids,
                            uint32_t count, const struct gdb_stop *why)
{
    TRY(thread_put(fd, at, t, why->thread, why->number));
    for (uint32_t i = 0; i < count; i++)
        if (ids[i] != why->thread)
            TRY(thread_put(fd, at, t, ids[i], 0));
    return ERR_OK;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static enum err area_put(int fd, uint64_t at, const struct gdb_target *t,
                         const struct debug_area *a)
{
    uint8_t bytes[DEBUG_PAYLOAD_MAX];

    for (uint64_t done = 0; done < a->size;) {
        size_t want = num_min(sizeof bytes, a->size - done);
        size_t got = t->read(t->context, a->start + done, bytes, want);

        if (got > want)
            return ERR_USAGE;
        if (!all_zero(bytes, got))
            TRY(put_at(fd, at + done, bytes, got));
        done += got > 0 ? got : want; /* what is not there is a hole */
    }
    return ERR_OK;
}

static Elf64_Ehdr header_of(uint32_t areas)
{
    return (Elf64_Ehdr){
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_CORE,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = (Elf64_Half)(areas + 1),
    };
}

static Elf64_Phdr segment_of(const struct debug_area *a, uint64_t at)
{
    bool readable = (a->protection & 1) != 0;

    return (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = (readable ? PF_R : 0u) | ((a->protection & 2) != 0 ? PF_W : 0u) |
                   ((a->protection & 4) != 0 ? PF_X : 0u),
        .p_offset = at,
        .p_vaddr = a->start,
        .p_filesz = readable ? a->size : 0,
        .p_memsz = a->size,
        .p_align = 4096,
    };
}

static enum err parts_put(int fd, const struct gdb_target *t, const struct gdb_stop *why,
                          const struct debug_area *areas, uint32_t count)
{
    uint32_t ids[GDB_THREADS_MAX];
    uint32_t threads = t->threads(t->context, ids);
    Elf64_Ehdr head = header_of(count);
    uint64_t notes = sizeof head + (count + 1) * sizeof(Elf64_Phdr);
    uint64_t at = notes;
    Elf64_Phdr note = { .p_type = PT_NOTE, .p_offset = notes, .p_align = 4 };

    TRY(put_at(fd, 0, &head, sizeof head));
    TRY(threads_put(fd, &at, t, ids, threads, why));
    note.p_filesz = at - notes;
    TRY(put_at(fd, sizeof head, &note, sizeof note));
    at = num_align(at, 4096);
    for (uint32_t i = 0; i < count; i++) {
        Elf64_Phdr segment = segment_of(&areas[i], at);

        TRY(put_at(fd, sizeof head + (i + 1) * sizeof segment, &segment, sizeof segment));
        if (segment.p_filesz > 0)
            TRY(area_put(fd, at, t, &areas[i]));
        at += num_align(segment.p_filesz, 4096);
    }
    return ftruncate(fd, (off_t)at) == 0 ? ERR_OK : ERR_IO;
}

enum err core_file_write(int fd, const struct gdb_target *t, const struct gdb_stop *why)
{
    struct debug_area *areas = calloc(CORE_AREAS_MAX, sizeof *areas);
    enum err result;

    if (areas == NULL)
        return ERR_NOMEM;
    result = parts_put(fd, t, why, areas, areas_collect(t, areas));
    free(areas);
    return result;
}
