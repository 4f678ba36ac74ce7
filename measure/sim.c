/* sim.c: the `sim` measurement of a VM keep's image.
 *
 * SHA-256 over
 *   "broch sim 1" and a zero byte;
 *   for each of shim file, exec file, head of RAM: its guest-physical address, its
 *   size, and its bytes;
 *   the size of RAM (what lies behind the head is zero);
 *   the registers of vCPU 0 in the order of struct image_registers.
 * Numbers are 64-bit little-endian. CR4 counts without the bits that the loader
 * adds for the processor at hand. */
#include "base/num.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "measure/image.h"

#define REGISTERS_ROOM 1024u

static enum err part_add(struct hash *h, uint64_t gpa, struct bytes content)
{
    uint8_t raw[16];
    struct writer w = writer_of(raw, sizeof raw);

    writer_u64le(&w, gpa);
    writer_u64le(&w, content.size);
    TRY(hash_add(h, writer_bytes(&w)));
    return hash_add(h, content);
}

static void segment_write(struct writer *w, const struct image_segment_register *s)
{
    writer_u64le(w, s->base);
    writer_u64le(w, s->limit);
    writer_u64le(w, s->selector);
    writer_u64le(w, s->attributes);
}

static void registers_write(struct writer *w, const struct image_registers *r)
{
    const uint64_t plain[] = {
        r->rip,   r->rsp,    r->rflags,         r->cr0, r->cr3, r->cr4, r->efer, r->star,
        r->lstar, r->sfmask, r->kernel_gs_base,
    };
    const struct image_segment_register *const segments[] = {
        &r->cs, &r->ss, &r->ds, &r->es, &r->fs, &r->gs, &r->tr, &r->ldt,
    };

    for (size_t i = 0; i < COUNT_OF(plain); i++)
        writer_u64le(w, plain[i]);
    for (size_t i = 0; i < COUNT_OF(segments); i++)
        segment_write(w, segments[i]);
    writer_u64le(w, r->gdt.base);
    writer_u64le(w, r->gdt.limit);
    writer_u64le(w, r->idt.base);
    writer_u64le(w, r->idt.limit);
}

static enum err all_add(struct hash *h, const struct image *image)
{
    static const uint8_t domain[] = "broch sim 1";
    uint8_t raw[REGISTERS_ROOM];
    struct writer w = writer_of(raw, sizeof raw);

    TRY(hash_add(h, BYTES_OF(domain)));
    TRY(part_add(h, PLACE_SHIM_GPA, image->shim_file));
    TRY(part_add(h, PLACE_EXEC_GPA, image->exec_file));
    TRY(part_add(h, PLACE_RAM_GPA, image->head));
    writer_u64le(&w, image->ram_size);
    registers_write(&w, &image->registers);
    return hash_add(h, writer_bytes(&w));
}

enum err image_measure_sim(uint8_t out[32], const struct image *image)
{
    struct hash h;
    enum err e;

    TRY(hash_init(&h, HASH_SHA256));
    e = all_add(&h, image);
    if (e == ERR_OK)
        e = hash_end(&h, out);
    hash_done(&h);
    return e;
}
