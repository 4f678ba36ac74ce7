/* event_log.h: what firmware and boot loaders say that they measured: the TCG event log (TCG
 * PC Client Platform Firmware Profile, version 1.06, section 10), as TCG_PCR_EVENTs (SHA-1
 * alone) or crypto-agile TCG_PCR_EVENT2s, and a TD's CCEL (UEFI 2.10, section 38), which is
 * the second with measurement registers in the place of PCRs.
 *
 * A log is worth what the registers say: replay it and compare them. Event data are never
 * trusted for being there: only some kinds are what was hashed. Everything is borrowed. */
#ifndef BROCH_ATTEST_TPM_EVENT_LOG_H
#define BROCH_ATTEST_TPM_EVENT_LOG_H

#include "attest/fields.h"
#include "base/err.h"
#include "base/reader.h"
#include "crypto/pcr.h"

#define EVENT_LOG_SIZE_MAX ((size_t)16 << 20)
#define EVENT_LOG_ALGORITHMS_MAX 8u

#define EVENT_NO_ACTION 0x3u
#define EVENT_SEPARATOR 0x4u
#define EVENT_S_CRTM_VERSION 0x8u
#define EVENT_NONHOST_INFO 0x11u

struct event_algorithm {
    uint16_t id, size;
};
struct event_digest {
    uint16_t algorithm;
    struct bytes value;
};
struct event {
    uint32_t number; /* from 0, the Spec ID event counted */
    uint32_t pcr;    /* in a CCEL: measurement register: 0 MRTD, 1 to 4 RTMR0 to 3 */
    uint32_t type;
    struct event_digest digests[EVENT_LOG_ALGORITHMS_MAX];
    uint32_t digest_count;
    struct bytes data;
    size_t offset;   /* in the log */
    bool is_spec_id; /* the first event of a crypto-agile log */
};

struct event_log {
    struct reader reader;
    bool is_agile;
    struct event_algorithm algorithms[EVENT_LOG_ALGORITHMS_MAX];
    uint32_t algorithm_count;
    uint32_t next_number;
    size_t padding_from; /* bytes from here on are padding, if an event ends here or later */
    bool is_bad;
};

/* Reads the Spec ID, where there is one: event_log_next gives it too. ERR_MALFORMED. */
enum err event_log_open(struct event_log *log, struct bytes raw);
/* false at the end (zeros or ones up to the last byte are padding) and where the log is
 * malformed: log->is_bad tells. */
bool event_log_next(struct event_log *log, struct event *out);
/* NULL where the event has no digest of that kind. */
const struct event_digest *event_digest(const struct event *e, uint16_t algorithm);
/* "EV_SEPARATOR"; NULL where unknown. */
const char *event_type_name(uint32_t type);

/* Whether every event that extends has a digest for it: some firmware lists more algorithms in
 * the Spec ID than it fills in. */
bool event_log_has_bank(struct bytes raw, uint16_t algorithm);

/* Extends the bank by every event but those of EV_NO_ACTION, which say at most how PCR 0
 * starts. ERR_UNSUPPORTED: the log has no such bank. */
enum err event_log_replay(struct pcr_bank *out, struct bytes raw, uint16_t algorithm);
/* A group "pcrs" of groups by bank, of the registers that it extends ("pcr7"). Pointers into
 * the arena of f. */
enum err event_log_pcrs_describe(struct fields *f, struct bytes raw);
void pcr_bank_describe(struct fields *f, const char *name, const struct pcr_bank *bank);
/* UCS-2 up to its end or a zero, as UTF-8; surrogates become the replacement character. */
struct bytes event_ucs2_text(struct arena *arena, struct bytes raw);
/* The data decoded by the event's type, as far as we know it: into the open group. */
void event_data_describe(struct fields *f, const struct event *e);

#endif
