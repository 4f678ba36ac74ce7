/* Chains and revocation over a PKI of our own (tests/pki.h). */
#include "attest/chain.h"

#include <stdlib.h>

#include "base/num.h"
#include "tests/check.h"
#include "tests/pki.h"

/* Keys. */
enum { ROOT = 1, MIDDLE, LEAF, OTHER, THIRD };

#define CA_USE 0x06 /* keyCertSign, cRLSign */

static void *take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena arena;
static struct exhibits exhibits;
static struct chain chain;
static struct claims claims;
static struct verdict verdict;

/* What is laid out before each case, and may be changed by it. */
static struct pki_certificate root, middle, leaf;
static struct bytes leaf_der;
static struct judge_context context;
static struct chain_profile profile;
static const struct bytes *extra;
static uint32_t extra_count;
static struct root known[2];
static uint32_t known_count;

static int64_t year(unsigned y) { return ((int64_t)y - 1970) * 31556952; }

static void start(const char *name)
{
    CASE(name);
    pki_reset();
    arena_reset(&arena);
    exhibits_init(&exhibits, &arena);
    root = (struct pki_certificate){ .subject = "root",
                                     .issuer = "root",
                                     .key = ROOT,
                                     .signer = ROOT,
                                     .serial = 1,
                                     .is_ca = true,
                                     .key_usage = CA_USE };
    middle = (struct pki_certificate){ .subject = "middle",
                                       .issuer = "root",
                                       .key = MIDDLE,
                                       .signer = ROOT,
                                       .serial = 2,
                                       .is_ca = true,
                                       .key_usage = CA_USE };
    leaf = (struct pki_certificate){
        .subject = "leaf", .issuer = "middle", .key = LEAF, .signer = MIDDLE, .serial = 3
    };
    context = (struct judge_context){ .arena = &arena, .exhibits = &exhibits, .now = year(2030) };
    profile = (struct chain_profile){ .what = "test", .skip_revocation = true };
    extra = NULL;
    extra_count = known_count = 0;
}

static void put(enum exhibit_kind kind, enum exhibit_role role, struct bytes der)
{
    CHECK(exhibit_put(&exhibits, role, kind, "test", der) != NULL);
}

static void put_certificate(const struct pki_certificate *c)
{
    put(EXHIBIT_CERT, EXHIBIT_EVIDENCE, pki_certificate(c));
}

static void put_crl(const struct pki_crl *c) { put(EXHIBIT_CRL, EXHIBIT_ENDORSEMENT, pki_crl(c)); }

static void trust(struct bytes der, bool by_key)
{
    known[known_count++] = (struct root){ "test root", der, by_key };
}

static bool run(void)
{
    leaf_der = pki_certificate(&leaf);
    verdict_init(&verdict, &arena);
    claims = (struct claims){ 0 };
    return chain_check(&chain, &verdict, &claims, &context, leaf_der, extra, extra_count, known,
                       known_count, &profile);
}

/* The three as they were laid out, the root trusted. */
static bool run_three(void)
{
    trust(pki_certificate(&root), false);
    put_certificate(&middle);
    return run();
}

static void want_good(bool good, uint32_t count)
{
    CHECK(good);
    CHECK_TEXT(reason_text(verdict.reason)->id, reason_text(REASON_NONE)->id);
    CHECK_EQ(chain.count, count);
    CHECK_EQ(verdict.code, VERDICT_UNDECIDED);
}

static void want_reason(bool good, enum reason why)
{
    CHECK(!good);
    CHECK_TEXT(reason_text(verdict.reason)->id, reason_text(why)->id);
    CHECK(verdict.code != VERDICT_ACCEPTED);
}

static bool passed(const char *name)
{
    for (const struct verdict_check *c = verdict.passed; c != NULL; c = c->next)
        if (strcmp(c->name, name) == 0 && !c->is_waived)
            return true;
    return false;
}

static bool waived(const char *name)
{
    for (const struct verdict_check *c = verdict.passed; c != NULL; c = c->next)
        if (strcmp(c->name, name) == 0 && c->is_waived)
            return true;
    return false;
}

