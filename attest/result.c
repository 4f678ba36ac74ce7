#include "attest/result.h"

#include "attest/format.h"
#include "base/moment.h"
#include "base/num.h"
#include "codec/json_write.h"

static const char *code_name(enum verdict_code code)
{
    return code == VERDICT_ACCEPTED  ? "accepted"
           : code == VERDICT_REFUSED ? "refused"
                                     : "undecided";
}

static const char *kind_name(enum reason_kind k)
{
    return k == REASON_KIND_REFUSED      ? "refused"
           : k == REASON_KIND_COLLATERAL ? "collateral"
                                         : "malformed";
}

static bool is_moment(int64_t at) { return at != 0 && at >= MOMENT_LEAST && at <= MOMENT_MOST; }

/* --- text */

static void line(struct writer *w, const char *name, const char *value)
{
    format_put(w, "  %-18s %s\n", name, value);
}

static void line_hex(struct writer *w, const char *name, struct bytes data)
{
    if (data.size == 0)
        return;
    format_put(w, "  %-18s ", name);
    format_hex(w, data);
    format_put(w, "\n");
}

static void line_text(struct writer *w, const char *name, struct bytes text)
{
    if (text.size == 0)
        return;
    format_put(w, "  %-18s ", name);
    format_clean(w, text);
    format_put(w, "\n");
}

static void line_moment(struct writer *w, const char *name, int64_t at)
{
    char text[MOMENT_TEXT_SIZE];

    if (!is_moment(at))
        return;
    moment_text(text, at);
    line(w, name, text);
}

static void text_verdict(struct writer *w, const struct verdict *v, const struct claims *c)
{
    const struct reason_text *why = reason_text(v->reason);

    format_put(w, "%s: ", code_name(v->code));
    if (v->code != VERDICT_ACCEPTED)
        format_put(w, "%s\n", v->reason != REASON_NONE ? why->sentence : "Nothing was decided.");
    else if (c->is_simulated)
        format_put(w, "simulated evidence (%s)\n", platform_name(c->platform));
    else if (c->is_endorsement)
        format_put(w, "a genuine document for %s, which proves no machine\n",
                   platform_name(c->platform));
    else if (c->is_hardware)
        format_put(w, "genuine %s evidence%s%s\n", platform_name(c->platform),
                   c->vendor != NULL ? " of " : "", c->vendor != NULL ? c->vendor : "");
    else
        format_put(w, "%s evidence, by a key that no maker's root vouches for\n",
                   platform_name(c->platform));
    if (c->is_simulated)
        format_put(w, "SIMULATED: a development key made this; no hardware stands behind it.\n");
    if (c->is_debug == CLAIM_YES)
        format_put(w, "DEBUG: the host can read and change what is inside.\n");
    if (v->reason == REASON_NONE)
        return;
    line(w, "reason", why->id);
    if (v->detail[0] != '\0')
        line_text(w, "found", format_text(v->detail));
    if (v->item[0] != '\0')
        line_text(w, "where", format_text(v->item));
    if (v->offset != VERDICT_NO_OFFSET)
        format_put(w, "  %-18s %zu\n", "at byte", v->offset);
    if (v->rule[0] != '\0')
        line_text(w, "rule", format_text(v->rule));
    if (why->cure[0] != '\0')
        line(w, "cure", why->cure);
}

static void text_claims(struct writer *w, const struct claims *c, bool is_accepted)
{
    if (c->platform == PLATFORM_NONE)
        return;
    format_put(w, is_accepted ? "claims\n" : "claims (not accepted)\n");
    line(w, "platform", platform_name(c->platform));
    line_text(w, "chip family", c->chip_family);
    line_text(w, "chip model", c->chip_model);
    line_hex(w, "chip id", c->chip_id);
    if (c->is_debug != CLAIM_UNKNOWN)
        line(w, "debug", c->is_debug == CLAIM_YES ? "YES" : "no");
    if (c->tcb_count > 0) {
        format_put(w, "  %-18s", "firmware");
        for (uint32_t i = 0; i < c->tcb_count; i++)
            format_put(w, " %s=%llu", c->tcb[i].name, (unsigned long long)c->tcb[i].version);
        format_put(w, "\n");
    }
    if (c->tcb_status != TCB_STATUS_NONE)
        line(w, "status", tcb_status_name(c->tcb_status));
    line_moment(w, "status date", c->tcb_date);
    if (c->advisory_count > 0) {
        format_put(w, "  %-18s", "advisories");
        for (uint32_t i = 0; i < c->advisory_count; i++) {
            format_put(w, " ");
            format_clean(w, c->advisories[i]);
        }
        format_put(w, "\n");
    }
    line_hex(w, "measurement", c->measurement);
    for (uint32_t i = 0; i < c->register_count; i++)
        line_hex(w, c->registers[i].name, c->registers[i].value);
    line_hex(w, "signer", c->signer);
    line_hex(w, "signer's key", c->signer_key_digest);
    line_hex(w, "report data", c->report_data);
    line_hex(w, "host data", c->host_data);
    line_hex(w, "workload", c->workload);
    line_moment(w, "made at", c->produced_at);
    line_moment(w, "good until", c->valid_until);
    line(w, "fresh", c->is_fresh ? "it answers the challenge" : "no challenge was compared");
}

void result_text(struct writer *w, const struct verdict *v, const struct claims *c,
                 const struct judge_context *x)
{
    (void)x;
    text_verdict(w, v, c);
    text_claims(w, c, v->code == VERDICT_ACCEPTED);
    if (v->passed != NULL)
        format_put(w, "checks\n");
    for (const struct verdict_check *k = v->passed; k != NULL; k = k->next) {
        format_put(w, "  %-6s %-22s ", k->is_waived ? "WAIVED" : "passed", k->name);
        format_clean(w, format_text(k->detail));
        format_put(w, "\n");
    }
    if (v->reason != REASON_NONE)
        format_put(w, "  FAILED %s\n", reason_text(v->reason)->check);
}

