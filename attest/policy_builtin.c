#include "attest/format.h"
#include "attest/policy.h"
#include "base/num.h"

/* Is it a genuine keep on hardware that its maker calls sound? Says nothing of what runs in
 * it: for that, start from this text (`broch policy show default`) and name measurements. */
static const char policy_default[] =
    "# Genuine hardware, in a state that its maker calls sound. Any code.\n"
    "version = 1\n"
    "name = \"default\"\n"
    "platforms = [\n"
    "    \"snp\", \"sgx\", \"tdx\", \"tpm\", \"azure-snp\", \"azure-tdx\", \"nitro\", \"cca\",\n"
    "    \"nvidia\", \"se\", \"psa\",\n"
    "]\n"
    "measurements = \"any\" # what runs there is yours to name\n"
    "debug = false        # the host can look into a debug keep\n"
    "simulated = false    # a development key vouches for nothing\n"
    "# Nothing may be missing, masked or old-fashioned; but Linux hands out a TDX quote in a\n"
    "# fixed buffer, with zeros after it.\n"
    "allow = [\"trailing-bytes\"]\n"
    "# SWHardeningNeeded: the platform is patched, and what runs on it has to be hardened too\n"
    "# (INTEL-SA-00334, INTEL-SA-00615): that is judged with the code, not here.\n"
    "statuses = [\"UpToDate\", \"SWHardeningNeeded\"]\n"
    "advisories = \"any\"   # those that such a status carries\n";

/* Is it genuine at all? */
static const char policy_authentic[] =
    "# Genuine evidence of a known maker, or of a key that you brought, whatever its state.\n"
    "# For looking at evidence; no policy to release a secret by.\n"
    "version = 1\n"
    "name = \"authentic\"\n"
    "platforms = [\n"
    "    \"snp\", \"sgx\", \"tdx\", \"tpm\", \"azure-snp\", \"azure-tdx\", \"nitro\", \"cca\",\n"
    "    \"nvidia\", \"se\", \"psa\", \"sim\",\n"
    "]\n"
    "measurements = \"any\"\n"
    "debug = true\n"
    "simulated = true\n"
    "allow = [\n"
    "    \"missing-crl\", \"missing-collateral\", \"masked-chip\", \"unanchored-key\",\n"
    "    \"trailing-bytes\", \"host-requested\", \"sha1\", \"endorsement-alone\",\n"
    "]\n"
    "statuses = \"any\" # but Revoked, which nothing allows\n"
    "advisories = \"any\"\n";

static const struct {
    const char *name;
    struct bytes text;
} builtins[] = {
    { "default", { (const uint8_t *)policy_default, sizeof policy_default - 1 } },
    { "authentic", { (const uint8_t *)policy_authentic, sizeof policy_authentic - 1 } },
};

struct bytes policy_builtin(struct bytes name)
{
    for (size_t i = 0; i < COUNT_OF(builtins); i++)
        if (bytes_equal(name, format_text(builtins[i].name)))
            return builtins[i].text;
    return (struct bytes){ 0 };
}
