#include "attest/dcap/level.h"

#include "base/ct.h"

static bool component_met(const uint8_t *have, const uint8_t *want, uint32_t from)
{
    for (uint32_t i = from; i < TCB_COMPONENT_COUNT; i++)
        if (have[i] < want[i])
            return false;
    return true;
}

const struct tdx_module *tcb_module(const struct tcb_info *t, struct bytes tee_tcb_svn)
{
    uint8_t version = tee_tcb_svn.data[1];

    if (version == 0)
        return t->has_module ? &t->module : NULL;
    for (uint32_t i = 0; i < t->module_count; i++)
        if (t->modules[i].version == version)
            return &t->modules[i];
    return NULL;
}

bool tcb_module_check(const struct tdx_module *m, const struct td_body *body)
{
    /* Attributes of a module have to be zero, whatever Intel lists. */
    return bytes_equal(body->mr_signer_seam, BYTES_OF(m->mr_signer)) &&
           ct_zero(body->seam_attributes) &&
           bytes_equal(body->seam_attributes, BYTES_OF(m->attributes));
}

/* Levels are in descending order: the first that is met counts. For TDX the search goes on
 * where the SGX part is met and the TDX part is not. */
static void match_levels(struct tcb_outcome *o, const struct tcb_info *t, const struct pck *pck,
                         const struct quote *q)
{
    /* From TDX 1.5 on, the module's own version (bytes 0 and 1) has levels of its own. */
    uint32_t from = q->is_tdx && q->td.tee_tcb_svn.data[1] > 0 ? 2 : 0;

    for (uint32_t i = 0; i < t->level_count && o->level == NULL; i++) {
        const struct tcb_level *l = &t->levels[i];

        if (!component_met(pck->comp, l->sgx, 0) || pck->pce_svn < l->pce_svn)
            continue;
        if (o->sgx_level == NULL)
            o->sgx_level = l;
        if (!q->is_tdx || component_met(q->td.tee_tcb_svn.data, l->tdx, from))
            o->level = l;
    }
}

const struct isv_level *isv_match(struct isv_levels levels, uint32_t svn)
{
    for (uint32_t i = 0; i < levels.count; i++)
        if (svn >= levels.at[i].isv_svn)
            return &levels.at[i];
    return NULL;
}

/* What an old module or quoting enclave makes of the platform's status. */
static enum tcb_status converge(enum tcb_status platform, enum tcb_status other)
{
    if (other == TCB_REVOKED)
        return TCB_REVOKED;
    if (other != TCB_OUT_OF_DATE)
        return platform;
    switch (platform) {
    case TCB_UP_TO_DATE:
    case TCB_SW_HARDENING_NEEDED: return TCB_OUT_OF_DATE;
    case TCB_CONFIGURATION_NEEDED:
    case TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED: return TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
    default: return platform;
    }
}

static bool configuration_needed(enum tcb_status s)
{
    return s == TCB_CONFIGURATION_NEEDED || s == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED ||
           s == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
}

/* A module that was updated under a running TD: all is well but for what the TD was launched
 * with (4.1.2.4.17.4.3). *fault is set where TEE_TCB_SVN2 names a module that Intel does not. */
static enum tcb_status relaunch(const struct tcb_outcome *o, const struct tcb_info *t,
                                const struct quote *q, enum reason *fault)
{
    enum tcb_status now = o->without_qe, sgx = o->sgx_status;
    const struct tdx_module *module;
    const uint8_t *svn2;
    uint32_t newest;

    if (q->td.tee_tcb_svn2.size == 0 || o->module_status != TCB_OUT_OF_DATE ||
        o->qe_status == TCB_OUT_OF_DATE || o->qe_status == TCB_REVOKED)
        return now;
    if (sgx != TCB_UP_TO_DATE && sgx != TCB_SW_HARDENING_NEEDED &&
        sgx != TCB_CONFIGURATION_NEEDED && sgx != TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED)
        return now;
    if (now != TCB_OUT_OF_DATE && now != TCB_OUT_OF_DATE_CONFIGURATION_NEEDED)
        return now;
    svn2 = q->td.tee_tcb_svn2.data;
    newest = t->levels[0].tdx[0];
    if (svn2[1] != 0) {
        module = tcb_module(t, q->td.tee_tcb_svn2);
        if (module == NULL) {
            *fault = REASON_tdx_module_mismatch;
            return now;
        }
        newest = module->levels.at[0].isv_svn;
    }
    if (svn2[0] < newest || svn2[2] < t->levels[0].tdx[2])
        return now;
    return configuration_needed(sgx) || configuration_needed(now)
               ? TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
               : TCB_TD_RELAUNCH_ADVISED;
}

static bool fail(struct tcb_outcome *o, enum reason fault, const char *detail)
{
    o->fault = fault;
    o->detail = detail;
    return false;
}

/* The module's own level; TDX 1.0 has none, and then the platform's levels speak for it. */
static bool module_outcome(struct tcb_outcome *o, const struct tcb_info *t, const struct quote *q)
{
    const struct tdx_module *m = tcb_module(t, q->td.tee_tcb_svn);

    if (m == NULL)
        return fail(o, REASON_tdx_module_mismatch, "Intel lists no TDX module of that version");
    if (!tcb_module_check(m, &q->td))
        return fail(o, REASON_tdx_module_mismatch,
                    "MRSIGNERSEAM or SEAMATTRIBUTES are not the TDX module's");
    if (m->version == 0)
        return true;
    o->module_level = isv_match(m->levels, q->td.tee_tcb_svn.data[0]);
    if (o->module_level == NULL)
        return fail(o, REASON_tcb_level_not_found, "the TDX module is below all of its levels");
    o->module_status = o->module_level->status;
    return true;
}

bool tcb_outcome_of(struct tcb_outcome *out, const struct tcb_info *t, const struct pck *pck,
                    const struct quote *q, const struct qe_identity *qe)
{
    struct tcb_outcome *o = out;
    enum reason fault = REASON_NONE;

    *o = (struct tcb_outcome){ .detail = "" };
    if (t->is_tdx != q->is_tdx)
        return fail(o, REASON_tcb_info_mismatch, "the TCB information is for another TEE");
    if (qe != NULL) {
        o->qe_level = isv_match(qe->levels, q->qe_report.isv_svn);
        if (o->qe_level == NULL)
            return fail(o, REASON_qe_level_not_found, "the quoting enclave is below all levels");
        o->qe_status = o->qe_level->status;
    }
    match_levels(o, t, pck, q);
    if (o->sgx_level != NULL)
        o->sgx_status = o->sgx_level->status;
    if (o->level == NULL)
        return fail(o, REASON_tcb_level_not_found,
                    o->sgx_level == NULL ? "no level whose SGX components and PCESVN are met"
                                         : "no level whose TDX components are met");
    if (q->is_tdx && !module_outcome(o, t, q))
        return false;
    o->without_qe = converge(o->level->status, o->module_status);
    if (o->without_qe != TCB_REVOKED)
        o->without_qe = relaunch(o, t, q, &fault);
    if (fault != REASON_NONE)
        return fail(o, fault, "TEE_TCB_SVN2 names a TDX module that Intel does not list");
    o->status = converge(o->without_qe, o->qe_status);
    return true;
}
