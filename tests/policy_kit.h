/* policy_kit.h: claims to judge by policies that a test writes down, in static memory. Include this
 * in one file per test program. */
#ifndef BROCH_TESTS_POLICY_KIT_H
#define BROCH_TESTS_POLICY_KIT_H

#include <stdlib.h>

#include "attest/format.h"
#include "attest/policy.h"
#include "crypto/sign.h"
#include "tests/check.h"

#define NOW 1750000000

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena arena;
static struct exhibits exhibits;
static struct claims claims;
static struct judge_context context;
static struct verdict verdict;
static const uint8_t digest[48] = { 0xaa, 0xbb, 0xcc };
static const uint8_t seed[SIGN_SEED_SIZE] = { 7 };
static uint8_t out_room[1 << 16];
static const uint8_t chip[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

#define HEAD "version = 1\nplatforms = [\"snp\", \"tdx\", \"tpm\"]\n"
#define ANY HEAD "measurements = \"any\"\n"

[[maybe_unused]] static void claims_of(enum platform p)
{
    arena_reset(&arena);
    claims = (struct claims){
        .platform = p,
        .vendor = p == PLATFORM_SNP ? "AMD" : "Intel",
        .is_hardware = true,
        .is_debug = CLAIM_NO,
        .chip_family = BYTES_TEXT("Milan"),
        .chip_model = BYTES_TEXT("Milan-B0"),
        .chip_id = BYTES_OF(chip),
        .measurement = BYTES_OF(digest),
        .produced_at = NOW - 3600,
        .tcb_status = p == PLATFORM_TDX ? TCB_UP_TO_DATE : TCB_STATUS_NONE,
    };
    fields_init(&claims.own, &arena);
    fields_group(&claims.own, "policy_bits");
    fields_bool(&claims.own, "smt", true);
    fields_end(&claims.own);
    fields_uint(&claims.own, "vmpl", 0);
    fields_bits(&claims.own, "platform_info", 0x25);
    fields_string(&claims.own, "current_version", "1.55.21");
    fields_bytes(&claims.own, "host_data", BYTES_OF(chip));
    fields_moment(&claims.own, "issued", NOW);
    fields_list(&claims.own, "levels");
    fields_uint(&claims.own, NULL, 7);
    fields_end(&claims.own);
    claims_part(&claims, "microcode", 209);
    claims_part(&claims, "snp", 8);
    claims_register(&claims, "sha256:pcr7", BYTES_OF(chip));
}

[[maybe_unused]] static bool text_has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* The reason that a policy gives for the claims as they are. */
[[maybe_unused]] static const char *judged(const char *text)
{
    struct policy *p;
    struct policy_error e;

    verdict_init(&verdict, &arena);
    if (policy_parse(&p, &arena, format_text(text), &e) != ERR_OK) {
        printf("# %u:%u %s: %s\n", e.line, e.column, e.key, e.text);
        return "no policy";
    }
    exhibits.arena = &arena;
    context =
        (struct judge_context){ .arena = &arena, .exhibits = &exhibits, .now = NOW, .policy = p };
    return policy_judge(&verdict, &claims, &context) ? "accepted" : reason_text(verdict.reason)->id;
}

[[maybe_unused]] static const char *builtin(const char *name)
{
    return (const char *)policy_builtin(format_text(name)).data;
}

#endif
