/* verify: how many verdicts a second, beside the bare signature checks of the same evidence.
 *
 *   broch-bench-verify SECONDS TIME [--root F]... [--endorsement F]... FILE...
 *
 * One case, one core. `cold`: everything is unwrapped, parsed and checked again for each verdict.
 * `cached`: the same, with the memo of endorsements' signatures (attest/signature.h). `floor`: what
 * libcrypto takes for just those signature checks, its keys being made before. The checks are
 * recorded by wrapping key_check at link time. A line of JSON. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest/policy.h"
#include "base/moment.h"
#include "crypto/key.h"

#define CHECKS_MAX 64

struct check {
    EVP_PKEY *key;
    enum signature_kind kind;
    uint8_t *message, *signature;
    size_t message_size, signature_size;
    bool is_digest;
};

static struct check checks[CHECKS_MAX];
static unsigned check_count;
static bool recording;
static size_t library_allocations, arena_chunks;

static void *counted_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    library_allocations++;
    return malloc(size);
}

static void *counted_realloc(void *at, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    library_allocations++;
    return realloc(at, size);
}

static void counted_free(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    free(at);
}

static EVP_PKEY *ec_key(const char *group, struct bytes x, struct bytes y)
{
    uint8_t point[1 + 2 * 66] = { 4 };
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    memcpy(point + 1, x.data, x.size);
    memcpy(point + 1 + x.size, y.data, y.size);
    OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x.size + y.size);
    EVP_PKEY_fromdata_init(c);
    EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, OSSL_PARAM_BLD_to_param(b));
    return key;
}

static EVP_PKEY *rsa_key(struct bytes n, struct bytes e)
{
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;

    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, BN_bin2bn(n.data, (int)n.size, NULL));
    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, BN_bin2bn(e.data, (int)e.size, NULL));
    EVP_PKEY_fromdata_init(c);
    EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, OSSL_PARAM_BLD_to_param(b));
    return key;
}

static EVP_PKEY *key_of(const struct public_key *k)
{
    switch (k->kind) {
    case KEY_P256: return ec_key("P-256", k->x, k->y);
    case KEY_P384: return ec_key("P-384", k->x, k->y);
    case KEY_P521: return ec_key("P-521", k->x, k->y);
    case KEY_RSA: return rsa_key(k->n, k->e);
    case KEY_ED25519:
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->x.data, k->x.size);
    default: return NULL;
    }
}

static uint8_t *copy_of(struct bytes b)
{
    uint8_t *at = malloc(b.size + 1);

    memcpy(at, b.data, b.size);
    return at;
}

/* ECDSA signatures in the form that libcrypto wants. */
static void signature_set(struct check *c, const struct public_key *key, struct bytes raw)
{
    size_t width = raw.size / 2;
    ECDSA_SIG *s;
    int size;

    c->signature = copy_of(raw);
    c->signature_size = raw.size;
    if (key->kind == KEY_RSA || key->kind == KEY_ED25519)
        return;
    s = ECDSA_SIG_new();
    ECDSA_SIG_set0(s, BN_bin2bn(raw.data, (int)width, NULL),
                   BN_bin2bn(raw.data + width, (int)width, NULL));
    c->signature = NULL;
    size = i2d_ECDSA_SIG(s, &c->signature);
    c->signature_size = (size_t)size;
    ECDSA_SIG_free(s);
}

static void record(const struct public_key *key, enum signature_kind kind, struct bytes message,
                   struct bytes signature, bool is_digest)
{
    struct check *c = &checks[check_count];

    if (!recording || check_count == CHECKS_MAX)
        return;
    *c = (struct check){ .key = key_of(key),
                         .kind = kind,
                         .message = copy_of(message),
                         .message_size = message.size,
                         .is_digest = is_digest };
    signature_set(c, key, signature);
    check_count++;
}

enum err __real_key_check(const struct public_key *key, enum signature_kind kind,
                          struct bytes message, struct bytes signature);
