/* verdict.h: what came of judging: the checks that passed, the first that failed, and why.
 *
 * A verdict starts undecided. Verifiers report check after check; the first failure is kept
 * and ends the judging. Only attest/judge.c writes VERDICT_ACCEPTED, at its end, after the
 * policy has spoken. Everything lies in the arena of the context. */
#ifndef BROCH_ATTEST_VERDICT_H
#define BROCH_ATTEST_VERDICT_H

#include <stdarg.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/verdict.h"

enum reason {
    REASON_NONE = 0,
#define REASON(id, check, kind, sentence, cure) REASON_##id,
#include "attest/reasons.def"
#undef REASON
    REASON_COUNT
};

enum reason_kind { REASON_KIND_MALFORMED, REASON_KIND_COLLATERAL, REASON_KIND_REFUSED };

struct reason_text {
    const char *id;    /* "bad_report_signature": stable */
    const char *check; /* "report_signature" */
    enum reason_kind kind;
    const char *sentence;
    const char *cure;
};
const struct reason_text *reason_text(enum reason r);

struct verdict_check {
    const char *name;   /* "report_signature"; static */
    const char *detail; /* in the arena: what was checked, or ""; never NULL */
    bool is_waived;     /* not checked, because the policy says that it need not be */
    struct verdict_check *next;
};

#define VERDICT_NO_OFFSET SIZE_MAX

struct verdict {
    enum verdict_code code;
    struct verdict_check *passed, *passed_last; /* in order */
    uint32_t passed_count;
    enum reason reason; /* REASON_NONE until a check failed */
    const char *detail; /* of the failure: what was found and what was wanted */
    const char *item;   /* the file or part at fault, or "" */
    size_t offset;      /* of the fault in it, or VERDICT_NO_OFFSET */
    const char *rule;   /* the policy's rule that decided ("snp.minimum_tcb.microcode"), or "" */
    struct arena *arena;
};

void verdict_init(struct verdict *v, struct arena *arena);
/* A check passed: its name comes from the reason that its failure would have. A check that
 * is reported again under the same name with the same detail is kept once. `format` may be
 * NULL. */
__attribute__((format(printf, 3, 4))) void verdict_pass(struct verdict *v, enum reason would_be,
                                                        const char *format, ...);
/* The check was not made and the policy allows that: it is listed as waived. */
__attribute__((format(printf, 3, 4))) void verdict_waive(struct verdict *v, enum reason would_be,
                                                         const char *format, ...);
/* A check failed. Keeps the first failure of all; always false, so that a verifier can
 * `return verdict_fail(…)`. */
__attribute__((format(printf, 3, 4))) bool verdict_fail(struct verdict *v, enum reason why,
                                                        const char *format, ...);
/* The same, with the place: `item` is static or in the arena. */
__attribute__((format(printf, 5, 6))) bool verdict_fail_at(struct verdict *v, enum reason why,
                                                           const char *item, size_t offset,
                                                           const char *format, ...);
/* pass or fail by `good`; the detail is the same for both. */
__attribute__((format(printf, 4, 5))) bool verdict_check(struct verdict *v, bool good,
                                                         enum reason why, const char *format, ...);
/* Nothing failed so far. */
static inline bool verdict_good(const struct verdict *v) { return v->reason == REASON_NONE; }

/* snprintf into the arena, for details and names; "" where there is no memory. The small
 * formatter behind all of these knows %s %d %u %x %zu %llu %lld %c %%, widths and 0-fill, and
 * "%.*s": attest/ has no libc. */
__attribute__((format(printf, 2, 3))) const char *verdict_format(struct arena *arena,
                                                                 const char *format, ...);
const char *verdict_vformat(struct arena *arena, const char *format, va_list args);
/* Hex of the bytes, in the arena. */
const char *verdict_hex(struct arena *arena, struct bytes data);

#endif
