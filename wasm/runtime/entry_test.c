#define _GNU_SOURCE
/* The crossings between C and compiled code, with code written by hand in place of
 * the compiler's: wasm_compile_function below hands out the blobs of this file,
 * which follow abi.h to the letter. */
#include "base/limits.h"
#include "base/num.h"
#include "tests/check.h"
#include "wasm/cache/cache.h"
#include "wasm/compile.h"
#include "wasm/runtime/host_test.h"
#include "wasm/runtime/runtime.h"

/* (module
 *   (import "h" "f" (func (param i32 i64 f32 f64 v128) (result i32)))
 *   (memory (export "m") 1 3)
 *   (tag (export "t") (param i32))
 *   (func (export "sum") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32))
 *   (func (export "many") (result i32 i64 i32 f32 f64 f64))
 *   (func (export "load") (param i32) (result i32))
 *   (func (export "outer")) (func $inner)
 *   (func (export "callhost") (result i32))
 *   (func (export "grow") (param i32) (result i32))
 *   (func (export "recurse"))
 *   (func (export "try") (result i32)) (func $skip) (func (export "throw")))
 * each with the body `unreachable`, and a name section: wat2wasm --debug-names. */
static const uint8_t module_bytes[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x2f, 0x07, 0x60, 0x05, 0x7f, 0x7e, 0x7d,
    0x7c, 0x7b, 0x01, 0x7f, 0x60, 0x01, 0x7f, 0x00, 0x60, 0x08, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f,
    0x7f, 0x7f, 0x01, 0x7f, 0x60, 0x00, 0x06, 0x7f, 0x7e, 0x7f, 0x7d, 0x7c, 0x7c, 0x60, 0x01, 0x7f,
    0x01, 0x7f, 0x60, 0x00, 0x00, 0x60, 0x00, 0x01, 0x7f, 0x02, 0x07, 0x01, 0x01, 0x68, 0x01, 0x66,
    0x00, 0x00, 0x03, 0x0c, 0x0b, 0x02, 0x03, 0x04, 0x05, 0x05, 0x06, 0x04, 0x05, 0x06, 0x05, 0x05,
    0x05, 0x04, 0x01, 0x01, 0x01, 0x03, 0x0d, 0x03, 0x01, 0x00, 0x01, 0x07, 0x4f, 0x0b, 0x01, 0x6d,
    0x02, 0x00, 0x01, 0x74, 0x04, 0x00, 0x03, 0x73, 0x75, 0x6d, 0x00, 0x01, 0x04, 0x6d, 0x61, 0x6e,
    0x79, 0x00, 0x02, 0x04, 0x6c, 0x6f, 0x61, 0x64, 0x00, 0x03, 0x05, 0x6f, 0x75, 0x74, 0x65, 0x72,
    0x00, 0x04, 0x08, 0x63, 0x61, 0x6c, 0x6c, 0x68, 0x6f, 0x73, 0x74, 0x00, 0x06, 0x04, 0x67, 0x72,
    0x6f, 0x77, 0x00, 0x07, 0x07, 0x72, 0x65, 0x63, 0x75, 0x72, 0x73, 0x65, 0x00, 0x08, 0x03, 0x74,
    0x72, 0x79, 0x00, 0x09, 0x05, 0x74, 0x68, 0x72, 0x6f, 0x77, 0x00, 0x0b, 0x0a, 0x2d, 0x0b, 0x03,
    0x00, 0x00, 0x0b, 0x03, 0x00, 0x00, 0x0b, 0x03, 0x00, 0x00, 0x0b, 0x03, 0x00, 0x00, 0x0b, 0x03,
    0x00, 0x00, 0x0b, 0x03, 0x00, 0x00, 0x0b, 0x03, 0x00, 0x00, 0x0b, 0x03, 0x00, 0x00, 0x0b, 0x03,
    0x00, 0x00, 0x0b, 0x03, 0x00, 0x00, 0x0b, 0x03, 0x00, 0x00, 0x0b, 0x00, 0x6d, 0x04, 0x6e, 0x61,
    0x6d, 0x65, 0x01, 0x4b, 0x0b, 0x01, 0x03, 0x73, 0x75, 0x6d, 0x02, 0x04, 0x6d, 0x61, 0x6e, 0x79,
    0x03, 0x04, 0x6c, 0x6f, 0x61, 0x64, 0x04, 0x05, 0x6f, 0x75, 0x74, 0x65, 0x72, 0x05, 0x05, 0x69,
    0x6e, 0x6e, 0x65, 0x72, 0x06, 0x08, 0x63, 0x61, 0x6c, 0x6c, 0x68, 0x6f, 0x73, 0x74, 0x07, 0x04,
    0x67, 0x72, 0x6f, 0x77, 0x08, 0x07, 0x72, 0x65, 0x63, 0x75, 0x72, 0x73, 0x65, 0x09, 0x03, 0x74,
    0x72, 0x79, 0x0a, 0x04, 0x73, 0x6b, 0x69, 0x70, 0x0b, 0x05, 0x74, 0x68, 0x72, 0x6f, 0x77, 0x02,
    0x19, 0x0c, 0x00, 0x00, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00, 0x04, 0x00, 0x05, 0x00, 0x06, 0x00,
    0x07, 0x00, 0x08, 0x00, 0x09, 0x00, 0x0a, 0x00, 0x0b, 0x00
};

