#include "attest/dcap/job.h"
#include "attest/roots.h"
#include "base/moment.h"

static const char *moment_string(struct dcap_job *j, int64_t at)
{
    char text[MOMENT_TEXT_SIZE];

    moment_text(text, at);
    return verdict_format(j->x->arena, "%s", text);
}

/* Certificates of this name alone may sign collateral: not everything below the root. */
static bool is_signer(const struct x509 *c)
{
    return c->key.kind == KEY_P256 && !c->is_ca && !pck_is(c) &&
           bytes_equal(x509_name_cn(c->subject), BYTES_TEXT("Intel SGX TCB Signing"));
}

/* The chain of a signer whose key made the signature. QVL wants it to be the root's child. */
static bool signer_chain(struct dcap_job *j, const struct x509 *signer)
{
    const struct chain_profile profile = { .what = "TCB signing",
                                           .revoked_leaf = REASON_tcb_signing_revoked,
                                           .revoked_other = REASON_tcb_signing_revoked };
    uint32_t root_count = 0;
    const struct root *roots = roots_intel(&root_count);

    j->has_signer = false;
    if (!chain_check(j->signer_chain, j->v, j->c, j->x, signer->raw, j->certs, j->cert_count, roots,
                     root_count, &profile))
        return false;
    if (j->signer_chain->count != 2)
        return verdict_fail(j->v, REASON_certificate_chain_invalid,
                            "the TCB signing certificate is not the root's own");
    /* One root for the platform and for what is said of it. */
    if (!key_equal(&j->signer_chain->certs[1].key,
                   &j->pck_chain->certs[j->pck_chain->count - 1].key))
        return verdict_fail(j->v, REASON_certificate_chain_invalid,
                            "PCK and TCB signing certificate have different roots");
    j->has_signer = true;
    return true;
}

static bool is_valid(const struct x509 *c, int64_t now)
{
    return c->not_before <= now && now <= c->not_after;
}

/* The same certificate was issued several times for one key: the signature is good under all
 * of them, and validity decides. */
static bool signed_by_intel(struct dcap_job *j, const struct signed_json *s, enum reason why)
{
    struct x509 *cert = arena_alloc(j->x->arena, sizeof *cert);
    struct x509 *best = arena_alloc(j->x->arena, sizeof *best);
    bool any = false, found = false;
    const struct exhibit *e = NULL;

    /* Mostly one certificate signs both. */
    if (j->has_signer &&
        signature_check(&j->signer_chain->certs[0].key, SIGNATURE_ECDSA_SHA256, s->text,
                        BYTES_OF(s->signature), j->x->memo) == SIGNATURE_GOOD)
        return true;
    if (j->signer_chain == NULL)
        j->signer_chain = arena_alloc(j->x->arena, sizeof *j->signer_chain);
    if (cert == NULL || best == NULL || j->signer_chain == NULL)
        return verdict_fail(j->v, REASON_out_of_memory, "TCB signing certificate");
    while (!(found && is_valid(best, j->x->now)) &&
           (e = exhibit_next(j->x->exhibits, EXHIBIT_CERT, e)) != NULL) {
        if (x509_parse(cert, e->raw) != ERR_OK || !is_signer(cert))
            continue;
        any = true;
        if (found && (key_equal(&cert->key, &best->key) && !is_valid(cert, j->x->now)))
            continue;
        if (!(found && key_equal(&cert->key, &best->key)) &&
            signature_check(&cert->key, SIGNATURE_ECDSA_SHA256, s->text, BYTES_OF(s->signature),
                            j->x->memo) != SIGNATURE_GOOD)
            continue;
        *best = *cert;
        found = true;
    }
    if (!any)
        return verdict_fail(j->v, REASON_tcb_signing_missing, NULL);
    if (!found)
        return verdict_fail(j->v, why, "by no TCB signing certificate that was given");
    return signer_chain(j, best);
}

