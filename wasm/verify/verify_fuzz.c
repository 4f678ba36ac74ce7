/* Covers: wasm_verify_function insn_decode */
#include <stdlib.h>

#include "tests/module_bytes.h"
#include "wasm/compile.h"
#include "wasm/verify/decode.h"

/* Any bytes as the code of a function. The first ones choose function, frame and
 * configuration; every place has every site, and each rel32 of a call is a relocation, so
 * that little but the instructions decides. Property: what is accepted holds no opcode that
 * would leave the sandbox by itself, as a reading of the bytes of its own says. */

static const uint8_t i32[] = { WASM_I32 }, i64[] = { WASM_I64 }, funcref[] = { WASM_FUNCREF };
static struct wasm_functype types[] = {
    { { NULL, NULL, 0, 0 }, 0 },
    { { i32, i32, 1, 1 }, 1 },
    { { i64, i32, 1, 1 }, 2 },
    { { funcref, NULL, 1, 0 }, 3 },
};
static struct wasm_func funcs[] = {
    { .type = 1 }, { .type = 0 }, { .type = 1 }, { .type = 2 }, { .type = 3 }
};
static struct wasm_tabletype tables[] = { { .type = WASM_FUNCREF }, { .type = WASM_EXTERNREF } };
static struct wasm_memtype memories[] = { { .limits = { .least = 1 } },
                                          { .limits = { .least = 1, .is64 = true } } };
static struct wasm_globaltype globals[] = { { .type = WASM_I32, .is_mutable = true },
                                            { .type = WASM_FUNCREF, .is_mutable = true } };
static uint32_t tags[] = { 1 };
static const struct wasm_decoded module = {
    .types = types,
    .type_count = COUNT_OF(types),
    .funcs = funcs,
    .func_count = COUNT_OF(funcs),
    .imported_func_count = 1,
    .tables = tables,
    .table_count = COUNT_OF(tables),
    .memories = memories,
    .memory_count = COUNT_OF(memories),
    .globals = globals,
    .global_count = COUNT_OF(globals),
    .imported_global_count = 1,
    .tags = tags,
    .tag_count = COUNT_OF(tags),
    .validated = true,
};

enum { HEAD = 6, TEXT_MOST = 4096 };

static bool is_prefix(uint8_t byte)
{
    return byte == 0xf0 || byte == 0xf2 || byte == 0xf3 || byte == 0x66 || (byte & 0xf0) == 0x40;
}

/* Intel SDM volume 2, appendix A: what may not start an instruction, after prefixes. */
static bool is_forbidden(const uint8_t *at, size_t size)
{
    size_t i = 0;

    while (i < size && is_prefix(at[i]))
        i++;
    if (i == size)
        return true;
    switch (at[i]) {
    case 0x0f: /* system instructions, and the rest of their row; fences but mfence */
        return i + 1 == size || at[i + 1] < 0x10 || (at[i + 1] >= 0x20 && at[i + 1] < 0x28) ||
               (at[i + 1] >= 0x30 && at[i + 1] < 0x38) || at[i + 1] == 0xa2 ||
               (at[i + 1] == 0xae && (i + 2 == size || at[i + 2] != 0xf0));
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
    case 0x67: /* prefixes */
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f:
    case 0x9a:
    case 0x9b:
    case 0x9c:
    case 0x9d:
    case 0xa4:
    case 0xa5:
    case 0xa6:
    case 0xa7:
    case 0xaa:
    case 0xab:
    case 0xac:
    case 0xad:
    case 0xae:
    case 0xaf:
    case 0xc2:
    case 0xc8:
    case 0xc9:
    case 0xca:
    case 0xcb:
    case 0xcd:
    case 0xcf:
    case 0xd7:
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef:
    case 0xf1:
    case 0xf4:
    case 0xfa:
    case 0xfb:
    case 0xfc:
    case 0xfd: return true;
    default: return false;
    }
}

static void check_accepted(const struct wasm_code *code, uint64_t config)
{
    struct insn in;

    for (uint32_t at = 0; at < code->text_size; at = in.next)
        if (!insn_decode(&in, code->bytes, code->text_size, at, config) || in.next <= at ||
            in.next - at > 15 || is_forbidden(code->bytes + at, in.next - at))
            abort();
}

static void describe(struct wasm_code *code, struct wasm_site_entry *sites,
                     struct wasm_reloc *relocs)
{
    struct insn in;

    for (uint32_t pc = 0; pc <= code->text_size; pc++)
        for (unsigned k = 0; k < 3; k++)
            sites[code->site_count++] =
                (struct wasm_site_entry){ .pc = pc, .kind = (uint8_t)k, .trap = WASM_TRAP_MEMORY };
    for (uint32_t at = 0; at < code->text_size; at = in.next) {
        if (!insn_decode(&in, code->bytes, code->text_size, at, UINT64_MAX))
            return;
        if (in.op == INSN_CALL)
            relocs[code->reloc_count++] = (struct wasm_reloc){ at + 1, 1 + at % 4 };
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[TEXT_MOST + 16];
    static struct wasm_site_entry sites[3 * (TEXT_MOST + 1)];
    static struct wasm_reloc relocs[TEXT_MOST];
    struct wasm_layout layout;
    struct wasm_note note = { 0 };
    struct arena arena;
    struct wasm_unit unit = { &module, &layout, 0 };
    struct wasm_code code = { .bytes = bytes, .sites = sites, .relocs = relocs };
    enum err e;

    if (size < HEAD || size > TEXT_MOST || wasm_layout_of(&layout, &module) != ERR_OK)
        return 0;
    unit.config = data[1] | (data[2] & 8 ? WASM_CONFIG_EXPLICIT : 0);
    code.saved = data[3] & 15;
    code.frame_size = (data[4] | (data[5] & 15u) << 8) * 8u;
    code.size = (uint32_t)(size - HEAD + 15) / 16 * 16;
    code.text_size = (uint32_t)(size - HEAD) - (data[2] >> 4) % ((uint32_t)(size - HEAD) + 1);
    memset(bytes, 0xcc, sizeof bytes);
    memcpy(bytes, data + HEAD, size - HEAD);
    describe(&code, sites, relocs);
    arena_init(&arena, module_bytes_heap, 16 << 20);
    e = wasm_verify_function(&unit, 1 + data[0] % 4, &code, &arena, &note);
    if (e == ERR_OK)
        check_accepted(&code, unit.config);
    else if (e != ERR_NOMEM && note.rule[0] == 0)
        abort();
    arena_done(&arena);
    return 0;
}
