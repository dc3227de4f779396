#include "unit/plugins/file_kit.h"

void file_kit_init(struct file_kit *kit)
{
    *kit = (struct file_kit){0};
    log_level_set(LOG_OFF);
    tree_plant();
}

static void unmake(struct file_kit *kit)
{
    if (kit->self == NULL)
        return;
    out_file.fini(kit->self);
    plugin_gone(&kit->plugin, kit->self);
    kit->self = NULL;
}

void file_kit_fini(struct file_kit *kit)
{
    unmake(kit);
    tree_fell();
    log_level_set(LOG_INFO);
}

int file_kit_make(struct file_kit *kit, const char *const *options)
{
    const char *all[64] = {"path", tree_path("")};
    size_t count = 2;

    unmake(kit);
    if (options[0] != NULL && strcmp(options[0], "path") == 0)
        count = 0;
    while (*options != NULL)
        all[count++] = *options++;
    all[count] = NULL;
    kit->self = plugin_make(&kit->plugin, out_file.self_bytes, out_file.options, all);
    return kit->plugin.status < 0 ? kit->plugin.status
                                  : out_file.init(kit->self, &kit->plugin.setup);
}

enum verdict file_kit_write(struct file_kit *kit, struct chunk *chunk)
{
    struct batch batch = chunk_batch(chunk);
    enum verdict verdict;

    CHECK(chunk->record_count <= ARRAY_LEN(kit->states));
    memset(kit->states, RECORD_WAITING, sizeof kit->states);
    batch.states = kit->states;
    kit->why[0] = '\0';
    verdict = out_file.write(kit->self, &batch, kit->why);
    chunk_unref(&chunk);
    return verdict;
}
