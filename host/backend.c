#include "host/backend.h"

#include <string.h>

const struct backend *const backend_all[] = {
    &backend_process,
    &backend_kvm,
    &backend_skeleton,
    NULL,
};

const struct backend *backend_find(const char *name)
{
    for (size_t i = 0; backend_all[i] != NULL; i++)
        if (strcmp(backend_all[i]->name, name) == 0)
            return backend_all[i];
    return NULL;
}
