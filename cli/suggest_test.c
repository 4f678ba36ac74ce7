#include "cli/suggest.h"

#include <string.h>

#include "tests/check.h"

static const char *best(const char *word)
{
    static const char *const known[] = { "run", "inspect", "compile", "platform", "help" };
    struct suggest s = suggest_for(word, strlen(word));

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        suggest_look(&s, known[i]);
    return s.best != NULL ? s.best : "";
}

int main(void)
{
    CASE("one letter too many, too few, another one, two swapped");
    CHECK(strcmp(best("runn"), "run") == 0);
    CHECK(strcmp(best("inspec"), "inspect") == 0);
    CHECK(strcmp(best("rnu"), "run") == 0);
    CHECK(strcmp(best("compule"), "compile") == 0);
    CHECK(strcmp(best("hlep"), "help") == 0);

    CASE("nothing is near");
    CHECK(strcmp(best(""), "") == 0);
    CHECK(strcmp(best("fly"), "") == 0);
    CHECK(strcmp(best("x"), "") == 0);
    CHECK(strcmp(best("a-very-long-word-that-nobody-typed-by-mistake"), "") == 0);
    return check_done();
}
