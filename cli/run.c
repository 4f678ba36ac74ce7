#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/digest.h"
#include "cli/heap.h"
#include "cli/keep.h"
#include "cli/manifest.h"
#include "cli/module.h"
#include "cli/option.h"
#include "cli/verbs.h"
#include "cli/workload.h"

#define ARENA_BYTES ((size_t)64 << 20)

struct run {
    struct workload workload;
    struct bytes manifest; /* its bytes; no data: none */
    const char *manifest_path;
    struct bytes module;
    bool timed;
};

/* One option, applied. */
static enum err option_apply(struct run *run, const struct verb_option *o, const char *value,
                             struct note *note)
{
    static const struct {
        const char *name;
        enum err (*add)(struct workload *w, const char *text, struct note *note);
    } adders[] = {
        { "dir", workload_directory_add },   { "env", workload_environment_add },
        { "limit", workload_limits_add },    { "listen", workload_listen_add },
        { "connect", workload_connect_add }, { "memory-dir", workload_tree_add },
        { "config", workload_config_add },   { "backend", workload_backend_set },
        { "volume", workload_volume_add },
    };

    for (size_t i = 0; i < sizeof adders / sizeof adders[0]; i++)
        if (option_is(o, adders[i].name))
            return adders[i].add(&run->workload, value, note);
    if (option_is(o, "invoke"))
        run->workload.invoke = value;
    else if (option_is(o, "deterministic"))
        run->workload.deterministic = true;
    else if (option_is(o, "volume-key"))
        run->workload.volume_key = value;
    else if (option_is(o, "snapshot-dirs"))
        run->workload.pack_directories = true;
    else if (option_is(o, "debug"))
        run->workload.debug = true;
    else if (option_is(o, "pool"))
        run->workload.pool = value;
    else if (option_is(o, "gdb"))
        run->workload.debug = (run->workload.gdb = value) != NULL;
    else if (option_is(o, "time"))
        run->timed = true;
    else if (option_is(o, "manifest"))
        run->manifest_path = value;
    return ERR_OK;
}

/* The manifest comes first, wherever on the line it stands: options override it.
 * 0, or the exit code; *helped where there is nothing more to do. */
static int manifest_apply(struct run *run, int argc, char **argv, bool *helped)
{
    struct option_walk w = option_walk(&verb_run, argc, argv);
    const struct verb_option *o;
    struct note note = { 0 };
    enum err e;

    while ((o = option_next(&w)) != NULL)
        if (option_is(o, "manifest"))
            run->manifest_path = w.value;
    *helped = w.helped;
    if (option_stop(&w) || run->manifest_path == NULL)
        return w.failed;
    e = manifest_read(&run->workload, &run->manifest, run->manifest_path, &note);
    if (e == ERR_OK)
        return 0;
    return verb_fail(e == ERR_IO ? VERB_USAGE : VERB_DATA, "%s", note.text);
}

/* The first operand is the module; what follows is the program's. */
static int operands_apply(struct run *run, int argc, char **argv, int at)
{
    struct workload *w = &run->workload;

    if (at < argc) {
        w->module = argv[at];
        w->name = NULL;
        if (at + 1 < argc) {
            w->args_count = (uint32_t)(argc - at - 1);
            w->args = arena_array(w->arena, w->args_count, sizeof *w->args);
            if (w->args == NULL)
                return verb_fail(VERB_USAGE, "the arguments do not fit");
            for (uint32_t i = 0; i < w->args_count; i++)
                w->args[i] = argv[at + 1 + (int)i];
        }
    }
    if (w->module == NULL)
        return verb_misused(&verb_run, "expected a module: app.wasm");
    return 0;
}

