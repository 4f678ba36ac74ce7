/* platform.c: evidence and seal keys, as a file.
 *
 * write(2) says what is wanted: 64 bytes are report data; 'K' and a label of 1 to
 * 62 bytes ask for a key. The next read(2) asks the host, and gives the whole
 * answer or, where the buffer is too small for it, EMSGSIZE and keeps the wish. A
 * read after that is the end of the file. One wish at a time, for all
 * descriptors: whoever shares them agrees among themselves. */
#include "base/num.h"
#include "shim/core/ask.h"
#include "shim/core/cpu.h"
#include "shim/core/open.h"

#define REPORT_SIZE 64u
#define LABEL_MAX 62u
#define EVIDENCE_MAX 32768u

static struct {
    struct lock lock;
    uint32_t call; /* GATE_EVIDENCE, GATE_SEAL_KEY, or 0 */
    size_t size;
    uint8_t data[REPORT_SIZE];
} wish;

static int64_t wish_take(const uint8_t *data, size_t size)
{
    bool is_key = size >= 2 && size <= LABEL_MAX + 1 && data[0] == 'K';

    if (size != REPORT_SIZE && !is_key)
        return -LINUX_EINVAL;
    wish.call = is_key ? GATE_SEAL_KEY : GATE_EVIDENCE;
    wish.size = is_key ? size - 1 : size;
    __builtin_memcpy(wish.data, is_key ? data + 1 : data, wish.size);
    return (int64_t)size;
}

static int64_t platform_write(struct file *f, struct span *s, const uint64_t *offset,
                              uint32_t flags)
{
    uint8_t data[REPORT_SIZE];
    size_t size = (size_t)s->total;
    int64_t r;

    (void)f;
    (void)flags;
    if (offset != NULL)
        return -LINUX_ESPIPE;
    if (s->total > sizeof data)
        return -LINUX_EINVAL;
    if (span_take(s, data, size) < size)
        return -LINUX_EFAULT;
    lock_take(&wish.lock);
    r = wish_take(data, size);
    lock_give(&wish.lock);
    return r;
}

static int64_t wish_answer(struct span *s)
{
    struct gate_ask a = { .call = wish.call,
                          .sent = wish.size,
                          .room = wish.call == GATE_SEAL_KEY ? 32 : EVIDENCE_MAX };

    if (wish.call == 0)
        return 0;
    __builtin_memcpy(gate_stage(&cpu_here()->gate), wish.data, wish.size);
    if (ask_host(&a) != GATE_OK)
        return -ask_errno(a.refusal);
    if (a.value != a.back.size || a.back.size == 0 ||
        (wish.call == GATE_SEAL_KEY && a.back.size != 32))
        ask_lied("evidence or a key of a size that it cannot have");
    if (a.back.size > s->total)
        return -LINUX_EMSGSIZE;
    if (span_put(s, a.back.data, a.back.size) < a.back.size)
        return -LINUX_EFAULT;
    wish.call = 0;
    return (int64_t)a.back.size;
}

static int64_t platform_read(struct file *f, struct span *s, const uint64_t *offset, uint32_t flags)
{
    int64_t r;

    (void)f;
    (void)flags;
    if (offset != NULL)
        return -LINUX_ESPIPE;
    lock_take(&wish.lock);
    r = wish_answer(s);
    lock_give(&wish.lock);
    return r;
}

const struct file_ops platform_ops = { .read = platform_read, .write = platform_write };
