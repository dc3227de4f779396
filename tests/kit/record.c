#include "kit/record.h"

#include "record/json_write.h"
#include "record/msgpack.h"

#include <check.h>
#include <stdlib.h>

void kit_record_fill(struct record *r, const char *json)
{
    struct json_scanner scanner;
    struct json_object object;

    record_reset(r);
    json_scanner_init(&scanner);
    ck_assert_msg(json_check_object(&scanner, slice_of(json), &object) == 0, "not JSON: %s", json);
    if (object.needs_repair) {
        struct slice repaired = json_repair(&scanner, object.text, &r->arena);

        scanner.is_repaired = true;
        ck_assert_int_eq(json_check_object(&scanner, repaired, &object), 0);
    }
    object.text = arena_copy(&r->arena, object.text);
    record_add_members(r, &object);
    json_scanner_fini(&scanner);
}

void kit_record_fill_fields(struct record *r, const char *json)
{
    kit_record_fill(r, json);
    record_unfold(r);
    for (uint32_t i = 0; i < r->root.count; i++) {
        struct value *value = &r->root.fields[i].value;
        char first = value->text.data[0];

        if (first == '"')
            *value = value_text(json_unescape(value->text, &r->arena));
        else if (slice_find(value->text, '.') == value->text.len && first >= '0' && first <= '9')
            *value = value_int(strtoll(value->text.data, NULL, 10));
    }
}

const char *kit_record_text(struct record *r)
{
    struct buffer text = {0};
    const char *copy;

    json_write_fields(&text, &r->root);
    copy = arena_copy(&r->arena, buffer_view(&text)).data;
    buffer_fini(&text);
    return copy;
}

const char *kit_value_text(const struct value *value, struct arena *arena)
{
    struct buffer text = {0};
    const char *copy;

    json_write_value(&text, value);
    copy = arena_copy(arena, buffer_view(&text)).data;
    buffer_fini(&text);
    return copy;
}

struct slice kit_msgpack(const char *json, struct arena *arena)
{
    struct buffer bytes = {0};
    struct slice copy;

    msgpack_append_json(&bytes, slice_of(json));
    copy = arena_copy(arena, buffer_view(&bytes));
    buffer_fini(&bytes);
    return copy;
}