enum err __wrap_key_check(const struct public_key *key, enum signature_kind kind,
                          struct bytes message, struct bytes signature);
enum err __real_key_check_digest(const struct public_key *key, enum signature_kind kind,
                                 struct bytes digest, struct bytes signature);
enum err __wrap_key_check_digest(const struct public_key *key, enum signature_kind kind,
                                 struct bytes digest, struct bytes signature);

enum err __wrap_key_check(const struct public_key *key, enum signature_kind kind,
                          struct bytes message, struct bytes signature)
{
    record(key, kind, message, signature, false);
    return __real_key_check(key, kind, message, signature);
}

enum err __wrap_key_check_digest(const struct public_key *key, enum signature_kind kind,
                                 struct bytes digest, struct bytes signature)
{
    record(key, kind, digest, signature, true);
    return __real_key_check_digest(key, kind, digest, signature);
}

static const EVP_MD *hash_of(enum signature_kind kind)
{
    switch (kind) {
    case SIGNATURE_ECDSA_SHA256:
    case SIGNATURE_RSA_PKCS1_SHA256:
    case SIGNATURE_RSA_PSS_SHA256: return EVP_sha256();
    case SIGNATURE_ECDSA_SHA384:
    case SIGNATURE_RSA_PKCS1_SHA384:
    case SIGNATURE_RSA_PSS_SHA384: return EVP_sha384();
    case SIGNATURE_ECDSA_SHA512:
    case SIGNATURE_RSA_PKCS1_SHA512:
    case SIGNATURE_RSA_PSS_SHA512: return EVP_sha512();
    default: return NULL;
    }
}

static bool floor_check(const struct check *c)
{
    EVP_MD_CTX *m = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p = NULL;
    bool good = EVP_DigestVerifyInit(m, &p, hash_of(c->kind), NULL, c->key) == 1;

    if (c->kind >= SIGNATURE_RSA_PSS_SHA256 && c->kind <= SIGNATURE_RSA_PSS_SHA512)
        good = good && EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_DIGEST) > 0;
    good = good && (c->is_digest || EVP_DigestVerify(m, c->signature, c->signature_size, c->message,
                                                     c->message_size) == 1);
    EVP_MD_CTX_free(m);
    return good;
}

