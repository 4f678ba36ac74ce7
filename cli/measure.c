#define _GNU_SOURCE

#include "cli/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/digest.h"
#include "cli/option.h"
#include "cli/verbs.h"
#include "host/files.h"
#include "measure/image.h"

#define PROGRAM_SIZE_MAX ((size_t)512 << 20)

struct measured {
    char shim[DIGEST_TEXT_SIZE];
    char exec[DIGEST_TEXT_SIZE];
    char sim[DIGEST_TEXT_SIZE];
};

/* The file at a path, or where there is none the program of that name beside us. */
static bool program_map(struct bytes *out, const char *path, const char *name, struct note *note)
{
    struct stat st;
    void *at = MAP_FAILED;
    int fd = -1;

    if (path != NULL) {
        name = path;
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            note_set_errno(note, errno, "%s", path);
            return false;
        }
    } else if (files_program(&fd, name, note) != ERR_OK) {
        return false;
    }
    if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size <= PROGRAM_SIZE_MAX)
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (at == MAP_FAILED) {
        note_set(note, "%s: cannot be read", name);
        return false;
    }
    *out = (struct bytes){ at, (size_t)st.st_size };
    return true;
}

static bool digest_of(char out[DIGEST_TEXT_SIZE], struct bytes data)
{
    uint8_t digest[HASH_SHA256_SIZE];

    if (hash_sha256(digest, data) != ERR_OK)
        return false;
    digest_text(out, digest);
    return true;
}

static bool keep_measure(struct measured *out, const char *exec_path, bool debug, struct note *note)
{
    uint32_t flags = BOOT_FRESH_ZERO | (debug ? BOOT_DEBUG : 0);
    uint8_t *head = malloc(IMAGE_HEAD_MAX);
    uint8_t digest[HASH_SHA256_SIZE];
    struct bytes shim, exec;
    struct image image;
    bool good = false;

    if (head == NULL || !program_map(&shim, NULL, "broch-shim", note) ||
        !program_map(&exec, exec_path, "broch-exec", note)) {
        free(head);
        return false;
    }
    if (image_plan(&image, head, shim, exec, IMAGE_RAM_SIZE, flags) != ERR_OK) {
        note_set(note, "%s", image.wrong);
    } else if (image_measure_sim(digest, &image) == ERR_OK) {
        digest_text(out->sim, digest);
        good = digest_of(out->shim, shim) && digest_of(out->exec, exec);
    }
    free(head);
    return good;
}

static int keep_measure_run(int argc, char **argv)
{
    struct option_walk w = option_walk(&verb_measure, argc, argv);
    const struct verb_option *o;
    struct note note = { 0 };
    const char *exec_path = NULL;
    bool json = false, debug = false;
    struct measured m;

    while ((o = option_next(&w)) != NULL) {
        json |= option_is(o, "json");
        debug |= option_is(o, "debug");
        if (option_is(o, "exec"))
            exec_path = w.value;
    }
    if (option_stop(&w))
        return w.failed;
    if (w.at < argc)
        return verb_misused(&verb_measure,
                            "%s: the words are snp, snp-id-block, sgx, tdx, tpm and corim",
                            argv[w.at]);
    if (!keep_measure(&m, exec_path, debug, &note))
        return verb_fail(VERB_SOFTWARE, "%s", note.text);
    printf(json ? "{\"exec\": \"%s\", \"shim\": \"%s\", \"debug\": %s, \"sim\": \"%s\"}\n"
                : "exec   sha256:%s\nshim   sha256:%s\ndebug  %s\nsim    sha256:%s\n",
           m.exec, m.shim, json ? (debug ? "true" : "false") : (debug ? "yes" : "no"), m.sim);
    return 0;
}

/* Words that make a verb of their own. */
static const struct verb *const words[] = {
    &verb_measure_snp,
    &verb_measure_snp_id_block,
    &verb_measure_sgx,
    &verb_measure_tdx,
    &verb_measure_tpm,
    &verb_measure_corim,
    NULL,
};

static int measure_run(int argc, char **argv)
{
    const struct verb *word = argc > 1 ? verb_below(&verb_measure, argv[1]) : NULL;

    return word != NULL ? word->run(argc - 1, argv + 1) : keep_measure_run(argc, argv);
}

static const struct verb_option measure_options[] = {
    { "debug", VALUE_NONE, NULL, "Of a debug keep." },
    { "exec", VALUE_FILE, "FILE", "Of a keep of this program instead of broch-exec." },
    { "json", VALUE_NONE, NULL, "Print it as JSON." },
    { 0 },
};

const struct verb verb_measure = {
    .name = "measure",
    .summary = "predict what a keep measures",
    .operands = "[snp | snp-id-block | sgx | tdx | tpm | corim …]",
    .text =
        "Prints the digests of exec and shim, and what each platform must measure when a keep "
        "is made of them, without making one. `sim` is what the development evidence of a kvm "
        "keep carries: it says which bytes were started, on the word of the host, and proves "
        "nothing to anybody else.\n\n"
        "With a word behind it, predicts what hardware measures of files that are given, ours or "
        "anybody's. `broch measure WORD --help` tells about each:\n\n"
        "  snp           MEASUREMENT of an SEV-SNP guest, and the digests of SEV and SEV-ES\n"
        "  snp-id-block  an ID block and what signs it: make, check\n"
        "  sgx           MRENCLAVE; a SIGSTRUCT: make, check\n"
        "  tdx           MRTD and RTMRs of a trust domain\n"
        "  tpm           PCRs after the measurements of an event log or list\n"
        "  corim         a manifest of such values, for policies",
    .options = measure_options,
    .exit = "0, or 70 where exec or shim is missing or not one.",
    .run = measure_run,
    .below = words,
    .words = "snp snp-id-block sgx tdx tpm corim",
};
