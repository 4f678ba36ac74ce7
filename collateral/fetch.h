/* fetch.h: asks AMD's and Intel's services for collateral, through one adapter over libcurl,
 * and puts what came into the cache.
 *
 * HTTPS alone, to the host that was asked, its certificate checked; no redirects. What came is
 * looked at (collateral/want.h) before it takes anything's place: an outage, rubbish, an older
 * answer or one that is past its end changes nothing in the cache. One thread at a time. */
#ifndef BROCH_COLLATERAL_FETCH_H
#define BROCH_COLLATERAL_FETCH_H

#include "collateral/want.h"

struct fetch_config {
    const char *amd_url, *intel_url, *intel_certificates_url; /* "https://host[:port][/path]" */
    const char *ca;       /* a file of certificates to trust instead of the system's; or NULL */
    unsigned timeout_s;   /* of one request, whole */
    unsigned attempts;    /* at 429, 5xx, broken connections; at least 1 */
    unsigned wait_most_s; /* the longest that a server's Retry-After is obeyed */
    int64_t now;
    void (*say)(void *context, const char *line); /* progress; may be NULL */
    void *context;
};
/* The services themselves, 60 s, 4 attempts, 60 s. `now` is still to be set. */
struct fetch_config fetch_config_default(void);

enum fetch_result {
    FETCH_MISSING = 0, /* neither fetched nor in the cache (any more, for its end has come) */
    FETCH_STORED,
    FETCH_KEPT,    /* not fetched; what is in the cache counts */
    FETCH_CURRENT, /* not asked for: what is in the cache counts, and does not change */
};
struct fetch_outcome {
    enum fetch_result result;
    char why[256];    /* of MISSING and KEPT */
    struct form form; /* of what is in the cache now; not of MISSING */
    long status;      /* of HTTP; 0: none */
};

struct fetch;
/* ERR_NOMEM, ERR_IO (libcurl would not start), ERR_USAGE: a URL that is not https://…. */
enum err fetch_new(struct fetch **out, const struct fetch_config *config);
void fetch_free(struct fetch *f);
/* One of the wanted things. ERR_NOMEM; else *out says. */
enum err fetch_one(struct fetch_outcome *out, struct fetch *f, const struct cache *c,
                   struct arena *arena, const struct want *w);

#endif
