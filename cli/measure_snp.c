#include <stdio.h>
#include <string.h>

#include "cli/measure.h"
#include "cli/verbs.h"
#include "measure/snp.h"

struct snp_words {
    const char *ovmf, *kernel, *initrd, *append, *kernel_hash, *initrd_hash;
    const char *vcpus, *vcpu_type, *vmm, *mode, *features, *ovmf_hash;
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

static int launch_read(struct snp_launch *l, struct measure_io *m, const struct snp_words *s)
{
    static const char *const vmms[] = { "qemu", "ec2", "gce" };
    static const char *const modes[] = { "snp", "seves", "sev" };
    int vmm = number_of(s->vmm, vmms, 3), mode = number_of(s->mode, modes, 3);
    struct bytes seed;
    uint64_t vcpus;

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
    if (s->vcpu_type != NULL &&
        !snp_vcpu_signature(&l->vcpu_signature,
                            (struct bytes){ (const uint8_t *)s->vcpu_type, strlen(s->vcpu_type) }))
        return misused("vcpu-type", s->vcpu_type);
    if (s->ovmf_hash != NULL) {
        if (!measure_hex(&seed, m, s->ovmf_hash, SNP_DIGEST_SIZE))
            return misused("ovmf-hash", s->ovmf_hash);
        l->firmware_digest = seed.data;
    }
    return verify_input_read(&l->firmware, &m->in, s->ovmf);
}

static int hash_read(uint8_t out[32], struct measure_io *m, const char *name, const char *text)
{
    struct bytes hash;

    if (!measure_hex(&hash, m, text, 32))
        return misused(name, text);
    memcpy(out, hash.data, 32);
    return 0;
}

static int kernel_read(struct snp_kernel *k, struct measure_io *m, const struct snp_words *s)
{
    const char *append = s->append != NULL ? s->append : "";
    struct bytes kernel = { 0 }, initrd = { 0 };
    int code = 0;

    if (s->kernel != NULL)
        code = verify_input_read(&kernel, &m->in, s->kernel);
    if (code == 0 && s->initrd != NULL)
        code = verify_input_read(&initrd, &m->in, s->initrd);
    if (code == 0 &&
        snp_kernel_hash(k, kernel, initrd,
                        (struct bytes){ (const uint8_t *)append, strlen(append) + 1 }) != ERR_OK)
        code = verb_fail(VERB_SOFTWARE, "hashing failed");
    if (code == 0 && s->kernel_hash != NULL)
        code = hash_read(k->kernel, m, "kernel-sha256", s->kernel_hash);
    if (code == 0 && s->initrd_hash != NULL)
        code = hash_read(k->initrd, m, "initrd-sha256", s->initrd_hash);
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
    if (l->mode == SNP_MODE_SNP && l->firmware_digest == NULL &&
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
    struct snp_words words = { .vcpus = "1", .vmm = "qemu", .mode = "snp", .features = "0x1" };
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
    .exit = "0; 65 where the firmware is broken or cannot do what was asked.",
    .run = measure_snp_run,
};