static void test_good(void)
{
    start("leaf, intermediate, root");
    want_good(run_three(), 3);
    CHECK(passed("certificate_chain") && passed("certificate_validity") && passed("trust_anchor"));
    CHECK_TEXT(chain.root->name, "test root");
    CHECK_BYTES(claims.root, known[0].certificate);
    CHECK_EQ(claims.valid_until, chain.certs[0].not_after);

    start("the earliest end of the chain is the claims'");
    middle.to = "2035";
    want_good(run_three(), 3);
    CHECK_EQ(claims.valid_until, chain.certs[1].not_after);

    start("certificates in any order, with strangers between them");
    put_certificate(&(struct pki_certificate){ .subject = "stranger",
                                               .issuer = "x",
                                               .key = OTHER,
                                               .signer = THIRD,
                                               .serial = 9,
                                               .is_ca = true });
    put_certificate(&root);
    put_certificate(&leaf);
    want_good(run_three(), 3);

    start("the intermediate from the caller's hand");
    struct bytes given[] = { pki_certificate(&middle) };

    extra = given;
    extra_count = 1;
    trust(pki_certificate(&root), false);
    want_good(run(), 3);

    start("the root from --root");
    put_certificate(&middle);
    put(EXHIBIT_CERT, EXHIBIT_ROOT, pki_certificate(&root));
    want_good(run(), 3);
    CHECK_NULL(chain.root);

    start("the maker's own root from --root, with --only-roots: it stays the maker's");
    put_certificate(&middle);
    trust(pki_certificate(&root), false);
    context.rules.only_caller_roots = true;
    want_reason(run(), REASON_certificate_missing);
    put(EXHIBIT_CERT, EXHIBIT_ROOT, pki_certificate(&root));
    want_good(run(), 3);
    CHECK(chain.root != NULL);

    start("a root that is the leaf itself");
    leaf.issuer = "leaf";
    leaf.signer = LEAF;
    trust(pki_certificate(&leaf), false);
    want_good(run(), 1);

    start("another issue of a root that is pinned by key");
    trust(pki_certificate(&root), true);
    root.serial = 77;
    root.to = "2099";
    put_certificate(&middle);
    put_certificate(&root);
    known[0].certificate = pki_certificate(&(struct pki_certificate){ .subject = "root",
                                                                      .issuer = "root",
                                                                      .key = ROOT,
                                                                      .signer = ROOT,
                                                                      .serial = 1,
                                                                      .is_ca = true,
                                                                      .key_usage = CA_USE,
                                                                      .to = "2020" });
    want_good(run(), 3);
    CHECK_BYTES(chain.certs[2].serial, BYTES_TEXT("\x4d"));

    start("a trusted root of a version without extensions");
    root.no_basic_constraints = true;
    root.key_usage = 0;
    want_good(run_three(), 3);

    start("a serial number of 0, where the maker does that");
    leaf.serial = 0;
    profile.leaf_serial_may_be_zero = true;
    want_good(run_three(), 3);

    start("a critical extension that the caller knows");
    struct bytes oid = BYTES_TEXT("\x2a\x03\x04");

    leaf.extension = pki_extension(oid, true, BYTES_TEXT("x"));
    profile.known_extensions = &oid;
    profile.known_extension_count = 1;
    want_good(run_three(), 3);
}