static double clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void *take(void *context, size_t size)
{
    (void)context;
    arena_chunks++;
    return malloc(size);
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

struct piece {
    enum exhibit_role role;
    enum exhibit_kind kind;
    const char *name;
    struct bytes raw;
};

static struct piece pieces[256];
static unsigned piece_count;
static struct arena arena, forever;
static struct exhibits exhibits;
static struct judge_context context;
static struct claims claims;
static struct verdict verdict;

static struct bytes text_of(const char *t)
{
    return (struct bytes){ (const uint8_t *)t, strlen(t) };
}

static void piece_read(enum exhibit_role role, const char *word)
{
    const char *equals = strchr(word, '=');
    enum exhibit_kind kind = EXHIBIT_UNKNOWN;
    uint8_t *at = malloc((size_t)16 << 20);
    const char *path = word;
    FILE *f;

    if (equals != NULL)
        kind = exhibit_kind_named((struct bytes){ (const uint8_t *)word, (size_t)(equals - word) });
    if (kind != EXHIBIT_UNKNOWN)
        path = equals + 1;
    f = fopen(path, "rb");
    if (f == NULL || at == NULL || piece_count == 256) {
        perror(path);
        exit(70);
    }
    pieces[piece_count++] =
        (struct piece){ role, kind, path, { at, fread(at, 1, (size_t)16 << 20, f) } };
    fclose(f);
}

static bool verdict_once(struct signature_memo *memo)
{
    arena_reset(&arena);
    exhibits_init(&exhibits, &arena);
    for (unsigned i = 0; i < piece_count; i++) {
        const struct piece *p = &pieces[i];

        if (p->kind != EXHIBIT_UNKNOWN)
            (void)exhibit_put(&exhibits, p->role, p->kind, p->name, p->raw);
        else if (exhibit_add(&exhibits, p->role, p->name, p->raw) == ERR_NOMEM)
            exit(70);
    }
    context.memo = memo;
    judge(&verdict, &claims, &context);
    return verdict.code == VERDICT_ACCEPTED;
}

/* Seconds of processor time for one; the least of five runs, as noise only adds. */
static double time_of(bool (*once)(struct signature_memo *), struct signature_memo *memo,
                      double seconds)
{
    double best = 1e9;

    for (int run = 0; run < 5; run++) {
        double start = clock_now(), now;
        unsigned count = 0;

        do {
            if (!once(memo))
                exit(70);
            count++;
            now = clock_now();
        } while (now - start < seconds / 5);
        best = (now - start) / count < best ? (now - start) / count : best;
    }
    return best;
}

static bool floor_once(struct signature_memo *memo)
{
    (void)memo;
    for (unsigned i = 0; i < check_count; i++)
        if (!floor_check(&checks[i]))
            return false;
    return true;
}

static unsigned checks_record(struct signature_memo *memo)
{
    check_count = 0;
    recording = true;
    if (!verdict_once(memo)) {
        fprintf(stderr, "not accepted: %s: %s\n", reason_text(verdict.reason)->id, verdict.detail);
        exit(1);
    }
    recording = false;
    return check_count;
}

int main(int argc, char **argv)
{
    static struct signature_memo memo;
    struct arena_source heap = { take, give, NULL };
    struct policy_error wrong;
    struct policy *policy;
    double seconds, cold, cached, floor_cold, floor_cached;
    size_t chunks, allocations;
    unsigned cold_checks, cached_checks;

    CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free);
    if (argc < 4)
        return 64;
    arena_init(&arena, heap, (size_t)1 << 30);
    arena_init(&forever, heap, (size_t)1 << 30);
    /* One chunk that is enough: an arena keeps its largest over a reset. */
    if (arena_alloc(&arena, (size_t)8 << 20) == NULL)
        return 70;
    arena_reset(&arena);
    context = (struct judge_context){ .arena = &arena, .exhibits = &exhibits };
    seconds = strtod(argv[1], NULL);
    if (moment_parse(&context.now, text_of(argv[2])) != ERR_OK ||
        policy_parse(&policy, &forever, policy_builtin(BYTES_TEXT("authentic")), &wrong) != ERR_OK)
        return 64;
    context.policy = policy;
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--root") == 0)
            piece_read(EXHIBIT_ROOT, argv[++i]);
        else if (strcmp(argv[i], "--endorsement") == 0)
            piece_read(EXHIBIT_ENDORSEMENT, argv[++i]);
        else
            piece_read(EXHIBIT_EVIDENCE, argv[i]);
    }
    signature_memo_init(&memo);
    cold_checks = checks_record(NULL);
    floor_cold = time_of(floor_once, NULL, seconds);
    cold = time_of(verdict_once, NULL, seconds);
    (void)verdict_once(&memo);
    cached_checks = checks_record(&memo);
    floor_cached = time_of(floor_once, NULL, seconds);
    cached = time_of(verdict_once, &memo, seconds);
    chunks = arena_chunks;
    allocations = library_allocations;
    (void)verdict_once(&memo);
    printf("{\"cold_us\": %.1f, \"cold_floor_us\": %.1f, \"cold_checks\": %u, \"cached_us\": %.1f, "
           "\"cached_floor_us\": %.1f, \"cached_checks\": %u, \"own_allocations\": %zu, "
           "\"libcrypto_allocations\": %zu, \"arena_peak\": %zu}\n",
           cold * 1e6, floor_cold * 1e6, cold_checks, cached * 1e6, floor_cached * 1e6,
           cached_checks, arena_chunks - chunks, library_allocations - allocations, arena.peak);
    return 0;
}