/* Blobs: text, then labels that name places in it. */
#define BLOB(name, body)                                                                       \
    __asm__(".pushsection .rodata\n.intel_syntax noprefix\n.balign 16\nblob_" #name ":\n" body \
            "\nblob_" #name "_text:\n.balign 16, 0xcc\nblob_" #name "_end:\n"                  \
            ".att_syntax\n.popsection");                                                       \
    extern const uint8_t blob_##name[], blob_##name##_text[], blob_##name##_end[]
#define PLACE(name) extern const uint8_t name[]

/* Context offsets: stack_limit 0, trap_exit 8, memory0 16, spill 32, builtins 48,
 * the array of imports 240 (asserted in main). */
BLOB(sum, "mov rax, [r15 + 32]\n mov ecx, [rax]\n imul ecx, ecx, 10\n mov edx, [rax + 16]\n"
          "lea eax, [rcx + rdx]\n add eax, edi\n ret");
BLOB(many, "mov rcx, [r15 + 32]\n mov dword ptr [rcx], 3\n mov rax, 0x400c000000000000\n"
           "mov [rcx + 16], rax\n mov eax, 0x3fc00000\n movd xmm0, eax\n"
           "mov rax, 0x4004000000000000\n movq xmm1, rax\n mov eax, 1\n mov edx, 2\n ret");
BLOB(load, "load_site: mov eax, [r14 + rdi]\n ret");
BLOB(outer, "push rbx\n outer_call: call outer_call\n outer_site: pop rbx\n ret");
BLOB(inner, "sub rsp, 24\n call [r15 + 8]\n inner_site:");
BLOB(callhost, "push rbx\n push r12\n sub rsp, 16\n mov [rsp], r15\n mov ebx, 1000\n"
               "mov r12d, 2000\n"
               "mov edi, 7\n mov rsi, -8\n mov eax, 0x3fc00000\n movd xmm0, eax\n"
               "mov rax, 0x4004000000000000\n movq xmm1, rax\n pcmpeqd xmm2, xmm2\n"
               "mov rax, [r15 + 240]\n mov r15, [rax + 8]\n mov r14, [r15 + 16]\n call [rax]\n"
               "callhost_site: mov r15, [rsp]\n mov r14, [r15 + 16]\n add eax, ebx\n"
               "add eax, r12d\n"
               "add rsp, 16\n pop r12\n pop rbx\n ret");
BLOB(grow, "mov edx, edi\n xor esi, esi\n call [r15 + 48]\n grow_site: ret");
BLOB(recurse, "lea r11, [rsp - 64]\n cmp r11, [r15]\n jb 1f\n sub rsp, 64\n"
              "recurse_call: call recurse_call\n"
              "recurse_site: add rsp, 64\n ret\n 1: call [r15 + 8]\n recurse_trap:");
BLOB(try, "push rbx\n sub rsp, 16\n mov ebx, 77\n try_call: call try_call\n try_site: ud2\n"
          "try_pad: mov eax, [rax + 16]\n add eax, ebx\n add rsp, 16\n pop rbx\n ret");
