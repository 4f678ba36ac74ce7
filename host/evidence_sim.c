#define _GNU_SOURCE

#include "host/evidence_sim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/cbor.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/sign.h"

/* --- The key's file. */

static bool path_make(char out[4096], const char *tail)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int size;

    if (state != NULL && state[0] == '/')
        size = snprintf(out, 4096, "%s%s", state, tail);
    else if (home != NULL && home[0] == '/')
        size = snprintf(out, 4096, "%s/.local/state%s", home, tail);
    else
        return false;
    return size > 0 && size < 4096;
}

static bool key_read(struct evidence_sim_key *out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    bool ok;

    if (fd < 0)
        return false;
    /* One that others could have read or put there is nobody's. */
    ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
         (st.st_mode & 077) == 0 && st.st_size == (off_t)sizeof out->seed &&
         read(fd, out->seed, sizeof out->seed) == (ssize_t)sizeof out->seed;
    close(fd);
    return ok;
}

/* Every folder on the way that is not there yet, for its owner alone. */
static void folders_make(const char *path)
{
    char part[4096];

    for (size_t i = 1; path[i] != '\0' && i < sizeof part; i++)
        if (path[i] == '/') {
            memcpy(part, path, i);
            part[i] = '\0';
            (void)mkdir(part, 0700);
        }
}

/* Written beside and linked in whole: who comes second takes the first one's key. */
static void key_write(const struct evidence_sim_key *key, const char *path)
{
    char other[4096 + 32];
    int fd;
    bool ok;

    folders_make(path);
    snprintf(other, sizeof other, "%s.%d", path, (int)getpid());
    fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    ok = write(fd, key->seed, sizeof key->seed) == (ssize_t)sizeof key->seed && fsync(fd) == 0;
    close(fd);
    if (ok)
        (void)link(other, path);
    (void)unlink(other);
}

enum err evidence_sim_key_open(struct evidence_sim_key *out)
{
    char path[4096];
    bool has_path = path_make(path, "/broch/sim.key");

    *out = (struct evidence_sim_key){ 0 };
    if (has_path && key_read(out, path)) {
        out->is_kept = true;
        return ERR_OK;
    }
    if (getrandom(out->seed, sizeof out->seed, 0) != (ssize_t)sizeof out->seed)
        return ERR_IO;
    if (has_path) {
        struct evidence_sim_key again = { 0 };

        key_write(out, path);
        if (key_read(&again, path)) {
            again.is_kept = true;
            *out = again;
        }
    }
    return ERR_OK;
}

/* --- Evidence. */

/* Keys of the payload; negative ones would be the platform's own in a verifier's
 * common words. */
enum {
    FIELD_PLATFORM = 1,
    FIELD_DIGEST = 2,
    FIELD_REPORT = 3,
    FIELD_DEBUG = 4,
    FIELD_KEPT = 5,
    FIELDS = 5,
};

#define COSE_SIGN1 18 /* RFC 9052, 2 */
#define COSE_ALGORITHM 1
#define COSE_KEY_ID 4
#define COSE_EDDSA (-8) /* RFC 9053, 2.2 */
#define PART_MAX 512u

static void payload_write(struct writer *w, const struct evidence_sim_key *key,
                          const uint8_t digest[EVIDENCE_SIM_DIGEST_SIZE],
                          const uint8_t report[EVIDENCE_SIM_REPORT_SIZE], bool is_debug)
{
    cbor_put_map(w, FIELDS);
    cbor_put_uint(w, FIELD_PLATFORM);
    cbor_put_text(w, BYTES_TEXT("sim"));
    cbor_put_uint(w, FIELD_DIGEST);
    cbor_put_bytes(w, (struct bytes){ digest, EVIDENCE_SIM_DIGEST_SIZE });
    cbor_put_uint(w, FIELD_REPORT);
    cbor_put_bytes(w, (struct bytes){ report, EVIDENCE_SIM_REPORT_SIZE });
    cbor_put_uint(w, FIELD_DEBUG);
    cbor_put_bool(w, is_debug);
    cbor_put_uint(w, FIELD_KEPT);
    cbor_put_bool(w, key->is_kept);
}

static void protected_write(struct writer *w)
{
    cbor_put_map(w, 1);
    cbor_put_uint(w, COSE_ALGORITHM);
    cbor_put_int(w, COSE_EDDSA);
}

/* What is signed: Sig_structure of RFC 9052, 4.4. */
static enum err signature_make(uint8_t out[SIGN_SIZE], const struct evidence_sim_key *key,
                               struct bytes protected, struct bytes payload)
{
    uint8_t room[2 * PART_MAX];
    struct writer w = writer_of(room, sizeof room);

    cbor_put_array(&w, 4);
    cbor_put_text(&w, BYTES_TEXT("Signature1"));
    cbor_put_bytes(&w, protected);
    cbor_put_bytes(&w, (struct bytes){ NULL, 0 });
    cbor_put_bytes(&w, payload);
    if (!writer_ok(&w))
        return ERR_LIMIT;
    return sign_make(out, key->seed, writer_bytes(&w));
}

enum err evidence_sim_write(struct writer *w, const struct evidence_sim_key *key,
                            const uint8_t digest[EVIDENCE_SIM_DIGEST_SIZE],
                            const uint8_t report[EVIDENCE_SIM_REPORT_SIZE], bool is_debug)
{
    uint8_t head[PART_MAX], body[PART_MAX], signature[SIGN_SIZE], public[SIGN_PUBLIC_SIZE];
    struct writer protected = writer_of(head, sizeof head);
    struct writer payload = writer_of(body, sizeof body);

    protected_write(&protected);
    payload_write(&payload, key, digest, report, is_debug);
    if (!writer_ok(&protected) || !writer_ok(&payload))
        return ERR_LIMIT;
    TRY(sign_public(public, key->seed));
    TRY(signature_make(signature, key, writer_bytes(&protected), writer_bytes(&payload)));
    cbor_put_tag(w, COSE_SIGN1);
    cbor_put_array(w, 4);
    cbor_put_bytes(w, writer_bytes(&protected));
    cbor_put_map(w, 1); /* not protected: which key, for who knows more than one */
    cbor_put_uint(w, COSE_KEY_ID);
    cbor_put_bytes(w, BYTES_OF(public));
    cbor_put_bytes(w, writer_bytes(&payload));
    cbor_put_bytes(w, BYTES_OF(signature));
    return writer_ok(w) ? ERR_OK : ERR_LIMIT;
}

enum err evidence_sim_seal(uint8_t out[EVIDENCE_SIM_SEAL_SIZE], const struct evidence_sim_key *key,
                           const uint8_t digest[EVIDENCE_SIM_DIGEST_SIZE], struct bytes label)
{
    uint8_t info[128];
    struct writer w = writer_of(info, sizeof info);

    /* A label is the last part, so no two (digest, label) give the same bytes. */
    writer_put(&w, (struct bytes){ digest, EVIDENCE_SIM_DIGEST_SIZE });
    writer_put(&w, label);
    if (!writer_ok(&w))
        return ERR_LIMIT;
    return kdf_derive(out, EVIDENCE_SIM_SEAL_SIZE, (struct bytes){ key->seed, sizeof key->seed },
                      BYTES_TEXT("broch sim seal 1"), writer_bytes(&w));
}
