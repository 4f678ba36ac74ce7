/* run.c: what is called in an instance, and what its end means. */
#include "exec/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/message.h"
#include "exec/values.h"

int run_ended(const struct launch *l, struct wasm_store *store, const struct wasi *w, enum err e)
{
    const struct wasm_trap_report *r = wasm_store_trap(store);
    const struct wasm_note none = { .function = -1 };

    if (e == ERR_OK)
        return 0;
    if (e != ERR_TRAP)
        return message_refused(l, e, &none);
    if (r->trap == WASM_TRAP_EXIT)
        return (int)(wasi_exit_code(w) & 0xff);
    return message_trap(l, r);
}

static bool takes_nothing(const struct wasm_function *f)
{
    struct wasm_signature s = wasm_function_signature(f);

    return s.param_count == 0 && s.result_count == 0;
}

/* A function of the command and reactor conventions, which both are () -> (). */
static int run_plain(const struct launch *l, struct wasm_store *store, struct wasi *w,
                     struct wasm_function *f, const char *name)
{
    union wasm_value none = { .words = { 0, 0 } };

    if (!takes_nothing(f)) {
        message("the export %s takes or gives values: it must be () -> ()", name);
        return LAUNCH_EXIT_DATA;
    }
    return run_ended(l, store, w, wasm_function_call(f, &none));
}

static bool arguments_parse(const struct launch *l, struct wasm_signature s,
                            union wasm_value *slots)
{
    uint32_t given = l->args_count > 0 ? l->args_count - 1 : 0;

    if (given != s.param_count) {
        message("the function %.*s takes %u arguments, and %u are given", (int)l->invoke.size,
                (const char *)l->invoke.data, s.param_count, given);
        return false;
    }
    for (uint32_t i = 0; i < given; i++) {
        if (value_parse(&slots[i], s.params[i], l->args[i + 1]))
            continue;
        message("argument %u, \"%.*s\", is no %s", i + 1, (int)l->args[i + 1].size,
                (const char *)l->args[i + 1].data, value_type_name(s.params[i]));
        return false;
    }
    return true;
}

static bool results_print(struct wasm_signature s, const union wasm_value *slots)
{
    for (uint32_t i = 0; i < s.result_count; i++) {
        char line[VALUE_TEXT_SIZE + 1];
        size_t size;

        value_print(line, s.results[i], &slots[i]);
        size = strlen(line);
        line[size++] = '\n';
        if (write(STDOUT_FILENO, line, size) != (ssize_t)size)
            return false;
    }
    return true;
}

static int run_invoke(const struct launch *l, struct wasm_store *store, struct wasi *w,
                      struct wasm_function *f)
{
    struct wasm_signature s = wasm_function_signature(f);
    uint32_t count = s.param_count > s.result_count ? s.param_count : s.result_count;
    union wasm_value *slots = calloc(count + 1, sizeof *slots);
    int code = LAUNCH_EXIT_USAGE;

    if (slots == NULL)
        return LAUNCH_EXIT_SOFTWARE;
    if (arguments_parse(l, s, slots)) {
        code = run_ended(l, store, w, wasm_function_call(f, slots));
        if (code == 0 && wasm_store_trap(store)->trap != WASM_TRAP_EXIT &&
            !results_print(s, slots)) {
            message("the results could not be written");
            code = LAUNCH_EXIT_SOFTWARE;
        }
    }
    free(slots);
    return code;
}

int run_instance(const struct launch *l, struct wasm_store *store, struct wasi *w,
                 struct wasm_instance *instance)
{
    struct wasm_function *start = wasm_instance_function(instance, BYTES_TEXT("_start"));
    struct wasm_function *initialize = wasm_instance_function(instance, BYTES_TEXT("_initialize"));
    struct wasm_function *invoked;
    int code;

    if (!l->has_invoke && start != NULL)
        return run_plain(l, store, w, start, "_start");
    if (initialize != NULL) {
        code = run_plain(l, store, w, initialize, "_initialize");
        if (code != 0 || wasm_store_trap(store)->trap == WASM_TRAP_EXIT)
            return code;
    }
    if (!l->has_invoke) { /* a reactor, or a module whose start function was all */
        if (initialize == NULL)
            message("note: the module exports no _start; --invoke FUNCTION calls another export");
        return 0;
    }
    invoked = wasm_instance_function(instance, l->invoke);
    if (invoked == NULL) {
        message("the module exports no function %.*s", (int)l->invoke.size,
                (const char *)l->invoke.data);
        return LAUNCH_EXIT_USAGE;
    }
    return run_invoke(l, store, w, invoked);
}
