#include "attest/tpm/gce.h"

static const uint8_t instance_oid[] = {
    0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x01, 0x15
};

void gce_instance_claims(struct fields *own, const struct x509 *certificate)
{
    const struct x509_extension *e = x509_extension(certificate, BYTES_OF(instance_oid));
    struct reader all, r, dry;
    struct bytes zone, project, name;
    uint64_t project_number, instance;

    if (e == NULL)
        return;
    all = reader_of(e->value);
    r = der_enter(&all, DER_SEQUENCE);
    zone = der_take(&r, DER_UTF8_STRING);
    project_number = der_take_uint(&r, DER_INTEGER);
    project = der_take(&r, DER_UTF8_STRING);
    instance = der_take_uint(&r, DER_INTEGER);
    name = der_take(&r, DER_UTF8_STRING);
    if (!reader_ok(&r))
        return;
    fields_group(own, "gce_instance");
    fields_text(own, "zone", zone);
    fields_uint(own, "project_number", project_number);
    fields_text(own, "project_id", project);
    fields_uint(own, "instance_id", instance);
    fields_text(own, "instance_name", name);
    /* [0] { securityVersion [0], isProduction [1] }, both in explicit tags. */
    r = der_enter(&r, DER_CONTEXT_CONSTRUCTED(0));
    dry = der_enter(&r, DER_CONTEXT_CONSTRUCTED(0));
    instance = der_take_uint(&dry, DER_INTEGER);
    if (reader_ok(&dry))
        fields_uint(own, "security_version", instance);
    dry = der_enter(&r, DER_CONTEXT_CONSTRUCTED(1));
    if (der_take_bool(&dry) && reader_ok(&dry))
        fields_bool(own, "is_production", true);
    fields_end(own);
}
