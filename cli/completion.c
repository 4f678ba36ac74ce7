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

/* Each "verb|--option" is one pattern: the verb and the word before the cursor. */
static void bash_print(void)
{
    printf("# broch completion for bash: source <(broch completion bash)\n_broch() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local verb=${COMP_WORDS[1]}\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; verb_all[i] != NULL; i++)
        printf("%s%s", i > 0 ? " " : "", verb_all[i]->name);
    printf("' -- \"$word\")); return\n    fi\n    case \"$verb|$before\" in\n");
    for (size_t i = 0; verb_all[i] != NULL; i++) {
        const struct verb *v = verb_all[i];

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
    for (size_t i = 0; verb_all[i] != NULL; i++) {
        printf("        '%s|-'*) COMPREPLY=($(compgen -W '", verb_all[i]->name);
        bash_words(verb_all[i]);
        printf("' -- \"$word\")) ;;\n");
        if (verb_all[i]->operand == VALUE_VERB) {
            printf("        '%s|'*) COMPREPLY=($(compgen -W '", verb_all[i]->name);
            for (size_t k = 0; verb_all[k] != NULL; k++)
                printf("%s%s", k > 0 ? " " : "", verb_all[k]->name);
            printf("' -- \"$word\")) ;;\n");
        } else if (verb_all[i]->operand == VALUE_SHELL) {
            printf("        '%s|'*) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\")) ;;\n",
                   verb_all[i]->name);
        } else if (verb_all[i]->operand == VALUE_FILE) {
            printf("        '%s|'*) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n",
                   verb_all[i]->name);
        }
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
    printf("        %s) _arguments -S", v->name);
    for (const struct verb_option *o = v->options; o != NULL && o->name != NULL; o++) {
        printf(" \\\n            '*--%s%s[", o->name, o->value != NULL ? "=" : "");
        plain_print(o->text);
        printf("]%s%s'", o->value != NULL ? ":value:" : "",
               o->value != NULL ? zsh_action(o->kind) : "");
    }
    printf(" \\\n            '--help[show help]'");
    if (v->operand == VALUE_VERB) {
        printf(" \\\n            '1:verb:(");
        for (size_t k = 0; verb_all[k] != NULL; k++)
            printf("%s%s", k > 0 ? " " : "", verb_all[k]->name);
        printf(")'");
    } else if (v->operand != VALUE_NONE) {
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
           "    local verb=$words[2]\n    shift words; (( CURRENT-- ))\n    case $verb in\n");
    for (size_t i = 0; verb_all[i] != NULL; i++)
        zsh_verb(verb_all[i]);
    printf("    esac\n}\ncompdef _broch broch\n");
}

static void fish_print(void)
{
    printf("# broch completion for fish: broch completion fish | source\n"
           "complete -c broch -f -n __fish_use_subcommand\n");
    for (size_t i = 0; verb_all[i] != NULL; i++) {
        const struct verb *v = verb_all[i];

        printf("complete -c broch -n __fish_use_subcommand -a %s -d '", v->name);
        plain_print(v->summary);
        printf("'\n");
        for (const struct verb_option *o = v->options; o != NULL && o->name != NULL; o++) {
            printf("complete -c broch -n '__fish_seen_subcommand_from %s' -l %s%s -d '", v->name,
                   o->name,
                   o->value == NULL                                      ? ""
                   : o->kind == VALUE_FILE || o->kind == VALUE_DIRECTORY ? " -r -F"
                                                                         : " -x");
            plain_print(o->text);
            printf("'\n");
        }
        if (v->operand == VALUE_SHELL)
            printf("complete -c broch -f -n '__fish_seen_subcommand_from %s' -a 'bash zsh fish'\n",
                   v->name);
    }
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
