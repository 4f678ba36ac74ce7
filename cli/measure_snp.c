#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/measure.h"
#include "cli/verbs.h"
#include "crypto/hash.h"
#include "measure/snp.h"

struct snp_words {
    const char *ovmf, *kernel, *initrd, *append, *kernel_hash, *initrd_hash;
    const char *vcpus, *vcpu_type, *vmm, *mode, *features, *ovmf_hash, *svsm, *vars_size;
};

static const char **word_of(struct snp_words *s, const struct verb_option *o)
{
    const struct {
        const char *name;
        const char **at;
    } words[] = {
        { "ovmf", &s->ovmf },
        { "kernel", &s->kernel },
        { "initrd", &s->initrd },
        { "append", &s->append },
        { "kernel-sha256", &s->kernel_hash },
        { "initrd-sha256", &s->initrd_hash },
        { "vcpus", &s->vcpus },
        { "vcpu-type", &s->vcpu_type },
        { "vmm-type", &s->vmm },
        { "mode", &s->mode },
        { "guest-features", &s->features },
        { "ovmf-hash", &s->ovmf_hash },
        { "svsm", &s->svsm },
        { "vars-size", &s->vars_size },
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (option_is(o, words[i].name))
            return words[i].at;
    return NULL;
}

/* The number of a word in a list, or -1. */
static int number_of(const char *word, const char *const *list, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(word, list[i]) == 0)
            return i;
    return -1;
}

static int misused(const char *name, const char *value)
{
    return verb_misused(&verb_measure_snp, "--%s %s: see the help for what it may be", name, value);
}

static int images_read(struct snp_launch *l, struct measure_io *m, const struct snp_words *s)
{
    int code = verify_input_read(&l->firmware, &m->in, s->ovmf);

    if (code == 0 && s->svsm != NULL)
        code = verify_input_read(&l->svsm, &m->in, s->svsm);
    if (code == 0 && s->svsm != NULL && l->svsm.size == 0)
        code = verb_fail(VERB_DATA, "%s: empty", s->svsm);
    return code;
}

static int launch_read(struct snp_launch *l, struct measure_io *m, const struct snp_words *s)
{
    static const char *const vmms[] = { "qemu", "ec2", "gce" };
    static const char *const modes[] = { "snp", "seves", "sev" };
    int vmm = number_of(s->vmm, vmms, 3), mode = number_of(s->mode, modes, 3);
    struct bytes seed;
    uint64_t vcpus, signature;

    if (vmm < 0)
        return misused("vmm-type", s->vmm);
    if (mode < 0)
        return misused("mode", s->mode);
    l->vmm = (enum snp_vmm)vmm;
    l->mode = (enum snp_mode)mode;
    if (!measure_number(&vcpus, s->vcpus, SNP_VCPUS_MAX))
        return misused("vcpus", s->vcpus);
    l->vcpus = (uint32_t)vcpus;
    if (!measure_number(&l->features, s->features, UINT64_MAX))
        return misused("guest-features", s->features);
    if (s->vcpu_type == NULL && l->vmm == SNP_VMM_QEMU && l->mode != SNP_MODE_SEV)
        return verb_misused(&verb_measure_snp, "--vcpu-type is needed: the measurement has it");
    if (s->vcpu_type != NULL && measure_number(&signature, s->vcpu_type, UINT32_MAX))
        l->vcpu_signature = (uint32_t)signature;
    else if (s->vcpu_type != NULL &&
             !snp_vcpu_signature(&l->vcpu_signature, (struct bytes){ (const uint8_t *)s->vcpu_type,
                                                                     strlen(s->vcpu_type) }))
        return misused("vcpu-type", s->vcpu_type);
    if (!measure_number(&l->vars_size, s->vars_size, UINT32_MAX))
        return misused("vars-size", s->vars_size);
    if (s->ovmf_hash != NULL) {
        if (!measure_hex(&seed, m, s->ovmf_hash, SNP_DIGEST_SIZE))
            return misused("ovmf-hash", s->ovmf_hash);
        l->firmware_digest = seed.data;
    }
    return images_read(l, m, s);
}

