/* task.h: the task state segment of a vCPU: which stacks ring 0 has, and which I/O
 * ports user mode may write. Image and shim make one for each area. */
#ifndef BROCH_GATE_TASK_H
#define BROCH_GATE_TASK_H

#include <stdint.h>

/* Its bytes, for TR: a bitmap for ports 0..0x107 behind the segment, and its end. */
#define GATE_TASK_BITMAP_AT 104u
#define GATE_TASK_LIMIT (GATE_TASK_BITMAP_AT + 33u + 1u - 1u)

/* Fills the zeroed page of the area at that virtual address. Intel SDM vol. 3 §8.7,
 * "Task Management in 64-bit Mode"; the bitmap vol. 1 §19.5.2. Only the gate's two
 * ports are open. */
void gate_task_write(uint8_t *page, uint64_t area);

#endif