/* --- JSON */

static void json_text_or_null(struct json_write *j, const char *key, struct bytes text)
{
    if (text.size > 0)
        json_write_text(j, key, text);
    else
        json_write_null(j, key);
}

static void json_string_or_null(struct json_write *j, const char *key, const char *text)
{
    json_text_or_null(j, key, text != NULL ? format_text(text) : (struct bytes){ 0 });
}

static void json_hex_or_null(struct json_write *j, const char *key, struct bytes data)
{
    if (data.size > 0)
        json_write_hex(j, key, data);
    else
        json_write_null(j, key);
}

static void json_moment_or_null(struct json_write *j, const char *key, int64_t at)
{
    char text[MOMENT_TEXT_SIZE];

    if (is_moment(at)) {
        moment_text(text, at);
        json_write_string(j, key, text);
    } else {
        json_write_null(j, key);
    }
}

static void json_reason(struct json_write *j, const struct verdict *v)
{
    const struct reason_text *why = reason_text(v->reason);

    if (v->reason == REASON_NONE) {
        json_write_null(j, "reason");
        return;
    }
    json_write_open(j, "reason", '{');
    json_write_string(j, "id", why->id);
    json_write_string(j, "check", why->check);
    json_write_string(j, "kind", kind_name(why->kind));
    json_write_string(j, "sentence", why->sentence);
    json_string_or_null(j, "detail", v->detail);
    json_string_or_null(j, "item", v->item);
    if (v->offset != VERDICT_NO_OFFSET)
        json_write_uint(j, "offset", v->offset);
    else
        json_write_null(j, "offset");
    json_string_or_null(j, "rule", v->rule);
    json_string_or_null(j, "cure", why->cure);
    json_write_close(j, '}');
}

static void json_tcb(struct json_write *j, const struct claims *c)
{
    json_write_open(j, "tcb", '{');
    for (uint32_t i = 0; i < c->tcb_count; i++)
        json_write_uint(j, c->tcb[i].name, c->tcb[i].version);
    json_write_close(j, '}');
    json_string_or_null(j, "tcb_status", tcb_status_name(c->tcb_status));
    json_moment_or_null(j, "tcb_date", c->tcb_date);
    if (c->tcb_evaluation != 0)
        json_write_uint(j, "tcb_evaluation", c->tcb_evaluation);
    else
        json_write_null(j, "tcb_evaluation");
    json_write_open(j, "advisories", '[');
    for (uint32_t i = 0; i < c->advisory_count; i++)
        json_write_text(j, NULL, c->advisories[i]);
    json_write_close(j, ']');
}

static void json_claims(struct json_write *j, const struct claims *c)
{
    json_write_open(j, "claims", '{');
    json_string_or_null(j, "platform",
                        c->platform != PLATFORM_NONE ? platform_name(c->platform) : NULL);
    json_string_or_null(j, "vendor", c->vendor);
    json_write_bool(j, "hardware", c->is_hardware);
    json_write_bool(j, "simulated", c->is_simulated);
    json_write_bool(j, "endorsement", c->is_endorsement);
    if (c->is_debug == CLAIM_UNKNOWN)
        json_write_null(j, "debug");
    else
        json_write_bool(j, "debug", c->is_debug == CLAIM_YES);
    json_text_or_null(j, "chip_family", c->chip_family);
    json_text_or_null(j, "chip_model", c->chip_model);
    json_hex_or_null(j, "chip_id", c->chip_id);
    json_tcb(j, c);
    json_hex_or_null(j, "measurement", c->measurement);
    json_hex_or_null(j, "signer", c->signer);
    json_hex_or_null(j, "signer_key_digest", c->signer_key_digest);
    json_write_open(j, "registers", '{');
    for (uint32_t i = 0; i < c->register_count; i++)
        json_write_hex(j, c->registers[i].name, c->registers[i].value);
    json_write_close(j, '}');
    json_hex_or_null(j, "report_data", c->report_data);
    json_hex_or_null(j, "host_data", c->host_data);
    json_hex_or_null(j, "workload", c->workload);
    json_moment_or_null(j, "produced_at", c->produced_at);
    json_moment_or_null(j, "valid_until", c->valid_until);
    json_write_bool(j, "fresh", c->is_fresh);
    json_write_open(j, "own", '{');
    fields_json(j, &c->own);
    json_write_close(j, '}');
    json_write_close(j, '}');
}

void result_json(struct writer *w, const struct verdict *v, const struct claims *c,
                 const struct judge_context *x, bool pretty)
{
    struct json_write j = json_write_to(w, pretty);

    (void)x;
    json_write_open(&j, NULL, '{');
    json_write_string(&j, "verdict", code_name(v->code));
    json_string_or_null(&j, "platform",
                        c->platform != PLATFORM_NONE ? platform_name(c->platform) : NULL);
    json_write_bool(&j, "simulated", c->is_simulated);
    json_reason(&j, v);
    json_write_open(&j, "checks", '[');
    for (const struct verdict_check *k = v->passed; k != NULL; k = k->next) {
        json_write_open(&j, NULL, '{');
        json_write_string(&j, "check", k->name);
        json_write_string(&j, "detail", k->detail);
        json_write_bool(&j, "waived", k->is_waived);
        json_write_close(&j, '}');
    }
    json_write_close(&j, ']');
    json_claims(&j, c);
    json_write_close(&j, '}');
}
