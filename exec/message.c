/* message.c: what exec says when something ends a guest. */
#include "exec/message.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "codec/utf8.h"
#include "exec/memory.h"

#define LINE_SIZE 1024
#define NAME_SIZE 200 /* of a name, in a message: C++ has long ones */

static void line_write(const char *line, size_t size)
{
    while (size > 0) {
        ssize_t n = write(STDERR_FILENO, line, size);

        if (n <= 0)
            return; /* nobody listens */
        line += n;
        size -= (size_t)n;
    }
}

static void say(const char *prefix, const char *format, va_list args)
{
    char line[LINE_SIZE];
    size_t at = strlen(prefix);
    int n;

    memcpy(line, prefix, at);
    n = vsnprintf(line + at, sizeof line - at - 1, format, args);
    if (n < 0)
        return;
    at += (size_t)n < sizeof line - at - 1 ? (size_t)n : sizeof line - at - 2;
    line[at++] = '\n';
    line_write(line, at);
}

void message(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say("broch: ", format, args);
    va_end(args);
}

__attribute__((format(printf, 1, 2))) static void detail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say("  ", format, args);
    va_end(args);
}

/* Shown as it is but for what a terminal would act upon, and cut. */
static const char *shown(char out[NAME_SIZE + 8], struct bytes name)
{
    size_t at = 0;

    while (name.size > 0 && at < NAME_SIZE) {
        uint32_t point;
        size_t size = utf8_take(name, &point);

        if (size == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0)) {
            out[at++] = '?';
            size = size == 0 ? 1 : size;
        } else {
            memcpy(out + at, name.data, size);
            at += size;
        }
        name.data += size;
        name.size -= size;
    }
    memcpy(out + at, name.size > 0 ? "..." : "", name.size > 0 ? 4 : 1);
    return out;
}

static struct bytes text_of(const char *text, size_t room)
{
    return (struct bytes){ (const uint8_t *)text, strnlen(text, room) };
}

/* "rule: detail"; names of imports in it are the module's. */
static const char *reason(char out[2 * NAME_SIZE], const struct wasm_note *note)
{
    char detail_text[NAME_SIZE + 8];

    snprintf(out, 2 * NAME_SIZE, "%.47s%s%s", note->rule, note->detail[0] != '\0' ? ": " : "",
             shown(detail_text, text_of(note->detail, sizeof note->detail)));
    return out;
}

static void refused_by_rule(const char *name, const struct wasm_note *note)
{
    char why[2 * NAME_SIZE];
    char where[32] = "";

    if (note->function >= 0)
        snprintf(where, sizeof where, " (function %" PRId64 ")", note->function);
    message("%s: offset 0x%" PRIx64 ": %s%s", name, note->offset, reason(why, note), where);
}

/* A limit of the launch, and not of the format: which, and what it was set to. */
static bool limit_hit(const struct launch *l, const char *name, const struct wasm_note *note)
{
    if (strcmp(note->rule, "table limit") == 0)
        message("limit: table elements (set to %" PRIu64 "): %s: %s", l->table_elements, name,
                note->detail);
    else if (strcmp(note->rule, "memory limit") == 0 || memory_refused())
        message("limit: memory (set to %" PRIu64 "): %s: %s", l->memory_bytes, name,
                note->detail[0] != '\0' ? note->detail : "it does not fit, compiled");
    else
        return false;
    return true;
}

int message_refused(const struct launch *l, enum err e, const struct wasm_note *note)
{
    char room[NAME_SIZE + 8];
    char why[2 * NAME_SIZE];
    const char *name = shown(room, l->name);

    switch (e) {
    case ERR_NOMEM:
    case ERR_LIMIT:
        if (limit_hit(l, name, note))
            return LAUNCH_EXIT_TRAP;
        if (e == ERR_LIMIT)
            break;
        message("%s: this machine has not enough memory", name);
        return LAUNCH_EXIT_SOFTWARE;
    case ERR_LINK:
        message("%s: cannot be linked: %s", name, reason(why, note));
        return LAUNCH_EXIT_DATA;
    case ERR_MALFORMED:
    case ERR_INVALID:
    case ERR_UNSUPPORTED: break;
    default:
        message("%s: internal error %d: %s", name, (int)e, reason(why, note));
        return LAUNCH_EXIT_SOFTWARE;
    }
    refused_by_rule(name, note);
    return LAUNCH_EXIT_DATA;
}

static void frame_print(const struct wasm_frame *f)
{
    char name[NAME_SIZE + 8];
    char module[NAME_SIZE + 8];
    char number[32];

    snprintf(number, sizeof number, "function[%" PRIu32 "]", f->function);
    detail("at %s%s%s (module 0x%" PRIx64 ")", shown(module, f->module),
           f->module.size > 0 ? "!" : "", f->name.size > 0 ? shown(name, f->name) : number,
           f->offset);
}

/* Recursion fills the report with one frame: it is said once, and how often. */
static void backtrace(const struct wasm_trap_report *r)
{
    uint32_t count = r->frame_count < 64 ? r->frame_count : 64;
    uint32_t same = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct wasm_frame *f = &r->frames[i];
        bool again = i > 0 && f->function == f[-1].function && f->offset == f[-1].offset;

        if (again) {
            same++;
            continue;
        }
        if (same > 0)
            detail("   (%" PRIu32 " times more)", same);
        same = 0;
        frame_print(f);
    }
    if (same > 0)
        detail("   (%" PRIu32 " times more)", same);
    if (r->frames_cut)
        detail("... and more frames");
}

void message_time_limit(uint64_t time_ms)
{
    message("limit: time (set to %" PRIu64 " ms) used up", time_ms);
}

int message_trap(const struct launch *l, const struct wasm_trap_report *r)
{
    switch (r->trap) {
    case WASM_TRAP_FUEL: message("limit: fuel (set to %" PRIu64 ") used up", l->fuel); break;
    case WASM_TRAP_INTERRUPTED: message_time_limit(l->time_ms); break;
    case WASM_TRAP_STACK:
        message("trap: %s (limit: stack, set to %" PRIu64 ")", wasm_trap_text(r->trap),
                l->stack_bytes);
        break;
    case WASM_TRAP_COMPILE:
        if (!memory_refused()) {
            message("limit: compile memory: a function needs more than its size allows for");
            break;
        }
        message("limit: memory (set to %" PRIu64 ") used up by a function that was to be compiled",
                l->memory_bytes);
        break;
    default: message("trap: %s", wasm_trap_text(r->trap)); break;
    }
    backtrace(r);
    return LAUNCH_EXIT_TRAP;
}
