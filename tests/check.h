/* check.h: ten macros that make a plain main() a test that speaks TAP.
 *
 * CASE opens a case and closes the one before it; the CHECK macros inside it
 * say what must hold. A check that fails prints where and what, fails its case,
 * and lets the case go on: write `if (!CHECK(...)) return;` where it must not.
 * All state is static: include this in one file per test program. Not for
 * threads, and not for shipped code. */
#ifndef BROCH_TESTS_CHECK_H
#define BROCH_TESTS_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

/* Starts a case. The name is copied; it may come from a table. */
#define CASE(name) check_case_(name)
/* Leaves the open case as skipped, with a reason; nothing in it is judged. */
#define CASE_SKIP(reason) check_skip_(reason)
#define CHECK(cond) check_that_((cond) ? true : false, #cond, __FILE__, __LINE__)
/* Integers of any width and sign, compared as 64 bits after sign extension. */
#define CHECK_EQ(a, b) check_eq_((uint64_t)(a), (uint64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_NE(a, b) check_that_((uint64_t)(a) != (uint64_t)(b), #a " != " #b, __FILE__, __LINE__)
#define CHECK_ERR(expr, want) check_err_((expr), (want), #expr, __FILE__, __LINE__)
#define CHECK_OK(expr) check_err_((expr), ERR_OK, #expr, __FILE__, __LINE__)
/* Both are struct bytes. */
#define CHECK_BYTES(got, want) check_bytes_((got), (want), #got, __FILE__, __LINE__)
/* Both are strings; neither may be NULL. */
#define CHECK_TEXT(got, want) check_text_((got), (want), #got, __FILE__, __LINE__)
#define CHECK_NULL(pointer) check_that_((pointer) == NULL, #pointer " == NULL", __FILE__, __LINE__)

static struct {
    char name[160];
    const char *skip;
    unsigned number;
    unsigned failed_cases;
    bool open;
    bool failed;
} check_state_;

[[maybe_unused]] static void check_close_(void)
{
    if (!check_state_.open)
        return;
    check_state_.number++;
    if (check_state_.failed)
        check_state_.failed_cases++;
    printf("%sok %u - %s%s%s\n", check_state_.failed ? "not " : "", check_state_.number,
           check_state_.name, check_state_.skip != NULL ? " # SKIP " : "",
           check_state_.skip != NULL ? check_state_.skip : "");
    fflush(stdout); /* a crash in the next case must not take this line along */
    check_state_.open = false;
}

[[maybe_unused]] static void check_case_(const char *name)
{
    check_close_();
    /* TAP gives '#' and line ends a meaning. */
    snprintf(check_state_.name, sizeof check_state_.name, "%s", name);
    for (char *c = check_state_.name; *c != '\0'; c++)
        if (*c == '#' || *c == '\n' || *c == '\r')
            *c = ' ';
    check_state_.open = true;
    check_state_.failed = false;
    check_state_.skip = NULL;
}

[[maybe_unused]] static void check_skip_(const char *reason)
{
    if (!check_state_.open)
        check_case_("unnamed");
    check_state_.skip = reason;
}

[[maybe_unused]] static void check_fail_(const char *text, const char *file, int line)
{
    if (!check_state_.open)
        check_case_("unnamed");
    check_state_.failed = true;
    printf("# %s:%d: %s\n", file, line, text);
}

[[maybe_unused]] static bool check_that_(bool holds, const char *text, const char *file, int line)
{
    if (!check_state_.open)
        check_case_("unnamed");
    if (!holds)
        check_fail_(text, file, line);
    return holds;
}

[[maybe_unused]] static bool check_eq_(uint64_t a, uint64_t b, const char *text, const char *file,
                                       int line)
{
    if (check_that_(a == b, text, file, line))
        return true;
    printf("#   left  %" PRId64 " (0x%" PRIx64 ")\n#   right %" PRId64 " (0x%" PRIx64 ")\n",
           (int64_t)a, a, (int64_t)b, b);
    return false;
}

[[maybe_unused]] static bool check_err_(enum err got, enum err want, const char *text,
                                        const char *file, int line)
{
    if (check_that_(got == want, text, file, line))
        return true;
    printf("#   got error %d, want %d (base/err.h)\n", (int)got, (int)want);
    return false;
}

[[maybe_unused]] static void check_dump_(const char *label, struct bytes b)
{
    size_t shown = b.size < 64 ? b.size : 64;

    printf("#   %s, %zu bytes:", label, b.size);
    for (size_t i = 0; i < shown; i++)
        printf(" %02x", b.data[i]);
    printf("%s\n", shown < b.size ? " ..." : "");
}

[[maybe_unused]] static bool check_bytes_(struct bytes got, struct bytes want, const char *text,
                                          const char *file, int line)
{
    if (check_that_(bytes_equal(got, want), text, file, line))
        return true;
    check_dump_("got ", got);
    check_dump_("want", want);
    return false;
}

[[maybe_unused]] static bool check_text_(const char *got, const char *want, const char *text,
                                         const char *file, int line)
{
    bool holds = got != NULL && want != NULL && strcmp(got, want) == 0;

    if (check_that_(holds, text, file, line))
        return true;
    printf("#   got  %s\n#   want %s\n", got != NULL ? got : "(null)",
           want != NULL ? want : "(null)");
    return false;
}

/* Closes the last case and prints the plan; what main() returns. */
[[maybe_unused]] static int check_done(void)
{
    check_close_();
    printf("1..%u\n", check_state_.number);
    return check_state_.failed_cases == 0 ? 0 : 1;
}

#endif
