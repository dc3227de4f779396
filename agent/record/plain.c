#include "record/plain.h"

static uint32_t field_find(const struct plain_record *p, struct slice key)
{
    uint64_t initial = json_initial(key);

    for (uint32_t i = p->count; i-- > 0;)
        if (p->fields[i].initial == initial && slice_equal(p->fields[i].key, key))
            return i;
    return PLAIN_NOT_UNFOLDED;
}

/* Whether another text has the name of a member. */
static bool names_meet(const struct plain_record *p, uint32_t unfolded)
{
    uint64_t initials = p->object.initials;

    for (uint32_t i = 0; i < p->count; i++)
        if ((p->fields[i].initial & initials) != 0 && i != unfolded &&
            json_object_has(&p->object, p->fields[i].key))
            return true;
    return false;
}

bool plain_unfold(struct plain_record *p, struct slice key, struct slice stop,
                  struct json_scanner *json)
{
    const struct json_object *object = &p->object;
    uint32_t at = field_find(p, key);

    if (at == PLAIN_NOT_UNFOLDED || json_check_object(json, p->fields[at].text, &p->object) < 0)
        return true;
    if (UNLIKELY(object->needs_repair || object->has_escaped_keys || object->member_count == 0))
        return false;
    if (json_object_has(object, stop) || names_meet(p, at))
        return false;
    p->unfolded = at;
    return true;
}

void record_fill_plain(struct record *r, const struct plain_record *p)
{
    CHECK(p->unfolded == PLAIN_NOT_UNFOLDED);
    r->time_ns = p->time_ns;
    r->offset = p->offset;
    for (uint32_t i = 0; i < p->count; i++)
        record_add(r, p->fields[i].key, value_text(p->fields[i].text));
}
