#define _GNU_SOURCE

#include "cli/verifier_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/heap.h"
#include "cli/verb.h"
#include "codec/der.h"
#include "codec/pem.h"

#define KEY_FILE_MAX 4096u

/* PKCS#8 (RFC 5958) of an Ed25519 key (RFC 8410, section 7): version, algorithm, and the seed in
 * an OCTET STRING within another. */
static bool pkcs8_seed(uint8_t out[VERIFIER_SEED_SIZE], struct bytes der)
{
    static const uint8_t ed25519[] = { 0x2b, 0x65, 0x70 };
    struct reader all = reader_of(der), info, algorithm, inner;
    struct bytes oid, seed;

    info = der_enter(&all, DER_SEQUENCE);
    (void)der_take_uint(&info, DER_INTEGER);
    algorithm = der_enter(&info, DER_SEQUENCE);
    oid = der_take_oid(&algorithm);
    inner = der_enter(&info, DER_OCTET_STRING);
    seed = der_take(&inner, DER_OCTET_STRING);
    if (!reader_ok(&info) || !reader_ok(&algorithm) || !reader_done(&inner) ||
        !bytes_equal(oid, BYTES_OF(ed25519)) || seed.size != VERIFIER_SEED_SIZE)
        return false;
    memcpy(out, seed.data, VERIFIER_SEED_SIZE);
    return true;
}

static bool pem_seed(uint8_t out[VERIFIER_SEED_SIZE], struct bytes text)
{
    struct reader r = reader_of(text);
    struct pem_block block;
    struct arena arena;
    bool good;

    arena_init(&arena, heap_source_wiped(), (size_t)1 << 20); /* a private key */
    good = pem_next(&block, &r, &arena) == ERR_OK &&
           bytes_equal(block.label, BYTES_TEXT("PRIVATE KEY")) && pkcs8_seed(out, block.body);
    arena_done(&arena);
    return good;
}

static int key_read(uint8_t out[VERIFIER_SEED_SIZE], const char *path)
{
    uint8_t raw[KEY_FILE_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size;
    bool good;

    if (fd < 0)
        return verb_fail(VERB_SOFTWARE, "%s: %s", path, strerror(errno));
    size = read(fd, raw, sizeof raw);
    close(fd);
    good = size == VERIFIER_SEED_SIZE;
    if (good)
        memcpy(out, raw, VERIFIER_SEED_SIZE);
    else if (size > 0)
        good = pem_seed(out, (struct bytes){ raw, (size_t)size });
    explicit_bzero(raw, sizeof raw);
    return good ? 0 : verb_fail(VERB_DATA, "%s: no Ed25519 private key (PEM, or 32 bytes)", path);
}

/* Made beside its place and linked there, so that two who start at once use one key. */
static int key_make(const char *folder, const char *path)
{
    uint8_t seed[VERIFIER_SEED_SIZE];
    char fresh[PATH_MAX];
    int fd = -1, code = 0;

    if (snprintf(fresh, sizeof fresh, "%s/verifier.XXXXXX", folder) >= (int)sizeof fresh ||
        getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed ||
        (fd = mkostemp(fresh, O_CLOEXEC)) < 0)
        return verb_fail(VERB_SOFTWARE, "%s: %s", folder, strerror(errno));
    if (write(fd, seed, sizeof seed) != (ssize_t)sizeof seed || fsync(fd) != 0 ||
        (link(fresh, path) != 0 && errno != EEXIST))
        code = verb_fail(VERB_SOFTWARE, "%s: %s", path, strerror(errno));
    close(fd);
    unlink(fresh);
    explicit_bzero(seed, sizeof seed);
    return code;
}

static bool folder_make(char *folder)
{
    for (char *at = folder + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    return mkdir(folder, 0700) == 0 || errno == EEXIST;
}

int verifier_key_open(uint8_t out[VERIFIER_SEED_SIZE], const char *path)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char folder[PATH_MAX - 32], own[PATH_MAX];
    int n, code;

    if (path != NULL)
        return key_read(out, path);
    if (state != NULL && state[0] == '/')
        n = snprintf(folder, sizeof folder, "%s/broch", state);
    else if (home != NULL && home[0] == '/')
        n = snprintf(folder, sizeof folder, "%s/.local/state/broch", home);
    else
        return verb_fail(VERB_SOFTWARE, "no place for the verifier's key: set HOME, or name a key "
                                        "with --key");
    if (n >= (int)sizeof folder || !folder_make(folder))
        return verb_fail(VERB_SOFTWARE, "%s: %s", folder, strerror(errno));
    snprintf(own, sizeof own, "%s/verifier.key", folder);
    if (access(own, F_OK) != 0) {
        code = key_make(folder, own);
        if (code != 0)
            return code;
    }
    return key_read(out, own);
}
