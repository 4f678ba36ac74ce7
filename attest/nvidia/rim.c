/* rim.c: from a manifest's XML to its golden measurements and the parts of its signature. */
#include "attest/nvidia/rim.h"

#include "attest/nvidia/form.h"
#include "base/num.h"
#include "codec/pem.h"

#define SWID "http://standards.iso.org/iso/19770/-2/2015/schema.xsd"
#define HASH_URI "http://www.w3.org/2001/04/xmlenc#sha384"
#define DSIG "http://www.w3.org/2000/09/xmldsig#"
#define DECIMAL_MAX 65535u

bool rim_is(struct bytes raw)
{
    static const struct bytes name = { (const uint8_t *)"SoftwareIdentity", 16 };
    struct reader r = reader_of((struct bytes){ raw.data, num_min(raw.size, 1024) });

    while (reader_peek(&r) != '<' && r.left > 0) {
        uint8_t c = reader_u8(&r);

        if (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c < 0x80)
            return false;
    }
    while (r.left >= name.size) {
        struct reader at = r;

        if (bytes_equal(reader_take(&at, name.size), name))
            return true;
        (void)reader_u8(&r);
    }
    return false;
}

static bool decimal(uint32_t *out, struct bytes text)
{
    uint32_t n = 0;

    if (text.size == 0 || text.size > 5)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        n = n * 10 + (uint32_t)(text.data[i] - '0');
    }
    *out = n;
    return n <= DECIMAL_MAX;
}

/* An element's base64, in the arena. */
static enum err base64_of(struct bytes *out, struct arena *arena, const struct xml_node *n)
{
    struct bytes text = xml_text(n);
    size_t room = base64_room(text.size), size;
    uint8_t *data;

    if (text.size == 0)
        return ERR_MALFORMED;
    data = arena_alloc(arena, room);
    if (data == NULL)
        return ERR_NOMEM;
    TRY(base64_decode(data, room, &size, text, BASE64, true));
    *out = (struct bytes){ data, size };
    return ERR_OK;
}

static enum err measurement_parse(struct rim *rim, const struct xml_node *n)
{
    struct bytes active = xml_attribute(n, "", "active");
    struct rim_measurement *m;
    uint32_t index, alternatives, size;

    if (!decimal(&index, xml_attribute(n, "", "index")) || index >= RIM_MEASUREMENTS_MAX ||
        !decimal(&alternatives, xml_attribute(n, "", "alternatives")) ||
        !decimal(&size, xml_attribute(n, "", "size")))
        return ERR_MALFORMED;
    if (alternatives > RIM_ALTERNATIVES_MAX)
        return ERR_LIMIT;
    m = &rim->measurements[index];
    if (m->is_there)
        return ERR_MALFORMED;
    m->is_there = true;
    m->is_active = bytes_equal(active, BYTES_TEXT("True"));
    if (!m->is_active && !bytes_equal(active, BYTES_TEXT("False")))
        return ERR_MALFORMED;
    /* A golden value that does not exist would match nothing; one of another size, too. */
    if (m->is_active && (alternatives == 0 || size != NVIDIA_DIGEST_SIZE))
        return ERR_MALFORMED;
    m->alternatives = alternatives;
    m->resource = n;
    rim->measurement_count++;
    return ERR_OK;
}

static enum err payload_parse(struct rim *rim)
{
    const struct xml_node *payload = xml_only(rim->document.root, SWID, "Payload");
    const struct xml_node *n = NULL;

    if (payload == NULL)
        return ERR_MALFORMED;
    while ((n = xml_child(payload, n, SWID, "Resource")) != NULL)
        if (bytes_equal(xml_attribute(n, "", "type"), BYTES_TEXT("Measurement")))
            TRY(measurement_parse(rim, n));
    return rim->measurement_count > 0 ? ERR_OK : ERR_MALFORMED;
}

/* --- the signature (XML Signature Syntax and Processing 1.1, sections 4 and 6) */

static bool algorithm_is(const struct xml_node *n, const char *a, const char *b)
{
    struct bytes found = xml_attribute(n, "", "Algorithm");

    return bytes_equal(found, (struct bytes){ (const uint8_t *)a, bytes_text_size(a, 128) }) ||
           bytes_equal(found, (struct bytes){ (const uint8_t *)b, bytes_text_size(b, 128) });
}

