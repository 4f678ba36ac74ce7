/* err.h: the classes of failure that a caller can act on.
 *
 * An error says what to do, not where it happened: offset, field and sentence
 * travel beside it in a note (wasm/note.h, or the caller's own). A refusal by a
 * verifier is a verdict, not an error. */
#ifndef BROCH_BASE_ERR_H
#define BROCH_BASE_ERR_H

/* clang-format 14 does not know an attribute in this place. */
/* clang-format off */
enum [[nodiscard]] err {
    ERR_OK = 0,
    ERR_MALFORMED,   /* the bytes break their own format */
    ERR_INVALID,     /* well formed; breaks a rule of its own language */
    ERR_UNSUPPORTED, /* well formed; a version or feature we do not know */
    ERR_LIMIT,       /* well formed; more than limits.h or the caller accepts */
    ERR_LINK,        /* an import that nobody provides, or of another type */
    ERR_TRAP,        /* the guest trapped; the trap says how */
    ERR_HOST,        /* a reply that no honest host gives: the keep stops */
    ERR_NOMEM,
    ERR_IO,
    ERR_USAGE,       /* the caller broke the contract of a header */
};
/* clang-format on */

/* Returns from the calling function when e is not ERR_OK: our only macro with
 * hidden flow. */
#define TRY(e)                   \
    do {                         \
        enum err try_err_ = (e); \
        if (try_err_ != ERR_OK)  \
            return try_err_;     \
    } while (0)

#endif
