#include "chunk/lookup.h"

#include "record/msgpack.h"

_Static_assert(CHUNK_EXT_JSON == MSGPACK_EXT_JSON && CHUNK_EXT_MEMBERS == MSGPACK_EXT_MEMBERS &&
                   CHUNK_EXT_HEAD == MSGPACK_EXT_HEAD,
               "what record/ writes as JSON is what a chunk holds");

static struct value field_value(const struct chunk_field *field)
{
    switch (field->kind) {
    case CHUNK_VALUE_TEXT:
        return value_text(field->value);
    case CHUNK_VALUE_JSON:
        return value_json(field->value);
    default:
        return value_msgpack(field->value);
    }
}

bool chunk_record_find(const struct chunk_record *record, struct slice key, struct value *out)
{
    struct slice rest = record->fields, member;
    struct chunk_field field;

    /* A key that begins with an escape in JSON text is noted under the backslash. */
    if ((record->head.initials & (json_initial(key) | json_initial(SLICE("\\")))) == 0)
        return false;
    while (chunk_field_next(&rest, &field)) {
        if (field.kind != CHUNK_VALUE_MEMBERS) {
            if (slice_equal(field.key, key)) {
                *out = field_value(&field);
                return true;
            }
        } else if (json_find(field.value, key, &member)) {
            *out = value_json(member);
            return true;
        }
    }
    return false;
}

static bool chunk_lookup(void *owner, struct slice key, struct value *out)
{
    return chunk_record_find(owner, key, out);
}

struct accessor_scope chunk_record_scope(const struct chunk_record *record, struct arena *arena)
{
    return (struct accessor_scope){
        .find = chunk_lookup,
        .owner = (void *)record,
        .arena = arena,
        .tag = record->run->tag,
    };
}
