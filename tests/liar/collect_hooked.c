/* The keep's side as it is shipped, with the test told of every fetch. */
#include "tests/liar/liar.h"

#define SHARED_HOOK(at, size) liar_fetch(at, size)
#include "gate/collect.c"
