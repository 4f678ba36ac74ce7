/* cca_claims.c: reads a set of claims of an Arm CCA token from stdin, a realm's or a platform's
 * (told by its keys), for tests/evidence/kind_cca_claims.py. Exit code 0: it has all that is
 * mandatory; 1 and what is wrong: it has not. */
#include <stdio.h>

#include "attest/cca/token.h"

static bool is_realm(struct bytes claims)
{
    struct reader r = reader_of(claims);

    for (struct cbor_list l = cbor_walk_map(&r); cbor_walk_next(&l); cbor_walk_skip(&r)) {
        uint64_t key = cbor_peek(&r) == CBOR_UINT ? cbor_walk_uint(&r) : (cbor_walk_skip(&r), 0u);

        if (key >= 44235 && key <= 44240)
            return true;
    }
    return false;
}

int main(void)
{
    static uint8_t room[65536];
    static struct cca_platform platform;
    struct cca_realm realm;
    struct public_key key;
    struct bytes claims = { room, fread(room, 1, sizeof room, stdin) };
    const char *wrong = "";
    enum err e;

    if (is_realm(claims)) {
        e = cca_realm_parse(&realm, claims, &wrong);
        if (e == ERR_OK && (e = cca_realm_key(&key, &realm)) != ERR_OK)
            wrong = "the realm's key";
    } else {
        e = cca_platform_parse(&platform, claims, CCA_PLATFORM, &wrong);
    }
    if (e != ERR_OK)
        printf("%s\n", wrong);
    return e == ERR_OK ? 0 : 1;
}