BLOB(skip, "push rbx\n push r13\n xor ebx, ebx\n skip_call: call skip_call\n"
           "skip_site: pop r13\n pop rbx\n ret");
BLOB(throw, "push rbp\n sub rsp, 8\n xor esi, esi\n call [r15 + 48 + 15 * 8]\n"
            "throw_new: mov dword ptr [rax + 16], 5\n"
            "mov rsi, rax\n mov ebx, 1\n call [r15 + 48 + 16 * 8]\n throw_site:");
PLACE(load_site);
PLACE(outer_call);
PLACE(outer_site);
PLACE(inner_site);
PLACE(callhost_site);
PLACE(grow_site);
PLACE(recurse_call);
PLACE(recurse_site);
PLACE(recurse_trap);
PLACE(try_call);
PLACE(try_site);
PLACE(try_pad);
PLACE(skip_call);
PLACE(skip_site);
PLACE(throw_new);
PLACE(throw_site);

struct blob {
    const uint8_t *bytes, *text, *end;
    uint32_t frame_size;
    uint8_t saved;
    const uint8_t *call; /* relocated to function `target`; NULL: none */
    uint32_t target;
    struct {
        const uint8_t *at;
        enum wasm_site kind;
        enum wasm_trap trap;
        const uint8_t *pad;
    } sites[2];
};

static struct blob blob_of(uint32_t function)
{
#define TEXT(name) .bytes = blob_##name, .text = blob_##name##_text, .end = blob_##name##_end
    const struct blob all[] = {
        { .bytes = NULL },
        { TEXT(sum) },
        { TEXT(many) },
        { TEXT(load), .sites = { { load_site, WASM_SITE_MEMORY, WASM_TRAP_MEMORY, NULL } } },
        { TEXT(outer), 8, 1, outer_call, 5, { { outer_site, WASM_SITE_CALL, 0, NULL } } },
        { TEXT(inner),
          24,
          0,
          NULL,
          0,
          { { inner_site, WASM_SITE_TRAP, WASM_TRAP_UNREACHABLE, NULL } } },
        { TEXT(callhost), 32, 5, NULL, 0, { { callhost_site, WASM_SITE_CALL, 0, NULL } } },
        { TEXT(grow), .sites = { { grow_site, WASM_SITE_CALL, 0, NULL } } },
        { TEXT(recurse),
          64,
          0,
          recurse_call,
          8,
          { { recurse_site, WASM_SITE_CALL, 0, NULL },
            { recurse_trap, WASM_SITE_TRAP, WASM_TRAP_STACK, NULL } } },
        { TEXT(try), 24, 1, try_call, 10, { { try_site, WASM_SITE_CALL, 0, try_pad } } },
        { TEXT(skip), 16, 9, skip_call, 11, { { skip_site, WASM_SITE_CALL, 0, NULL } } },
        { TEXT(throw),
          16,
          2,
          NULL,
          0,
          { { throw_new, WASM_SITE_CALL, 0, NULL }, { throw_site, WASM_SITE_CALL, 0, NULL } } },
    };
#undef TEXT

    return all[function];
}

/* In place of the compiler's. */
enum err wasm_compile_function(struct wasm_code *out, const struct wasm_unit *unit,
                               uint32_t function, struct arena *arena, struct wasm_note *note)
{
    struct blob b = blob_of(function);
    struct wasm_code c = { .frame_size = b.frame_size, .saved = b.saved };

    (void)note;
    c.size = (uint32_t)(b.end - b.bytes);
    c.text_size = (uint32_t)(b.text - b.bytes);
    c.bytes = arena_alloc(arena, c.size);
    c.sites = arena_array(arena, 2, sizeof *c.sites);
    c.relocs = arena_array(arena, 1, sizeof *c.relocs);
    if (c.bytes == NULL || c.sites == NULL || c.relocs == NULL)
        return ERR_NOMEM;
    memcpy(c.bytes, b.bytes, c.size);
    if (b.call != NULL)
        c.relocs[c.reloc_count++] =
            (struct wasm_reloc){ (uint32_t)(b.call - b.bytes) + 1, b.target };
    for (unsigned i = 0; i < 2 && b.sites[i].at != NULL; i++)
        c.sites[c.site_count++] = (struct wasm_site_entry){
            .pc = (uint32_t)(b.sites[i].at - b.bytes),
            .offset = unit->module->funcs[function].body_offset + 1 + i,
            .kind = (uint8_t)b.sites[i].kind,
            .trap = (uint8_t)b.sites[i].trap,
            .pad_pc = b.sites[i].pad != NULL ? (uint32_t)(b.sites[i].pad - b.bytes) : 0,
        };
    *out = c;
    return ERR_OK;
}

