/* xml.h: XML 1.0 with namespaces, as signed manifests use it: from bytes to a tree in an
 * arena, and to canonical XML 1.1 (W3C, 2 May 2008), without comments.
 *
 * Strict and small: UTF-8 alone; no document type, no processing instructions, comments or
 * CDATA sections (nothing that an application reads could differ from what was signed); the
 * five entities of XML and numeric references alone; no xml: attributes. Depth, nodes and
 * attributes are bounded; nothing recurses. */
#ifndef BROCH_ATTEST_NVIDIA_XML_H
#define BROCH_ATTEST_NVIDIA_XML_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/writer.h"

#define XML_SIZE_MAX ((size_t)1 << 20)
#define XML_DEPTH_MAX 32u
#define XML_NODES_MAX 16384u
#define XML_ATTRIBUTES_MAX 128u /* of one element, namespaces included */
#define XML_NAMESPACES_MAX 64u  /* declared in all of a document */

struct xml_attribute {
    struct bytes prefix, local;
    struct bytes uri;   /* of the prefix; empty without one */
    struct bytes value; /* references resolved */
    bool is_namespace;  /* xmlns (local empty) or xmlns:local; value is the URI */
};

struct xml_node {
    bool is_text;
    struct bytes text;                /* references resolved, line ends normalised */
    struct bytes prefix, local, uri;  /* of an element */
    struct xml_attribute *attributes; /* in canonical order: namespaces first */
    uint32_t attribute_count;
    struct xml_node *parent, *first, *last, *next;
};

struct xml_document {
    struct xml_node *root;
    uint32_t node_count;
    size_t size; /* of the text that it was read from */
};

/* *offset is where it went wrong. ERR_MALFORMED, ERR_UNSUPPORTED, ERR_LIMIT, ERR_NOMEM. */
enum err xml_parse(struct xml_document *out, struct arena *arena, struct bytes text,
                   size_t *offset);
/* The next element after `after` among n's children (NULL: the first) of that name. */
const struct xml_node *xml_child(const struct xml_node *n, const struct xml_node *after,
                                 const char *uri, const char *local);
/* The only one; NULL where there is none or more. */
const struct xml_node *xml_only(const struct xml_node *n, const char *uri, const char *local);
/* An attribute's value; uri "" for those without a prefix. Empty data where it is not there. */
struct bytes xml_attribute(const struct xml_node *n, const char *uri, const char *local);
/* All text of an element that has nothing else in it; empty otherwise. */
struct bytes xml_text(const struct xml_node *n);
bool xml_is(const struct xml_node *n, const char *uri, const char *local);

/* Canonical XML 1.1 of the element and what is in it but for `without` (NULL: nothing). An
 * element that is not the root gets the namespaces that are in scope (section 2.4). */
void xml_canonical(struct writer *w, const struct xml_node *n, const struct xml_node *without);

#endif