/* The two kinds of collateral, and what is said of each. */
struct kind {
    const char *name;
    enum reason missing, malformed, mismatch, bad_signature, early, late;
};
static const struct kind tcb_info_kind = {
    .name = "TCB information",
    .missing = REASON_tcb_info_missing,
    .malformed = REASON_tcb_info_malformed,
    .mismatch = REASON_tcb_info_mismatch,
    .bad_signature = REASON_tcb_info_bad_signature,
    .early = REASON_tcb_info_not_yet_valid,
    .late = REASON_tcb_info_expired,
};
static const struct kind qe_identity_kind = {
    .name = "QE identity",
    .missing = REASON_qe_identity_missing,
    .malformed = REASON_qe_identity_malformed,
    .mismatch = REASON_qe_identity_mismatch,
    .bad_signature = REASON_qe_identity_bad_signature,
    .early = REASON_qe_identity_not_yet_valid,
    .late = REASON_qe_identity_expired,
};

/* Of several that fit: one that is valid now, then the highest evaluation number, then the
 * latest. The early and the standard update are told apart by their numbers alone. */
static bool is_better(const struct signed_json *a, const struct signed_json *b, int64_t now)
{
    bool a_now = a->issue_date <= now && now <= a->next_update;
    bool b_now = b->issue_date <= now && now <= b->next_update;

    if (a_now != b_now)
        return a_now;
    if (a->evaluation != b->evaluation)
        return a->evaluation > b->evaluation;
    return a->issue_date > b->issue_date;
}

/* What was seen while looking for a fitting piece, for the reason where there is none. */
struct search {
    enum err e; /* of the first that cannot be read */
    const char *fault, *item;
    size_t offset;
    bool other_platform, other_tee;
};

static void search_note(struct search *s, const struct exhibit *e, enum err why, const char *fault,
                        size_t offset)
{
    if (s->e != ERR_OK)
        return;
    s->e = why;
    s->fault = fault;
    s->item = e->name != NULL ? e->name : "";
    s->offset = offset;
}

static void tcb_info_search(struct dcap_job *j, struct search *s)
{
    const struct exhibit *e = NULL;

    while ((e = exhibit_next(j->x->exhibits, EXHIBIT_TCB_INFO, e)) != NULL) {
        struct tcb_info t;
        const char *fault = "";
        size_t offset = 0;
        enum err why = tcb_info_parse(&t, j->x->arena, e->raw, &fault, &offset);

        if (why != ERR_OK)
            search_note(s, e, why, fault, offset);
        else if (t.is_tdx != j->q.is_tdx)
            s->other_tee = true;
        else if (!bytes_equal(BYTES_OF(t.fmspc), j->pck.fmspc))
            s->other_platform = true;
        else if (!t.has_pce_id || !bytes_equal(BYTES_OF(t.pce_id), j->pck.pce_id))
            s->other_tee = true;
        else if (!j->has_tcb_info || is_better(&t.is, &j->tcb_info.is, j->x->now)) {
            j->tcb_info = t;
            j->has_tcb_info = true;
        }
    }
}

static void qe_identity_search(struct dcap_job *j, struct search *s)
{
    enum qe_id wanted = j->q.is_tdx ? QE_ID_TD_QE : QE_ID_QE;
    const struct exhibit *e = NULL;

    while ((e = exhibit_next(j->x->exhibits, EXHIBIT_QE_IDENTITY, e)) != NULL) {
        struct qe_identity q;
        const char *fault = "";
        size_t offset = 0;
        enum err why = qe_identity_parse(&q, j->x->arena, e->raw, &fault, &offset);

        if (why != ERR_OK)
            search_note(s, e, why, fault, offset);
        else if (q.id == wanted &&
                 (!j->has_qe_identity || is_better(&q.is, &j->qe_identity.is, j->x->now))) {
            j->qe_identity = q;
            j->has_qe_identity = true;
        } else if (q.id != QE_ID_QVE) { /* the verifier's enclave, which we do without */
            s->other_tee = q.id != wanted;
        }
    }
}