/* --- A world of one instance */

struct world {
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_store *store;
    struct wasm_linker *linker;
    struct wasm_instance *instance;
    enum wasm_trap host_trap; /* what the host function gives */
    bool host_reenters;       /* it calls "outer", which traps */
    unsigned host_calls;
    union wasm_value host_args[5];
    struct wasm_instance *caller;
};

static struct wasm_function *function(const struct world *w, const char *name)
{
    return wasm_instance_function(w->instance,
                                  (struct bytes){ (const uint8_t *)name, strlen(name) });
}

static enum wasm_trap host_function(void *context, struct wasm_instance *caller,
                                    union wasm_value *slots)
{
    struct world *w = context;

    w->host_calls++;
    w->caller = caller;
    memcpy(w->host_args, slots, sizeof w->host_args);
    if (w->host_reenters)
        CHECK_ERR(wasm_function_call(function(w, "outer"), NULL), ERR_TRAP);
    slots[0] = (union wasm_value){ .i32 = 42 };
    return w->host_trap;
}

static enum err world_open(struct world *w, uint64_t options)
{
    static const uint8_t params[] = { WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_V128 };
    static const uint8_t results[] = { WASM_I32 };
    struct wasm_signature g = { params, results, 5, 1 };
    struct wasm_store_limits limits = { .memory_size = 2 << 16 };

    *w = (struct world){ 0 };
    TRY(wasm_engine_new(&w->engine, &test_host, WASM_CONFIG_SSE41 | options));
    TRY(wasm_module_new(&w->module, w->engine, BYTES_OF(module_bytes), NULL));
    TRY(wasm_module_compile(w->module, NULL));
    TRY(wasm_store_new(&w->store, w->engine, &limits));
    TRY(wasm_linker_new(&w->linker, w->store));
    TRY(wasm_linker_function(w->linker, BYTES_TEXT("h"), BYTES_TEXT("f"), g, host_function, w));
    return wasm_instance_new(&w->instance, w->linker, w->module, NULL);
}

static void world_close(struct world *w)
{
    wasm_linker_free(w->linker);
    wasm_store_free(w->store);
    wasm_module_free(w->module);
    wasm_engine_free(w->engine);
}

static enum wasm_trap trap_of(struct world *w, const char *name, union wasm_value *slots)
{
    if (wasm_function_call(function(w, name), slots) != ERR_TRAP)
        return WASM_TRAP_NONE;
    return wasm_store_trap(w->store)->trap;
}

static void test_values(struct world *w)
{
    union wasm_value slots[8] = { 0 };

    CASE("parameters beyond the registers");
    for (unsigned i = 0; i < 8; i++)
        slots[i].i32 = i + 1;
    CHECK_OK(wasm_function_call(function(w, "sum"), slots));
    CHECK_EQ(slots[0].i32, 70 + 8 + 1);
    CHECK_EQ(slots[0].words[1], 0);

    CASE("results beyond the registers");
    CHECK_OK(wasm_function_call(function(w, "many"), slots));
    CHECK_EQ(slots[0].i32, 1);
    CHECK_EQ(slots[1].i64, 2);
    CHECK_EQ(slots[2].i32, 3);
    CHECK(slots[3].f32 == 1.5f);
    CHECK(slots[4].f64 == 2.5);
    CHECK(slots[5].f64 == 3.5);
}

