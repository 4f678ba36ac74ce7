#define _GNU_SOURCE

#include "collateral/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/num.h"
#include "crypto/library.h"

/* A chain of three certificates in an URL's encoding takes 6 KiB. */
#define CHAIN_HEADER_MAX ((size_t)256 << 10)
#define URL_SIZE 1024u

struct fetch {
    struct fetch_config config;
    CURL *curl;
    struct want const *want;
    uint8_t *body;
    size_t size, room;
    char *chain; /* the value of the header that was asked for, still encoded */
    char error[CURL_ERROR_SIZE];
};

struct fetch_config fetch_config_default(void)
{
    return (struct fetch_config){
        .amd_url = "https://kdsintf.amd.com",
        .intel_url = "https://api.trustedservices.intel.com",
        .intel_certificates_url = "https://certificates.trustedservices.intel.com",
        .timeout_s = 60,
        .attempts = 4,
        .wait_most_s = 60,
    };
}

static bool url_is_good(const char *url)
{
    if (strncmp(url, "https://", 8) != 0 || url[8] == '\0' || strlen(url) > URL_SIZE / 2)
        return false;
    for (const char *c = url; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || *c == '?' || *c == '#')
            return false;
    return true;
}

static size_t body_take(char *data, size_t size, size_t count, void *context)
{
    struct fetch *f = context;
    size_t more = size * count; /* size is 1, always */

    if (more > CACHE_ENTRY_MAX - f->size)
        return 0; /* which ends the transfer: CURLE_WRITE_ERROR */
    if (f->size + more > f->room) {
        size_t room = num_max(num_max(2 * f->room, f->size + more), 16384);
        uint8_t *at = realloc(f->body, room);

        if (at == NULL)
            return 0;
        f->body = at;
        f->room = room;
    }
    memcpy(f->body + f->size, data, more);
    f->size += more;
    return more;
}

static size_t header_take(char *data, size_t size, size_t count, void *context)
{
    struct fetch *f = context;
    size_t more = size * count, name;
    const char *want = f->want->chain_header;

    if (more >= 5 && strncasecmp(data, "HTTP/", 5) == 0) { /* of a proxy, or interim */
        free(f->chain);
        f->chain = NULL;
        return more;
    }
    name = want == NULL ? 0 : strlen(want);
    if (name == 0 || more <= name || data[name] != ':' || strncasecmp(data, want, name) != 0)
        return more;
    if (more > CHAIN_HEADER_MAX || f->chain != NULL)
        return 0; /* too long, or twice */
    for (name++; name < more && data[name] == ' ';)
        name++;
    while (more > name && (data[more - 1] == '\r' || data[more - 1] == '\n'))
        more--;
    f->chain = strndup(data + name, more - name);
    return f->chain == NULL ? 0 : size * count;
}

static bool curl_prepare(struct fetch *f)
{
    CURL *c = f->curl;
    bool ok = curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
              curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;

    if (f->config.ca != NULL) /* instead of the system's, which lie in a folder too */
        ok = ok && curl_easy_setopt(c, CURLOPT_CAINFO, f->config.ca) == CURLE_OK &&
             curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK;
    return ok && curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)f->config.timeout_s) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)CACHE_ENTRY_MAX) ==
               CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, "broch") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->error) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_take) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, f) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, header_take) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERDATA, f) == CURLE_OK;
}

enum err fetch_new(struct fetch **out, const struct fetch_config *config)
{
    struct fetch *f;

    if (!url_is_good(config->amd_url) || !url_is_good(config->intel_url) ||
        !url_is_good(config->intel_certificates_url) || config->attempts == 0)
        return ERR_USAGE;
    library_start();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return ERR_IO;
    f = calloc(1, sizeof *f);
    if (f == NULL)
        return ERR_NOMEM;
    f->config = *config;
    f->curl = curl_easy_init();
    if (f->curl == NULL || !curl_prepare(f)) {
        fetch_free(f);
        return ERR_IO;
    }
    *out = f;
    return ERR_OK;
}

void fetch_free(struct fetch *f)
{
    if (f == NULL)
        return;
    curl_easy_cleanup(f->curl);
    free(f->body);
    free(f->chain);
    free(f);
}

__attribute__((format(printf, 2, 3))) static void say(struct fetch *f, const char *format, ...)
{
    char line[URL_SIZE + 256];
    va_list args;

    if (f->config.say == NULL)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    f->config.say(f->config.context, line);
}

