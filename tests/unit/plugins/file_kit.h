/*
 * out_file as the agent runs it, in a tree of its own: for its tests.
 */
#ifndef TAILRACE_UNIT_PLUGINS_FILE_KIT_H
#define TAILRACE_UNIT_PLUGINS_FILE_KIT_H

#include "kit/chunk.h"
#include "kit/plugin.h"
#include "kit/tree.h"

extern const struct output_plugin out_file;

struct file_kit {
    struct plugin_kit plugin;
    void *self;
    uint8_t states[64]; /* of the last chunk's records */
    char why[256];
};

void file_kit_init(struct file_kit *kit);
void file_kit_fini(struct file_kit *kit);

/* Makes the plugin; Path is the tree unless the options, closed with NULL, have one. The status
 * of its init. */
int file_kit_make(struct file_kit *kit, const char *const *options);

/* One delivery of the chunk, which it takes. */
enum verdict file_kit_write(struct file_kit *kit, struct chunk *chunk);

#define FILE_KIT_MAKE(kit, ...) \
    ck_assert_int_eq(file_kit_make(kit, (const char *const[]){__VA_ARGS__, NULL}), 0)

#endif