static int hash_read(uint8_t out[32], struct measure_io *m, const char *name, const char *text)
{
    struct bytes hash;

    if (!measure_hex(&hash, m, text, 32))
        return misused(name, text);
    memcpy(out, hash.data, 32);
    return 0;
}

/* A kernel's or an initrd's digest, from the word that has it, or from the file, which may be of
 * any size; without a file that of nothing. */
static int file_hash(uint8_t out[32], const char *path)
{
    static uint8_t room[1 << 16];
    enum err e = ERR_OK;
    struct hash h;
    size_t n = 0;
    FILE *f = path == NULL ? NULL : strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");

    if (path != NULL && f == NULL)
        return verb_fail(VERIFY_UNDECIDED, "%s: %s", path, strerror(errno));
    e = hash_init(&h, HASH_SHA256);
    while (e == ERR_OK && f != NULL && (n = fread(room, 1, sizeof room, f)) != 0)
        e = hash_add(&h, (struct bytes){ room, n });
    if (e == ERR_OK && f != NULL && ferror(f))
        e = ERR_IO;
    if (e == ERR_OK)
        e = hash_end(&h, out);
    hash_done(&h);
    if (f != NULL)
        (void)fclose(f);
    return e == ERR_OK ? 0 : verb_fail(VERIFY_UNDECIDED, "%s: cannot be read", path);
}

static int kernel_read(struct snp_kernel *k, struct measure_io *m, const struct snp_words *s)
{
    const char *append = s->append != NULL ? s->append : "";
    int code = s->kernel_hash != NULL ? hash_read(k->kernel, m, "kernel-sha256", s->kernel_hash)
                                      : file_hash(k->kernel, s->kernel);

    if (code == 0)
        code = s->initrd_hash != NULL ? hash_read(k->initrd, m, "initrd-sha256", s->initrd_hash)
                                      : file_hash(k->initrd, s->initrd);
    if (code == 0 && hash_sha256(k->cmdline, (struct bytes){ (const uint8_t *)append,
                                                             strlen(append) + 1 }) != ERR_OK)
        code = verb_fail(VERB_SOFTWARE, "hashing failed");
    return code;
}

static int snp_measure_show(struct measure_io *m, const struct snp_launch *l, const char *mode)
{
    uint8_t digest[SNP_DIGEST_SIZE];
    const char *wrong = "";
    size_t size;

    if (snp_launch_measure(digest, &size, l, &wrong) != ERR_OK)
        return verb_fail(VERB_DATA, "%s", wrong);
    fields_string(&m->fields, "mode", mode);
    measure_field(m, "measurement", digest, size);
    if (l->svsm.size != 0)
        fields_string(&m->fields, "guest_features", "0x1");
    else if (l->mode == SNP_MODE_SNP && l->firmware_digest == NULL &&
             snp_firmware_measure(digest, l->firmware, &wrong) == ERR_OK)
        measure_field(m, "ovmf_hash", digest, sizeof digest);
    return 0;
}

static int snp_do(struct measure_io *m, const struct snp_words *s)
{
    bool has_kernel = s->kernel != NULL || s->kernel_hash != NULL;
    struct snp_launch launch = { 0 };
    struct snp_kernel kernel;
    int code;

    if (s->ovmf == NULL)
        return verb_misused(&verb_measure_snp, "--ovmf is needed: the firmware that the VMM loads");
    if (s->svsm == NULL && strcmp(s->vars_size, "0") != 0)
        return verb_misused(&verb_measure_snp, "--vars-size is for --svsm");
    if ((s->kernel != NULL && s->kernel_hash != NULL) ||
        (s->initrd != NULL && s->initrd_hash != NULL))
        return verb_misused(&verb_measure_snp, "a file and its digest: one of them is enough");
    if (!has_kernel && (s->initrd != NULL || s->initrd_hash != NULL || s->append != NULL))
        return verb_misused(&verb_measure_snp, "an initrd or a command line without a kernel");
    code = launch_read(&launch, m, s);
    if (code == 0 && has_kernel)
        code = kernel_read(&kernel, m, s);
    if (code != 0)
        return code;
    launch.kernel = has_kernel ? &kernel : NULL;
    return snp_measure_show(m, &launch, s->mode);
}

