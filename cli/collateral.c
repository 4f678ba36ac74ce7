#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/moment.h"
#include "cli/option.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "cli/verify_input.h"
#include "codec/json_write.h"
#include "codec/pem.h"
#include "collateral/fetch.h"

#define FMSPCS_MAX 64u

enum { COLLATERAL_COMPLETE = 0, COLLATERAL_INCOMPLETE = 2 };

/* A line of what is printed. */
struct shown {
    const char *name;
    enum form_kind kind;
    const char *state; /* "stored", …; of a list: "current", "expired", … */
    bool has_form;
    struct form form;
    const char *why; /* or "" */
};

struct collateral {
    struct verify_input in; /* for its arena, exhibits and files */
    struct fetch_config config;
    struct cache cache;
    struct wants wants;
    struct shown *shown;
    size_t count;
    const char *cache_path, *time, *fmspc[FMSPCS_MAX];
    uint32_t fmspc_count;
    bool json;
};

static void shown_json(struct json_write *j, const struct shown *s)
{
    char at[MOMENT_TEXT_SIZE];

    json_write_open(j, NULL, '{');
    json_write_string(j, "name", s->name);
    json_write_string(j, "kind", form_name(s->kind));
    json_write_string(j, "state", s->state);
    if (s->has_form) {
        json_write_string(j, "issuer", s->form.issuer);
        moment_text(at, s->form.from);
        json_write_string(j, "from", at);
        moment_text(at, s->form.until);
        json_write_string(j, "until", at);
    }
    if (s->why[0] != '\0')
        json_write_string(j, "why", s->why);
    json_write_close(j, '}');
}

static void line_put(struct writer *w, const struct shown *s)
{
    char line[CACHE_NAME_SIZE + 512], at[MOMENT_TEXT_SIZE] = "-";

    if (s->has_form)
        moment_text(at, s->form.until);
    snprintf(line, sizeof line, "%-8s until %-20s %s%s%s%s%s", s->state, at, s->name,
             s->has_form ? "  " : "", s->has_form ? s->form.issuer : "",
             s->why[0] != '\0' ? ": " : "", s->why);
    text_clean(line);
    writer_put(w, (struct bytes){ (const uint8_t *)line, strlen(line) });
    writer_u8(w, '\n');
}

static void collateral_show(struct writer *w, void *context)
{
    const struct collateral *c = context;
    struct json_write j = json_write_to(w, true);

    if (!c->json) {
        for (size_t i = 0; i < c->count; i++)
            line_put(w, &c->shown[i]);
        return;
    }
    json_write_open(&j, NULL, '{');
    json_write_string(&j, "cache", c->cache.path);
    json_write_open(&j, "entries", '[');
    for (size_t i = 0; i < c->count; i++)
        shown_json(&j, &c->shown[i]);
    json_write_close(&j, ']');
    json_write_close(&j, '}');
    writer_u8(w, '\n');
}

/* --- list */

static int list_run(struct collateral *c)
{
    struct arena *arena = &c->in.arena;
    struct cache_entry *entries = NULL;
    size_t count = 0;

    if ((c->cache.fd >= 0 && cache_list(&entries, &count, &c->cache, arena) != ERR_OK) ||
        (c->shown = arena_array(arena, count + 1, sizeof *c->shown)) == NULL)
        return verb_fail(COLLATERAL_INCOMPLETE, "%s: cannot be listed", c->cache.path);
    for (size_t i = 0; i < count; i++) {
        struct shown *s = &c->shown[c->count++];
        struct arena one; /* a cache may be larger than memory */
        struct bytes raw;

        *s = (struct shown){ .name = entries[i].name, .kind = entries[i].kind, .why = "" };
        arena_init(&one, arena->source, CACHE_ENTRY_MAX + ((size_t)64 << 20));
        s->has_form = cache_read(&raw, &c->cache, &one, entries[i].name) == ERR_OK &&
                      form_read(&s->form, &one, entries[i].kind, raw) == ERR_OK;
        arena_done(&one);
        if (!s->has_form)
            s->state = "broken";
        else if (form_is_current(&s->form, c->config.now))
            s->state = "current";
        else
            s->state = s->form.from > c->config.now ? "future" : "expired";
    }
    return verify_output(collateral_show, c);
}

/* --- fetch */

static void progress_say(void *context, const char *line)
{
    (void)context;
    verb_fail(0, "%s", line);
}

static bool is_good(enum fetch_result r) { return r != FETCH_MISSING; }