static void test_refused(void)
{
    start("a leaf that is not a certificate");
    verdict_init(&verdict, &arena);
    want_reason(chain_check(&chain, &verdict, &claims, &context, BYTES_TEXT("\x30\x00"), NULL, 0,
                            known, 0, &profile),
                REASON_certificate_malformed);

    start("the leaf was signed by somebody else");
    leaf.signer = OTHER;
    want_reason(run_three(), REASON_certificate_bad_signature);

    start("a changed signature of the intermediate, by the maker's word for it");
    middle.bad_signature = true;
    profile.bad_signature = REASON_malformed;
    want_reason(run_three(), REASON_malformed);

    start("another issuer's name");
    leaf.issuer = "Middle";
    want_reason(run_three(), REASON_certificate_missing);

    start("the intermediate is missing");
    trust(pki_certificate(&root), false);
    want_reason(run(), REASON_certificate_missing);

    start("the intermediate cannot be read");
    put(EXHIBIT_CERT, EXHIBIT_EVIDENCE, BYTES_TEXT("\x30\x03\x02\x01\x00"));
    trust(pki_certificate(&root), false);
    want_reason(run(), REASON_certificate_malformed);

    start("another certificate in the intermediate's place");
    middle.subject = "another";
    want_reason(run_three(), REASON_certificate_missing);

    start("an intermediate of that name with another key");
    middle.key = OTHER;
    want_reason(run_three(), REASON_certificate_bad_signature);

    start("the root is there but not trusted");
    put_certificate(&root);
    put_certificate(&middle);
    want_reason(run(), REASON_untrusted_root);

    start("a root of that name with another key");
    put_certificate(&root);
    put_certificate(&middle);
    root.key = root.signer = OTHER;
    trust(pki_certificate(&root), true);
    want_reason(run(), REASON_untrusted_root);

    start("another issue of a root that is pinned by its bytes");
    trust(pki_certificate(&root), false);
    root.serial = 77;
    put_certificate(&root);
    put_certificate(&middle);
    want_good(run(), 3);
    CHECK_BYTES(chain.certs[2].serial, BYTES_TEXT("\x01"));

    start("an issue of the root that its key did not sign");
    root.to = "2020";
    trust(pki_certificate(&root), true);
    root.to = "2099";
    root.bad_signature = true;
    put_certificate(&root);
    put_certificate(&middle);
    want_reason(run(), REASON_untrusted_root);

    start("a self-signed leaf");
    leaf.issuer = "leaf";
    leaf.signer = LEAF;
    want_reason(run_three(), REASON_untrusted_root);

    start("built-in roots, where only the caller's count");
    context.rules.only_caller_roots = true;
    put_certificate(&root);
    want_reason(run_three(), REASON_untrusted_root);

    start("a serial number of 0");
    leaf.serial = 0;
    want_reason(run_three(), REASON_certificate_malformed);
}

static void test_dates(void)
{
    static const struct {
        const char *name;
        struct pki_certificate *of;
        const char *from, *to;
        enum reason why;
    } cases[] = {
        { "leaf expired", &leaf, "2001", "2002", REASON_certificate_expired },
        { "intermediate expired", &middle, "2001", "2002", REASON_certificate_expired },
        { "root expired", &root, "2001", "2002", REASON_certificate_expired },
        { "leaf not yet valid", &leaf, "2050", "2060", REASON_certificate_not_yet_valid },
        { "intermediate not yet valid", &middle, "2050", "2060", REASON_certificate_not_yet_valid },
        { "root not yet valid", &root, "2050", "2060", REASON_certificate_not_yet_valid },
        { "end before beginning", &leaf, "2060", "2001", REASON_certificate_not_yet_valid },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        start(cases[i].name);
        cases[i].of->from = cases[i].from;
        cases[i].of->to = cases[i].to;
        want_reason(run_three(), cases[i].why);
    }

    start("valid in its first second and in its last");
    leaf.from = "20300101000000Z";
    leaf.to = "20300101000000Z";
    context.now = 1893456000;
    want_good(run_three(), 3);
    start("a second early");
    leaf.from = "20300101000000Z";
    context.now = 1893455999;
    want_reason(run_three(), REASON_certificate_not_yet_valid);
    start("a second late");
    leaf.to = "20300101000000Z";
    context.now = 1893456001;
    want_reason(run_three(), REASON_certificate_expired);
}

static void test_rights(void)
{
    start("an intermediate that is no CA");
    middle.is_ca = false;
    want_reason(run_three(), REASON_certificate_not_ca);

    start("an intermediate without basicConstraints");
    middle.no_basic_constraints = true;
    want_reason(run_three(), REASON_certificate_not_ca);

    start("a root that says it is no CA");
    root.is_ca = false;
    want_reason(run_three(), REASON_certificate_not_ca);

    start("an intermediate whose key may not sign certificates");
    middle.key_usage = 0x80;
    want_reason(run_three(), REASON_certificate_not_ca);

    start("a leaf that signs another leaf");
    put_certificate(&leaf);
    leaf.subject = "forged";
    leaf.issuer = "leaf";
    leaf.key = OTHER;
    leaf.signer = LEAF;
    want_reason(run_three(), REASON_certificate_not_ca);

    start("path length 0 over a leaf");
    middle.has_path_length = true;
    want_good(run_three(), 3);

    start("path length 0 over an intermediate");
    root.has_path_length = true;
    want_reason(run_three(), REASON_certificate_chain_invalid);

    start("a critical extension of the leaf that is unknown");
    leaf.extension = pki_extension(BYTES_TEXT("\x2a\x03\x04"), true, BYTES_TEXT("x"));
    want_reason(run_three(), REASON_certificate_chain_invalid);

    start("a critical extension of the intermediate that is unknown");
    middle.extension = pki_extension(BYTES_TEXT("\x2a\x03\x04"), true, BYTES_TEXT("x"));
    want_reason(run_three(), REASON_certificate_chain_invalid);

    start("an unknown extension that is not critical");
    middle.extension = pki_extension(BYTES_TEXT("\x2a\x03\x04"), false, BYTES_TEXT("x"));
    want_good(run_three(), 3);
}