static int measure_snp_run(int argc, char **argv)
{
    struct option_walk w = option_walk(&verb_measure_snp, argc, argv);
    struct snp_words words = {
        .vcpus = "1", .vmm = "qemu", .mode = "snp", .features = "0x1", .vars_size = "0"
    };
    const struct verb_option *o;
    struct measure_io *m;
    bool json = false;

    while ((o = option_next(&w)) != NULL) {
        const char **word = word_of(&words, o);

        json |= option_is(o, "json");
        if (word != NULL)
            *word = w.value;
    }
    if (option_stop(&w))
        return w.failed;
    if (w.at < argc)
        return verb_misused(&verb_measure_snp, "%s: no operand is expected", argv[w.at]);
    m = measure_begin();
    m->json = json;
    return measure_end(m, snp_do(m, &words));
}

static const struct verb_option options[] = {
    { "append", VALUE_TEXT, "TEXT", "The kernel's command line." },
    { "guest-features", VALUE_TEXT, "HEX",
      "SEV_FEATURES: 0x1, the default, or 0x21 where the host's KVM adds DEBUG_SWAP." },
    { "initrd", VALUE_FILE, "FILE", "The kernel's initrd." },
    { "initrd-sha256", VALUE_TEXT, "HEX", "Its digest, instead of the file." },
    { "json", VALUE_NONE, NULL, "Print it as JSON." },
    { "kernel", VALUE_FILE, "FILE",
      "The kernel that the VMM hands to the firmware; without one the guest boots from a disk." },
    { "kernel-sha256", VALUE_TEXT, "HEX", "Its digest, instead of the file." },
    { "mode", VALUE_TEXT, "MODE", "snp, the default, or seves or sev: the older digests." },
    { "ovmf", VALUE_FILE, "FILE", "The firmware image, as the VMM is given it." },
    { "ovmf-hash", VALUE_TEXT, "HEX",
      "The digest after the firmware's pages, which then are not read: of --ovmf only the end "
      "with its tables is needed." },
    { "svsm", VALUE_FILE, "FILE",
      "An SVSM (COCONUT's) that starts instead of the firmware, with --guest-features 0x1 whatever "
      "is given." },
    { "vars-size", VALUE_TEXT, "N",
      "Bytes of the firmware's variables, which lie between it and the SVSM; 0 by default." },
    { "vcpu-type", VALUE_TEXT, "NAME",
      "The CPU by QEMU's name, \"EPYC-Milan-v2\", or its signature, \"0xa00f11\"." },
    { "vcpus", VALUE_TEXT, "N", "How many vCPUs; 1 by default." },
    { "vmm-type", VALUE_TEXT, "VMM", "qemu, the default, ec2 or gce." },
    { 0 },
};

static const struct verb_example examples[] = {
    { "broch measure snp --ovmf OVMF.fd --vcpus 4 --vcpu-type EPYC-Milan-v2",
      "What a guest of four vCPUs that boots from its disk measures." },
    { 0 },
};

const struct verb verb_measure_snp = {
    .name = "measure snp",
    .summary = "predict the launch digest of an SEV guest",
    .operands = "",
    .text =
        "Prints the MEASUREMENT that reports of an SEV-SNP guest carry, before there is one: "
        "firmware, its metadata, the kernel's digests and the vCPUs' registers, hashed as AMD's "
        "firmware does.",
    .options = options,
    .examples = examples,
    .exit = "0; 2 where a file cannot be read; 65 where "
            "the firmware is broken or cannot do what was asked.",
    .run = measure_snp_run,
};