static int wants_fill(struct collateral *c, int count, char **files)
{
    enum err e = ERR_OK;

    for (int i = 0; i < count; i++) {
        struct bytes raw;
        int code = verify_input_read(&raw, &c->in, files[i]);

        if (code != 0)
            return code;
        if (exhibit_add(&c->in.exhibits, EXHIBIT_EVIDENCE, files[i], raw) != ERR_OK)
            return verb_fail(COLLATERAL_INCOMPLETE, "%s: this is no kind of evidence that we know",
                             files[i]);
    }
    if (count > 0)
        e = wants_of(&c->wants, &c->in.exhibits);
    else if (c->fmspc_count == 0)
        e = wants_common(&c->wants);
    for (uint32_t i = 0; i < c->fmspc_count && e == ERR_OK; i++) {
        struct bytes hex = { (const uint8_t *)c->fmspc[i], strlen(c->fmspc[i]) };
        uint8_t fmspc[6];
        size_t size = 0;

        if (hex_decode(fmspc, sizeof fmspc, &size, hex, false) != ERR_OK || size != sizeof fmspc)
            return verb_misused(&verb_collateral, "--fmspc %s: 12 hex digits are expected",
                                c->fmspc[i]);
        e = wants_fmspc(&c->wants, fmspc);
    }
    if (e != ERR_OK)
        return verb_fail(COLLATERAL_INCOMPLETE,
                         e == ERR_LIMIT ? "too much is wanted at once" : "out of memory");
    return 0;
}

/* It is there, or an alternative is, which stands before or behind it. */
static bool is_met(const struct wants *w, uint32_t i, const bool had[WANTS_MAX])
{
    const struct want *at = &w->all[i];
    bool met = had[i] || (!at->is_needed && at->alternative != 0 && had[at->alternative - 1]);

    for (uint32_t k = 0; k < w->count && !met && !at->is_needed; k++)
        met = w->all[k].alternative == i + 1 && had[k];
    return met;
}

/* Each want in turn; of alternatives the first that is there is enough, and is what is shown. */
static int fetch_all(struct collateral *c, struct fetch *f)
{
    static const char *const states[] = { [FETCH_MISSING] = "missing",
                                          [FETCH_STORED] = "stored",
                                          [FETCH_KEPT] = "kept",
                                          [FETCH_CURRENT] = "current" };
    const struct fetch_outcome *outcomes[WANTS_MAX];
    bool had[WANTS_MAX] = { 0 }, complete = true;

    for (uint32_t i = 0; i < c->wants.count; i++) {
        const struct want *w = &c->wants.all[i];
        struct fetch_outcome *o = arena_alloc(&c->in.arena, sizeof *o);

        outcomes[i] = o;
        if (!w->is_needed && w->alternative != 0 && had[w->alternative - 1])
            continue;
        if (o == NULL || fetch_one(o, f, &c->cache, &c->in.arena, w) != ERR_OK)
            return verb_fail(COLLATERAL_INCOMPLETE, "out of memory");
        had[i] = is_good(o->result);
    }
    for (uint32_t i = 0; i < c->wants.count; i++) {
        const struct want *w = &c->wants.all[i];
        const struct fetch_outcome *o = outcomes[i];
        bool met = is_met(&c->wants, i, had);

        complete &= met;
        if (had[i] || !met)
            c->shown[c->count++] =
                (struct shown){ w->name, w->kind, states[o->result], had[i], o->form, o->why };
    }
    return complete && c->wants.unmet == 0 ? COLLATERAL_COMPLETE : COLLATERAL_INCOMPLETE;
}

static int fetch_run(struct collateral *c, int count, char **files)
{
    struct fetch *f = NULL;
    int code = wants_fill(c, count, files), shown;

    if (code != 0)
        return code;
    c->shown = arena_array(&c->in.arena, c->wants.count + 1, sizeof *c->shown);
    if (c->shown == NULL)
        return verb_fail(COLLATERAL_INCOMPLETE, "out of memory");
    if (c->wants.unmet > 0)
        verb_fail(0, "%s", c->wants.unmet_why);
    if (c->wants.count == 0)
        return verb_fail(COLLATERAL_INCOMPLETE,
                         "nothing in these files needs collateral that can be fetched");
    switch (fetch_new(&f, &c->config)) {
    case ERR_OK: break;
    case ERR_USAGE:
        return verb_misused(&verb_collateral, "a URL like https://HOST:PORT is expected");
    default: return verb_fail(VERB_SOFTWARE, "libcurl could not be started");
    }
    code = fetch_all(c, f);
    fetch_free(f);
    shown = verify_output(collateral_show, c);
    return shown != 0 ? shown : code;
}

/* --- both */

static bool number_take(unsigned *out, const char *text, unsigned most)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n == 0 || n > most)
        return false;
    *out = (unsigned)n;
    return true;
}

static bool option_take(struct collateral *c, const struct verb_option *o, const char *value)
{
    if (option_is(o, "cache"))
        c->cache_path = value;
    else if (option_is(o, "amd-url"))
        c->config.amd_url = value;
    else if (option_is(o, "intel-url"))
        c->config.intel_url = c->config.intel_certificates_url = value;
    else if (option_is(o, "ca"))
        c->config.ca = value;
    else if (option_is(o, "time"))
        c->time = value;
    else if (option_is(o, "attempts"))
        return number_take(&c->config.attempts, value, 20);
    else if (option_is(o, "timeout"))
        return number_take(&c->config.timeout_s, value, 3600);
    else if (option_is(o, "early"))
        c->wants.is_early = true;
    else if (option_is(o, "json"))
        c->json = true;
    else if (option_is(o, "fmspc") && c->fmspc_count < FMSPCS_MAX)
        c->fmspc[c->fmspc_count++] = value;
    else
        return false;
    return true;
}

