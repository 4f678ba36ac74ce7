/* judge: evidence and endorsements in, verdict out, through libbroch-verify.
 *
 *   cc judge.c $(pkg-config --cflags --libs broch-verify) -o judge
 *   ./judge report.bin vcek.der ask_ark.pem crl.der */
#include <broch/verify.h>
#include <stdio.h>
#include <time.h>

static unsigned char memory[16 << 20], files[4 << 20];

int main(int argc, char **argv)
{
    struct broch_question question = { .now = time(NULL) };
    struct broch_policy_error wrong = { 0 };
    static char text[64 << 10];
    struct broch_verifier *v;
    size_t used = 0, size;
    enum broch_verify_error error;
    enum broch_verdict verdict;

    if (broch_verifier_init(&v, memory, sizeof memory, NULL, 0, &wrong) != BROCH_VERIFY_OK)
        return 70;
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");

        if (f == NULL)
            return 66;
        size = fread(files + used, 1, sizeof files - used, f);
        fclose(f);
        if (used + size == sizeof files) /* too small for all of it */
            return 70;
        error = broch_verifier_add(v, BROCH_VERIFY_EVIDENCE, argv[i], files + used, size);
        if (error != BROCH_VERIFY_OK && error != BROCH_VERIFY_UNKNOWN)
            return 70;
        used += size;
    }
    verdict = broch_verifier_judge(v, &question, NULL);
    broch_verifier_text(v, text, sizeof text);
    fputs(text, stdout);
    return verdict == BROCH_ACCEPTED ? 0 : verdict == BROCH_REFUSED ? 1 : 2;
}
