/* The plan of a loader that lies, and what it says of itself at the end. */
#define _GNU_SOURCE

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/num.h"
#include "gate/call.h"
#include "tests/liar/real.h"

#define LIES_MAX 16u

/* Shared with the process that is forked to be the keep's loader. */
struct counts {
    atomic_uint lies;
    atomic_uint calls[GATE_CALLS_MAX + 1];
    atomic_uint answers[GATE_CALLS_MAX + 1];
};

static struct real_lie lies[LIES_MAX];
static size_t lies_count;
static struct counts *counts;
static pid_t owner;

static const char *const call_names[GATE_CALLS_MAX + 1] = {
    [0] = "any",
#define GATE_CALL(number, NAME, name, ...) [number] = #name,
#include "gate/calls.def"
#undef GATE_CALL
};

static bool call_find(uint32_t *out, const char *name)
{
    for (uint32_t i = 0; i < COUNT_OF(call_names); i++)
        if (call_names[i] != NULL && strcmp(call_names[i], name) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static const struct real_verb *verb_find(const char *name)
{
    for (size_t i = 0; i < real_verbs_count; i++)
        if (strcmp(real_verbs[i].name, name) == 0)
            return &real_verbs[i];
    return NULL;
}

static bool lie_parse(struct real_lie *out, char *text)
{
    const char *call = strsep(&text, "."), *nth = strsep(&text, ".");
    const char *verb = strsep(&text, ".");

    *out = (struct real_lie){ 0 };
    if (verb == NULL || !call_find(&out->call, call))
        return false;
    out->every = strcmp(nth, "all") == 0;
    out->nth = strtoull(nth, NULL, 0);
    out->verb = verb_find(verb);
    for (size_t i = 0; i < COUNT_OF(out->number) && text != NULL; i++)
        out->number[i] = strtoull(strsep(&text, "."), NULL, 0);
    return out->verb != NULL && text == NULL;
}

static void plan_parse(const char *plan)
{
    char *copy = strdup(plan), *rest = copy, *one;

    while (copy != NULL && (one = strsep(&rest, ",")) != NULL) {
        if (*one == '\0')
            continue;
        if (lies_count == LIES_MAX || !lie_parse(&lies[lies_count++], one)) {
            fprintf(stderr, "liar: no such plan: %s\n", plan);
            _exit(64);
        }
    }
    free(copy);
}

__attribute__((constructor)) static void plan_begin(void)
{
    const char *plan = getenv("BROCH_LIAR");
    void *at =
        mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        abort();
    counts = at;
    owner = getpid();
    if (plan != NULL)
        plan_parse(plan);
}

__attribute__((destructor)) static void plan_end(void)
{
    if (getpid() != owner)
        return;
    fprintf(stderr, "liar: lies=%u", atomic_load(&counts->lies));
    for (uint32_t i = 1; i <= GATE_CALLS_MAX; i++)
        if (atomic_load(&counts->calls[i]) != 0)
            fprintf(stderr, " %s=%u", call_names[i], atomic_load(&counts->calls[i]));
    fputc('\n', stderr);
}

const struct real_lie *real_plan_answer(uint32_t call)
{
    unsigned nth = atomic_fetch_add(&counts->answers[call], 1);

    for (size_t i = 0; i < lies_count; i++) {
        const struct real_lie *l = &lies[i];
        const bool is_of_answers =
            l->verb->change != NULL || l->verb->data != NULL || l->verb->tell != NULL;

        if (is_of_answers && (l->call == call || l->call == 0) && (l->every || l->nth == nth))
            return l;
    }
    return NULL;
}

const struct real_lie *real_plan_has(const char *verb)
{
    for (size_t i = 0; i < lies_count; i++)
        if (strcmp(lies[i].verb->name, verb) == 0)
            return &lies[i];
    return NULL;
}

void real_count_call(uint32_t call) { atomic_fetch_add(&counts->calls[call], 1); }
void real_count_lie(void) { atomic_fetch_add(&counts->lies, 1); }
