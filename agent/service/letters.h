/*
 * Where the pipeline's dead letters lie: from the configuration to a store.
 *
 *   storage.rejected.path               that, below storage.path where it is relative
 *   storage.path alone                  dead-letters below it
 *   an input with a DB                  beside it: DB.dead-letters
 *   none of these                       LETTERS_PATH_DEFAULT
 *
 * Thread   the loop; start-up only.
 */
#ifndef TAILRACE_SERVICE_LETTERS_H
#define TAILRACE_SERVICE_LETTERS_H

#include "config/tree.h"
#include "deadletter/store.h"
#include "service/service_keys.h"

#define LETTERS_PATH_DEFAULT "/var/lib/tailrace/dead-letters"

/* The caller frees it. */
char *letters_path(const struct service_keys *keys, const struct config *config);

/* NULL where storage.keep.rejected is off. Touches nothing. */
struct letter_store *letters_new(struct loop *loop, const struct service_keys *keys,
                                 const struct config *config, struct letter_metrics *metrics);

/* Opens what storage.rejected.path asks for. -EBUSY and an error when another agent that runs has
 * it; other trouble is said, and the flow goes on. */
MUST_USE int letters_start(struct letter_store *store, const struct service_keys *keys,
                           struct report *report);

#endif