static void test_memory(struct world *w)
{
    struct wasm_memory *m = wasm_instance_memory0(w->instance);
    union wasm_value slots[1] = { { .i32 = 65532 } };

    CASE("a load at the end of memory");
    memcpy(wasm_memory_at(m, 65532, 4), "\1\2\3\4", 4);
    CHECK_OK(wasm_function_call(function(w, "load"), slots));
    CHECK_EQ(slots[0].i32, 0x04030201);

    CASE("one byte further is a fault, and a trap");
    slots[0].i32 = 65533;
    CHECK_EQ(trap_of(w, "load", slots), WASM_TRAP_MEMORY);
    CHECK_EQ(wasm_store_trap(w->store)->frame_count, 1);
    CHECK_BYTES(wasm_store_trap(w->store)->frames[0].name, BYTES_TEXT("load"));
    slots[0].i32 = UINT32_MAX;
    CHECK_EQ(trap_of(w, "load", slots), WASM_TRAP_MEMORY);

    CASE("growing, up to the store's limit");
    slots[0].i32 = 1;
    CHECK_OK(wasm_function_call(function(w, "grow"), slots));
    CHECK_EQ(slots[0].i32, 1);
    CHECK_EQ(wasm_memory_pages(m), 2);
    slots[0].i32 = 1;
    CHECK_OK(wasm_function_call(function(w, "grow"), slots));
    CHECK_EQ(slots[0].i32, UINT32_MAX);
    slots[0].i32 = 65536;
    CHECK_OK(wasm_function_call(function(w, "load"), slots));
    CHECK_EQ(slots[0].i32, 0);
}

static void test_traps(struct world *w)
{
    const struct wasm_trap_report *r = wasm_store_trap(w->store);

    CASE("a trap with a backtrace");
    CHECK_EQ(trap_of(w, "outer", NULL), WASM_TRAP_UNREACHABLE);
    CHECK_EQ(r->frame_count, 2);
    CHECK_EQ(r->frames[0].function, 5);
    CHECK_BYTES(r->frames[0].name, BYTES_TEXT("inner"));
    CHECK_BYTES(r->frames[1].name, BYTES_TEXT("outer"));
    CHECK(r->frames[0].offset > r->frames[1].offset);
    CHECK(!r->frames_cut);

    CASE("the stack is exhausted, and usable again");
    CHECK_EQ(trap_of(w, "recurse", NULL), WASM_TRAP_STACK);
    CHECK_EQ(r->frame_count, LIMIT_BACKTRACE);
    CHECK(r->frames_cut);
    CHECK_EQ(r->frames[63].function, 8);
    CHECK_EQ(trap_of(w, "recurse", NULL), WASM_TRAP_STACK);

    CASE("an interrupt ends the next call, once");
    wasm_store_interrupt(w->store);
    CHECK_EQ(trap_of(w, "recurse", NULL), WASM_TRAP_INTERRUPTED);
    CHECK_EQ(r->frame_count, 1);
    CHECK_EQ(trap_of(w, "recurse", NULL), WASM_TRAP_STACK);

    CASE("an interrupt whose end comes late is none of the stack");
    w->instance->context.stack_limit = UINT64_MAX;
    CHECK_EQ(trap_of(w, "recurse", NULL), WASM_TRAP_INTERRUPTED);
    CHECK_EQ(trap_of(w, "recurse", NULL), WASM_TRAP_STACK);
}

static void test_host_calls(struct world *w)
{
    union wasm_value slots[1] = { 0 };

    CASE("a host function gets its arguments and its caller");
    CHECK_OK(wasm_function_call(function(w, "callhost"), slots));
    CHECK_EQ(slots[0].i32, 42 + 1000 + 2000);
    CHECK_EQ(w->host_args[0].i64, 7);
    CHECK_EQ(w->host_args[1].i64, -8);
    CHECK(w->host_args[2].f32 == 1.5f && w->host_args[3].f64 == 2.5);
    CHECK_EQ(w->host_args[4].words[1], UINT64_MAX);
    CHECK(w->caller == w->instance);

    CASE("a host function that calls back into a trap goes on");
    w->host_reenters = true;
    CHECK_OK(wasm_function_call(function(w, "callhost"), slots));
    CHECK_EQ(slots[0].i32, 3042);
    w->host_reenters = false;

    CASE("a host function that refuses ends the call");
    w->host_trap = WASM_TRAP_EXIT;
    CHECK_EQ(trap_of(w, "callhost", slots), WASM_TRAP_EXIT);
    CHECK_EQ(wasm_store_trap(w->store)->frame_count, 1);
    CHECK_BYTES(wasm_store_trap(w->store)->frames[0].name, BYTES_TEXT("callhost"));
    w->host_trap = WASM_TRAP_NONE;
}

