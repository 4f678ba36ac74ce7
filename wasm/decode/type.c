#include "wasm/decode/type.h"

#include "wasm/decode/instr.h"

static const char unexpected_end[] = "unexpected end of section or function";

enum err wasm_refuse_end(const struct reader *r, uint32_t base, struct wasm_note *note)
{
    return note_at(note, ERR_MALFORMED, base + reader_offset(r), unexpected_end, NULL);
}

/* Whether the last byte of a number says more than its width holds. */
static bool beyond_width(uint8_t last, int room, bool is_signed)
{
    int beyond = (last & 0x7f) >> (is_signed ? room - 1 : room);

    return beyond != 0 && !(is_signed && beyond == 0x7f >> (room - 1));
}

/* The number is read again, byte by byte, to see which rule of core 5.2.2 it
 * broke. */
enum err wasm_refuse_number(const struct reader *r, const struct reader *before, int bits,
                            uint32_t base, struct wasm_note *note)
{
    struct reader probe = *before;
    uint64_t offset = base + reader_offset(r);
    int room = bits < 0 ? -bits : bits;
    uint8_t last = 0x80;

    reader_skip(&probe, reader_offset(r) - reader_offset(before));
    for (; room > 0 && last >= 0x80; room -= 7) {
        if (probe.left == 0)
            return wasm_refuse_end(r, base, note);
        last = reader_u8(&probe);
    }
    return note_at(note, ERR_MALFORMED, offset,
                   room <= 0 && beyond_width(last, room + 7, bits < 0)
                       ? "integer too large"
                       : "integer representation too long",
                   NULL);
}

static enum err refuse_gc(uint64_t offset, struct wasm_note *note)
{
    return note_at(note, ERR_UNSUPPORTED, offset, "unsupported: garbage collection",
                   "a type of the garbage collection proposal");
}

static enum err refuse_typed(uint64_t offset, struct wasm_note *note)
{
    return note_at(note, ERR_UNSUPPORTED, offset, "unsupported: typed function references",
                   "a type of the typed function references proposal");
}

/* Abstract heap types (core 5.3.3) that garbage collection brings, any to nofunc. */
static bool is_gc_code(uint8_t code)
{
    return (code >= 0x6a && code <= 0x6e) || (code >= 0x71 && code <= 0x74);
}

static enum wasm_type type_of_code(uint8_t code)
{
    switch (code) {
    case 0x7f: return WASM_I32;
    case 0x7e: return WASM_I64;
    case 0x7d: return WASM_F32;
    case 0x7c: return WASM_F64;
    case 0x7b: return WASM_V128;
    case 0x70: return WASM_FUNCREF;
    case 0x6f: return WASM_EXTERNREF;
    case 0x69: return WASM_EXNREF;
    default: return WASM_NONE;
    }
}

enum err wasm_heaptype_read(enum wasm_type *out, struct reader *r, uint32_t base,
                            struct wasm_note *note)
{
    struct reader before = *r;
    uint64_t offset = base + reader_offset(r);
    uint8_t code = reader_peek(r);
    int64_t number = reader_leb_s33(r);
    enum wasm_type type = type_of_code(code);

    if (r->bad)
        return wasm_refuse_number(r, &before, -33, base, note);
    if (number >= 0)
        return refuse_typed(offset, note);
    if (is_gc_code(code))
        return refuse_gc(offset, note);
    if (!wasm_type_is_ref(type))
        return note_at(note, ERR_MALFORMED, offset, "malformed reference type", NULL);
    *out = type;
    return ERR_OK;
}

/* "(ref null ht)" is 0x63 ht and "(ref ht)" 0x64 ht (core 5.3.4). */
static enum err long_reftype_read(enum wasm_type *out, uint8_t code, struct reader *r,
                                  uint32_t base, struct wasm_note *note)
{
    uint64_t offset = base + reader_offset(r) - 1;

    TRY(wasm_heaptype_read(out, r, base, note));
    return code == 0x63 ? ERR_OK : refuse_typed(offset, note);
}

enum err wasm_reftype_read(enum wasm_type *out, struct reader *r, uint32_t base,
                           struct wasm_note *note)
{
    uint64_t offset = base + reader_offset(r);
    uint8_t code = reader_u8(r);
    enum wasm_type type = type_of_code(code);

    if (r->bad)
        return wasm_refuse_end(r, base, note);
    if (code == 0x63 || code == 0x64)
        return long_reftype_read(out, code, r, base, note);
    if (is_gc_code(code))
        return refuse_gc(offset, note);
    if (!wasm_type_is_ref(type))
        return note_at(note, ERR_MALFORMED, offset, "malformed reference type", NULL);
    *out = type;
    return ERR_OK;
}

enum err wasm_valtype_read(enum wasm_type *out, struct reader *r, uint32_t base,
                           struct wasm_note *note)
{
    uint8_t code = reader_peek(r);
    enum wasm_type type = type_of_code(code);

    if (type != WASM_NONE) {
        reader_skip(r, 1);
        *out = type;
        return ERR_OK;
    }
    if (r->left == 0)
        return wasm_refuse_end(r, base, note);
    if (code == 0x63 || code == 0x64 || is_gc_code(code))
        return wasm_reftype_read(out, r, base, note);
    return note_at(note, ERR_MALFORMED, base + reader_offset(r), "malformed value type", NULL);
}

const char *wasm_type_name(enum wasm_type type)
{
    static const char *const names[] = {
        [WASM_NONE] = "nothing",    [WASM_I32] = "i32",
        [WASM_I64] = "i64",         [WASM_F32] = "f32",
        [WASM_F64] = "f64",         [WASM_V128] = "v128",
        [WASM_FUNCREF] = "funcref", [WASM_EXTERNREF] = "externref",
        [WASM_EXNREF] = "exnref",
    };

    return (size_t)type < sizeof names / sizeof names[0] ? names[type] : "unknown";
}

bool wasm_signature_equal(const struct wasm_signature *a, const struct wasm_signature *b)
{
    return bytes_equal((struct bytes){ a->params, a->param_count },
                       (struct bytes){ b->params, b->param_count }) &&
           bytes_equal((struct bytes){ a->results, a->result_count },
                       (struct bytes){ b->results, b->result_count });
}

uint32_t wasm_signature_hash(const struct siphash_key *key, const struct wasm_signature *a)
{
    uint64_t params = siphash_bytes(key, (struct bytes){ a->params, a->param_count });
    uint64_t results = siphash_bytes(key, (struct bytes){ a->results, a->result_count });

    return (uint32_t)(params + 3 * results);
}
