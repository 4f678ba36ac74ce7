/* more.h: within the liar: lies that need more than a row of a table.
 *
 * Each of these files has its lies, liar_test.c the cases of TAP: check.h's state is in one file,
 * so the others report through it. */
#ifndef BROCH_TESTS_LIAR_MORE_H
#define BROCH_TESTS_LIAR_MORE_H

#include "tests/liar/liar.h"

/* Of liar_test.c: runs the case once more; judges the result; opens a TAP case. */
void liar_try(void);
void liar_check(enum liar_end end);
const struct liar_result *liar_last(void);
void liar_case_open(const char *call, const char *name);
bool liar_holds(bool holds, const char *text, const char *file, int line);
#define HOLDS(cond) liar_holds((cond) ? true : false, #cond, __FILE__, __LINE__)

/* Of order.c: calls in flight together. */
void liar_test_order(const struct liar_case *c);
void liar_test_exit(void);
void liar_test_cancel(void);
/* Of fetch.c: what changes while it is read. */
void liar_test_fetches(const struct liar_case *c);
void liar_test_thread(void);
/* Of claims.c: LAUNCH, each claim wrong in turn. */
void liar_test_launch(void);

#endif