static void test_exceptions(struct world *w)
{
    union wasm_value slots[1] = { 0 };

    CASE("an exception is caught two frames out, with the registers of that frame");
    CHECK_OK(wasm_function_call(function(w, "try"), slots));
    CHECK_EQ(slots[0].i32, 77 + 5);

    CASE("an exception that nobody catches");
    CHECK_EQ(trap_of(w, "throw", NULL), WASM_TRAP_EXCEPTION);
    CHECK_EQ(wasm_store_trap(w->store)->frame_count, 1);

    CASE("exceptions that nobody holds are collected");
    for (unsigned i = 0; i < 3 * LIMIT_EXCEPTIONS; i++)
        if (wasm_function_call(function(w, "try"), slots) != ERR_OK)
            break;
    CHECK_EQ(slots[0].i32, 82);
    CHECK(w->store->exceptions.count <= LIMIT_EXCEPTIONS);

    CASE("exceptions in globals, and what they hold, stay");
    {
        struct wasm_tag *tag = w->store->tags;
        struct wasm_exception *a = wasm_exception_new(w->store, tag), *b;
        struct wasm_global *g;

        b = wasm_exception_new(w->store, tag);
        a->payload[0].exception = b;
        CHECK_OK(
            wasm_global_new(&g, w->store, WASM_EXNREF, true, (union wasm_value){ .exception = a }));
        wasm_exception_collect(w->store);
        CHECK_EQ(w->store->exceptions.count, 2);
        *g->value = (union wasm_value){ 0 };
        wasm_exception_collect(w->store);
        CHECK_EQ(w->store->exceptions.count, 0);
    }
}

static void test_all(const char *name, uint64_t options)
{
    struct world w;
    char text[80];

    snprintf(text, sizeof text, "%s: an instance comes to life", name);
    CASE(text);
    if (!CHECK_OK(world_open(&w, options | WASM_CONFIG_NO_VERIFY)))
        return;
    CHECK_EQ(w.module->layout.imports, 240);
    test_values(&w);
    test_memory(&w);
    test_traps(&w);
    test_host_calls(&w);
    test_exceptions(&w);
    CASE("nothing is left behind");
    world_close(&w);
    CHECK_EQ(test_host_state.heap_out, 0);
    CHECK_EQ(test_host_state.reserved_out, 0);
}

/* The same code whoever compiles what, and when. */
static void test_workers(void)
{
    struct wasm_engine *engine;
    struct wasm_module *a, *b;
    struct wasm_worker *workers[2];
    uint32_t count;

    CASE("workers in another order make the same code");
    CHECK_OK(wasm_engine_new(&engine, &test_host, WASM_CONFIG_SSE41 | WASM_CONFIG_NO_VERIFY));
    CHECK_OK(wasm_module_new(&a, engine, BYTES_OF(module_bytes), NULL));
    CHECK_OK(wasm_module_new(&b, engine, BYTES_OF(module_bytes), NULL));
    CHECK_OK(wasm_module_compile(a, NULL));
    CHECK_OK(wasm_worker_new(&workers[0], b));
    CHECK_OK(wasm_worker_new(&workers[1], b));
    count = wasm_module_function_count(b);
    for (uint32_t i = count; i > count / 3; i--)
        CHECK_OK(wasm_worker_compile(workers[i % 2], i - 1, NULL));
    CHECK_OK(wasm_worker_compile(workers[0], count - 1, NULL)); /* again */
    CHECK_ERR(wasm_worker_compile(workers[0], count, NULL), ERR_USAGE);
    CHECK_OK(wasm_module_compile(b, NULL));
    CHECK_ERR(wasm_worker_compile(workers[0], 0, NULL), ERR_USAGE);
    CHECK_BYTES(((struct bytes){ a->code.base, a->code.reserved }),
                ((struct bytes){ b->code.base, b->code.reserved }));
    wasm_worker_free(workers[0]);
    wasm_worker_free(workers[1]);
    wasm_module_free(a);
    wasm_module_free(b);
    wasm_engine_free(engine);
    CHECK_EQ(test_host_state.heap_out, 0);
}

