#include "cli/compile_report.h"

#include <inttypes.h>
#include <jansson.h>

#include "cli/text.h"

void compile_report_add(struct compile_report *r, struct compile_peak f, uint64_t text_bytes,
                        uint64_t code_bytes)
{
    r->functions++;
    r->body_bytes += f.body_bytes;
    r->text_bytes += text_bytes;
    r->code_bytes += code_bytes;
    if (f.memory > r->memory)
        r->memory = f.memory;
    if (f.body_bytes > r->largest.body_bytes)
        r->largest = f;
    if (f.seconds > r->slowest.seconds)
        r->slowest = f;
}

static double ratio(uint64_t a, uint64_t b) { return b == 0 ? 0 : (double)a / (double)b; }

static double seconds_each_megabyte(const struct compile_report *r)
{
    return r->body_bytes == 0 ? 0 : r->processor_seconds * 1e6 / (double)r->body_bytes;
}

static void peak_print(const char *what, const struct compile_peak *p, const struct wasm_decoded *m,
                       FILE *to)
{
    char name[TEXT_SHOWN_SIZE];

    fprintf(to, "%-10s function %" PRIu32 " (%s): %" PRIu64 " bytes, %.3f s, memory %.1f MiB\n",
            what, p->function, text_shown(name, wasm_decoded_function_name(m, p->function)),
            p->body_bytes, p->seconds, (double)p->memory / 1048576);
}

void compile_report_print(const struct compile_report *r, const struct wasm_decoded *m, FILE *to)
{
    fprintf(to, "%-10s %" PRIu64 " functions, %" PRIu64 " bytes of WebAssembly\n", "compiled",
            r->functions, r->body_bytes);
    fprintf(to,
            "%-10s %" PRIu64 " bytes of instructions, %" PRIu64
            " with constants: %.2f for each byte\n",
            "code", r->text_bytes, r->code_bytes, ratio(r->code_bytes, r->body_bytes));
    fprintf(to, "%-10s %.3f s (processor %.3f s, %.3f s for each MB)\n", "time", r->seconds,
            r->processor_seconds, seconds_each_megabyte(r));
    fprintf(to, "%-10s at most %.1f MiB: %.1f for each byte of the largest function\n", "memory",
            (double)r->memory / 1048576, ratio(r->memory, r->largest.body_bytes));
    if (r->functions < 2)
        return;
    peak_print("largest", &r->largest, m, to);
    peak_print("slowest", &r->slowest, m, to);
}

static json_t *peak_json(const struct compile_peak *p, const struct wasm_decoded *m)
{
    char name[TEXT_SHOWN_SIZE];

    text_shown(name, wasm_decoded_function_name(m, p->function));
    return json_pack("{s:I, s:s, s:I, s:I, s:f}", "function", (json_int_t)p->function, "name", name,
                     "body_bytes", (json_int_t)p->body_bytes, "memory_bytes", (json_int_t)p->memory,
                     "seconds", p->seconds);
}

void compile_report_json(const struct compile_report *r, const struct wasm_decoded *m, FILE *to)
{
    json_t *o = json_pack(
        "{s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:I, s:f}", "functions", (json_int_t)r->functions,
        "body_bytes", (json_int_t)r->body_bytes, "text_bytes", (json_int_t)r->text_bytes,
        "code_bytes", (json_int_t)r->code_bytes, "code_ratio", ratio(r->code_bytes, r->body_bytes),
        "seconds", r->seconds, "processor_seconds", r->processor_seconds,
        "processor_seconds_per_mb", seconds_each_megabyte(r), "memory_bytes", (json_int_t)r->memory,
        "memory_ratio", ratio(r->memory, r->largest.body_bytes));

    json_object_set_new(o, "largest", peak_json(&r->largest, m));
    json_object_set_new(o, "slowest", peak_json(&r->slowest, m));
    json_dumpf(o, to, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    fputc('\n', to);
    json_decref(o);
}
