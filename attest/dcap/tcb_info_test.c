/* TCB info and QE identity: what the parsers refuse (lesson E11: other verifiers panicked on
 * slices of this JSON). The documents are written by hand; their signatures are of no key. */
#include "attest/dcap/qe_identity.h"

#include <stdlib.h>

#include "base/num.h"
#include "tests/check.h"

#define SIGNATURE_16 "0123456789abcdef"
#define SIGNATURE                                                                              \
    SIGNATURE_16 SIGNATURE_16 SIGNATURE_16 SIGNATURE_16 SIGNATURE_16 SIGNATURE_16 SIGNATURE_16 \
        SIGNATURE_16
#define COMPONENTS                                                                          \
    "[{\"svn\":255,\"category\":\"BIOS\"},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0}," \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"  \
    "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":7}]"
#define ZEROS "000000000000000000000000000000000000000000000000"
#define MODULE                                                              \
    "\"mrsigner\":\"" ZEROS ZEROS "\",\"attributes\":\"0000000000000000\"," \
    "\"attributesMask\":\"FFFFFFFFFFFFFFFF\""

static const char tdx_v3[] =
    "{\"tcbInfo\":{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"2025-02-26T10:37:20Z\","
    "\"nextUpdate\":\"2025-03-28T10:37:20Z\",\"fmspc\":\"90c06F000000\",\"pceId\":\"0000\","
    "\"tcbType\":0,\"tcbEvaluationDataNumber\":18,\"tdxModule\":{" MODULE "},"
    "\"tdxModuleIdentities\":[{\"id\":\"TDX_01\"," MODULE ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":"
    "6},\"tcbDate\":\"2024-11-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"}]}],\"tcbLevels\":["
    "{\"tcb\":{\"sgxtcbcomponents\":" COMPONENTS ",\"pcesvn\":13,\"tdxtcbcomponents\":" COMPONENTS
    "},\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":["
    "\"INTEL-SA-01036\"]}]},\"signature\":\"" SIGNATURE "\"}";

static const char sgx_v2[] =
    "{\"tcbInfo\":{\"version\":2,\"issueDate\":\"2025-02-26T10:37:20Z\",\"nextUpdate\":"
    "\"2025-03-28T10:37:20Z\",\"fmspc\":\"90c06f000000\",\"tcbType\":0,"
    "\"tcbEvaluationDataNumber\":8,\"tcbLevels\":[{\"tcb\":{\"sgxtcbcomp01svn\":14,"
    "\"sgxtcbcomp02svn\":14,\"sgxtcbcomp03svn\":2,\"sgxtcbcomp04svn\":4,\"sgxtcbcomp05svn\":1,"
    "\"sgxtcbcomp06svn\":128,\"sgxtcbcomp07svn\":7,\"sgxtcbcomp08svn\":0,\"sgxtcbcomp09svn\":0,"
    "\"sgxtcbcomp10svn\":0,\"sgxtcbcomp11svn\":0,\"sgxtcbcomp12svn\":0,\"sgxtcbcomp13svn\":0,"
    "\"sgxtcbcomp14svn\":0,\"sgxtcbcomp15svn\":0,\"sgxtcbcomp16svn\":9,\"pcesvn\":65535},"
    "\"tcbDate\":\"2019-12-11T00:00:00Z\",\"tcbStatus\":\"ConfigurationNeeded\"}]},"
    "\"signature\":\"" SIGNATURE "\"}";

static const char qe_v2[] =
    "{\"enclaveIdentity\":{\"id\":\"TD_QE\",\"version\":2,\"issueDate\":\"2025-02-20T11:31:38Z\","
    "\"nextUpdate\":\"2025-03-22T11:31:38Z\",\"tcbEvaluationDataNumber\":18,\"miscselect\":"
    "\"00000000\",\"miscselectMask\":\"FFFFFFFF\",\"attributes\":"
    "\"11000000000000000000000000000000\",\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
    "\"mrsigner\":\"DC9E2A7C6F948F17474E34A7FC43ED030F7C1563F1BABDDF6340C82E0E54A8C5\","
    "\"isvprodid\":2,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2024-11-13T00:00:00Z\","
    "\"tcbStatus\":\"UpToDate\"}]},\"signature\":\"" SIGNATURE "\"}";

enum document { TDX, SGX, QE };
static const char *const documents[] = { tdx_v3, sgx_v2, qe_v2 };

/* One replacement, of the first place. */
static const struct {
    const char *name;
    enum document document;
    const char *from, *to;
    enum err want;
} cases[] = {
    { "TDX, version 3", TDX, "", "", ERR_OK },
    { "SGX, version 2, without a PCE id", SGX, "", "", ERR_OK },
    { "QE identity", QE, "", "", ERR_OK },
    { "an unknown member passes", TDX, "\"tcbType\"", "\"new\":[1.5],\"tcbType\"", ERR_OK },
    { "white space is inside of what is signed", TDX, "\"version\":3", "\"version\" :\n3", ERR_OK },
    { "version 4", TDX, "\"version\":3", "\"version\":4", ERR_UNSUPPORTED },
    { "version 1", SGX, "\"version\":2", "\"version\":1", ERR_UNSUPPORTED },
    { "a float", TDX, "\"version\":3", "\"version\":3.0", ERR_MALFORMED },
    { "an exponent", TDX, "\"version\":3", "\"version\":3e0", ERR_MALFORMED },
    { "a negative number", TDX, "\"version\":3", "\"version\":-3", ERR_MALFORMED },
    { "a number in a string", TDX, "\"version\":3", "\"version\":\"3\"", ERR_MALFORMED },
    { "a member of another case", TDX, "\"version\"", "\"VERSION\"", ERR_MALFORMED },
    { "a member twice", TDX, "\"tcbType\":0", "\"tcbType\":0,\"tcbType\":0", ERR_MALFORMED },
    { "another way to compare", TDX, "\"tcbType\":0", "\"tcbType\":1", ERR_UNSUPPORTED },
    { "an unknown TEE", TDX, "\"id\":\"TDX\"", "\"id\":\"SEV\"", ERR_MALFORMED },
    { "an escaped string", TDX, "\"id\":\"TDX\"", "\"id\":\"T\\u0044X\"", ERR_MALFORMED },
    { "an escaped status", TDX, "UpToDate", "Up\\u0054oDate", ERR_MALFORMED },
    { "SVN above 255", TDX, "\"svn\":255", "\"svn\":256", ERR_MALFORMED },
    { "SVN that overflows", TDX, "\"svn\":255", "\"svn\":18446744073709551617", ERR_MALFORMED },
    { "SVN from a sign extension", TDX, "\"svn\":255", "\"svn\":65473", ERR_MALFORMED },
    { "15 components", TDX, "{\"svn\":0},", "", ERR_MALFORMED },
    { "17 components", TDX, "{\"svn\":0},", "{\"svn\":0},{\"svn\":0},", ERR_LIMIT },
    { "PCESVN above 65535", SGX, "65535", "65536", ERR_MALFORMED },
    { "component missing, version 2", SGX, "\"sgxtcbcomp16svn\":9,", "", ERR_MALFORMED },
    { "month 16", TDX, "2025-02-26", "2025-16-26", ERR_MALFORMED },
    { "30 February", TDX, "2025-02-26", "2025-02-30", ERR_MALFORMED },
    { "an offset instead of Z", TDX, "10:37:20Z", "10:37:20+00:00", ERR_MALFORMED },
    { "no next update", TDX, "\"nextUpdate\"", "\"next\"", ERR_MALFORMED },
    { "FMSPC as a number", TDX, "\"90c06F000000\"", "90060000", ERR_MALFORMED },
    { "FMSPC too short", TDX, "\"90c06F000000\"", "\"90c06F0000\"", ERR_MALFORMED },
    { "version 3 without a PCE id", TDX, "\"pceId\":\"0000\",", "", ERR_MALFORMED },
    { "no evaluation number", SGX, "\"tcbEvaluationDataNumber\":8,", "", ERR_MALFORMED },
    { "an unknown status", TDX, "\"OutOfDate\"", "\"Fine\"", ERR_MALFORMED },
    { "a status that levels do not have", TDX, "\"OutOfDate\"", "\"TDRelaunchAdvised\"",
      ERR_MALFORMED },
    { "no levels", SGX, "\"tcbLevels\":[", "\"tcbLevels\":[],\"old\":[", ERR_MALFORMED },
    { "no TDX module", TDX, "\"tdxModule\"", "\"module\"", ERR_MALFORMED },
    { "no module identities: TDX 1.0", TDX, "\"tdxModuleIdentities\"", "\"identities\"", ERR_OK },
    { "a module without a number", TDX, "TDX_01", "TDX_0", ERR_MALFORMED },
    { "a module of another name", TDX, "TDX_01", "SEAM01", ERR_MALFORMED },
    { "a module's MRSIGNER too short", TDX, ZEROS ZEROS, ZEROS, ERR_MALFORMED },
    { "advisories that are no array", TDX, "[\"INTEL-SA-01036\"]", "\"INTEL-SA-01036\"",
      ERR_MALFORMED },
    { "an advisory that is no string", TDX, "[\"INTEL-SA-01036\"]", "[1036]", ERR_MALFORMED },
    { "a signature too short", TDX, SIGNATURE_16 SIGNATURE_16 SIGNATURE_16, "00", ERR_MALFORMED },
    { "a signature that is a number", SGX, "\"signature\":\"" SIGNATURE "\"", "\"signature\":12",
      ERR_MALFORMED },
    { "no signature", SGX, "\"signature\"", "\"Signature\"", ERR_MALFORMED },
    { "another document", TDX, "\"tcbInfo\"", "\"enclaveIdentity\"", ERR_MALFORMED },
    { "a list instead of the inner value", SGX, "{\"tcbInfo\":{", "{\"tcbInfo\":[],\"o\":{",
      ERR_MALFORMED },
    { "bytes behind", SGX, "{\"tcbInfo\"", "{}{\"tcbInfo\"", ERR_MALFORMED },
    { "QE: another enclave", QE, "TD_QE", "PCE", ERR_MALFORMED },
    { "QE: no mask", QE, "\"attributesMask\"", "\"mask\"", ERR_MALFORMED },
    { "QE: version 3", QE, "\"version\":2", "\"version\":3", ERR_UNSUPPORTED },
    { "QE: a status that enclaves do not have", QE, "UpToDate", "ConfigurationNeeded",
      ERR_MALFORMED },
    { "QE: product above 65535", QE, "\"isvprodid\":2", "\"isvprodid\":65536", ERR_MALFORMED },
    { "QE: no evaluation number", QE, "\"tcbEvaluationDataNumber\":18,", "", ERR_MALFORMED },
};

static struct arena arena;

static void *chunk_take(void *context, size_t size)
{
    (void)context;
    return aligned_alloc(16, num_align(size, 16));
}

static void chunk_give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static enum err parse(enum document d, struct bytes text)
{
    struct tcb_info info;
    struct qe_identity qe;

    arena_reset(&arena);
    return d == QE ? qe_identity_parse(&qe, &arena, text, NULL, NULL)
                   : tcb_info_parse(&info, &arena, text, NULL, NULL);
}

static struct bytes replaced(char *room, size_t size, const char *text, const char *from,
                             const char *to)
{
    const char *at = strstr(text, from);
    int used = 0;

    if (CHECK(at != NULL))
        used = snprintf(room, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    CHECK(used > 0 && (size_t)used < size);
    return (struct bytes){ (uint8_t *)room, (size_t)used };
}

static void values(void)
{
    struct tcb_info t;
    struct bytes text = { (const uint8_t *)tdx_v3, sizeof tdx_v3 - 1 };

    CASE("what was read");
    arena_reset(&arena);
    if (!CHECK_OK(tcb_info_parse(&t, &arena, text, NULL, NULL)))
        return;
    CHECK(t.is_tdx && t.has_pce_id && t.module_count == 1 && t.level_count == 1);
    CHECK_EQ(t.fmspc[2], 0x6f);
    CHECK_EQ(t.levels[0].sgx[0], 255);
    CHECK_EQ(t.levels[0].tdx[15], 7);
    CHECK_EQ(t.modules[0].version, 1);
    CHECK_EQ(t.modules[0].levels.at[0].isv_svn, 6);
    CHECK_EQ(t.is.signature[1], 0x23);
    CASE("what is signed: the inner value's own bytes");
    CHECK(t.is.text.data == text.data + strlen("{\"tcbInfo\":"));
    CHECK_EQ(t.is.text.size, text.size - strlen("{\"tcbInfo\":,\"signature\":\"\"}") - 128);
}

/* A report of a quoting enclave of Intel's, for where its identity is not there. */
static void known(void)
{
    static const uint8_t signer[] = { 0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e,
                                      0x96, 0x13, 0x7f, 0x77, 0xc6, 0x8a, 0x82, 0x9a,
                                      0x00, 0x56, 0xac, 0x8d, 0xed, 0x70, 0x14, 0x0b,
                                      0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff };
    uint8_t raw[SGX_BODY_SIZE] = { [48] = 0x15, [56] = 0xe7, [256] = 1, [258] = 8 };
    static const struct {
        const char *name;
        uint32_t at;
        uint8_t flip;
        bool is_tdx;
        enum reason want;
    } rows[] = {
        { "Intel's quoting enclave", 0, 0, false, REASON_NONE },
        { "any other enclave of the platform", 128, 1, false, REASON_qe_mrsigner_mismatch },
        { "a debug one", 48, 2, false, REASON_qe_attributes_mismatch },
        { "another product", 256, 2, false, REASON_qe_isvprodid_mismatch },
        { "that of SGX for a TD", 0, 0, true, REASON_qe_mrsigner_mismatch },
    };

    memcpy(&raw[128], signer, sizeof signer);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sgx_body body;
        struct reader r = reader_of(BYTES_OF(raw));

        CASE(rows[i].name);
        raw[rows[i].at] ^= rows[i].flip;
        sgx_body_take(&body, &r);
        CHECK_EQ(qe_identity_check_known(rows[i].is_tdx, &body), rows[i].want);
        raw[rows[i].at] ^= rows[i].flip;
    }
}

int main(void)
{
    static char room[8192];

    arena_init(&arena, (struct arena_source){ chunk_take, chunk_give, NULL }, 16 << 20);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].name);
        CHECK_ERR(parse(cases[i].document, replaced(room, sizeof room, documents[cases[i].document],
                                                    cases[i].from, cases[i].to)),
                  cases[i].want);
    }
    values();
    known();
    CASE("every truncation (lesson E11)"); /* lesson E11 */
    for (enum document d = TDX; d <= QE; d++)
        for (size_t size = 0; size < strlen(documents[d]); size++)
            CHECK(parse(d, (struct bytes){ (const uint8_t *)documents[d], size }) != ERR_OK);
    arena_done(&arena);
    return check_done();
}
