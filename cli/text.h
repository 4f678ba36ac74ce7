/* text.h: strings of others, made fit for a terminal. */
#ifndef BROCH_CLI_TEXT_H
#define BROCH_CLI_TEXT_H

#include "base/bytes.h"

#define TEXT_SHOWN_SIZE 260

/* Control characters and what is not UTF-8 become '?', and what is too long is
 * cut: a module cannot send a terminal anything it would act upon. Terminated;
 * gives out. */
const char *text_shown(char out[TEXT_SHOWN_SIZE], struct bytes text);
/* The same within a string, in place; nothing is cut. */
void text_clean(char *text);

#endif