/* Versions 1.0 and 1.1 differ in xml: attributes alone, which xml.h does not take. */
static bool is_canonicalisation(const struct xml_node *n)
{
    return algorithm_is(n, "http://www.w3.org/2006/12/xml-c14n11",
                        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315");
}

/* One reference, to the document that the signature is in, less that signature. With anything
 * else, what is signed might not be what is read. */
static enum err reference_parse(struct rim *rim, struct arena *arena)
{
    const struct xml_node *reference = xml_only(rim->signed_info, DSIG, "Reference");
    const struct xml_node *transforms = xml_only(reference, DSIG, "Transforms");
    const struct xml_node *enveloped = xml_child(transforms, NULL, DSIG, "Transform");
    const struct xml_node *canonical = NULL;
    struct bytes uri = xml_attribute(reference, "", "URI");

    if (enveloped != NULL)
        canonical = xml_child(transforms, enveloped, DSIG, "Transform");
    if (canonical == NULL || uri.data == NULL)
        return ERR_MALFORMED;
    if (uri.size != 0 || xml_child(transforms, canonical, DSIG, "Transform") != NULL ||
        !algorithm_is(enveloped, DSIG "enveloped-signature", DSIG "enveloped-signature") ||
        !is_canonicalisation(canonical) ||
        !algorithm_is(xml_only(reference, DSIG, "DigestMethod"),
                      "http://www.w3.org/2001/04/xmldsig-more#sha384", HASH_URI))
        return ERR_UNSUPPORTED;
    return base64_of(&rim->digest, arena, xml_only(reference, DSIG, "DigestValue"));
}

static enum err certificates_parse(struct rim *rim, struct arena *arena)
{
    const struct xml_node *data =
        xml_only(xml_only(rim->signature, DSIG, "KeyInfo"), DSIG, "X509Data");
    const struct xml_node *n = NULL;

    while ((n = xml_child(data, n, DSIG, "X509Certificate")) != NULL) {
        if (rim->certificate_count == RIM_CERTIFICATES_MAX)
            return ERR_LIMIT;
        TRY(base64_of(&rim->certificates[rim->certificate_count], arena, n));
        rim->certificate_count++;
    }
    return rim->certificate_count > 0 ? ERR_OK : ERR_MALFORMED;
}

static enum err signature_parse(struct rim *rim, struct arena *arena)
{
    rim->signature = xml_only(rim->document.root, DSIG, "Signature");
    rim->signed_info = xml_only(rim->signature, DSIG, "SignedInfo");
    if (rim->signed_info == NULL)
        return ERR_MALFORMED;
    if (!is_canonicalisation(xml_only(rim->signed_info, DSIG, "CanonicalizationMethod")) ||
        !algorithm_is(xml_only(rim->signed_info, DSIG, "SignatureMethod"),
                      "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
                      "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"))
        return ERR_UNSUPPORTED;
    TRY(reference_parse(rim, arena));
    TRY(base64_of(&rim->signature_value, arena, xml_only(rim->signature, DSIG, "SignatureValue")));
    return certificates_parse(rim, arena);
}

enum err rim_parse(struct rim *out, struct arena *arena, struct bytes xml)
{
    const struct xml_node *root;
    size_t offset;

    *out = (struct rim){ 0 };
    TRY(xml_parse(&out->document, arena, xml, &offset));
    root = out->document.root;
    out->meta = xml_only(root, SWID, "Meta");
    if (!xml_is(root, SWID, "SoftwareIdentity") || out->meta == NULL)
        return ERR_MALFORMED;
    out->tag_id = xml_attribute(root, "", "tagId");
    out->tag_version = xml_attribute(root, "", "tagVersion");
    out->version = xml_attribute(out->meta, "", "colloquialVersion");
    out->edition = xml_attribute(out->meta, "", "edition");
    out->product = xml_attribute(out->meta, "", "product");
    if (out->version.size == 0 || out->product.size == 0)
        return ERR_MALFORMED;
    TRY(payload_parse(out));
    return signature_parse(out, arena);
}

bool rim_golden(uint8_t value[NVIDIA_DIGEST_SIZE], const struct rim_measurement *m, uint32_t n)
{
    char name[8] = "Hash";
    size_t at = 4, size;

    if (n >= 10)
        name[at++] = (char)('0' + n / 10 % 10);
    name[at] = (char)('0' + n % 10);
    return hex_decode(value, NVIDIA_DIGEST_SIZE, &size, xml_attribute(m->resource, HASH_URI, name),
                      false) == ERR_OK &&
           size == NVIDIA_DIGEST_SIZE;
}

static void attribute_fields(struct fields *f, const struct xml_node *n)
{
    for (uint32_t i = 0; i < n->attribute_count; i++) {
        const struct xml_attribute *a = &n->attributes[i];

        if (!a->is_namespace)
            fields_text(f,
                        verdict_format(f->arena, "%.*s", (int)num_min(a->local.size, 64),
                                       (const char *)a->local.data),
                        a->value);
    }
}

void rim_fields(struct fields *f, const struct rim *rim)
{
    const struct xml_node *entity = xml_child(rim->document.root, NULL, SWID, "Entity");

    fields_text(f, "tag_id", rim->tag_id);
    fields_text(f, "tag_version", rim->tag_version);
    fields_text(f, "colloquial_version", rim->version);
    fields_text(f, "edition", rim->edition);
    fields_text(f, "product", rim->product);
    fields_group(f, "software_identity");
    attribute_fields(f, rim->document.root);
    fields_end(f);
    fields_group(f, "entity");
    if (entity != NULL)
        attribute_fields(f, entity);
    fields_end(f);
    fields_group(f, "meta");
    attribute_fields(f, rim->meta);
    fields_end(f);
    fields_list(f, "measurements");
    for (uint32_t i = 0; i < RIM_MEASUREMENTS_MAX; i++) {
        if (!rim->measurements[i].is_there)
            continue;
        fields_group(f, NULL);
        attribute_fields(f, rim->measurements[i].resource);
        fields_end(f);
    }
    fields_end(f);
    fields_list(f, "certificates");
    for (uint32_t i = 0; i < rim->certificate_count; i++)
        fields_bytes(f, NULL, rim->certificates[i]);
    fields_end(f);
    fields_bytes(f, "digest_value", rim->digest);
    fields_bytes(f, "signature_value", rim->signature_value);
}

enum err rim_describe(struct fields *f, const struct exhibit *e)
{
    struct rim *rim = arena_alloc(f->arena, sizeof *rim);

    if (rim == NULL)
        return ERR_NOMEM;
    TRY(rim_parse(rim, f->arena, e->raw));
    rim_fields(f, rim);
    return ERR_OK;
}
