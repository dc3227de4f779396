/*
 * A tree is a folder of its own for one test, gone with all that is in it when the test is over.
 *
 * Names are relative to it. What fails here fails the test. Texts returned are lent until the
 * fourth call after it.
 */
#ifndef TAILRACE_KIT_TREE_H
#define TAILRACE_KIT_TREE_H

#include <stdbool.h>
#include <stddef.h>

void tree_plant(void);
void tree_fell(void);

/* The whole path of a name; "" is the folder itself. */
const char *tree_path(const char *name);

/* Replaces or adds to a file; folders on the way are made. */
void tree_write(const char *name, const char *text);
void tree_append(const char *name, const char *text);
void tree_write_bytes(const char *name, const void *bytes, size_t len);

/* gzip's form of the text; appended, it is one more member. */
void tree_write_gzip(const char *name, const char *text);
void tree_append_gzip(const char *name, const char *text);

/* Members of so many bytes of the text each; one begins every `stride` bytes, with a hole behind it. */
void tree_write_gzip_thin(const char *name, const char *text, size_t member_bytes, long stride);

void tree_folder(const char *name);
void tree_rename(const char *from, const char *to);
void tree_remove(const char *name);
void tree_copy(const char *from, const char *to);
void tree_truncate(const char *name, long size);

/* Nobody can open it by its name until all may again, root included: with one forbidden, root is held to
 * what modes say. */
void tree_forbid(const char *name);
void tree_permit(const char *name);

/* A symbolic link `name` to `target`, a name too; an earlier one is replaced in one step. */
void tree_link(const char *target, const char *name);

/* A descriptor for reading; the test closes it. */
int tree_open(const char *name);
bool tree_has(const char *name);

/* What a file holds, closed with NUL and lent until the next call of this; NULL where there is no
 * file. `len` may be NULL. At most TREE_READ_MAX bytes. */
#define TREE_READ_MAX 65536
const char *tree_read(const char *name, size_t *len);

/* The names in the folder itself, sorted, a line each, hidden ones left out; lent likewise. */
const char *tree_list(void);

#endif
