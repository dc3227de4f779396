#include "plugins/out_es/es_dots.h"

void es_dots_fini(struct es_dots *dots)
{
    json_scanner_fini(&dots->json);
}

struct slice es_dots_replace(struct es_dots *dots, struct slice text, struct arena *arena)
{
    struct buffer changed = {0};
    struct slice copy;
    bool needs_repair = false;

    if (memchr(text.data, '.', text.len) == NULL)
        return text;
    dots->has_new_keys = true;
    json_replace_in_keys(&changed, text, '.', '_');
    copy = arena_copy(arena, buffer_view(&changed));
    buffer_fini(&changed);
    CHECK(json_check_value(&dots->json, copy, &needs_repair) == 0);
    return needs_repair ? json_repair(&dots->json, copy, arena) : copy;
}

bool es_dots_join(struct es_dots *dots, struct slice document, struct arena *arena,
                  struct buffer *out)
{
    struct value object = value_json(document);
    struct field_list *members = value_unfold(&object, arena);
    uint32_t count = members->count;

    CHECK(dots->has_new_keys);
    dots->has_new_keys = false;
    fields_drop_doubles(members, arena);
    if (members->count == count)
        return false;
    json_write_fields(out, members);
    return true;
}
