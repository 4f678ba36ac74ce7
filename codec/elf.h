/* elf.h: an ELF executable that goes into a keep: shim, exec, a Linux program.
 *
 * Accepts 64-bit x86-64 files that need nobody else: fixed-address, or position
 * independent without an interpreter (System V ABI, chapters 4 and 5, and its
 * x86-64 supplement). What it gives is safe to place: segments ascend and share no
 * page, none is writable and executable, each lies in the file, the entry is in an
 * executable one, and what is position independent lies below ELF_SPAN_MAX.
 * It borrows the bytes, allocates nothing, and does not relocate. */
#ifndef BROCH_CODEC_ELF_H
#define BROCH_CODEC_ELF_H

#include "base/bytes.h"
#include "base/err.h"

#define ELF_SEGMENTS_MAX 16u
#define ELF_HEADERS_MAX 64u
/* Of a file's whole image in memory, from its first segment to its last. */
#define ELF_SPAN_MAX (512ull << 20)
#define ELF_PAGE 4096u

#define ELF_READ 4u /* as in p_flags */
#define ELF_WRITE 2u
#define ELF_EXECUTE 1u

struct elf_segment {
    uint64_t at; /* virtual address, relative to the image's base if position_independent */
    uint64_t size;
    uint64_t offset; /* in the file; congruent to `at` modulo the page */
    uint64_t file_size;
    uint32_t flags; /* p_flags whole: READ, WRITE, EXECUTE and the OS's own bits */
};

struct elf {
    struct bytes file;
    bool position_independent;
    uint64_t entry;
    uint64_t headers_at; /* where the program headers are in memory; 0: in no segment */
    uint32_t headers_count;
    uint32_t segments_count;
    struct elf_segment segment[ELF_SEGMENTS_MAX];
};

/* On error *wrong names the rule in a few words. */
enum err elf_parse(struct elf *out, struct bytes file, const char **wrong);

/* The description of the note with that owner and type, in any PT_NOTE; no data
 * where there is none. */
struct bytes elf_note(const struct elf *elf, const char *owner, uint32_t type);

#endif
