#include "wasm/opt/opt.h"

enum err opt_run(struct ir_func *f, struct wasm_note *note)
{
    (void)note;
    opt_phis(f);
    TRY(opt_shape(f));
    TRY(ir_clean(f));
    TRY(opt_licm(f));
    opt_compares(f);
    ir_count_uses(f);
    return ERR_OK;
}