static void test_search(void)
{
    start("two candidates of one name: the wrong one first");
    put_certificate(&(struct pki_certificate){ .subject = "middle",
                                               .issuer = "root",
                                               .key = OTHER,
                                               .signer = ROOT,
                                               .serial = 5,
                                               .is_ca = true });
    want_good(run_three(), 3);

    start("two issues of one intermediate: the expired one first");
    middle.to = "2020";
    put_certificate(&middle);
    middle.to = "2099";
    want_good(run_three(), 3);

    start("a dead end is left again: the same key under two names of issuers");
    middle.issuer = "nowhere";
    put_certificate(&middle);
    middle.issuer = "root";
    want_good(run_three(), 3);

    start("two that sign each other");
    middle.issuer = "other";
    middle.signer = OTHER;
    put_certificate(&(struct pki_certificate){ .subject = "other",
                                               .issuer = "middle",
                                               .key = OTHER,
                                               .signer = MIDDLE,
                                               .serial = 5,
                                               .is_ca = true });
    want_reason(run_three(), REASON_certificate_missing);

    start("a chain of eight, and one of nine");
    for (unsigned length = CHAIN_MAX; length <= CHAIN_MAX + 1; length++) {
        static const char *const names[] = { "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7" };

        exhibits_init(&exhibits, &arena);
        known_count = 0;
        trust(pki_certificate(&root), false);
        for (unsigned i = 0; i + 2 < length; i++)
            put_certificate(&(struct pki_certificate){ .subject = names[i],
                                                       .issuer = i == 0 ? "root" : names[i - 1],
                                                       .key = 100 + i,
                                                       .signer = i == 0 ? ROOT : 99 + i,
                                                       .serial = 20 + i,
                                                       .is_ca = true });
        leaf.issuer = names[length - 3];
        leaf.signer = 100 + length - 3;
        if (length == CHAIN_MAX)
            want_good(run(), CHAIN_MAX);
        else
            want_reason(run(), REASON_certificate_chain_invalid);
    }

    start("hundreds of one name end soon");
    for (unsigned i = 0; i < 400; i++)
        put_certificate(&(struct pki_certificate){ .subject = "middle",
                                                   .issuer = "middle",
                                                   .key = 10 + i % 200,
                                                   .signer = MIDDLE,
                                                   .serial = i + 1,
                                                   .is_ca = true });
    want_reason(run_three(), REASON_certificate_bad_signature);

    start("every tier has many of one name and key");
    for (unsigned tier = 0; tier < 6; tier++)
        for (unsigned i = 0; i < 60; i++) {
            char subject[8], issuer[8];

            snprintf(subject, sizeof subject, "t%u", tier);
            snprintf(issuer, sizeof issuer, "t%u", tier + 1);
            put_certificate(&(struct pki_certificate){ .subject = subject,
                                                       .issuer = issuer,
                                                       .key = 50 + tier,
                                                       .signer = 51 + tier,
                                                       .serial = i + 1,
                                                       .is_ca = true });
        }
    leaf.issuer = "t0";
    leaf.signer = 50;
    want_reason(run_three(), REASON_certificate_missing);
}

/* Lists for both issuers, fresh at the time of judging. */
static struct pki_crl root_list, middle_list;

static void start_lists(const char *name)
{
    start(name);
    profile.skip_revocation = false;
    root_list = (struct pki_crl){ .issuer = "root", .signer = ROOT, .from = "2029", .to = "2031" };
    middle_list =
        (struct pki_crl){ .issuer = "middle", .signer = MIDDLE, .from = "2029", .to = "2032" };
}

static bool run_lists(void)
{
    put_crl(&root_list);
    put_crl(&middle_list);
    return run_three();
}

static const uint32_t serial_2[] = { 2 }, serial_3[] = { 8, 3, 0x80 }, serial_9[] = { 9 };

