#include "exec/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "base/num.h"
#include "gate/debug.h"
#include "wasm/runtime/runtime.h"

#define NAME_MAX_SIZE 512u
#define LINE_MAX_SIZE (NAME_MAX_SIZE + 64u)

/* What a debugger's command line takes as a name; anything else is '_'. */
static char letter_of(uint8_t c)
{
    return (char)(c > ' ' && c < 0x7f && c != '\'' && c != '"' ? c : '_');
}

static size_t line_write(char *to, const struct wasm_module *m, uint32_t function)
{
    const struct wasm_code_function *f = &m->code.functions[function];
    uint32_t number = m->decoded.imported_func_count + function;
    struct bytes name = wasm_decoded_function_name(&m->decoded, number);
    size_t size = (size_t)snprintf(to, LINE_MAX_SIZE, "%" PRIx64 " %" PRIx32 " ",
                                   (uint64_t)(uintptr_t)m->code.base + f->start, f->size);

    if (name.size == 0)
        size += (size_t)snprintf(to + size, LINE_MAX_SIZE - size, "wasm_function_%" PRIu32, number);
    for (size_t i = 0; i < num_min(name.size, NAME_MAX_SIZE); i++)
        to[size++] = letter_of(name.data[i]);
    to[size++] = '\n';
    return size;
}

static char *text_write(const struct wasm_module *m, size_t *size)
{
    size_t room = 0, names = 0;
    char *text, *fit;

    for (uint32_t i = 0; i < m->decoded.name_count; i++)
        names += num_min(m->decoded.names[i].name.size, NAME_MAX_SIZE);
    for (uint32_t i = 0; i < m->decoded.export_count; i++)
        names += num_min(m->decoded.exports[i].name.size, NAME_MAX_SIZE);
    room = names + (size_t)m->code.count * 64 + LINE_MAX_SIZE;
    text = malloc(room);
    *size = 0;
    for (uint32_t i = 0; text != NULL && i < m->code.count; i++)
        if (m->code.functions[i].size != 0 && room - *size >= LINE_MAX_SIZE)
            *size += line_write(text + *size, m, i);
    fit = text == NULL ? NULL : realloc(text, *size + 1);
    return fit != NULL ? fit : text;
}

void symbols_publish(const struct wasm_module *module)
{
    struct debug_symbols *slot = (struct debug_symbols *)getauxval(DEBUG_AUXV);
    size_t size;
    char *text;

    if (slot == NULL)
        return;
    text = text_write(module, &size); /* stays as long as the keep */
    if (text == NULL)
        return;
    slot->size = size;
    __atomic_store_n(&slot->text, (uint64_t)(uintptr_t)text, __ATOMIC_RELEASE);
    if (__atomic_load_n(&slot->stop, __ATOMIC_ACQUIRE) != 0)
        __asm__ volatile("int3" ::: "memory");
}
