/* Covers: event_log_open event_log_next event_log_replay event_log_describe */
#include "attest/tpm/event_log.h"

#include "attest/judge.h"
#include "attest/tpm/algorithm.h"
#include "tests/judging.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Events go forward and lie inside; what replays can be described whole. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes raw = { data, size };
    struct exhibit exhibit = { .kind = EXHIBIT_EVENT_LOG, .raw = raw, .name = "log" };
    static struct pcr_bank bank;
    struct event_log log;
    struct event e;
    size_t last = 0;
    enum err err;

    judging_start();
    err = event_log_describe(&judging_claims.own, &exhibit);
    if (event_log_open(&log, raw) != ERR_OK)
        return 0;
    while (event_log_next(&log, &e)) {
        if ((e.number > 0 && e.offset <= last) || e.data.size > size || e.digest_count == 0)
            abort();
        last = e.offset;
    }
    if (log.is_bad && err == ERR_OK)
        abort();
    if (event_log_replay(&bank, raw, TPM_ALG_SHA256) == ERR_OK && log.is_bad)
        abort();
    return 0;
}
