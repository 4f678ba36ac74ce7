#include "cli/config.h"

#include <string.h>

#include "broch/wasm.h"
#include "tests/check.h"

int main(void)
{
    struct note note = { 0 };
    struct config c = { 0 };

    CASE("words add up");
    CHECK_OK(config_add(&c, "lazy", CONFIG_FOR_RUN, &note));
    CHECK_OK(config_add(&c, "no-verify,explicit-bounds", CONFIG_FOR_RUN, &note));
    CHECK_EQ(c.set, WASM_CONFIG_LAZY | WASM_CONFIG_NO_VERIFY | WASM_CONFIG_EXPLICIT);
    CHECK_EQ(c.clear, 0);

    CASE("what a processor has can be taken away");
    c = (struct config){ 0 };
    CHECK_OK(config_add(&c, "baseline,fuel", CONFIG_FOR_ENGINEERS, &note));
    CHECK_EQ(config_word(&c) & (WASM_CONFIG_AVX | WASM_CONFIG_BMI | WASM_CONFIG_POPCNT), 0);
    CHECK_EQ(config_word(&c) & WASM_CONFIG_FUEL, WASM_CONFIG_FUEL);

    CASE("no word, half a word, and words that are another option's");
    CHECK_ERR(config_add(&c, "", CONFIG_FOR_RUN, &note), ERR_USAGE);
    CHECK_ERR(config_add(&c, "lazy,", CONFIG_FOR_RUN, &note), ERR_USAGE);
    CHECK_ERR(config_add(&c, ",lazy", CONFIG_FOR_RUN, &note), ERR_USAGE);
    CHECK_ERR(config_add(&c, "laz", CONFIG_FOR_ENGINEERS, &note), ERR_USAGE);
    CHECK_ERR(config_add(&c, "lazyy", CONFIG_FOR_ENGINEERS, &note), ERR_USAGE);
    CHECK_ERR(config_add(&c, "fuel", CONFIG_FOR_RUN, &note), ERR_USAGE);
    CHECK_ERR(config_add(&c, "baseline", CONFIG_FOR_RUN, &note), ERR_USAGE);
    CHECK(strstr(note.text, "baseline: expected explicit-bounds, lazy") != NULL);
    CHECK(strstr(note.text, "fuel") == NULL);
    return check_done();
}
