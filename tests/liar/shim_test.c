/* A host that lies, seen by exec: the shim's calls on descriptors and clocks, each
 * with the answers of its gate call changed. The keep ends with the gate's code, or
 * the call gives what some honest host could have given; exec's memory is touched
 * where the call says, and bytes are those that the host sent.
 *
 * A keep asks LAUNCH once in its life, so each case is a process of its own. */
#include "shim/core/fake_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "gate/call.h"
#include "shim/core/file.h"
#include "tests/check.h"
#include "tests/liar/shim.h"

#define NEVER_AFTER 100u /* parks without an answer: this host does not answer */

enum { CHILD_HELD = 0, CHILD_BROKE = 1, CHILD_NEVER = 2 };

static struct {
    const struct gate_ops *honest;
    const struct shim_drive *drive;
    const struct shim_lie *lie;
    uint64_t number;                /* the lie's, or of the bit that is turned */
    uint32_t call[64], data_at[64]; /* by id, of what was put out */
    unsigned silent;
} now;

/* --- Between the honest host and the keep. */

static void note_submissions(const struct gate_port *port)
{
    for (uint32_t i = port->taken; i != port->submitted; i++) {
        const struct gate_submission *s = &port->submission[i % GATE_RING_COUNT];

        now.call[s->id % 64] = s->call;
        now.data_at[s->id % 64] = s->data_at;
    }
}

static void lie_to(struct gate_port *port, struct gate_completion *c)
{
    uint32_t id = c->id % 64;

    if (now.call[id] != now.drive->call)
        return;
    if (now.lie->answer != NULL)
        now.lie->answer(c, now.number);
    if (now.lie->data != NULL)
        now.lie->data((uint8_t *)port + GATE_DATA_AT + now.data_at[id], c->data_size, now.number);
}

static void through(void (*honest)(void *context), void *context)
{
    struct gate_port *port = cpu_at(0)->gate.port;
    uint32_t before = port->completed;

    note_submissions(port);
    honest(context);
    for (uint32_t i = before; i != port->completed; i++)
        lie_to(port, &port->completion[i % GATE_RING_COUNT]);
    now.silent = port->completed == before ? now.silent + 1 : 0;
    if (now.silent > NEVER_AFTER)
        _exit(CHILD_NEVER);
}

static void park(void *context) { through(now.honest->park, context); }
static void bell(void *context) { through(now.honest->bell, context); }
static bool woken(void *context) { return now.honest->woken(context); }

static const struct gate_ops ops = { .park = park, .bell = bell, .woken = woken };

/* --- One case: in the child. */

static _Noreturn void broke(const char *what, int64_t r)
{
    printf("# %s, %s (%llu): %s, result %lld\n", now.drive->name, now.lie->name,
           (unsigned long long)now.number, what, (long long)r);
    fflush(stdout);
    _exit(CHILD_BROKE);
}

/* exec's memory, before any case. */
static uint8_t before[FAKE_PAGES * PLACE_PAGE];

static void check_memory(int64_t r)
{
    const struct shim_drive *d = now.drive;
    const uint8_t *memory = fake_memory();
    size_t size = (FAKE_PAGES - 1) * (size_t)PLACE_PAGE;

    for (size_t i = 0; i < size; i++)
        if (memory[i] != before[i] && (i < d->room_at || i >= d->room_at + d->room))
            broke("memory of exec beyond the buffer was changed", r);
    if (d->content == NULL || r <= 0 || now.lie->data != NULL)
        return;
    for (size_t i = 0; i < (size_t)r && i < d->content_size; i++)
        if (memory[d->room_at + i] != d->content[i])
            broke("bytes that the host did not send", r);
}

static _Noreturn void child(void)
{
    const struct shim_drive *d = now.drive;
    int64_t r;

    if (d->is_unsteady)
        fake.tsc_khz = 0;
    if (d->call != GATE_LAUNCH)
        (void)launch_claims();
    now.honest = cpu_at(0)->gate.ops;
    cpu_at(0)->gate.ops = &ops;
    if (FAKE_ENDS()) {
        check_memory(-1);
        if (fake.end_code != GATE_EXIT_HOST || fake.end_why != GATE_END_HOST)
            broke("the keep blames itself", fake.end_code);
        _exit(CHILD_HELD);
    }
    r = d->go();
    check_memory(r);
    if (r > d->most || r < -LINUX_ERESTARTNOHAND)
        broke("a result that no honest host leads to", r);
    if (now.lie->is_honest && r != d->honest)
        broke("an honest host, and another result", r);
    fflush(stdout);
    _exit(CHILD_HELD);
}

static void run(const struct shim_drive *drive, const struct shim_lie *lie, uint64_t number)
{
    int status = 0;
    pid_t pid;

    now.drive = drive;
    now.lie = lie;
    now.number = number;
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        child();
    if (!CHECK(pid > 0) || !CHECK(waitpid(pid, &status, 0) == pid))
        return;
    if (!WIFEXITED(status))
        printf("# %s, %s (%llu): signal\n", drive->name, lie->name, (unsigned long long)number);
    CHECK(WIFEXITED(status) &&
          (WEXITSTATUS(status) == CHILD_HELD || WEXITSTATUS(status) == CHILD_NEVER));
}

int main(void)
{
    char name[160];

    /* Once, and not in each child: there is much of it. */
    shim_keep_begin();
    memcpy(before, fake_memory(), (FAKE_PAGES - 1) * (size_t)PLACE_PAGE);
    for (size_t d = 0; d < shim_drives_count; d++) {
        snprintf(name, sizeof name, "%s: every lie", shim_drives[d].name);
        CASE(name);
        for (size_t l = 0; l < shim_lies_count; l++) {
            /* Where nothing comes back there are no bytes to change. */
            if (shim_lies[l].data != NULL && gate_rule_of(shim_drives[d].call)->back_max == 0)
                continue;
            for (size_t n = 0; n < shim_lies[l].numbers_count; n++)
                run(&shim_drives[d], &shim_lies[l], shim_lies[l].numbers[n]);
        }
    }
    CASE("launch: every byte of the record");
    for (size_t d = 0; d < shim_drives_count; d++)
        for (uint64_t at = 0; shim_drives[d].call == GATE_LAUNCH && at < shim_record_size(); at++)
            run(&shim_drives[d], &shim_record_flip, at * 256 + (at % 2 == 0 ? 0xff : 1));
    return check_done();
}
