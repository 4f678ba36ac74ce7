/* tcb-level QUOTE TCB-INFO: the TCB level that a quote is at by TCB information of any time, as
 * JSON: the level code alone, for pairs of quotes and TCB info that were never valid together.
 * No signature and no date is looked at: a tool of tests, and no verifier. */
#include <stdio.h>
#include <stdlib.h>

#include "attest/dcap/job.h"
#include "base/num.h"

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct bytes file_read(const char *path)
{
    static uint8_t room[2][1 << 20];
    static size_t next;
    FILE *f = fopen(path, "rb");

    if (f == NULL || next == 2) {
        fprintf(stderr, "tcb-level: cannot read %s\n", path);
        exit(2);
    }

    uint8_t *at = room[next++];
    size_t size = fread(at, 1, sizeof room[0], f);

    fclose(f);
    return (struct bytes){ at, size };
}

static bool pck_of(struct pck *out, struct arena *arena, const struct quote *q)
{
    static struct x509 cert;
    struct bytes certs[DCAP_CERTS_MAX];
    uint32_t count = dcap_certs_read(certs, arena, q);

    for (uint32_t i = 0; i < count; i++)
        if (x509_parse(&cert, certs[i]) == ERR_OK && pck_parse(out, &cert) == ERR_OK)
            return true;
    return false;
}

static void print_status(const char *name, enum tcb_status s)
{
    if (s == TCB_STATUS_NONE)
        printf("\"%s\": null, ", name);
    else
        printf("\"%s\": \"%s\", ", name, tcb_status_name(s));
}

static const char *print_advisories(const struct json *list, const char *between)
{
    for (const struct json *a = list != NULL ? list->first : NULL; a != NULL; a = a->next) {
        printf("%s\"%.*s\"", between, (int)a->text.size, (const char *)a->text.data);
        between = ", ";
    }
    return between;
}

static void print_outcome(const struct tcb_outcome *o)
{
    const char *between = "";

    printf("{");
    print_status("tcb_status_without_qe",
                 o->fault == REASON_NONE ? o->without_qe : TCB_NOT_SUPPORTED);
    print_status("sgx_level_status", o->sgx_status);
    print_status("tdx_module_status", o->module_status);
    printf("\"tcb_date\": %lld, \"advisory_ids\": [",
           o->level != NULL ? (long long)o->level->date : -1);
    if (o->level != NULL)
        between = print_advisories(o->level->advisories, between);
    if (o->module_level != NULL)
        print_advisories(o->module_level->advisories, between);
    printf("]}\n");
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct quote q;
    struct pck pck;
    struct tcb_info info;
    struct tcb_outcome outcome;

    if (argc != 3)
        return 64;
    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 64 << 20);
    if (quote_parse(&q, file_read(argv[1]), NULL) != ERR_OK || !pck_of(&pck, &arena, &q) ||
        tcb_info_parse(&info, &arena, file_read(argv[2]), NULL, NULL) != ERR_OK) {
        fprintf(stderr, "tcb-level: cannot read quote or TCB info\n");
        return 2;
    }
    (void)tcb_outcome_of(&outcome, &info, &pck, &q, NULL);
    print_outcome(&outcome);
    arena_done(&arena);
    return 0;
}
