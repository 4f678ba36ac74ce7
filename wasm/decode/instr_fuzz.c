/* Covers: wasm_instr_read wasm_instr_next_label wasm_instr_next_catch
 * wasm_instr_next_type wasm_locals_begin wasm_locals_next
 *
 * Raw bytes as a body. What must hold: every instruction takes at least a byte;
 * what the lists give ends exactly where the instruction does; a refusal leaves
 * a note inside the bytes. */
#include <stdlib.h>

#include "wasm/decode/instr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds)
{
    if (!holds)
        abort();
}

/* Walks the list of the instruction; gives the bytes left behind it. */
static size_t walk_list(struct wasm_instr *i)
{
    switch ((enum wasm_imm)i->imm) {
    case IMM_BR_TABLE:
        for (uint32_t k = 0; k <= i->a; k++)
            (void)wasm_instr_next_label(i);
        break;
    case IMM_SELECT:
        for (uint32_t k = 0; k < i->a; k++)
            need(wasm_instr_next_type(i) != WASM_NONE);
        break;
    default:
        for (uint32_t k = 0; k < i->b; k++)
            need(wasm_instr_next_catch(i).kind <= WASM_CATCH_ALL_REF);
        break;
    }
    need(!i->list.bad);
    return i->list.left;
}

static enum err read_locals(struct reader *r, struct wasm_note *note)
{
    uint32_t runs;

    TRY(wasm_locals_begin(&runs, r, 0, note));
    need(runs <= r->left / 2);
    for (uint32_t i = 0; i < runs; i++) {
        struct wasm_local_run run;

        TRY(wasm_locals_next(&run, r, 0, note));
        need(run.type != WASM_NONE);
    }
    return ERR_OK;
}

static enum err read_code(struct reader *r, struct wasm_note *note)
{
    while (r->left != 0) {
        struct wasm_instr i;
        size_t before = r->left;

        need(reader_ok(r));
        TRY(wasm_instr_read(&i, r, 0, note));
        need(r->left < before && i.offset < reader_offset(r));
        need(wasm_op_name(i.op)[0] != '\0' && wasm_op_slot(i.op) < WASM_OP_SLOTS);
        if (i.imm == IMM_BR_TABLE || i.imm == IMM_SELECT || i.imm == IMM_TRY_TABLE)
            need(walk_list(&i) == r->left);
    }
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of((struct bytes){ data, size });
    struct wasm_note note = { 0 };
    enum err e = read_locals(&r, &note);

    if (e == ERR_OK)
        e = read_code(&r, &note);
    need(e == ERR_OK || e == ERR_MALFORMED || e == ERR_UNSUPPORTED || e == ERR_LIMIT);
    need(e == ERR_OK || (note.rule[0] != '\0' && note.offset <= size));
    return 0;
}
