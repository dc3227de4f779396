/*
 * Memory for secrets: pages of their own that a core dump leaves out, and that are wiped before they
 * are given back. Any thread.
 *
 * Each piece costs a page at least: for keys and tokens, a few of them, not for what every request has.
 */
#ifndef TAILRACE_BASE_SECRET_H
#define TAILRACE_BASE_SECRET_H

#include "base/buffer.h"

/* Zeroed. The process stops where there is no memory left. */
void *secret_alloc(size_t bytes) __attribute__((returns_nonnull));
void secret_free(void *piece); /* NULL is fine */

/* Overwrites, so that no compiler leaves it out. */
void secret_wipe(void *bytes, size_t len);

/* The heap, but what is given back is wiped: for libraries through whose hands secrets go. As
 * malloc and its kin, but that none returns NULL. */
void *secret_heap_alloc(size_t bytes);
void *secret_heap_zalloc(size_t count, size_t bytes);
void *secret_heap_resize(void *old, size_t bytes);
char *secret_heap_text(const char *text);
void secret_heap_free(void *piece);

/* For a buffer that held one: wipes all it has room for, then frees it. */
void secret_buffer_fini(struct buffer *b);

#endif
