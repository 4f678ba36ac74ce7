#define _GNU_SOURCE

#include "cli/verify_input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attest/policy.h"
#include "base/moment.h"
#include "cli/heap.h"
#include "codec/pem.h"
#include "collateral/want.h"
#include "exec/confine.h"

/* A GPU's evidence for a whole machine is 200 KiB; revocation lists can be megabytes. */
#define FILE_SIZE_MAX ((size_t)64 << 20)
#define ARENA_CEILING ((size_t)1 << 30)
#define FOLDER_DEPTH_MAX 4
#define OUTPUT_MAX ((size_t)256 << 20)

void verify_input_init(struct verify_input *in)
{
    *in = (struct verify_input){ .policy_name = "default" };
    arena_init(&in->arena, heap_source(), ARENA_CEILING);
    exhibits_init(&in->exhibits, &in->arena);
    in->context.arena = &in->arena;
    in->context.exhibits = &in->exhibits;
    in->files_end = &in->files;
}

void verify_input_done(struct verify_input *in) { arena_done(&in->arena); }

bool verify_input_option(struct verify_input *in, const struct verb_option *o, const char *value)
{
    if (option_is(o, "kind"))
        in->kind = value;
    else if (option_is(o, "time"))
        in->time = value;
    else if (option_is(o, "nonce"))
        in->nonce = value;
    else if (option_is(o, "report-data"))
        in->report_data = value;
    else if (option_is(o, "only-roots"))
        in->only_roots = true;
    else if (option_is(o, "collateral") && in->collateral_count < VERIFY_PATHS_MAX)
        in->collateral[in->collateral_count++] = value;
    else if (option_is(o, "distrust") && in->distrust_count < VERIFY_PATHS_MAX)
        in->distrust[in->distrust_count++] = value;
    else if (option_is(o, "root") && in->root_count < VERIFY_PATHS_MAX)
        in->roots[in->root_count++] = value;
    else
        return false;
    return true;
}