/* Nothing fits. An identity of the other TEE's enclave is as good as none. */
static bool none_judge(struct dcap_job *j, const struct kind *kind, const struct search *s)
{
    const char *fmspc = verdict_hex(j->x->arena, j->pck.fmspc);
    bool waive = j->x->rules.collateral_optional;

    if (s->e == ERR_NOMEM)
        return verdict_fail(j->v, REASON_out_of_memory, "%s", kind->name);
    if (s->e != ERR_OK)
        return verdict_fail_at(j->v, kind->malformed, s->item, s->offset, "%s", s->fault);
    if (s->other_platform)
        return verdict_fail(j->v, REASON_fmspc_mismatch, "the platform's FMSPC is %s", fmspc);
    if (s->other_tee && !(waive && kind == &qe_identity_kind))
        return verdict_fail(j->v, kind->mismatch, "it is not for this %s quote, or not for PCE %s",
                            j->q.is_tdx ? "TDX" : "SGX", verdict_hex(j->x->arena, j->pck.pce_id));
    if (!waive)
        return verdict_fail(j->v, kind->missing, "FMSPC %s", fmspc);
    verdict_waive(j->v, kind->missing, "none for this platform was given");
    return true;
}

static bool signed_judge(struct dcap_job *j, const struct kind *kind, const struct signed_json *s)
{
    if (!signed_by_intel(j, s, kind->bad_signature))
        return false;
    if (j->x->now < s->issue_date)
        return verdict_fail(j->v, kind->early, "issued %s", moment_string(j, s->issue_date));
    if (j->x->now > s->next_update)
        return verdict_fail(j->v, kind->late, "next update %s", moment_string(j, s->next_update));
    claims_until(j->c, s->next_update);
    verdict_pass(j->v, kind->bad_signature, "evaluation %u, issued %s", s->evaluation,
                 moment_string(j, s->issue_date));
    return true;
}

/* Without TCB information a module may be of any version, but it is Intel's: MRSIGNERSEAM and
 * SEAMATTRIBUTES have been zeros in all that Intel lists. */
static bool module_known(struct dcap_job *j)
{
    static const struct tdx_module intels = { 0 };

    return !j->q.is_tdx || tcb_module_check(&intels, &j->q.td) ||
           verdict_fail(j->v, REASON_tdx_module_mismatch, "MRSIGNERSEAM %s",
                        verdict_hex(j->x->arena, j->q.td.mr_signer_seam));
}

static bool tcb_info_judge(struct dcap_job *j)
{
    struct search s = { 0 };

    tcb_info_search(j, &s);
    if (j->has_tcb_info)
        return signed_judge(j, &tcb_info_kind, &j->tcb_info.is);
    return none_judge(j, &tcb_info_kind, &s) && module_known(j);
}

static bool qe_identity_judge(struct dcap_job *j)
{
    struct search s = { 0 };
    enum reason why = REASON_NONE;

    qe_identity_search(j, &s);
    if (j->has_qe_identity) {
        if (!signed_judge(j, &qe_identity_kind, &j->qe_identity.is))
            return false;
        why = qe_identity_check(&j->qe_identity, &j->q.qe_report);
    } else if (!none_judge(j, &qe_identity_kind, &s)) {
        return false;
    } else {
        why = qe_identity_check_known(j->q.is_tdx, &j->q.qe_report);
        if (why == REASON_NONE)
            verdict_pass(j->v, REASON_qe_mrsigner_mismatch, "of Intel's signer, of any version");
    }
    if (why != REASON_NONE)
        return verdict_fail(j->v, why, "MRSIGNER %s, ATTRIBUTES %s",
                            verdict_hex(j->x->arena, j->q.qe_report.mr_signer),
                            verdict_hex(j->x->arena, j->q.qe_report.attributes));
    return true;
}

static void advisories_claim(struct claims *c, const struct json *list)
{
    if (list == NULL)
        return;
    for (const struct json *a = list->first; a != NULL; a = a->next)
        claims_advisory(c, a->text);
}

static void status_field(struct fields *f, const char *name, enum tcb_status s)
{
    if (s == TCB_STATUS_NONE)
        fields_null(f, name);
    else
        fields_string(f, name, tcb_status_name(s));
}

static void isv_level_fields(struct fields *f, const char *name, const struct isv_level *l)
{
    if (l == NULL)
        return;
    fields_group(f, name);
    fields_uint(f, "isvsvn", l->isv_svn);
    fields_moment(f, "tcb_date", l->date);
    fields_string(f, "tcb_status", tcb_status_name(l->status));
    fields_end(f);
}

