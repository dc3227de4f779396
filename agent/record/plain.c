#include "record/plain.h"

/* Of keys of two to four bytes, as "log" is, the two halves, which may overlap. */
static inline bool is_key(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    if (LIKELY(a.len - 2 <= 2))
        return json_load_16(a.data) == json_load_16(b.data) &&
               json_load_16(a.data + a.len - 2) == json_load_16(b.data + a.len - 2);
    return slice_equal(a, b);
}

static uint32_t field_find(const struct plain_record *p, struct slice key)
{
    uint64_t initial = json_initial(key);

    for (uint32_t i = p->count; i-- > 0;)
        if (p->fields[i].initial == initial && is_key(p->fields[i].key, key))
            return i;
    return PLAIN_NOT_UNFOLDED;
}

bool plain_find(const struct plain_record *p, struct slice key, struct slice *text)
{
    uint32_t at = field_find(p, key);

    if (at == PLAIN_NOT_UNFOLDED)
        return false;
    *text = p->fields[at].text;
    return true;
}

/* Whether a text that stays has the name of a member. */
static bool names_meet(const struct plain_record *p, const struct plain_fold *fold,
                       uint32_t unfolded)
{
    const struct json_object *object = &p->object;

    for (uint32_t i = 0; i < p->count; i++) {
        const struct plain_field *f = &p->fields[i];

        if ((f->initial & object->initials) != 0 && (f->bit & object->key_bits) != 0 &&
            (i != unfolded || fold->is_text_kept) && json_members_have(object, f->key))
            return true;
    }
    return false;
}

static bool key_meets(const struct plain_record *p, const struct plain_fold *fold,
                      uint32_t unfolded)
{
    uint32_t at = field_find(p, fold->under);

    return at != PLAIN_NOT_UNFOLDED && (at != unfolded || fold->is_text_kept);
}

bool plain_unfold(struct plain_record *p, const struct plain_fold *fold, struct json_scanner *json)
{
    const struct json_object *object = &p->object;
    uint32_t at = field_find(p, fold->key);
    bool is_under = fold->under.len > 0;

    CHECK(p->shared == NULL && p->unfolded == PLAIN_NOT_UNFOLDED && (fold->is_last || !is_under));
    if (at == PLAIN_NOT_UNFOLDED || json_check_object(json, p->fields[at].text, &p->object) < 0)
        return true;
    if (UNLIKELY(object->needs_repair || object->has_escaped_keys || object->member_count == 0))
        return false;
    if (json_object_has(object, fold->stop) ||
        (is_under ? key_meets(p, fold, at) : names_meet(p, fold, at)))
        return false;
    p->unfolded = at;
    p->fold = fold;
    return true;
}

static bool has_key(const struct plain_record *p, struct slice key)
{
    uint32_t at = field_find(p, key);

    if (at != PLAIN_NOT_UNFOLDED && (at != p->unfolded || p->fold->is_text_kept))
        return true;
    if (p->unfolded == PLAIN_NOT_UNFOLDED)
        return false;
    return p->fold->under.len > 0 ? slice_equal(p->fold->under, key)
                                  : json_object_has(&p->object, key);
}

static bool shares_a_key(const struct plain_record *p, const struct member_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (has_key(
                p, slice_make(list->text.data + list->members[i].key_at, list->members[i].key_len)))
            return true;
    return false;
}

/* json_initial() of every key there is, or-ed. */
static inline uint64_t initials_of(const struct plain_record *p)
{
    if (p->unfolded == PLAIN_NOT_UNFOLDED)
        return p->initials;
    return p->initials |
           (p->fold->under.len > 0 ? json_initial(p->fold->under) : p->object.initials);
}

/* One text at most stands under each name, so the last is the only one. */
bool plain_share(struct plain_record *p, struct shared_object *shared)
{
    CHECK(p->shared == NULL && !p->may_repeat);
    if (UNLIKELY((initials_of(p) & shared->list.initials) != 0) && shares_a_key(p, &shared->list))
        return false;
    p->shared = shared;
    return true;
}

void record_fill_plain(struct record *r, const struct plain_record *p)
{
    CHECK(p->unfolded == PLAIN_NOT_UNFOLDED && p->shared == NULL);
    r->time_ns = p->time_ns;
    r->offset = p->offset;
    for (uint32_t i = 0; i < p->count; i++)
        record_add(r, p->fields[i].key, value_text(p->fields[i].text));
}