/* lesson E6: each issuer of a chain needs a list that is fresh and signed by it. */
static void test_lists(void)
{
    start_lists("a fresh list of each issuer");
    root_list.revoked = serial_9;
    root_list.revoked_count = 1;
    want_good(run_lists(), 3);
    CHECK(passed("revocation"));
    CHECK_EQ(claims.valid_until / 86400, (int64_t)1924992000 / 86400); /* 2031-01-01 */

    start_lists("no list at all");
    want_reason(run_three(), REASON_crl_missing);
    start_lists("one issuer's list is missing");
    put_crl(&root_list);
    want_reason(run_three(), REASON_crl_missing);
    start_lists("the other issuer's list is missing");
    put_crl(&middle_list);
    want_reason(run_three(), REASON_crl_missing);
    start_lists("one that is not looked up needs none");
    put_crl(&root_list);
    profile.revocation_from = 1;
    want_good(run_three(), 3);

    start_lists("the leaf is revoked, by the maker's word for it");
    middle_list.revoked = serial_3;
    middle_list.revoked_count = 3;
    profile.revoked_leaf = REASON_certificate_not_ca;
    want_reason(run_lists(), REASON_certificate_not_ca);
    start_lists("the intermediate is revoked");
    root_list.revoked = serial_2;
    root_list.revoked_count = 1;
    want_reason(run_lists(), REASON_certificate_revoked);
    start_lists("the leaf's serial number in the list of another issuer");
    root_list.revoked = serial_3;
    root_list.revoked_count = 3;
    want_good(run_lists(), 3);

    start_lists("a list past its next update");
    root_list.from = "2020";
    root_list.to = "2021";
    want_reason(run_lists(), REASON_crl_expired);
    start_lists("a list without a next update");
    root_list.to = NULL;
    want_reason(run_lists(), REASON_crl_expired);
    start_lists("a list from the future");
    root_list.from = "2050";
    root_list.to = "2051";
    want_reason(run_lists(), REASON_crl_not_yet_valid);
    start_lists("a list with a wrong signature");
    root_list.bad_signature = true;
    want_reason(run_lists(), REASON_crl_bad_signature);
    start_lists("a list in the issuer's name by somebody else");
    root_list.signer = OTHER;
    want_reason(run_lists(), REASON_crl_bad_signature);
    start_lists("a list of another issuer");
    root_list.issuer = "other";
    want_reason(run_lists(), REASON_crl_missing);
    start_lists("an issuer whose key may not sign lists");
    middle.key_usage = 0x04;
    want_reason(run_lists(), REASON_crl_bad_signature);
    start_lists("a list that is partial");
    root_list.extension = pki_extension(BYTES_TEXT("\x55\x1d\x1c"), true, BYTES_TEXT("\x30\x00"));
    want_reason(run_lists(), REASON_crl_malformed);
    start_lists("a delta list");
    root_list.extension =
        pki_extension(BYTES_TEXT("\x55\x1d\x1b"), true, BYTES_TEXT("\x02\x01\x01"));
    want_reason(run_lists(), REASON_crl_malformed);
    start_lists("a list that cannot be read");
    put(EXHIBIT_CRL, EXHIBIT_ENDORSEMENT, BYTES_TEXT("\x30\x00"));
    want_reason(run_three(), REASON_crl_malformed);
}

static void test_several_lists(void)
{
    start_lists("a stale list beside a fresh one");
    put_crl(&(struct pki_crl){ .issuer = "root", .signer = ROOT, .from = "2019", .to = "2020" });
    want_good(run_lists(), 3);

    start_lists("revoked in an old list, not in the new one");
    put_crl(&(struct pki_crl){ .issuer = "root",
                               .signer = ROOT,
                               .from = "2019",
                               .to = "2020",
                               .revoked = serial_2,
                               .revoked_count = 1 });
    want_reason(run_lists(), REASON_certificate_revoked);

    start_lists("revoked in a list that its issuer did not sign");
    put_crl(&(struct pki_crl){ .issuer = "root",
                               .signer = OTHER,
                               .from = "2029",
                               .to = "2031",
                               .revoked = serial_2,
                               .revoked_count = 1 });
    want_good(run_lists(), 3);

    start_lists("of two fresh ones the newer counts");
    put_crl(&(struct pki_crl){
        .issuer = "root", .signer = ROOT, .from = "20290601000000Z", .to = "20300701000000Z" });
    context.now = 1893456000 + 1;
    want_good(run_lists(), 3);
    CHECK_EQ(claims.valid_until, 1909094400); /* 2030-07-01 */

    start_lists("a list from the caller's hand");
    struct bytes given[] = { pki_crl(&root_list), pki_crl(&middle_list) };

    profile.crls = given;
    profile.crl_count = 2;
    want_good(run_three(), 3);
}

