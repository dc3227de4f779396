#include "record/shared.h"

#include "base/memory.h"
#include "record/copy.h"

/* One piece of memory: the struct, the members, the text. */
static struct shared_object *object_copy(const struct json_object *object)
{
    size_t members_bytes = object->member_count * sizeof *object->members;
    struct shared_object *shared =
        mem_zalloc(1, sizeof *shared + members_bytes + object->text.len + COPY_SLACK);
    struct json_member *members = (struct json_member *)(shared + 1);
    char *text = (char *)members + members_bytes;

    CHECK(object->member_count > 0 && !object->needs_repair);
    memcpy(members, object->members, members_bytes);
    memcpy(text, object->text.data, object->text.len);
    shared->refs = 1;
    shared->list = (struct member_list){
        .text = slice_make(text, object->text.len),
        .members = members,
        .count = object->member_count,
        .initials = object->initials,
        .shared = shared,
    };
    return shared;
}

struct shared_object *shared_new(struct slice text, struct json_scanner *json)
{
    struct shared_object *shared = NULL;
    struct arena arena = {0};
    struct json_object object;

    if (text.len <= SHARED_BYTES_MAX && json_take_object(json, text, &arena, &object) == 0 &&
        object.member_count > 0 && !object.has_escaped_keys)
        shared = object_copy(&object);
    arena_fini(&arena);
    return shared;
}

struct shared_object *shared_ref(struct shared_object *shared)
{
    CHECK(shared->refs > 0 && shared->refs < UINT32_MAX);
    shared->refs++;
    return shared;
}

void shared_unref(struct shared_object **address)
{
    struct shared_object *shared = *address;

    *address = NULL;
    if (shared == NULL)
        return;
    CHECK(shared->refs > 0);
    if (--shared->refs == 0)
        mem_free(shared);
}

void record_add_shared(struct record *r, struct shared_object *shared)
{
    CHECK(shared->refs > 0 && shared->list.shared == shared);
    record_add(r, (struct slice){0},
               (struct value){.kind = VALUE_MEMBERS, .members = &shared->list});
}
