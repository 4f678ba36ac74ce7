/* Covers: wants_of want_check form_read */
#include <stdlib.h>
#include <string.h>

#include "collateral/want.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

/* Whatever the evidence says, what is asked for and where it is kept is of our own letters. */
static void want_look(const struct want *w)
{
    enum form_kind kind;

    if (strspn(w->name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen(w->name) ||
        w->name[0] == '.' || strstr(w->name, "..") != NULL || !form_of_name(&kind, w->name) ||
        kind != w->kind)
        abort();
    if (w->path[0] != '/' || strlen(w->path) >= WANT_PATH_SIZE - 1 ||
        strspn(w->path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_?=&.") !=
            strlen(w->path))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum exhibit_kind kinds[] = { EXHIBIT_SNP_REPORT, EXHIBIT_HCL_REPORT,
                                               EXHIBIT_QUOTE, EXHIBIT_CERT };
    static struct exhibits x;
    static struct wants w;
    struct bytes raw = { data, size };
    struct arena arena;
    struct form form;

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, (size_t)64 << 20);
    exhibits_init(&x, &arena);
    memset(&w, 0, sizeof w);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        (void)exhibit_put(&x, EXHIBIT_EVIDENCE, kinds[i], "x", raw);
    if (wants_of(&w, &x) != ERR_OK || w.count > WANTS_MAX)
        abort();
    for (uint32_t i = 0; i < w.count; i++) {
        want_look(&w.all[i]);
        (void)want_check(&form, &w.all[i], &arena, raw);
    }
    for (int k = 0; k < FORM_KIND_COUNT; k++)
        if (form_read(&form, &arena, (enum form_kind)k, raw) == ERR_OK &&
            memchr(form.issuer, 0, sizeof form.issuer) == NULL)
            abort();
    arena_done(&arena);
    return 0;
}
