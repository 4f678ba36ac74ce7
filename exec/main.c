/* main.c: broch-exec, the program inside a keep: one module, from its bytes to
 * its exit code.
 *
 * Its launch record is on LAUNCH_FD (codec/launch.h); nothing else is read, and
 * the command line is not looked at. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "exec/compile.h"
#include "exec/confine.h"
#include "exec/deadline.h"
#include "exec/direct.h"
#include "exec/fault.h"
#include "exec/guest.h"
#include "exec/memory.h"
#include "exec/message.h"
#include "exec/run.h"
#include "exec/start.h"
#include "exec/symbols.h"

/* What one launch builds, in this order. The process's end frees it. */
struct exec {
    struct launch launch;
    uint64_t config;
    struct wasm_host host;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_store *store;
    struct wasm_linker *linker;
    struct wasm_instance *instance;
    struct wasi *wasi;
    struct launch_report report;
};

static uint64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000;
}

/* The options of the record, the limits as options, and this processor. */
static uint64_t config_of(const struct launch *l)
{
    return l->engine_config | wasm_config_native() | (l->has_fuel ? WASM_CONFIG_FUEL : 0) |
           (l->has_time ? WASM_CONFIG_INTERRUPT : 0) |
           (l->deterministic ? WASM_CONFIG_DETERMINISTIC : 0);
}

static int process_prepare(const struct launch *l)
{
    /* A guest is told that nobody reads any more; it is not killed for it. */
    signal(SIGPIPE, SIG_IGN);
    if (fault_take() == ERR_OK && (!l->has_time || deadline_start(l->time_ms) == ERR_OK))
        return 0;
    message("signals or threads cannot be set up");
    return LAUNCH_EXIT_SOFTWARE;
}

static int module_prepare(struct exec *x)
{
    struct wasm_note note = { .function = -1 };
    uint64_t start = now_us();
    struct bytes raw;
    enum err e;
    int code = start_module(&x->launch, &raw);

    if (code != 0)
        return code;
    memory_host(&x->host, x->launch.memory_bytes);
    e = wasm_engine_new(&x->engine, &x->host, x->config);
    if (e == ERR_UNSUPPORTED) {
        message("this processor lacks SSE4.1, which compiled code needs");
        return LAUNCH_EXIT_SOFTWARE;
    }
    if (e == ERR_OK)
        e = wasm_module_new(&x->module, x->engine, raw, &note);
    start_module_done(raw);
    if (e == ERR_OK)
        e = compile_module(x->module, x->config, x->launch.tty[2], &note);
    x->report.compile_us = now_us() - start;
    if (e == ERR_OK)
        symbols_publish(x->module);
    return e == ERR_OK ? 0 : message_refused(&x->launch, e, &note);
}

static int store_prepare(struct exec *x)
{
    const struct wasm_store_limits limits = {
        .memory_size = x->launch.memory_bytes,
        .table_elements = x->launch.table_elements,
        .stack_size = x->launch.stack_bytes,
        .fuel = x->launch.has_fuel ? x->launch.fuel : UINT64_MAX,
    };
    const struct wasm_note note = { .function = -1 };
    enum err e = wasm_store_new(&x->store, x->engine, &limits);
    int code;

    if (e == ERR_OK)
        e = wasm_linker_new(&x->linker, x->store);
    if (e != ERR_OK)
        return message_refused(&x->launch, e, &note);
    code = guest_new(&x->wasi, &x->launch);
    if (code != 0)
        return code;
    e = wasi_link(x->wasi, x->linker);
    return e == ERR_OK ? 0 : message_refused(&x->launch, e, &note);
}

/* From the start function of the module on, its code runs. */
static int guest_run(struct exec *x)
{
    struct wasm_note note = { .function = -1 };
    uint64_t start = now_us();
    enum err e;
    int code;

    deadline_guard(x->store);
    e = wasm_instance_new(&x->instance, x->linker, x->module, &note);
    if (e == ERR_OK)
        code = run_instance(&x->launch, x->store, x->wasi, x->instance);
    else if (e == ERR_TRAP)
        code = run_ended(&x->launch, x->store, x->wasi, e);
    else
        code = message_refused(&x->launch, e, &note);
    x->report.run_us = now_us() - start;
    return code;
}

static int exec_run(struct exec *x)
{
    int code = start_record(&x->launch);

    if (code == 0)
        code = process_prepare(&x->launch);
    if (code != 0)
        return code;
    x->config = config_of(&x->launch);
    code = module_prepare(x);
    if (code == 0)
        code = store_prepare(x);
    if (code == 0 && confine((x->config & WASM_CONFIG_LAZY) != 0) != ERR_OK) {
        message("the second system call filter cannot be set");
        code = LAUNCH_EXIT_SOFTWARE;
    }
    return code != 0 ? code : guest_run(x);
}

static void report_write(struct exec *x)
{
    uint8_t room[LAUNCH_REPORT_SIZE_MAX];
    struct writer w = writer_of(room, sizeof room);
    struct wasm_memory *memory = x->instance != NULL ? wasm_instance_memory0(x->instance) : NULL;

    if (!x->launch.has_report)
        return;
    x->report.code_bytes = memory_code_size();
    if (memory != NULL)
        x->report.memory_peak_bytes = wasm_memory_size(memory); /* it never shrinks */
    if (x->launch.has_fuel && x->store != NULL)
        x->report.fuel_used = x->launch.fuel - wasm_store_fuel(x->store);
    launch_report_write(&w, &x->report);
    /* The reader may have gone; the guest's exit code stays what it is. */
    if (writer_ok(&w) && write((int)x->launch.report_fd, room, writer_bytes(&w).size) < 0)
        message("the report could not be written");
}

int main(void)
{
    static struct exec x;
    int code;

    memory_begin();
    direct_init();
    code = exec_run(&x);

    if (!guest_end(&x.launch) && code == 0)
        code = LAUNCH_EXIT_SOFTWARE; /* what the guest left is lost: that is no success */
    report_write(&x);
    _exit(code); /* nothing is buffered, and the guest's memory needs no tidying */
}
