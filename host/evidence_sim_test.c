#define _GNU_SOURCE

#include "host/evidence_sim.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/cbor.h"
#include "crypto/sign.h"
#include "tests/check.h"

static const uint8_t digest[EVIDENCE_SIM_DIGEST_SIZE] = { 1, 2, 3 };
static const uint8_t report[EVIDENCE_SIM_REPORT_SIZE] = { 9, 8, 7 };

static void evidence(void)
{
    struct evidence_sim_key key = { .seed = { 42 } };
    uint8_t room[1024], signed_room[1024], public[SIGN_PUBLIC_SIZE];
    struct writer w = writer_of(room, sizeof room), structure = writer_of(signed_room, 1024);
    struct bytes protected, payload, signature, id;
    struct reader r;

    CASE("evidence is a COSE_Sign1 by the key that it names");
    CHECK_OK(evidence_sim_write(&w, &key, digest, report, true));
    r = reader_of(writer_bytes(&w));
    CHECK_EQ(cbor_take_tag(&r), 18);
    CHECK_EQ(cbor_take_array(&r), 4);
    protected = cbor_take_bytes(&r);
    CHECK_EQ(cbor_take_map(&r), 1);
    CHECK_EQ(cbor_take_uint(&r), 4);
    id = cbor_take_bytes(&r);
    payload = cbor_take_bytes(&r);
    signature = cbor_take_bytes(&r);
    CHECK(reader_done(&r));
    CHECK_OK(sign_public(public, key.seed));
    CHECK_BYTES(id, BYTES_OF(public));
    cbor_put_array(&structure, 4);
    cbor_put_text(&structure, BYTES_TEXT("Signature1"));
    cbor_put_bytes(&structure, protected);
    cbor_put_bytes(&structure, (struct bytes){ NULL, 0 });
    cbor_put_bytes(&structure, payload);
    CHECK_EQ(signature.size, SIGN_SIZE);
    CHECK_OK(sign_check(public, signature.data, writer_bytes(&structure)));

    CASE("what is signed says sim, the digest, the report and the debug flag");
    r = reader_of(payload);
    CHECK_EQ(cbor_take_map(&r), 5);
    CHECK_EQ(cbor_take_uint(&r), 1);
    CHECK_BYTES(cbor_take_text(&r), BYTES_TEXT("sim"));
    CHECK_EQ(cbor_take_uint(&r), 2);
    CHECK_BYTES(cbor_take_bytes(&r), BYTES_OF(digest));
    CHECK_EQ(cbor_take_uint(&r), 3);
    CHECK_BYTES(cbor_take_bytes(&r), BYTES_OF(report));
    CHECK_EQ(cbor_take_uint(&r), 4);
    CHECK(cbor_take_bool(&r));

    CASE("no room, no evidence");
    w = writer_of(room, 64);
    CHECK_ERR(evidence_sim_write(&w, &key, digest, report, true), ERR_LIMIT);
}

static void seals(void)
{
    struct evidence_sim_key key = { .seed = { 42 } }, other = { .seed = { 43 } };
    uint8_t a[32], b[32], elsewhere[EVIDENCE_SIM_DIGEST_SIZE] = { 1 };

    CASE("a seal key depends on machine, measurement and label");
    CHECK_OK(evidence_sim_seal(a, &key, digest, BYTES_TEXT("x")));
    CHECK_OK(evidence_sim_seal(b, &key, digest, BYTES_TEXT("x")));
    CHECK_BYTES(BYTES_OF(a), BYTES_OF(b));
    CHECK_OK(evidence_sim_seal(b, &key, digest, BYTES_TEXT("y")));
    CHECK(!bytes_equal(BYTES_OF(a), BYTES_OF(b)));
    CHECK_OK(evidence_sim_seal(b, &key, elsewhere, BYTES_TEXT("x")));
    CHECK(!bytes_equal(BYTES_OF(a), BYTES_OF(b)));
    CHECK_OK(evidence_sim_seal(b, &other, digest, BYTES_TEXT("x")));
    CHECK(!bytes_equal(BYTES_OF(a), BYTES_OF(b)));
}

static void keys(void)
{
    char folder[] = "/tmp/broch-sim-XXXXXX", path[128];
    struct evidence_sim_key a, b;

    CASE("the key is made once, and kept for its owner alone");
    if (mkdtemp(folder) == NULL) {
        CASE_SKIP("no folder for files");
        return;
    }
    setenv("XDG_STATE_HOME", folder, 1);
    CHECK_OK(evidence_sim_key_open(&a));
    CHECK_OK(evidence_sim_key_open(&b));
    CHECK(a.is_kept && b.is_kept);
    CHECK_BYTES(BYTES_OF(a.seed), BYTES_OF(b.seed));

    CASE("a key that others could read is not taken");
    snprintf(path, sizeof path, "%s/broch/sim.key", folder);
    CHECK_EQ(chmod(path, 0644), 0);
    CHECK_OK(evidence_sim_key_open(&b));
    CHECK(!b.is_kept);
    CHECK(!bytes_equal(BYTES_OF(a.seed), BYTES_OF(b.seed)));
    unlink(path);
    snprintf(path, sizeof path, "%s/broch", folder);
    rmdir(path);
    rmdir(folder);

    CASE("where no file can be, a key that is gone with the keep");
    setenv("XDG_STATE_HOME", "/proc/nowhere", 1);
    CHECK_OK(evidence_sim_key_open(&a));
    CHECK(!a.is_kept);
}

int main(void)
{
    evidence();
    seals();
    keys();
    return check_done();
}
