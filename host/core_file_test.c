#define _GNU_SOURCE /* memfd_create */
#include "host/core_file.h"

#include "host/gdb/fake_target.h"
#include "tests/check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/procfs.h>
#include <unistd.h>

static const struct gdb_stop why = { .kind = GDB_STOP_SIGNAL, .thread = 2, .number = SIGSEGV };

static bool get(int fd, void *to, size_t size, uint64_t at)
{
    return pread(fd, to, size, (off_t)at) == (ssize_t)size;
}

static void test_file(void)
{
    int fd = memfd_create("core", 0);
    struct elf_prstatus status;
    uint8_t bytes[16];
    Elf64_Ehdr head = { 0 };
    Elf64_Phdr segment[2] = { 0 };
    Elf64_Nhdr note = { 0 };

    memset(&fake, 0, sizeof fake);
    memset(fake.memory + 0x8000, 0x77, 16);
    fake.regs[1].rip = 0x1234;
    fake.regs[1].rax = 0x5678;
    fake.regs[1].rflags = 0x246;
    CASE("an ELF core file");
    CHECK_OK(core_file_write(fd, &fake_target, &why));
    CHECK(get(fd, &head, sizeof head, 0));
    CHECK(memcmp(head.e_ident, ELFMAG, SELFMAG) == 0);
    CHECK_EQ(head.e_type, ET_CORE);
    CHECK_EQ(head.e_phnum, 2);
    CHECK(get(fd, segment, sizeof segment, head.e_phoff));
    CASE("first the registers of the thread that stopped");
    CHECK_EQ(segment[0].p_type, PT_NOTE);
    CHECK(get(fd, &note, sizeof note, segment[0].p_offset));
    CHECK_EQ(note.n_type, NT_PRSTATUS);
    CHECK_EQ(note.n_descsz, sizeof status);
    CHECK(get(fd, &status, sizeof status, segment[0].p_offset + sizeof note + 8));
    CHECK_EQ(status.pr_cursig, SIGSEGV);
    CHECK_EQ(status.pr_pid, 2);
    CHECK_EQ(status.pr_reg[16], 0x1234);
    CHECK_EQ(status.pr_reg[10], 0x5678);
    CHECK_EQ(status.pr_reg[18], 0x246);
    CASE("four notes");
    CHECK_EQ(segment[0].p_filesz, 4 * (sizeof note + 8) + 2 * (sizeof status + 512));
    CASE("memory, with holes where it is zero");
    CHECK_EQ(segment[1].p_type, PT_LOAD);
    CHECK_EQ(segment[1].p_vaddr, FAKE_AT);
    CHECK_EQ(segment[1].p_filesz, FAKE_SIZE);
    CHECK_EQ(segment[1].p_offset % 4096, 0);
    CHECK(get(fd, bytes, sizeof bytes, segment[1].p_offset + 0x8000));
    CHECK(bytes[0] == 0x77 && bytes[15] == 0x77);
    CHECK_EQ(lseek(fd, 0, SEEK_END), segment[1].p_offset + FAKE_SIZE);
    close(fd);
}

/* A target that says the same area again and again, or one that is not possible. */
static uint32_t areas_endless(void *context, uint64_t at, struct debug_area *out, uint32_t room)
{
    (void)context;
    (void)at;
    (void)room;
    out[0] = (struct debug_area){ .start = FAKE_AT, .size = FAKE_SIZE, .protection = 3 };
    return 1;
}

static uint32_t areas_huge(void *context, uint64_t at, struct debug_area *out, uint32_t room)
{
    (void)context;
    (void)room;
    out[0] = (struct debug_area){ .start = UINT64_MAX - 4095, .size = 8192, .protection = 3 };
    return at == 0 ? 1 : 0;
}

static uint32_t areas_many(void *context, uint64_t at, struct debug_area *out, uint32_t room)
{
    (void)context;
    for (uint32_t i = 0; i < room; i++, at += 8192)
        out[i] = (struct debug_area){ .start = at, .size = 4096 };
    return room;
}

static uint16_t segments_of(uint32_t (*areas)(void *, uint64_t, struct debug_area *, uint32_t))
{
    struct gdb_target odd = fake_target;
    int fd = memfd_create("core", 0);
    Elf64_Ehdr head = { 0 };

    odd.areas = areas;
    CHECK_OK(core_file_write(fd, &odd, &why));
    CHECK(get(fd, &head, sizeof head, 0));
    close(fd);
    return head.e_phnum;
}

static void test_odd(void)
{
    int fd;

    CASE("the same area again is not taken again");
    CHECK_EQ(segments_of(areas_endless), 2);
    CASE("an area that wraps is not taken");
    CHECK_EQ(segments_of(areas_huge), 1);
    CASE("more areas than there may be");
    CHECK_EQ(segments_of(areas_many), CORE_AREAS_MAX + 1);
    CASE("a file that cannot be written");
    fd = open("/dev/full", O_WRONLY);
    CHECK_ERR(core_file_write(fd, &fake_target, &why), ERR_IO);
    close(fd);
}

int main(void)
{
    test_file();
    test_odd();
    return check_done();
}