static void pause_s(unsigned s)
{
    struct timespec left = { .tv_sec = (time_t)s };

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* Whether another attempt may go better. */
static bool is_passing(CURLcode e, long status)
{
    switch (e) {
    case CURLE_OK:
        return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
               status == 504;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return true;
    default: return false;
    }
}

static void why_set(struct fetch *f, struct fetch_outcome *out, CURLcode e)
{
    if (e == CURLE_FILESIZE_EXCEEDED || (e == CURLE_WRITE_ERROR && f->size > 0))
        snprintf(out->why, sizeof out->why, "the answer is larger than %zu MiB",
                 CACHE_ENTRY_MAX >> 20);
    else if (e != CURLE_OK)
        snprintf(out->why, sizeof out->why, "%s",
                 f->error[0] != '\0' ? f->error : curl_easy_strerror(e));
    else if (out->status >= 300 && out->status < 400)
        snprintf(out->why, sizeof out->why, "HTTP %ld: it wants to send us elsewhere", out->status);
    else
        snprintf(out->why, sizeof out->why, "HTTP %ld", out->status);
}

static bool url_get(struct fetch *f, struct fetch_outcome *out, const char *url)
{
    for (unsigned attempt = 1;; attempt++) {
        curl_off_t after = 0;
        unsigned wait = 1u << num_min(attempt - 1, 5);
        CURLcode e;

        f->size = 0;
        free(f->chain);
        f->chain = NULL;
        f->error[0] = '\0';
        out->status = 0;
        say(f, "asking %s", url);
        e = curl_easy_setopt(f->curl, CURLOPT_URL, url);
        if (e == CURLE_OK)
            e = curl_easy_perform(f->curl);
        (void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &out->status);
        if (e == CURLE_OK && out->status == 200)
            return true;
        why_set(f, out, e);
        if (!is_passing(e, out->status) || attempt >= f->config.attempts)
            return false;
        if (e == CURLE_OK && curl_easy_getinfo(f->curl, CURLINFO_RETRY_AFTER, &after) == CURLE_OK &&
            after > 0) {
            if (after > (curl_off_t)f->config.wait_most_s)
                return false;
            wait = (unsigned)after;
        }
        say(f, "%s; again in %u s", out->why, wait);
        pause_s(wait);
    }
}

static const char *base_of(const struct fetch *f, enum want_service service)
{
    switch (service) {
    case WANT_AMD: return f->config.amd_url;
    case WANT_INTEL: return f->config.intel_url;
    default: return f->config.intel_certificates_url;
    }
}

/* What is there under that name, if it is what is wanted and counts now. */
static bool cached(struct form *form, struct fetch *f, const struct cache *c, struct arena *arena,
                   const struct want *w)
{
    struct bytes raw;

    return cache_read(&raw, c, arena, w->name) == ERR_OK &&
           want_check(form, w, arena, raw) == ERR_OK && form_is_current(form, f->config.now);
}

static bool stored(struct fetch_outcome *out, const struct cache *c, const char *name,
                   struct bytes contents)
{
    if (cache_write(c, name, contents) == ERR_OK)
        return true;
    snprintf(out->why, sizeof out->why, "the cache cannot be written: %s", strerror(errno));
    return false;
}

/* The issuers first, so that what they signed never stands there without them. */
static enum err chain_store(bool *ok, struct fetch_outcome *out, struct fetch *f,
                            const struct cache *c, struct arena *arena, const struct want *w)
{
    struct form form;
    int size = 0;
    char *text;
    enum err e;

    *ok = false;
    if (f->chain == NULL) {
        snprintf(out->why, sizeof out->why, "the answer has no %s", w->chain_header);
        return ERR_OK;
    }
    text = curl_easy_unescape(f->curl, f->chain, 0, &size);
    if (text == NULL)
        return ERR_NOMEM;
    e = want_check_chain(&form, w, arena, (struct bytes){ (uint8_t *)text, (size_t)size });
    if (e == ERR_OK && form_is_current(&form, f->config.now))
        *ok = stored(out, c, w->chain_name, (struct bytes){ (uint8_t *)text, (size_t)size });
    else
        snprintf(out->why, sizeof out->why, "%s: no certificates that count", w->chain_header);
    curl_free(text);
    return e == ERR_NOMEM ? ERR_NOMEM : ERR_OK;
}

static enum err answer_store(bool *ok, struct fetch_outcome *out, struct fetch *f,
                             const struct cache *c, struct arena *arena, const struct want *w,
                             const struct form *before)
{
    struct bytes contents = { f->body, f->size };
    struct form form = { 0 };
    enum err e = want_check(&form, w, arena, contents);

    *ok = false;
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK)
        snprintf(out->why, sizeof out->why, "the answer is not the %s that was asked for",
                 form_name(w->kind));
    else if (!form_is_current(&form, f->config.now))
        snprintf(out->why, sizeof out->why, "the answer is %s",
                 form.from > f->config.now ? "not valid yet" : "past its end");
    else if (before != NULL && (form.from < before->from || form.evaluation < before->evaluation))
        snprintf(out->why, sizeof out->why, "the answer is older than what is there");
    else
        *ok = true;
    if (*ok && w->chain_header != NULL)
        TRY(chain_store(ok, out, f, c, arena, w));
    *ok = *ok && stored(out, c, w->name, contents);
    if (*ok)
        out->form = form;
    return ERR_OK;
}

enum err fetch_one(struct fetch_outcome *out, struct fetch *f, const struct cache *c,
                   struct arena *arena, const struct want *w)
{
    struct fetch_outcome t = { 0 };
    char url[URL_SIZE];
    struct form before;
    bool had = cached(&before, f, c, arena, w), ok = false;
    const char *base = base_of(f, w->service);
    size_t size = strlen(base);

    if (had)
        t.form = before;
    if (had && w->is_lasting) {
        t.result = FETCH_CURRENT;
        *out = t;
        return ERR_OK;
    }
    if (base[size - 1] == '/')
        size--;
    snprintf(url, sizeof url, "%.*s%s", (int)size, base, w->path);
    f->want = w;
    if (url_get(f, &t, url))
        TRY(answer_store(&ok, &t, f, c, arena, w, had ? &before : NULL));
    t.result = ok ? FETCH_STORED : had ? FETCH_KEPT : FETCH_MISSING;
    *out = t;
    return ERR_OK;
}