static struct bytes text_of(const char *text)
{
    return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

static int file_take(struct bytes *out, struct arena *arena, int fd, const char *path)
{
    size_t room = 4096, size = 0;
    uint8_t *at = arena_alloc(arena, room);

    while (at != NULL) {
        ssize_t n = read(fd, at + size, room - size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return verb_fail(VERIFY_UNDECIDED, "%s: %s", path, strerror(errno));
        if (n == 0) {
            *out = (struct bytes){ at, size };
            return 0;
        }
        size += (size_t)n;
        if (size > FILE_SIZE_MAX)
            return verb_fail(VERIFY_UNDECIDED, "%s: larger than %zu MiB: this is no evidence", path,
                             FILE_SIZE_MAX >> 20);
        if (size == room) {
            at = arena_grow(arena, at, room, room * 2);
            room *= 2;
        }
    }
    return verb_fail(VERIFY_UNDECIDED, "%s: out of memory", path);
}

int verify_input_read(struct bytes *out, struct verify_input *in, const char *path)
{
    int fd, code;

    if (strcmp(path, "-") == 0)
        return file_take(out, &in->arena, STDIN_FILENO, "standard input");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return verb_fail(VERIFY_UNDECIDED, "%s: %s", path, strerror(errno));
    code = file_take(out, &in->arena, fd, path);
    close(fd);
    return code;
}

static int file_read(struct verify_input *in, enum exhibit_role role, enum exhibit_kind kind,
                     const char *path)
{
    struct verify_file *f = arena_alloc(&in->arena, sizeof *f);
    int code;

    if (f == NULL)
        return verb_fail(VERIFY_UNDECIDED, "%s: out of memory", path);
    *f = (struct verify_file){ .role = role,
                               .kind = kind,
                               .name = verdict_format(&in->arena, "%s", path) };
    code = verify_input_read(&f->raw, in, path);
    if (code != 0)
        return code;
    *in->files_end = f;
    in->files_end = &f->next;
    return 0;
}

/* KIND=FILE, where contents do not tell the kind. */
static int operand_read(struct verify_input *in, enum exhibit_role role, const char *word)
{
    const char *equals = strchr(word, '=');
    enum exhibit_kind kind = EXHIBIT_UNKNOWN;

    if (equals != NULL && access(word, F_OK) != 0)
        kind = exhibit_kind_named((struct bytes){ (const uint8_t *)word, (size_t)(equals - word) });
    return file_read(in, role, kind, kind == EXHIBIT_UNKNOWN ? word : equals + 1);
}

static int is_shown(const struct dirent *d) { return d->d_name[0] != '.'; }

static int folder_read(struct verify_input *in, const char *path, int depth);

/* Nothing of a folder is passed over in silence: it might be the list that revokes. */
static int entry_read(struct verify_input *in, const char *path, int depth)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return verb_fail(VERIFY_UNDECIDED, "%s: %s", path, strerror(errno));
    if (S_ISREG(st.st_mode))
        return file_read(in, EXHIBIT_ENDORSEMENT, EXHIBIT_UNKNOWN, path);
    if (!S_ISDIR(st.st_mode))
        return verb_fail(VERIFY_UNDECIDED, "%s: neither a file nor a folder", path);
    if (depth == FOLDER_DEPTH_MAX)
        return verb_fail(VERIFY_UNDECIDED, "%s: a folder too deep in others", path);
    return folder_read(in, path, depth + 1);
}

/* Every file of a folder, in the order of names, so that two runs see the same. */
static int folder_read(struct verify_input *in, const char *path, int depth)
{
    struct dirent **names;
    int count = scandir(path, &names, is_shown, alphasort), code = 0;

    if (count < 0 && errno == ENOTDIR) /* a single file will do as well */
        return file_read(in, EXHIBIT_ENDORSEMENT, EXHIBIT_UNKNOWN, path);
    if (count < 0)
        return verb_fail(VERIFY_UNDECIDED, "%s: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        const char *below = verdict_format(&in->arena, "%s/%s", path, names[i]->d_name);

        if (code == 0)
            code = entry_read(in, below, depth);
        free(names[i]);
    }
    free(names);
    return code;
}

static int hex_take(struct bytes *out, struct verify_input *in, const struct verb *verb,
                    const char *option, const char *text)
{
    size_t size = 0, room;
    uint8_t *at;

    if (text == NULL)
        return 0;
    room = strlen(text) / 2 + 1;
    at = arena_alloc(&in->arena, room);
    if (at == NULL || hex_decode(at, room, &size, text_of(text), false) != ERR_OK || size == 0)
        return verb_misused(verb, "--%s %s: an even number of hex digits is expected", option,
                            text);
    *out = (struct bytes){ at, size };
    return 0;
}

static int words_take(struct verify_input *in, const struct verb *verb)
{
    struct judge_context *x = &in->context;
    int code;

    if (in->kind != NULL && strcmp(in->kind, "auto") != 0) {
        x->kind = platform_named(text_of(in->kind));
        if (x->kind == PLATFORM_NONE)
            return verb_misused(verb, "--kind %s: there is no such kind", in->kind);
    }
    x->now = (int64_t)time(NULL);
    if (in->time != NULL && moment_parse(&x->now, text_of(in->time)) != ERR_OK)
        return verb_misused(verb, "--time %s: a time like 2025-06-19T11:32:27Z is expected",
                            in->time);
    if ((code = hex_take(&x->nonce, in, verb, "nonce", in->nonce)) != 0)
        return code;
    x->rules.only_caller_roots = in->only_roots;
    return hex_take(&x->report_data, in, verb, "report-data", in->report_data);
}

int verify_input_policy(struct policy **out, struct verify_input *in, const char *name)
{
    struct bytes text = policy_builtin(text_of(name));
    struct policy_error wrong = { 0 };
    int code = 0;

    if (text.size == 0)
        code = verify_input_read(&text, in, name);
    if (code != 0)
        return code;
    switch (policy_parse(out, &in->arena, text, &wrong)) {
    case ERR_OK: return 0;
    case ERR_NOMEM: return verb_fail(VERIFY_UNDECIDED, "%s: out of memory", name);
    default:
        return verb_fail(VERB_DATA, "%s:%u:%u: %s%s%s", name, wrong.line, wrong.column,
                         wrong.key != NULL ? wrong.key : "",
                         wrong.key != NULL && wrong.key[0] != '\0' ? ": " : "",
                         wrong.text != NULL ? wrong.text : "no policy");
    }
}

static int file_add(struct verify_input *in, const struct verify_file *f)
{
    enum err e = ERR_OK;

    if (f->kind == EXHIBIT_UNKNOWN)
        e = exhibit_add(&in->exhibits, f->role, f->name, f->raw);
    else if (exhibit_put(&in->exhibits, f->role, f->kind, f->name, f->raw) == NULL)
        e = ERR_LIMIT;
    else
        in->exhibits.sources++;
    switch (e) {
    case ERR_OK: return 0;
    case ERR_NOMEM: return verb_fail(VERIFY_UNDECIDED, "%s: out of memory", f->name);
    case ERR_LIMIT:
        return verb_fail(VERIFY_UNDECIDED, "%s: too many pieces, or wrapped too deep", f->name);
    default:
        /* Evidence of no known form gets a verdict that says so; a root is ours to name. */
        if (f->role == EXHIBIT_ROOT)
            return verb_fail(VERIFY_UNDECIDED, "%s: no certificate and no key", f->name);
        return 0;
    }
}

static enum err cached_take(void *context, const char *name, struct bytes raw)
{
    struct verify_input *in = context;
    struct verify_file *f = arena_alloc(&in->arena, sizeof *f);

