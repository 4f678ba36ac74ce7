#include <stdio.h>
#include <string.h>

#include "cli/option.h"
#include "cli/verbs.h"

static void bash_words(const struct verb *v)
{
    for (const struct verb_option *o = v->options; o != NULL && o->name != NULL; o++)
        printf("--%s ", o->name);
    printf("--help");
}

static void names_print(void)
{
    for (size_t i = 0; verb_all[i] != NULL; i++)
        printf("%s%s", i > 0 ? " " : "", verb_all[i]->name);
}

/* The verbs of two words, as alternatives of a `case`. */
static void pairs_print(void)
{
    const char *separator = "";

    for (size_t i = 0; verb_each(i) != NULL; i++)
        if (strchr(verb_each(i)->name, ' ') != NULL) {
            printf("%s'%s'", separator, verb_each(i)->name);
            separator = "|";
        }
}

/* What may stand as an operand: words, and files. */
static void bash_operands(const struct verb *v)
{
    if (v->words == NULL && v->operand != VALUE_FILE && v->operand != VALUE_VERB &&
        v->operand != VALUE_SHELL)
        return;
    printf("        '%s|'*) COMPREPLY=($(compgen%s", v->name,
           v->operand == VALUE_FILE ? " -f" : "");
    if (v->words != NULL || v->operand == VALUE_VERB || v->operand == VALUE_SHELL) {
        printf(" -W '");
        if (v->operand == VALUE_VERB)
            names_print();
        else
            printf("%s", v->operand == VALUE_SHELL ? "bash zsh fish" : v->words);
        printf("'");
    }
    printf(" -- \"$word\")) ;;\n");
}

/* Each "verb|--option" is one pattern: the verb and the word before the cursor. */
static void bash_print(void)
{
    const struct verb *v;

    printf("# broch completion for bash: source <(broch completion bash)\n_broch() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local verb=${COMP_WORDS[1]}\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '");
    names_print();
    printf("' -- \"$word\")); return\n    fi\n    if [ \"$COMP_CWORD\" -gt 2 ]; then\n"
           "        case \"$verb ${COMP_WORDS[2]}\" in\n            ");
    pairs_print();
    printf(") verb=\"$verb ${COMP_WORDS[2]}\" ;;\n        esac\n    fi\n"
           "    case \"$verb|$before\" in\n");
    for (size_t i = 0; (v = verb_each(i)) != NULL; i++) {
        for (const struct verb_option *o = v->options; o != NULL && o->name != NULL; o++) {
            const char *flag = o->kind == VALUE_DIRECTORY ? "-d" : "-f";

            if (o->kind == VALUE_DIRECTORY || o->kind == VALUE_FILE)
                printf("        '%s|--%s') COMPREPLY=($(compgen %s -- \"$word\")); return ;;\n",
                       v->name, o->name, flag);
            else if (o->value != NULL)
                printf("        '%s|--%s') return ;;\n", v->name, o->name);
        }
    }
    printf("    esac\n    case \"$verb|$word\" in\n");
    for (size_t i = 0; (v = verb_each(i)) != NULL; i++) {
        printf("        '%s|-'*) COMPREPLY=($(compgen -W '", v->name);
        bash_words(v);
        printf("' -- \"$word\")) ;;\n");
        bash_operands(v);
    }
    printf("    esac\n}\ncomplete -o filenames -F _broch broch\n");
}

/* The first sentence, without what a shell's quotes would trip over. */
static void plain_print(const char *text)
{
    for (; *text != '\0' && !(text[0] == '.' && (text[1] == ' ' || text[1] == '\0')); text++)
        if (strchr("'\"\\`$[]:", *text) == NULL)
            putchar(*text);
}

static const char *zsh_action(enum verb_value kind)
{
    switch (kind) {
    case VALUE_FILE: return "_files";
    case VALUE_DIRECTORY: return "_files -/";
    case VALUE_SHELL: return "(bash zsh fish)";
    default: return " ";
    }
}

static void zsh_verb(const struct verb *v)
{
    printf("        '%s') _arguments -S", v->name);
    for (const struct verb_option *o = v->options; o != NULL && o->name != NULL; o++) {
        printf(" \\\n            '*--%s%s[", o->name, o->value != NULL ? "=" : "");
        plain_print(o->text);
        printf("]%s%s'", o->value != NULL ? ":value:" : "",
               o->value != NULL ? zsh_action(o->kind) : "");
    }
    printf(" \\\n            '--help[show help]'");
    if (v->operand == VALUE_VERB) {
        printf(" \\\n            '1:verb:(");
        names_print();
        printf(")'");
    } else {
        if (v->words != NULL)
            printf(" \\\n            '1:word:(%s)'", v->words);
        if (v->operand != VALUE_NONE)
            printf(" \\\n            '*:operand:%s'", zsh_action(v->operand));
    }
    printf(" ;;\n");
}

