/* se-vectors: the arithmetic of Secure Execution's attestation, for vectors that have no guest.
 *
 *   se-vectors measure KEY PLD ALD TLD TAG UID USER NONCE ADDITIONAL
 *   se-vectors open ARCB-FILE KEY
 *
 * Words are hex, "" is nothing. Prints the measurement, or key and nonce of a request, in hex;
 * where a request is refused, the word that says why. A tool of tests, and no verifier. */
#include <stdio.h>
#include <string.h>

#include "attest/se/arcb.h"
#include "codec/pem.h"

static struct bytes hex_of(const char *text)
{
    static uint8_t room[16][32768];
    static size_t used;
    uint8_t *at = room[used++];
    size_t size;

    if (used == 16 ||
        hex_decode(at, sizeof room[0], &size, (struct bytes){ (const uint8_t *)text, strlen(text) },
                   false) != ERR_OK)
        return (struct bytes){ 0 };
    return (struct bytes){ at, size };
}

static void hex_print(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", data[i]);
    printf("\n");
}

static int measure(char **words)
{
    struct se_measured m = {
        .pld = hex_of(words[1]),
        .ald = hex_of(words[2]),
        .tld = hex_of(words[3]),
        .tag = hex_of(words[4]),
        .config_uid = hex_of(words[5]),
        .user = hex_of(words[6]),
        .nonce = hex_of(words[7]),
        .additional = hex_of(words[8]),
    };
    uint8_t out[SE_MEASUREMENT_SIZE];

    if (se_measure(out, hex_of(words[0]), &m) != ERR_OK)
        return 1;
    hex_print(out, sizeof out);
    return 0;
}

static int refuse(const char *why)
{
    printf("%s\n", why);
    return 1;
}

static int open_request(const char *path, struct bytes key)
{
    static uint8_t room[1 << 20];
    FILE *file = fopen(path, "rb");
    struct bytes raw = { room, 0 };
    struct se_arcb a;
    struct se_secret secret;
    enum err e;

    if (file == NULL || key.size != SE_PROTECTION_KEY_SIZE)
        return 70;
    raw.size = fread(room, 1, sizeof room, file);
    fclose(file);
    e = se_arcb_parse(&a, raw);
    if (e == ERR_UNSUPPORTED)
        return refuse(a.size != 0 ? "unsupported_algorithm" : "unsupported_version");
    if (e != ERR_OK)
        return refuse("se_no_arcb");
    e = se_arcb_open(&secret, &a, key.data);
    if (e != ERR_OK)
        return refuse(e == ERR_INVALID ? "se_bad_tag" : "crypto_failed");
    hex_print(secret.key, sizeof secret.key);
    hex_print(secret.nonce, secret.has_nonce ? sizeof secret.nonce : 0);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 11 && strcmp(argv[1], "measure") == 0)
        return measure(&argv[2]);
    if (argc == 4 && strcmp(argv[1], "open") == 0)
        return open_request(argv[2], hex_of(argv[3]));
    fprintf(stderr, "se-vectors: measure with nine words, or open with two\n");
    return 64;
}