static int line_apply(struct run *run, int argc, char **argv)
{
    struct option_walk w = option_walk(&verb_run, argc, argv);
    const struct verb_option *o;
    struct note note = { 0 };

    while ((o = option_next(&w)) != NULL)
        if (option_apply(run, o, w.value, &note) != ERR_OK)
            return verb_misused(&verb_run, "--%s: %s", o->name, note.text);
    if (option_stop(&w))
        return w.failed;
    return operands_apply(run, argc, argv, w.at);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void time_print(const struct run *run, const struct keep_result *r,
                       const struct timespec *start)
{
    uint8_t digest[HASH_SHA256_SIZE];
    char text[DIGEST_TEXT_SIZE];

    fprintf(stderr, "broch: time %.3f s (processor %.3f s", seconds_since(start),
            (double)r->end.cpu_us / 1e6);
    if (r->has_report)
        fprintf(stderr, ", compile %.3f s, run %.3f s", (double)r->report.compile_us / 1e6,
                (double)r->report.run_us / 1e6);
    fprintf(stderr, ")\nbroch: memory %.1f MiB resident", (double)r->end.peak_bytes / 1048576);
    if (r->has_report)
        fprintf(stderr, " (WebAssembly %.1f MiB, code %.1f MiB)",
                (double)r->report.memory_peak_bytes / 1048576,
                (double)r->report.code_bytes / 1048576);
    fprintf(stderr, "\n");
    if (r->has_report && run->workload.has_fuel)
        fprintf(stderr, "broch: fuel %llu of %llu\n", (unsigned long long)r->report.fuel_used,
                (unsigned long long)run->workload.fuel);
    if (digest_workload(digest, run->module, run->manifest) != ERR_OK)
        return;
    digest_text(text, digest);
    fprintf(stderr, "broch: workload sha256:%s\n", text);
    if (run->workload.pool != NULL) /* whoever made the pool chose its exec */
        return;
    digest_text(text, r->exec_digest);
    fprintf(stderr, "broch: exec sha256:%s in a %s keep\n", text, run->workload.backend);
}

static int run_prepared(struct run *run, const struct timespec *start)
{
    struct keep_result result = { 0 };
    struct note note = { 0 };
    enum err e = keep_run(&result, &run->workload, run->module, run->timed, &note);

    if (e != ERR_OK)
        return verb_fail(e == ERR_USAGE || e == ERR_LIMIT ? VERB_USAGE : VERB_SOFTWARE, "%s",
                         note.text);
    if (run->timed)
        time_print(run, &result, start);
    return result.end.code;
}

/* What a test suite or an operator sets once for all commands. */
static int environment_apply(struct workload *w)
{
    const char *backend = getenv("BROCH_BACKEND");
    struct note note = { 0 };

    if (backend == NULL || workload_backend_set(w, backend, &note) == ERR_OK)
        return 0;
    return verb_fail(VERB_USAGE, "BROCH_BACKEND: %s", note.text);
}

static int run_run(int argc, char **argv)
{
    struct run *run = calloc(1, sizeof *run);
    struct timespec start;
    struct arena arena;
    bool helped = false;
    int code;

    if (run == NULL)
        return verb_fail(VERB_SOFTWARE, "out of memory");
    clock_gettime(CLOCK_MONOTONIC, &start);
    arena_init(&arena, heap_source(), ARENA_BYTES);
    workload_init(&run->workload, &arena);
    code = environment_apply(&run->workload);
    if (code == 0)
        code = manifest_apply(run, argc, argv, &helped);
    if (code == 0 && !helped)
        code = line_apply(run, argc, argv);
    if (code == 0 && !helped)
        code = module_read(&run->module, run->workload.module);
    if (code == 0 && !helped)
        code = run_prepared(run, &start);
    free((void *)(uintptr_t)run->module.data);
    free((void *)(uintptr_t)run->manifest.data);
    arena_done(&arena);
    free(run);
    return code;
}

static const struct verb_option run_options[] = {
    { "dir", VALUE_DIRECTORY, "HOST[::GUEST][:ro]",
      "Give the program the folder HOST of this machine under the name GUEST (HOST itself where "
      "GUEST is left out). With :ro it can only read. The program sees no other folder." },
    { "env", VALUE_TEXT, "K=V",
      "Set a variable. K alone hands on the variable of that name, where it is set. The program "
      "sees no other variable." },
    { "limit", VALUE_TEXT, "NAME=VALUE[,…]",
      "Set a limit. memory, stack: bytes (64MiB). table: elements. fuel: instructions of "
      "WebAssembly (50M). time: 10s, 500ms, compiling included. What goes beyond a limit traps." },
    { "listen", VALUE_TEXT, "[NAME=]ADDRESS:PORT",
      "Listen there, and give the program the listening socket as the next descriptor after its "
      "folders." },
    { "connect", VALUE_TEXT, "[NAME=]ADDRESS:PORT",
      "Connect there, and give the program the connected socket." },
    { "invoke", VALUE_TEXT, "FUNCTION",
      "Call this export instead of _start. The program's arguments are the function's, and its "
      "results are printed." },
    { "manifest", VALUE_FILE, "FILE",
      "Read module, arguments, folders, limits and sockets from a broch.toml. What stands on the "
      "command line overrides it. docs/manifest.md has the keys." },
    { "memory-dir", VALUE_TEXT, "GUEST[:SIZE]",
      "Give the program an empty folder that lives in the keep's memory, holds at most SIZE "
      "(64MiB) and goes with it." },
    { "snapshot-dirs", VALUE_NONE, NULL,
      "Let the program work on copies of the folders that --dir names. What it changed is brought "
      "to them when it ends, whatever the end. A keep that can reach no folder does so anyway; "
      "docs/files.md has more." },
    { "volume", VALUE_TEXT, "FILE::GUEST[:ro]",
      "Give the program a folder that lives encrypted in FILE, which is made where there is none. "
      "It is stored when the program syncs a file in it, and at the end." },
    { "volume-key", VALUE_FILE, "FILE",
      "The key of the volumes: 32 bytes, or 64 hexadecimal digits, in a file that nobody else may "
      "read." },
    { "deterministic", VALUE_NONE, NULL,
      "Make every run the same: numbers that are not numbers are canonical, random bytes come "
      "from a fixed seed, clocks start at 0." },
    { "config", VALUE_TEXT, "WORD[,…]",
      "For engineers: explicit-bounds (compare every address), lazy (compile a function when it "
      "is first called), no-verify (skip the verifier of machine code), no-optimize, "
      "naive-allocation." },
    { "backend", VALUE_TEXT, "KIND",
      "The kind of keep: process (a jailed process, the default) or kvm (a virtual machine under "
      "a kernel of ours). The program cannot tell them apart. `broch platform` says which of them "
      "this machine can give. The variable BROCH_BACKEND sets another default." },
    { "pool", VALUE_FILE, "SOCKET",
      "Take a kvm keep that is ready and waits, from the pool behind that socket "
      "(`broch-loader --pool COUNT --listen SOCKET`), instead of making one." },
    { "debug", VALUE_NONE, NULL,
      "A keep that may be looked into: what ends it is told in full, a crash leaves a core file. "
      "It measures differently, so no proof of it passes for one of an ordinary keep." },
    { "gdb", VALUE_TEXT, "ADDRESS:PORT",
      "A debug keep that waits for gdb there (`target remote ADDRESS:PORT`) before its first "
      "instruction." },
    { "time", VALUE_NONE, NULL,
      "At the end print time, memory, and the digests of workload and exec on stderr." },
    { 0 },
};

static const struct verb_example run_examples[] = {
    { "broch run hello.wasm", "Runs a program that needs nothing." },
    { "broch run --dir . --limit memory=256MiB,time=10s python.wasm script.py",
      "Runs a script from this folder, within limits." },
    { "broch run --invoke fib fib.wasm 30", "Calls a function and prints what it gives." },
    { "broch run --listen 127.0.0.1:8080 server.wasm", "Hands a listening socket to a server." },
    { 0 },
};

const struct verb verb_run = {
    .name = "run",
    .summary = "run a WebAssembly program in a keep",
    .operands = "[--] MODULE [ARGUMENT…]",
    .operand = VALUE_FILE,
    .text =
        "Starts a keep (--backend; a process keep by default), compiles the module inside it "
        "and runs it. The program has "
        "stdin, stdout, stderr, its arguments, and nothing else of this machine but what the "
        "options hand in.\n"
        "\n"
        "MODULE is a WebAssembly binary, or text (.wat) where wat2wasm is installed. Options "
        "end at the module: everything behind it belongs to the program.\n"
        "\n"
        "The keep is a process in namespaces of its own, with an empty root, no privileges, and "
        "a list of the system calls it may make. What this machine cannot give is said in a "
        "note on stderr; `broch platform` has the details. A process keep protects the machine "
        "from the program, and programs from each other. It does not hide the program from the "
        "machine.",
    .options = run_options,
    .examples = run_examples,
    .exit = "The program's own. 134 after a trap, with a backtrace on stderr; 128 + N where "
            "signal N ended it; 64 for a mistake on the command line or a file that cannot be "
            "opened; 65 for a module or manifest that is refused; 70 where the machine cannot "
            "run a keep.",
    .run = run_run,
};
