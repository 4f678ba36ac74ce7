#include "host/gdb/registers.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

/* How a register is kept in struct debug_registers. */
enum how {
    PLAIN,    /* wide bytes at `at`, the rest of the register is zero */
    FIXED,    /* not kept: always `at` */
    TAG_WORD, /* one bit a register there, two on the wire (80-bit x87: valid or empty) */
    READ_ONLY,
};

struct row {
    const char *name; /* with a %u where there is more than one */
    const char *type;
    uint8_t size; /* on the wire */
    uint8_t count;
    uint8_t stride;
    uint8_t wide; /* bytes kept */
    enum how how;
    uint16_t at;
};

#define AT(field) (uint16_t) offsetof(struct debug_registers, field)
/* clang-format 14 takes #name for a directive. */
/* clang-format off */
#define GENERAL(name, type) { #name, type, 8, 1, 0, 8, PLAIN, AT(name) }
#define SEGMENT(name, value) { #name, "int32", 4, 1, 0, 0, FIXED, value }
#define X87(name, wide, offset) \
    { #name, "int", 4, 1, 0, wide, PLAIN, (uint16_t)(AT(fxsave) + (offset)) }
/* clang-format on */

/* Fields of the FXSAVE area: AMD64 Architecture Programmer's Manual 2, 11.4.4. */
static const struct row core_rows[] = {
    GENERAL(rax, "int64"),
    GENERAL(rbx, "int64"),
    GENERAL(rcx, "int64"),
    GENERAL(rdx, "int64"),
    GENERAL(rsi, "int64"),
    GENERAL(rdi, "int64"),
    GENERAL(rbp, "data_ptr"),
    GENERAL(rsp, "data_ptr"),
    { "r%u", "int64", 8, 8, 8, 8, PLAIN, AT(r8) },
    GENERAL(rip, "code_ptr"),
    { "eflags", "i386_eflags", 4, 1, 0, 4, PLAIN, AT(rflags) },
    SEGMENT(cs, 0x33),
    SEGMENT(ss, 0x2b),
    SEGMENT(ds, 0),
    SEGMENT(es, 0),
    SEGMENT(fs, 0),
    SEGMENT(gs, 0),
    { "st%u", "i387_ext", 10, 8, 16, 10, PLAIN, AT(fxsave) + 32 },
    X87(fctrl, 2, 0),
    X87(fstat, 2, 2),
    { "ftag", "int", 4, 1, 0, 1, TAG_WORD, AT(fxsave) + 4 },
    X87(fiseg, 4, 12),
    X87(fioff, 4, 8),
    X87(foseg, 4, 20),
    X87(fooff, 4, 16),
    X87(fop, 2, 6),
};
static const struct row sse_rows[] = {
    { "xmm%u", "vec128", 16, 16, 16, 16, PLAIN, AT(fxsave) + 160 },
    { "mxcsr", "i386_mxcsr", 4, 1, 0, 4, PLAIN, AT(fxsave) + 24 },
};
static const struct row linux_rows[] = {
    { "orig_rax", "int", 8, 1, 0, 0, FIXED, 0xffff }, /* -1: in no system call */
};
static const struct row segment_rows[] = {
    { "fs_base", "int64", 8, 1, 0, 8, PLAIN, AT(fs_base) },
    { "gs_base", "int64", 8, 1, 0, 8, READ_ONLY, AT(gs_base) },
};
static const struct row avx_rows[] = {
    { "ymm%uh", "uint128", 16, 16, 16, 16, PLAIN, AT(ymm_high) },
};

static const char core_types[] =
    "<flags id=\"i386_eflags\" size=\"4\"><field name=\"CF\" start=\"0\" end=\"0\"/>"
    "<field name=\"PF\" start=\"2\" end=\"2\"/><field name=\"AF\" start=\"4\" end=\"4\"/>"
    "<field name=\"ZF\" start=\"6\" end=\"6\"/><field name=\"SF\" start=\"7\" end=\"7\"/>"
    "<field name=\"TF\" start=\"8\" end=\"8\"/><field name=\"IF\" start=\"9\" end=\"9\"/>"
    "<field name=\"DF\" start=\"10\" end=\"10\"/><field name=\"OF\" start=\"11\" end=\"11\"/>"
    "<field name=\"AC\" start=\"18\" end=\"18\"/><field name=\"ID\" start=\"21\" end=\"21\"/>"
    "</flags>";
static const char sse_types[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
    "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
    "<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>"
    "<field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
    "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>"
    "<flags id=\"i386_mxcsr\" size=\"4\"><field name=\"IE\" start=\"0\" end=\"0\"/>"
    "<field name=\"ZE\" start=\"2\" end=\"2\"/><field name=\"OE\" start=\"3\" end=\"3\"/></flags>";

static const struct feature {
    const char *name;
    const char *types;
    const struct row *rows;
    size_t count;
} features[] = {
    { "core", core_types, core_rows, COUNT_OF(core_rows) },
    { "sse", sse_types, sse_rows, COUNT_OF(sse_rows) },
    { "linux", "", linux_rows, COUNT_OF(linux_rows) },
    { "segments", "", segment_rows, COUNT_OF(segment_rows) },
    { "avx", "", avx_rows, COUNT_OF(avx_rows) }, /* the last: it may be left out */
};

static size_t features_count(bool has_avx) { return COUNT_OF(features) - (has_avx ? 0 : 1); }

uint32_t registers_count(bool has_avx)
{
    uint32_t count = 0;

    for (size_t f = 0; f < features_count(has_avx); f++)
        for (size_t i = 0; i < features[f].count; i++)
            count += features[f].rows[i].count;
    return count;
}

/* The row of register n, and which of the row's it is. */
static const struct row *row_of(uint32_t n, uint32_t *which)
{
    for (size_t f = 0; f < COUNT_OF(features); f++)
        for (size_t i = 0; i < features[f].count; i++) {
            const struct row *row = &features[f].rows[i];

            if (n < row->count) {
                *which = n;
                return row;
            }
            n -= row->count;
        }
    return NULL;
}

size_t register_size(uint32_t n)
{
    uint32_t which;
    const struct row *row = row_of(n, &which);

    return row == NULL ? 0 : row->size;
}

/* One bit says "not empty"; on the wire 0 is valid and 3 is empty. */
static uint16_t tags_wide(uint8_t narrow)
{
    uint16_t wide = 0;

    for (unsigned i = 0; i < 8; i++)
        if ((narrow >> i & 1) == 0)
            wide |= (uint16_t)(3u << (2 * i));
    return wide;
}

static uint8_t tags_narrow(uint16_t wide)
{
    uint8_t narrow = 0;

    for (unsigned i = 0; i < 8; i++)
        if ((wide >> (2 * i) & 3) != 3)
            narrow |= (uint8_t)(1u << i);
    return narrow;
}

size_t register_get(const struct debug_registers *regs, uint32_t n, uint8_t out[REGISTER_SIZE_MAX])
{
    uint32_t which;
    const struct row *row = row_of(n, &which);
    const uint8_t *at;

    memset(out, 0, REGISTER_SIZE_MAX);
    if (row == NULL)
        return 0;
    if (row->how == FIXED) {
        int64_t value = (int16_t)row->at;

        memcpy(out, &value, sizeof value);
        return row->size;
    }
    at = (const uint8_t *)regs + row->at + which * row->stride;
    if (row->how == TAG_WORD) {
        uint16_t wide = tags_wide(*at);

        memcpy(out, &wide, sizeof wide);
    } else {
        memcpy(out, at, row->wide);
    }
    return row->size;
}

bool register_set(struct debug_registers *regs, uint32_t n, struct bytes value)
{
    uint32_t which;
    const struct row *row = row_of(n, &which);
    uint8_t *at;

    if (row == NULL || value.size != row->size)
        return false;
    if (row->how == FIXED || row->how == READ_ONLY)
        return true;
    at = (uint8_t *)regs + row->at + which * row->stride;
    if (row->how == TAG_WORD)
        *at = tags_narrow((uint16_t)(value.data[0] | value.data[1] << 8));
    else
        memcpy(at, value.data, row->wide);
    return true;
}

static void put(struct writer *out, const char *text)
{
    writer_put(out, (struct bytes){ (const uint8_t *)text, strlen(text) });
}

static void describe_row(struct writer *out, const struct row *row)
{
    for (unsigned i = 0; i < row->count; i++) {
        /* Only the general registers do not count from 0. */
        unsigned shown = row->name[0] == 'r' ? i + 8 : i;
        const char *mark = strchr(row->name, '%');
        char line[128];

        if (mark == NULL)
            snprintf(line, sizeof line, "<reg name=\"%s\"", row->name);
        else
            snprintf(line, sizeof line, "<reg name=\"%.*s%u%s\"", (int)(mark - row->name),
                     row->name, shown, mark + 2);
        put(out, line);
        snprintf(line, sizeof line, " bitsize=\"%u\" type=\"%s\"/>", row->size * 8u, row->type);
        put(out, line);
    }
}

void registers_describe(struct writer *out, bool has_avx)
{
    put(out, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
             "<architecture>i386:x86-64</architecture>");
    for (size_t f = 0; f < features_count(has_avx); f++) {
        put(out, "<feature name=\"org.gnu.gdb.i386.");
        put(out, features[f].name);
        put(out, "\">");
        put(out, features[f].types);
        for (size_t i = 0; i < features[f].count; i++)
            describe_row(out, &features[f].rows[i]);
        put(out, "</feature>");
    }
    put(out, "</target>");
}
