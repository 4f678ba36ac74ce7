/* Covers: sim_judge sim_describe sim_evidence_parse sim_is */
#include <string.h>

#include "attest/sim/evidence.h"
#include "tests/judging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is simulated, and is exactly what was parsed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size };
    struct sim_evidence s;
    const struct exhibit *e;
    enum err parsed = sim_evidence_parse(&s, raw);

    judging_start();
    judging.rules.unanchored_key_allowed = true;
    e = exhibit_put(&judging_exhibits, EXHIBIT_EVIDENCE, EXHIBIT_SIM, "fuzz", raw);
    if (judging_run(sim_judge, e) == REASON_NONE &&
        (parsed != ERR_OK || !sim_is(raw) ||
         !bytes_equal(judging_claims.measurement, s.measurement)))
        abort();
    if (!judging_claims.is_simulated || judging_claims.is_hardware)
        abort();
    if ((sim_describe(&judging_claims.own, e) == ERR_OK) != (parsed == ERR_OK))
        abort();
    return 0;
}