static void evaluation_fields(struct fields *f, const char *name, const struct signed_json *s)
{
    fields_group(f, name);
    fields_moment(f, "issue_date", s->issue_date);
    fields_moment(f, "next_update", s->next_update);
    fields_uint(f, "tcb_evaluation_data_number", s->evaluation);
    fields_end(f);
}

static void outcome_fields(struct fields *f, const struct dcap_job *j)
{
    const struct tcb_outcome *o = &j->outcome;

    fields_group(f, "tcb");
    status_field(f, "status", o->status);
    status_field(f, "status_without_qe", o->without_qe);
    status_field(f, "sgx_level_status", o->sgx_status);
    status_field(f, "tdx_module_status", o->module_status);
    status_field(f, "qe_status", o->qe_status);
    if (o->level != NULL)
        fields_moment(f, "tcb_date", o->level->date);
    isv_level_fields(f, "tdx_module", o->module_level);
    isv_level_fields(f, "qe", o->qe_level);
    if (j->has_tcb_info)
        evaluation_fields(f, "tcb_info", &j->tcb_info.is);
    if (j->has_qe_identity)
        evaluation_fields(f, "qe_identity", &j->qe_identity.is);
    fields_end(f);
}

static void outcome_claims(struct dcap_job *j)
{
    const struct tcb_outcome *o = &j->outcome;

    outcome_fields(&j->c->own, j);
    if (!j->has_tcb_info)
        return;
    j->c->tcb_status = o->fault == REASON_tcb_level_not_found ? TCB_NOT_SUPPORTED : o->status;
    j->c->tcb_evaluation = j->tcb_info.is.evaluation;
    if (o->level != NULL) {
        j->c->tcb_date = o->level->date;
        advisories_claim(j->c, o->level->advisories);
    }
    if (o->module_level != NULL)
        advisories_claim(j->c, o->module_level->advisories);
    if (o->qe_level != NULL)
        advisories_claim(j->c, o->qe_level->advisories);
}

/* Without TCB info: the quoting enclave's status alone. */
static bool qe_outcome(struct dcap_job *j)
{
    j->outcome.qe_level = isv_match(j->qe_identity.levels, j->q.qe_report.isv_svn);
    if (j->outcome.qe_level == NULL)
        return verdict_fail(j->v, REASON_qe_level_not_found, "its ISVSVN is %u",
                            j->q.qe_report.isv_svn);
    j->outcome.qe_status = j->outcome.qe_level->status;
    return true;
}

/* Revoked is refused here, whatever the policy accepts (lesson E8): it says that the keys may
 * be known to others, so that nothing is proved. All other statuses are the policy's. */
static bool outcome_judge(struct dcap_job *j)
{
    struct tcb_outcome *o = &j->outcome;
    bool good = true;

    if (j->has_tcb_info)
        good = tcb_outcome_of(o, &j->tcb_info, &j->pck, &j->q,
                              j->has_qe_identity ? &j->qe_identity : NULL);
    else if (j->has_qe_identity && !qe_outcome(j))
        return false;
    outcome_claims(j);
    if (!good)
        return verdict_fail(j->v, o->fault, "%s", o->detail);
    if (o->qe_status == TCB_REVOKED)
        return verdict_fail(j->v, REASON_qe_revoked, "ISVSVN %u", j->q.qe_report.isv_svn);
    if (o->status == TCB_REVOKED)
        return verdict_fail(j->v, REASON_tcb_revoked, "level of %s",
                            moment_string(j, o->level->date));
    if (j->has_tcb_info)
        verdict_pass(j->v, REASON_tcb_level_not_found, "%s, level of %s",
                     tcb_status_name(o->status), moment_string(j, o->level->date));
    if (j->has_tcb_info && j->q.is_tdx)
        verdict_pass(j->v, REASON_tdx_module_mismatch, "version %u, %s",
                     j->q.td.tee_tcb_svn.data[1],
                     o->module_level != NULL ? tcb_status_name(o->module_status) : "TDX 1.0");
    return true;
}

bool dcap_collateral(struct dcap_job *j)
{
    return tcb_info_judge(j) && qe_identity_judge(j) && outcome_judge(j);
}
