#define _GNU_SOURCE

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/option.h"
#include "cli/verbs.h"
#include "host/backend.h"
#include "host/files.h"

static void tools_probe(struct probe_list *out)
{
    struct note note = { 0 };
    int fd = -1;
    enum err e = files_program(&fd, "broch-exec", &note);

    probe_add(out, "broch-exec", true, e == ERR_OK ? 0 : ENOENT,
              "build it, or install it beside broch");
    if (fd >= 0)
        close(fd);
}

static const char *error_name(int error)
{
    const char *name = strerrorname_np(error);

    return name != NULL ? name : "?";
}

static json_t *probe_json(const struct probe *p)
{
    json_t *o = json_pack("{s:s, s:b, s:b}", "name", p->name, "ok", p->ok, "needed", p->needed);

    if (p->detail[0] != '\0')
        json_object_set_new(o, "detail", json_string(p->detail));
    if (!p->ok) {
        json_object_set_new(o, "errno", json_integer(p->error));
        json_object_set_new(o, "error", json_string(error_name(p->error)));
        json_object_set_new(o, "cure", json_string(p->cure));
    }
    return o;
}

static json_t *backend_json(const struct backend *b, const struct probe_list *probes)
{
    json_t *list = json_array();

    for (size_t i = 0; i < probes->count; i++)
        json_array_append_new(list, probe_json(&probes->item[i]));
    return json_pack("{s:s, s:s, s:b, s:o}", "name", b->name, "isolation", b->isolation, "usable",
                     probe_all_needed(probes), "probes", list);
}

static void backend_print(const struct backend *b, const struct probe_list *probes)
{
    printf("%s keep: %s (%s)\n", b->name, probe_all_needed(probes) ? "usable" : "not usable",
           b->isolation);
    for (size_t i = 0; i < probes->count; i++) {
        const struct probe *p = &probes->item[i];

        printf("    %-22s%s%s%s\n", p->name,
               p->ok       ? "yes"
               : p->needed ? "NO"
                           : "no",
               p->detail[0] != '\0' ? ", " : "", p->detail);
        if (!p->ok)
            printf("    %-22s%s (%s); cure: %s\n", "", strerror(p->error), error_name(p->error),
                   p->cure);
    }
}

/* The first backend's probes are those of this build's only real kind of keep;
 * the skeleton is for those who write another. */
static int platform_show(bool json)
{
    struct utsname machine;
    json_t *all = json_array();
    bool usable = false;

    for (size_t i = 0; backend_all[i] != NULL; i++) {
        const struct backend *b = backend_all[i];
        struct probe_list probes = { 0 };

        if (b == &backend_skeleton)
            continue;
        tools_probe(&probes);
        b->probe(&probes);
        usable |= probe_all_needed(&probes);
        if (json)
            json_array_append_new(all, backend_json(b, &probes));
        else
            backend_print(b, &probes);
    }
    if (json && uname(&machine) == 0) {
        json_t *o = json_pack("{s:{s:s, s:s, s:s}, s:o}", "machine", "system", machine.sysname,
                              "release", machine.release, "architecture", machine.machine,
                              "backends", json_incref(all));

        json_dumpf(o, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(o);
    }
    json_decref(all);
    return usable ? 0 : 1;
}

static int platform_run(int argc, char **argv)
{
    struct option_walk w = option_walk(&verb_platform, argc, argv);
    bool json = false;

    while (option_next(&w) != NULL)
        json = true; /* its only option */
    if (option_stop(&w))
        return w.failed;
    if (w.at < argc)
        return verb_misused(&verb_platform, "%s: no operand is expected", argv[w.at]);
    return platform_show(json);
}

static const struct verb_option platform_options[] = {
    { "json", VALUE_NONE, NULL,
      "Print it as JSON: machine, and for each backend its probes with name, ok, needed, and "
      "where it is not ok errno, error and cure." },
    { 0 },
};

const struct verb verb_platform = {
    .name = "platform",
    .summary = "what this machine can give a keep",
    .operands = "",
    .text = "Tries everything that keeps on this machine stand on, one line each. What fails "
            "names the error that the kernel gave and the cure. What is not needed, a keep runs "
            "without, and says so when it starts.",
    .options = platform_options,
    .exit = "0 where some kind of keep can run, else 1.",
    .run = platform_run,
};
