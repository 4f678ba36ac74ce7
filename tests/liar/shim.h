/* shim.h: within the liar: what exec does, and how its host lies about it.
 *
 * A drive is one or more system calls that come down to one call of the gate. */
#ifndef BROCH_TESTS_LIAR_SHIM_H
#define BROCH_TESTS_LIAR_SHIM_H

#include "gate/abi.h"
#include "shim/core/fake_test.h"

struct shim_drive {
    const char *name;
    uint32_t call; /* of the gate, that is lied about */
    int64_t (*go)(void);
    int64_t honest;         /* its result with an honest host */
    int64_t most;           /* what a result may be at most */
    size_t room_at, room;   /* of exec's memory: what may change */
    const uint8_t *content; /* what the host sends, where it sends bytes */
    size_t content_size;
    bool is_unsteady; /* the counter's rate is not constant: CLOCK each time */
};
extern const struct shim_drive shim_drives[];
extern const size_t shim_drives_count;

struct shim_lie {
    const char *name;
    void (*answer)(struct gate_completion *c, uint64_t number);
    void (*data)(uint8_t *data, uint32_t size, uint64_t number);
    const uint64_t *numbers; /* tried one after the other */
    size_t numbers_count;
    bool is_honest;
};
extern const struct shim_lie shim_lies[];
extern const size_t shim_lies_count;
/* Byte number / 256 of what came back, by the bits of number % 256. */
extern const struct shim_lie shim_record_flip;

/* A keep with all kinds of descriptors and a host with something behind them. */
void shim_keep_begin(void);
size_t shim_record_size(void);

#endif