    if (f == NULL)
        return ERR_NOMEM;
    *f = (struct verify_file){ .role = EXHIBIT_ENDORSEMENT,
                               .name = verdict_format(&in->arena, "%s (cached)", name),
                               .raw = raw,
                               .cached = verdict_format(&in->arena, "%s", name) };
    *in->files_end = f;
    in->files_end = &f->next;
    return ERR_OK;
}

/* What `broch collateral fetch` put there and what has not come to its end: for that their dates
 * are read here already. A cache that is not there is an empty one: what is missing is named by
 * the verdict. */
static int cache_files_read(struct verify_input *in)
{
    char path[PATH_MAX];
    struct cache cache;
    enum err e;

    if (!cache_default(path) || cache_open(&cache, path, false) != ERR_OK)
        return 0;
    e = cache_offer(&cache, &in->arena, in->context.now, cached_take, in);
    cache_close(&cache);
    if (e == ERR_NOMEM || e == ERR_LIMIT)
        return verb_fail(VERIFY_UNDECIDED, "%s: too much for one verdict: use --collateral", path);
    return 0;
}

static int files_read(struct verify_input *in, int count, char **operands)
{
    int code = 0;

    for (int i = 0; i < count && code == 0; i++)
        code = operand_read(in, EXHIBIT_EVIDENCE, operands[i]);
    for (uint32_t i = 0; i < in->root_count && code == 0; i++)
        code = operand_read(in, EXHIBIT_ROOT, in->roots[i]);
    for (uint32_t i = 0; i < in->collateral_count && code == 0; i++)
        code = folder_read(in, in->collateral[i], 0);
    if (code == 0 && in->collateral_count == 0 && in->policy_name != NULL)
        code = cache_files_read(in);
    return code;
}

/* Of the cache, what this evidence needs: it may have certificates of a thousand chips. */
static bool cached_is_wanted(const struct wants *wants, const char *name)
{
    for (uint32_t i = 0; i < wants->count; i++) {
        const struct want *w = &wants->all[i];

        if (strcmp(w->name, name) == 0 ||
            (w->chain_name != NULL && strcmp(w->chain_name, name) == 0))
            return true;
    }
    return false;
}

/* The evidence first: it tells what is wanted of the cache. */
static int files_add(struct verify_input *in)
{
    struct wants *wants = NULL;
    int code = 0;

    for (const struct verify_file *f = in->files; f != NULL && code == 0; f = f->next) {
        if (f->cached != NULL && wants == NULL) {
            wants = arena_alloc(&in->arena, sizeof *wants);
            if (wants == NULL || wants_of(wants, &in->exhibits) == ERR_NOMEM)
                return verb_fail(VERIFY_UNDECIDED, "%s: out of memory", f->name);
        }
        if (f->cached == NULL || cached_is_wanted(wants, f->cached))
            code = file_add(in, f);
    }
    return code;
}

int verify_input_load(struct verify_input *in, const struct verb *verb, int count, char **operands)
{
    struct policy *policy = NULL;
    int code = words_take(in, verb);

    if (code == 0 && in->policy_name != NULL) {
        code = verify_input_policy(&policy, in, in->policy_name);
        in->context.policy = policy;
    }
    for (uint32_t i = 0; i < in->distrust_count && code == 0 && policy != NULL; i++)
        if (policy_join(policy, &in->arena, text_of(in->distrust[i])) != ERR_OK)
            code = verb_misused(verb, "--distrust %s: ed25519: and 64 hex digits are expected",
                                in->distrust[i]);
    if (code == 0)
        code = files_read(in, count, operands);
    if (code != 0)
        return code;
    /* Everything is read. What follows looks into hostile bytes outside of any keep; where the
     * kernel knows no filters, the readers' own checks are what there is. */
    if (confine(false) != ERR_OK)
        errno = 0;
    return files_add(in);
}

int verify_output(void (*print)(struct writer *w, void *context), void *context)
{
    for (size_t room = (size_t)1 << 16; room <= OUTPUT_MAX; room *= 4) {
        uint8_t *at = malloc(room);
        struct writer w = writer_of(at, at == NULL ? 0 : room);
        bool fits, done = false;

        if (at == NULL)
            break;
        print(&w, context);
        fits = writer_ok(&w);
        if (fits)
            done = fwrite(at, 1, w.size, stdout) == w.size && fflush(stdout) == 0;
        free(at);
        if (fits && !done)
            return verb_fail(VERB_SOFTWARE, "standard output: %s", strerror(errno));
        if (fits)
            return 0;
    }
    return verb_fail(VERB_SOFTWARE, "the output is too large for memory");
}
