/* wast_exec.c: broch-wast, which stands in for exec where the specification's
 * scripts are to run in a keep.
 *
 * The launch record's module is a bundle of scripts (cli/wast_source.h), its
 * arguments are: name, --config's words or "", "verbose" or "", scripts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/wast.h"
#include "cli/wast_source.h"
#include "codec/launch.h"
#include "exec/fault.h"

static bool map(struct bytes *out, int fd)
{
    struct stat s;
    void *at = MAP_FAILED;

    if (fstat(fd, &s) == 0 && s.st_size > 0)
        at = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    *out = (struct bytes){ at, (size_t)s.st_size };
    return at != MAP_FAILED;
}

static char *text_of(struct bytes b)
{
    char *text = calloc(1, b.size + 1);

    if (text == NULL)
        abort();
    memcpy(text, b.data, b.size);
    return text;
}

int main(void)
{
    static struct launch launch;
    struct config config = { 0 };
    struct bytes record, bundle;
    struct note note = { 0 };
    bool good = true, verbose;
    char *list;

    if (!map(&record, LAUNCH_FD) || launch_parse(&launch, record) != ERR_OK ||
        launch.args_count < 3 || !map(&bundle, (int)launch.module_fd) || fault_take() != ERR_OK) {
        fputs("broch-wast: started by broch wast --backend alone\n", stderr);
        return LAUNCH_EXIT_USAGE;
    }
    list = text_of(launch.args[1]);
    verbose = launch.args[2].size != 0;
    if (list[0] != '\0' && config_add(&config, list, CONFIG_FOR_ENGINEERS, &note) != ERR_OK) {
        fprintf(stderr, "broch-wast: %s\n", note.text);
        return LAUNCH_EXIT_USAGE;
    }
    wast_source_bundle(bundle);
    for (uint32_t i = 3; i < launch.args_count; i++)
        good = wast_one(text_of(launch.args[i]), config_word(&config), verbose) && good;
    fflush(stdout);
    return good ? 0 : 1;
}
