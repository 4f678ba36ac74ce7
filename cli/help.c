#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/option.h"
#include "cli/verbs.h"

#define WIDTH 78u
#define INDENT 4u

/* One paragraph, broken at blanks. */
static void paragraph_print(const char *text, size_t size, unsigned indent)
{
    unsigned column = 0;

    while (size > 0) {
        size_t word = 0;

        while (word < size && text[word] != ' ')
            word++;
        if (column > 0 && column + 1 + word > WIDTH) {
            putchar('\n');
            column = 0;
        }
        if (column == 0)
            column = (unsigned)printf("%*s", (int)indent, "");
        else
            column += (unsigned)printf(" ");
        column += (unsigned)printf("%.*s", (int)word, text);
        text += word;
        size -= word;
        while (size > 0 && *text == ' ') {
            text++;
            size--;
        }
    }
    putchar('\n');
}

/* Paragraphs with an empty line between; a line that starts with a blank is
 * printed as it stands. */
static void text_print(const char *text, unsigned indent)
{
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        size_t size = end != NULL ? (size_t)(end - text) : strlen(text);

        if (size == 0)
            putchar('\n');
        else if (text[0] == ' ')
            printf("%*s%.*s\n", (int)indent, "", (int)size, text);
        else
            paragraph_print(text, size, indent);
        text += size + (end != NULL);
    }
}

static void usage_print(const struct verb *v)
{
    printf("%*sbroch %s%s%s%s\n", (int)INDENT, "", v->name, v->options != NULL ? " [options]" : "",
           v->operands[0] != '\0' ? " " : "", v->operands);
}

void help_verb(const struct verb *v)
{
    printf("broch %s - %s\n\nUSAGE\n", v->name, v->summary);
    usage_print(v);
    printf("\nDESCRIPTION\n");
    text_print(v->text, INDENT);
    if (v->options != NULL)
        printf("\nOPTIONS\n");
    for (const struct verb_option *o = v->options; o != NULL && o->name != NULL; o++) {
        printf("%*s--%s%s%s\n", (int)INDENT, "", o->name, o->value != NULL ? " " : "",
               o->value != NULL ? o->value : "");
        text_print(o->text, 2 * INDENT);
    }
    if (v->exit != NULL) {
        printf("\nEXIT CODE\n");
        text_print(v->exit, INDENT);
    }
    if (v->examples != NULL)
        printf("\nEXAMPLES\n");
    for (const struct verb_example *e = v->examples; e != NULL && e->command != NULL; e++) {
        printf("%*s%s\n", (int)INDENT, "", e->command);
        text_print(e->text, 2 * INDENT);
    }
}

void help_all(void)
{
    printf("broch - WebAssembly programs in keeps\n\nUSAGE\n"
           "    broch VERB [options] [operands]\n\nVERBS\n");
    for (size_t i = 0; verb_all[i] != NULL; i++)
        printf("    %-12s%s\n", verb_all[i]->name, verb_all[i]->summary);
    printf("\n`broch help VERB` tells all about one. First steps: `broch run app.wasm`.\n");
}

/* Text for roff: a backslash and a dash mean something there, and so does a
 * point or a quote at the start of a line. */
static void roff_print(const char *text)
{
    bool start = true;

    for (; *text != '\0'; text++) {
        if (start && (*text == '.' || *text == '\''))
            printf("\\&");
        if (*text == '\\')
            printf("\\e");
        else if (*text == '-')
            printf("\\-");
        else
            putchar(*text);
        start = *text == '\n';
    }
}

static void roff_text(const char *text)
{
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        size_t size = end != NULL ? (size_t)(end - text) : strlen(text);
        char line[1024];

        snprintf(line, sizeof line, "%.*s", (int)size, text);
        printf(size == 0 ? ".PP" : text[0] == ' ' ? ".br\n" : "");
        roff_print(line);
        putchar('\n');
        text += size + (end != NULL);
    }
}

static void roff_verb(const struct verb *v)
{
    printf(".SS broch ");
    roff_print(v->name);
    printf(" %s", v->options != NULL ? "[options] " : "");
    roff_print(v->operands);
    putchar('\n');
    roff_text(v->text);
    for (const struct verb_option *o = v->options; o != NULL && o->name != NULL; o++) {
        printf(".TP\n\\fB\\-\\-");
        roff_print(o->name);
        printf("\\fR \\fI");
        roff_print(o->value != NULL ? o->value : "");
        printf("\\fR\n");
        roff_text(o->text);
    }
    if (v->exit != NULL) {
        printf(".PP\nExit code.\n");
        roff_text(v->exit);
    }
    for (const struct verb_example *e = v->examples; e != NULL && e->command != NULL; e++) {
        printf(".TP\n\\fB");
        roff_print(e->command);
        printf("\\fR\n");
        roff_text(e->text);
    }
}

/* The manual page broch.1, for `man`. */
static void roff_all(void)
{
    printf(".TH BROCH 1\n.SH NAME\nbroch \\- WebAssembly programs in keeps\n"
           ".SH SYNOPSIS\n\\fBbroch\\fR \\fIVERB\\fR [options] [operands]\n.SH VERBS\n");
    for (size_t i = 0; verb_each(i) != NULL; i++)
        roff_verb(verb_each(i));
}

static int help_run(int argc, char **argv)
{
    struct option_walk w = option_walk(&verb_help, argc, argv);
    const struct verb *about;

    while (option_next(&w) != NULL) { /* its only option */
        roff_all();
        return 0;
    }
    if (option_stop(&w))
        return w.failed;
    if (w.at == argc) {
        help_all();
        return 0;
    }
    about = verb_find(argv[w.at]);
    if (about == NULL && verb_near(argv[w.at]) != NULL)
        return verb_misused(&verb_help, "%s: no such verb; is %s meant?", argv[w.at],
                            verb_near(argv[w.at]));
    if (about == NULL)
        return verb_misused(&verb_help, "%s: no such verb", argv[w.at]);
    if (about->below != NULL && w.at + 1 < argc) {
        const struct verb *below = verb_below(about, argv[w.at + 1]);

        if (below == NULL)
            return verb_misused(&verb_help, "%s %s: no such verb", about->name, argv[w.at + 1]);
        about = below;
    }
    help_verb(about);
    return 0;
}

static const struct verb_option help_options[] = {
    { "man", VALUE_NONE, NULL,
      "Print the manual page in the form that man reads: "
      "`broch help --man >broch.1`." },
    { 0 },
};

const struct verb verb_help = {
    .name = "help",
    .summary = "tell about a verb",
    .operands = "[VERB]",
    .operand = VALUE_VERB,
    .text = "Prints the page about a verb, or the list of verbs. `broch VERB --help` prints the "
            "same page.",
    .options = help_options,
    .run = help_run,
};
