#include "host/probe.h"

struct probe *probe_add(struct probe_list *list, const char *name, bool needed, int error,
                        const char *cure)
{
    struct probe *p;

    if (list->count < PROBES_MAX)
        list->count++;
    p = &list->item[list->count - 1];
    *p = (struct probe){ .name = name, .needed = needed, .ok = error == 0, .error = error };
    if (error != 0)
        p->cure = cure;
    return p;
}

bool probe_all_needed(const struct probe_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->item[i].needed && !list->item[i].ok)
            return false;
    return true;
}