static void test_optional_lists(void)
{
    start_lists("optional: no list is said to be waived");
    context.rules.crl_optional = true;
    want_good(run_three(), 3);
    CHECK(waived("revocation") && !passed("revocation"));

    start_lists("optional: a stale list is refused all the same");
    context.rules.crl_optional = true;
    root_list.to = "20290102000000Z";
    want_reason(run_lists(), REASON_crl_expired);

    start_lists("optional: a list from the future is refused all the same");
    context.rules.crl_optional = true;
    root_list.from = "2050";
    root_list.to = "2051";
    want_reason(run_lists(), REASON_crl_not_yet_valid);

    start_lists("optional: a stale list does no harm beside a fresh one");
    context.rules.crl_optional = true;
    put_crl(&(struct pki_crl){ .issuer = "root", .signer = ROOT, .from = "2019", .to = "2020" });
    want_good(run_lists(), 3);
    CHECK(passed("revocation") && !waived("revocation"));

    start_lists("optional: a stale list still revokes");
    context.rules.crl_optional = true;
    root_list.to = "20290102000000Z";
    root_list.revoked = serial_2;
    root_list.revoked_count = 1;
    want_reason(run_lists(), REASON_certificate_revoked);

    start_lists("optional: a list that its issuer did not sign is refused, and revokes nothing");
    context.rules.crl_optional = true;
    root_list.signer = OTHER;
    root_list.revoked = serial_2;
    root_list.revoked_count = 1;
    want_reason(run_lists(), REASON_crl_bad_signature);
}

static bool run_changed(struct bytes changed_leaf, struct bytes changed_middle, struct bytes list)
{
    struct bytes given[] = { changed_middle };
    struct bytes lists[] = { list, pki_crl(&middle_list) };

    verdict_init(&verdict, &arena);
    profile.crls = lists;
    profile.crl_count = COUNT_OF(lists);
    return chain_check(&chain, &verdict, NULL, &context, changed_leaf, given, 1, known, 1,
                       &profile);
}

/* No byte of leaf, intermediate or list can be another one. */
static void test_changed_bytes(void)
{
    struct bytes parts[3], copies[3];

    start_lists("each byte of each part counts");
    trust(pki_certificate(&root), false);
    parts[0] = pki_certificate(&leaf);
    parts[1] = pki_certificate(&middle);
    parts[2] = pki_crl(&root_list);
    CHECK(run_changed(parts[0], parts[1], parts[2]));
    for (size_t part = 0; part < 3; part++)
        for (size_t at = 0; at < parts[part].size; at++) {
            static uint8_t changed[1024];

            memcpy(changed, parts[part].data, parts[part].size);
            changed[at] ^= (uint8_t)(1u << at % 8);
            memcpy(copies, parts, sizeof copies);
            copies[part].data = changed;
            if (!CHECK(!run_changed(copies[0], copies[1], copies[2])))
                printf("# part %zu, byte %zu\n", part, at);
        }
}

/* lesson E35: a list is as long as it is. */
static void test_long_list(void)
{
    static uint32_t serials[50000];

    for (size_t i = 0; i < COUNT_OF(serials); i++)
        serials[i] = (uint32_t)(1000 + i);

    start_lists("a list of 50,000 certificates, none of ours");
    root_list.revoked = serials;
    root_list.revoked_count = COUNT_OF(serials);
    CHECK(pki_crl(&root_list).size > 1000000);
    want_good(run_lists(), 3);

    start_lists("a list of 50,000 certificates, ours the last");
    serials[COUNT_OF(serials) - 1] = 2;
    root_list.revoked = serials;
    root_list.revoked_count = COUNT_OF(serials);
    want_reason(run_lists(), REASON_certificate_revoked);
}

int main(void)
{
    arena_init(&arena, (struct arena_source){ take, give, NULL }, (size_t)64 << 20);
    test_good();
    test_refused();
    test_dates();
    test_rights();
    test_search();
    test_lists();
    test_several_lists();
    test_optional_lists();
    test_changed_bytes();
    test_long_list();
    arena_done(&arena);
    return check_done();
}