static void zsh_print(void)
{
    printf("#compdef broch\n# broch completion for zsh: source <(broch completion zsh)\n"
           "_broch() {\n    local -a verbs=(\n");
    for (size_t i = 0; verb_all[i] != NULL; i++) {
        printf("        '%s:", verb_all[i]->name);
        plain_print(verb_all[i]->summary);
        printf("'\n");
    }
    printf("    )\n    if (( CURRENT == 2 )); then\n        _describe verb verbs; return\n    fi\n"
           "    local verb=$words[2]\n    shift words; (( CURRENT-- ))\n"
           "    if (( CURRENT > 2 )); then\n        case \"$verb $words[2]\" in\n            ");
    pairs_print();
    printf(") verb=\"$verb $words[2]\"; shift words; (( CURRENT-- )) ;;\n        esac\n    fi\n"
           "    case $verb in\n");
    for (size_t i = 0; verb_each(i) != NULL; i++)
        zsh_verb(verb_each(i));
    printf("    esac\n}\ncompdef _broch broch\n");
}

/* "__fish_seen_subcommand_from measure; and __fish_seen_subcommand_from snp" */
static void fish_condition(const struct verb *v)
{
    const char *second = strchr(v->name, ' ');

    printf("__fish_seen_subcommand_from %.*s",
           second != NULL ? (int)(second - v->name) : (int)strlen(v->name), v->name);
    if (second != NULL)
        printf("; and __fish_seen_subcommand_from%s", second);
}

static void fish_verb(const struct verb *v)
{
    const char *words = v->operand == VALUE_SHELL ? "bash zsh fish" : v->words;

    for (const struct verb_option *o = v->options; o != NULL && o->name != NULL; o++) {
        printf("complete -c broch -n '");
        fish_condition(v);
        printf("' -l %s%s -d '", o->name,
               o->value == NULL                                      ? ""
               : o->kind == VALUE_FILE || o->kind == VALUE_DIRECTORY ? " -r -F"
                                                                     : " -x");
        plain_print(o->text);
        printf("'\n");
    }
    if (words == NULL)
        return;
    printf("complete -c broch%s -n '", v->operand == VALUE_FILE ? "" : " -f");
    fish_condition(v);
    printf("' -a '%s'\n", words);
}

static void fish_print(void)
{
    printf("# broch completion for fish: broch completion fish | source\n"
           "complete -c broch -f -n __fish_use_subcommand\n");
    for (size_t i = 0; verb_all[i] != NULL; i++) {
        printf("complete -c broch -n __fish_use_subcommand -a %s -d '", verb_all[i]->name);
        plain_print(verb_all[i]->summary);
        printf("'\n");
    }
    for (size_t i = 0; verb_each(i) != NULL; i++)
        fish_verb(verb_each(i));
}

static int completion_run(int argc, char **argv)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = { { "bash", bash_print }, { "zsh", zsh_print }, { "fish", fish_print } };
    struct option_walk w = option_walk(&verb_completion, argc, argv);

    while (option_next(&w) != NULL)
        ;
    if (option_stop(&w))
        return w.failed;
    if (w.at + 1 != argc)
        return verb_misused(&verb_completion, "expected one shell: bash, zsh or fish");
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].shell, argv[w.at]) == 0) {
            shells[i].print();
            return 0;
        }
    }
    return verb_misused(&verb_completion, "%s: expected bash, zsh or fish", argv[w.at]);
}

static const struct verb_example completion_examples[] = {
    { "source <(broch completion bash)", "For this shell; put it into ~/.bashrc for every one." },
    { "broch completion fish >~/.config/fish/completions/broch.fish", "For fish." },
    { 0 },
};

const struct verb verb_completion = {
    .name = "completion",
    .summary = "print completions for a shell",
    .operands = "bash|zsh|fish",
    .operand = VALUE_SHELL,
    .text = "Prints a script that teaches the shell the verbs and options of this very version.",
    .examples = completion_examples,
    .run = completion_run,
};
