/* exhibit_form.h: how pieces are told apart and taken out of their wrappings. For
 * attest/exhibit.c and its parts alone. */
#ifndef BROCH_ATTEST_EXHIBIT_FORM_H
#define BROCH_ATTEST_EXHIBIT_FORM_H

#include "attest/exhibit.h"

struct exhibit_form {
    struct exhibits *x;
    enum exhibit_role role;
    const char *name;
};

/* Everything in raw, by its contents; `depth` wrappings were taken off already. */
enum err exhibit_unwrap(struct exhibit_form *f, struct bytes raw, uint32_t depth);
/* ERR_LIMIT where there is no room. */
enum err exhibit_found(struct exhibit_form *f, enum exhibit_kind kind, struct bytes raw);
/* JSON and CBOR documents (attest/exhibit_tree.c): ERR_MALFORMED where nothing in them is
 * known. */
enum err exhibit_unwrap_json(struct exhibit_form *f, struct bytes text, uint32_t depth);
enum err exhibit_unwrap_cbor(struct exhibit_form *f, struct bytes raw, uint32_t depth);
/* PEM, hex and base64 (attest/exhibit_text.c). */
enum err exhibit_unwrap_text(struct exhibit_form *f, struct bytes text, uint32_t depth);

#endif