/* --- The cache */

struct store {
    uint8_t image[8192];
    size_t size;
    unsigned stores;
    uint64_t config;
};

static bool cache_load(void *context, const struct wasm_cache_key *key, struct bytes *image)
{
    struct store *s = context;

    *image = (struct bytes){ s->image, s->size };
    return s->size != 0 && s->config == key->config;
}

static void cache_store(void *context, const struct wasm_cache_key *key, struct bytes image)
{
    struct store *s = context;

    s->stores++;
    s->config = key->config;
    s->size = image.size <= sizeof s->image ? image.size : 0;
    memcpy(s->image, image.data, s->size);
}

/* Compiles with the cache; whether the code is that of `want`. */
static bool cached_equals(struct wasm_engine *engine, struct store *s,
                          const struct wasm_module *want)
{
    const struct wasm_cache cache = { .context = s, .load = cache_load, .store = cache_store };
    struct wasm_module *m;
    bool equal;

    if (wasm_module_new(&m, engine, BYTES_OF(module_bytes), NULL) != ERR_OK)
        return false;
    equal = wasm_module_compile_cached(m, &cache, NULL) == ERR_OK &&
            bytes_equal((struct bytes){ m->code.base, m->code.reserved },
                        (struct bytes){ want->code.base, want->code.reserved });
    wasm_module_free(m);
    return equal;
}

static void test_cache(void)
{
    static struct store s, cut;
    struct wasm_engine *engine;
    struct wasm_module *m;

    CASE("a cache is filled once and gives the same code");
    CHECK_OK(wasm_engine_new(&engine, &test_host, WASM_CONFIG_SSE41 | WASM_CONFIG_NO_VERIFY));
    CHECK_OK(wasm_module_new(&m, engine, BYTES_OF(module_bytes), NULL));
    CHECK_OK(wasm_module_compile(m, NULL));
    CHECK(cached_equals(engine, &s, m));
    CHECK_EQ(s.stores, 1);
    CHECK(cached_equals(engine, &s, m));
    CHECK_EQ(s.stores, 1);

    CASE("an image that is cut or too long is compiled anew");
    for (size_t size = 1; size <= s.size + 1; size++) {
        cut = s;
        cut.size = size == s.size ? 0 : size;
        CHECK(cached_equals(engine, &cut, m));
        CHECK_EQ(cut.stores, 2);
    }

    CASE("numbers in an image are judged");
    for (size_t i = 0; i < 16; i++) {
        cut = s;
        cut.image[i] ^= 0x7f;
        (void)cached_equals(engine, &cut, m);
    }
    wasm_module_free(m);
    wasm_engine_free(engine);
    CHECK_EQ(test_host_state.heap_out, 0);
    CHECK_EQ(test_host_state.reserved_out, 0);
}

/* Every request fails once, at every point of a life. */
static void test_failures(const char *name, uint64_t options)
{
    CASE(name);
    for (long n = 0; n < 10000; n++) {
        union wasm_value slots[8] = { { .i32 = 1 } };
        struct world w;
        enum err e;

        test_host_state.until_failure = n;
        test_host_state.failures = 0;
        e = world_open(&w, options | WASM_CONFIG_NO_VERIFY);
        if (e == ERR_OK) {
            (void)!wasm_function_call(function(&w, "grow"), slots);
            (void)!wasm_function_call(function(&w, "try"), slots);
            (void)!wasm_function_call(function(&w, "outer"), slots);
        } else {
            CHECK(e == ERR_NOMEM || e == ERR_LIMIT);
        }
        test_host_state.until_failure = -1;
        world_close(&w);
        if (!CHECK_EQ(test_host_state.heap_out, 0) || !CHECK_EQ(test_host_state.reserved_out, 0))
            return;
        if (test_host_state.failures == 0)
            return;
    }
    CHECK(false);
}

int main(void)
{
    test_faults_open();
    test_all("eager", 0);
    test_all("lazy", WASM_CONFIG_LAZY);
    test_all("explicit", WASM_CONFIG_EXPLICIT);
    test_workers();
    test_cache();
    test_failures("every allocation fails once, eagerly", 0);
    test_failures("every allocation fails once, lazily", WASM_CONFIG_LAZY);
    return check_done();
}
