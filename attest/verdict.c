#include "attest/verdict.h"

#include "attest/format.h"
#include "codec/pem.h"

static const struct reason_text reason_texts[REASON_COUNT] = {
    { "none", "none", REASON_KIND_MALFORMED, "Nothing was decided.", "" },
#define REASON(id, check, kind, sentence, cure) { #id, #check, REASON_KIND_##kind, sentence, cure },
#include "attest/reasons.def"
#undef REASON
};

const struct reason_text *reason_text(enum reason r)
{
    return &reason_texts[(unsigned)r < REASON_COUNT ? r : REASON_NONE];
}

/* Most details are short: those are formatted once. */
const char *verdict_vformat(struct arena *arena, const char *format, va_list args)
{
    uint8_t small[256];
    struct writer first = writer_of(small, sizeof small), w;
    size_t size = format_vput(&first, format, args);
    char *text = arena_alloc(arena, size + 1); /* zeroed: it ends with a NUL */

    if (text == NULL)
        return "";
    w = writer_of(text, size);
    if (writer_ok(&first))
        writer_put(&w, writer_bytes(&first));
    else
        format_vput(&w, format, args);
    return text;
}

const char *verdict_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    const char *text;

    va_start(args, format);
    text = verdict_vformat(arena, format, args);
    va_end(args);
    return text;
}

const char *verdict_hex(struct arena *arena, struct bytes data)
{
    char *text = data.size < SIZE_MAX / 4 ? arena_alloc(arena, data.size * 2 + 1) : NULL;

    if (text == NULL)
        return "";
    hex_encode(text, data);
    return text;
}

void verdict_init(struct verdict *v, struct arena *arena)
{
    *v = (struct verdict){
        .detail = "",
        .item = "",
        .rule = "",
        .offset = VERDICT_NO_OFFSET,
        .arena = arena,
    };
}

/* The first failure of all stays. A reason that is none would be no refusal: it becomes one. */
static void fail(struct verdict *v, enum reason why, const char *item, size_t offset,
                 const char *detail)
{
    if (v->reason != REASON_NONE)
        return;
    if (why == REASON_NONE || (unsigned)why >= REASON_COUNT)
        why = REASON_malformed;
    v->reason = why;
    v->detail = detail;
    v->item = item != NULL ? item : "";
    v->offset = offset;
    v->code = reason_text(why)->kind == REASON_KIND_REFUSED ? VERDICT_REFUSED : VERDICT_UNDECIDED;
}

static bool is_same(const char *a, const char *b)
{
    size_t i = 0;

    while (a[i] == b[i] && a[i] != '\0')
        i++;
    return a[i] == b[i];
}

static void pass(struct verdict *v, enum reason would_be, const char *detail, bool is_waived)
{
    const char *name = reason_text(would_be)->check;
    struct verdict_check *check;

    for (check = v->passed; check != NULL; check = check->next)
        if (check->is_waived == is_waived && is_same(check->detail, detail) &&
            is_same(check->name, name))
            return;
    check = arena_alloc(v->arena, sizeof *check);
    if (check == NULL) {
        /* A check that cannot be listed would have been made in silence. */
        fail(v, REASON_out_of_memory, "", VERDICT_NO_OFFSET, "");
        return;
    }
    *check = (struct verdict_check){ .name = name, .detail = detail, .is_waived = is_waived };
    if (v->passed_last != NULL)
        v->passed_last->next = check;
    else
        v->passed = check;
    v->passed_last = check;
    v->passed_count++;
}

void verdict_pass(struct verdict *v, enum reason would_be, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    pass(v, would_be, format != NULL ? verdict_vformat(v->arena, format, args) : "", false);
    va_end(args);
}

void verdict_waive(struct verdict *v, enum reason would_be, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    pass(v, would_be, format != NULL ? verdict_vformat(v->arena, format, args) : "", true);
    va_end(args);
}

bool verdict_fail(struct verdict *v, enum reason why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail(v, why, "", VERDICT_NO_OFFSET,
         format != NULL ? verdict_vformat(v->arena, format, args) : "");
    va_end(args);
    return false;
}

bool verdict_fail_at(struct verdict *v, enum reason why, const char *item, size_t offset,
                     const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail(v, why, item, offset, format != NULL ? verdict_vformat(v->arena, format, args) : "");
    va_end(args);
    return false;
}

bool verdict_check(struct verdict *v, bool good, enum reason why, const char *format, ...)
{
    va_list args;
    const char *detail;

    va_start(args, format);
    detail = format != NULL ? verdict_vformat(v->arena, format, args) : "";
    va_end(args);
    if (good)
        pass(v, why, detail, false);
    else
        fail(v, why, "", VERDICT_NO_OFFSET, detail);
    return good;
}