static int cache_take(struct collateral *c, bool make)
{
    static char standard[PATH_MAX];
    struct bytes time_text = { (const uint8_t *)c->time, c->time != NULL ? strlen(c->time) : 0 };

    c->config.now = (int64_t)time(NULL);
    if (c->time != NULL && moment_parse(&c->config.now, time_text) != ERR_OK)
        return verb_misused(&verb_collateral,
                            "--time %s: a time like 2025-06-19T11:32:27Z is expected", c->time);
    if (c->cache_path == NULL && !cache_default(standard))
        return verb_fail(COLLATERAL_INCOMPLETE,
                         "there is no home directory for a cache: name one with --cache");
    if (c->cache_path == NULL)
        c->cache_path = standard;
    if (cache_open(&c->cache, c->cache_path, make) == ERR_OK)
        return 0;
    if (!make && errno == ENOENT) /* nothing was fetched yet: a list of nothing */
        return 0;
    return verb_fail(COLLATERAL_INCOMPLETE, "%s: %s", c->cache_path, strerror(errno));
}

static int collateral_run(int argc, char **argv)
{
    static struct collateral c;
    struct option_walk w = option_walk_mixed(&verb_collateral, argc, argv);
    const struct verb_option *o;
    bool fetches;
    int code;

    c.config = fetch_config_default();
    c.config.say = progress_say;
    while ((o = option_next(&w)) != NULL)
        if (!option_take(&c, o, w.value))
            return verb_misused(&verb_collateral, "--%s %s: not that", o->name,
                                w.value != NULL ? w.value : "");
    if (option_stop(&w))
        return w.failed;
    fetches = w.at < argc && strcmp(argv[w.at], "fetch") == 0;
    if (w.at >= argc || (!fetches && strcmp(argv[w.at], "list") != 0))
        return verb_misused(&verb_collateral, "fetch or list is expected");
    if (!fetches && w.at + 1 < argc)
        return verb_misused(&verb_collateral, "list takes no files");
    verify_input_init(&c.in);
    code = cache_take(&c, fetches);
    if (code == 0) {
        code = fetches ? fetch_run(&c, argc - w.at - 1, argv + w.at + 1) : list_run(&c);
        cache_close(&c.cache);
    }
    verify_input_done(&c.in);
    return code;
}

static const struct verb_option collateral_options[] = {
    { "amd-url", VALUE_TEXT, "URL", "Ask this server instead of AMD's." },
    { "attempts", VALUE_TEXT, "N",
      "How often to ask where a server is busy or away; 4 by default." },
    { "ca", VALUE_FILE, "FILE", "Trust the certificates in FILE for TLS, and no others." },
    { "cache", VALUE_DIRECTORY, "DIR",
      "The cache. By default $XDG_CACHE_HOME/broch/collateral or ~/.cache/broch/collateral." },
    { "early", VALUE_NONE, NULL,
      "Fetch Intel's early updates instead of those that most relying parties use. `broch verify` "
      "takes them where the cache is named with --collateral." },
    { "fmspc", VALUE_TEXT, "HEX",
      "Fetch TCB information of this family of Intel's platforms. May be given again." },
    { "intel-url", VALUE_TEXT, "URL", "Ask this server instead of Intel's." },
    { "json", VALUE_NONE, NULL, "Print what was done, or what is there, as JSON." },
    { "time", VALUE_TEXT, "RFC3339", "Look at validity as of this time. By default, now." },
    { "timeout", VALUE_TEXT, "SECONDS", "How long one request may take; 60 by default." },
    { 0 },
};

static const struct verb_example collateral_examples[] = {
    { "broch collateral fetch report.bin", "Fetch what judging this report needs." },
    { "broch collateral fetch", "Fetch what every platform needs: chains, lists, identities." },
    { "broch collateral list", "Show what is there, and until when." },
    { 0 },
};

const struct verb verb_collateral = {
    .name = "collateral",
    .summary = "fetch and list endorsements",
    .operands = "fetch [FILE...] | list",
    .operand = VALUE_FILE,
    .text =
        "Keeps what makers publish about their chips in a local cache: certificates of AMD's "
        "chips and their issuers, Intel's TCB information and identities of quoting enclaves, "
        "and lists of revoked certificates.\n\n"
        "fetch asks AMD's and Intel's services for what the evidence in the files needs; without "
        "files, for what needs no evidence. An answer takes the place of what is in the cache "
        "only where it is what was asked for, counts now and is not older: an outage loses "
        "nothing. `broch verify` reads the cache where no --collateral is given, and believes "
        "nothing for being in it.",
    .options = collateral_options,
    .examples = collateral_examples,
    .exit =
        "0 where all that is wanted is in the cache and counts, 2 where something is missing, 64 "
        "usage.",
    .run = collateral_run,
    .words = "fetch list",
};
