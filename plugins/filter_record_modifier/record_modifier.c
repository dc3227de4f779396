#include "plugin/plugin.h"

#include <errno.h>
#include <strings.h>
#include <sys/random.h>

#define UUID_BYTES 16
#define UUID_TEXT_LEN 36

/* Random bytes are fetched for so many records at once. */
#define UUID_POOL_COUNT 64

struct addition {
    char *key;
    char *value;
};

struct filter_record_modifier {
    struct pair_list record_texts;
    struct text_list remove_keys;
    struct text_list allow_keys;
    char *uuid_key;
    struct addition *additions;
    size_t addition_count;
    uint8_t pool[UUID_POOL_COUNT * UUID_BYTES];
    size_t pool_left; /* bytes at the end of the pool that were not used yet */
};

#define FIELD(name) struct filter_record_modifier, name

static const struct option options[] = {
    OPTION_PAIR(FIELD(record_texts), "Record", NULL, OPTION_REPEAT,
                "KEY VALUE: append it to each record."),
    OPTION_WORDS(FIELD(remove_keys), "Remove_key", NULL, OPTION_REPEAT,
                 "Remove this key; a star at the end stands for any ending."),
    OPTION_WORDS(FIELD(allow_keys), "Allowlist_key", NULL, OPTION_REPEAT,
                 "Remove all keys but this and others given so; a star at the end as above."),
    OPTION_WORDS(FIELD(allow_keys), "Whitelist_key", NULL, OPTION_REPEAT,
                 "Another name for Allowlist_key."),
    OPTION_TEXT(FIELD(uuid_key), "Uuid_key", NULL, 0,
                "Append a random UUID under this key to each record."),
    OPTION_END,
};

/* The value is the rest of the line; where that is one word in quotes, without them. */
static char *addition_value(const char *text, const char *rest)
{
    struct text_list words = {0};
    bool is_word = setting_words(text, 2, &words) == 0 && words.count == 2;
    char *value = mem_text(is_word ? words.items[1] : rest);

    text_list_fini(&words);
    return value;
}

/* False and a warning where the value lacks: it is often a variable that is not set here. */
static bool addition_read(const struct text_pair *text, struct addition *out, struct report *report)
{
    struct text_list parts = {0}; /* the key, and all behind it */
    bool is_pair = setting_words(text->value, 1, &parts) == 0 && parts.count == 2;

    if (is_pair) {
        out->key = mem_text(parts.items[0]);
        out->value = addition_value(text->value, parts.items[1]);
    } else {
        report_warn(report, text->place,
                    "filter record_modifier: 'Record %s' takes a key and a value; it adds nothing",
                    text->value);
    }
    text_list_fini(&parts);
    return is_pair;
}

static void additions_read(struct filter_record_modifier *m, struct report *report)
{
    m->additions = mem_zalloc(m->record_texts.count + 1, sizeof *m->additions);
    for (size_t i = 0; i < m->record_texts.count; i++)
        if (addition_read(&m->record_texts.items[i], &m->additions[m->addition_count], report))
            m->addition_count++;
}

static int record_modifier_init(void *self, struct plugin_setup *setup)
{
    struct filter_record_modifier *m = self;

    additions_read(m, setup->report);
    if (m->remove_keys.count > 0 && m->allow_keys.count > 0) {
        report_error(setup->report, m->allow_keys.places[0],
                     "filter record_modifier: Remove_key and Allowlist_key cannot stand in one "
                     "filter; use two filters");
        return -EINVAL;
    }
    return 0;
}

static void record_modifier_fini(void *self)
{
    struct filter_record_modifier *m = self;

    for (size_t i = 0; i < m->addition_count; i++) {
        mem_free(m->additions[i].key);
        mem_free(m->additions[i].value);
    }
    MEM_FREE(&m->additions);
    m->addition_count = 0;
}

/* ---- keys that go ---- */

static bool key_fits(struct slice key, const char *pattern)
{
    size_t len = strlen(pattern);

    if (len > 0 && pattern[len - 1] == '*')
        return key.len >= len - 1 && strncasecmp(key.data, pattern, len - 1) == 0;
    return slice_is_nocase(key, pattern);
}

static bool key_is_listed(struct slice key, const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (key_fits(key, list->items[i]))
            return true;
    return false;
}

static bool key_goes(const struct filter_record_modifier *m, struct slice key)
{
    if (m->allow_keys.count > 0)
        return !key_is_listed(key, &m->allow_keys);
    return key_is_listed(key, &m->remove_keys);
}

/* A key that is written with an escape is only known when it is unfolded: true for that one. */
static bool a_member_goes(const struct filter_record_modifier *m, const struct member_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct slice key =
            slice_make(list->text.data + list->members[i].key_at, list->members[i].key_len);

        if (slice_find(key, '\\') < key.len || key_goes(m, key))
            return true;
    }
    return false;
}

static bool a_field_goes(const struct filter_record_modifier *m, const struct record *record)
{
    for (uint32_t i = 0; i < record->root.count; i++) {
        const struct field *f = &record->root.fields[i];

        if (f->value.kind == VALUE_MEMBERS ? a_member_goes(m, f->value.members)
                                           : key_goes(m, f->key))
            return true;
    }
    return false;
}

static void keys_remove(const struct filter_record_modifier *m, struct record *record)
{
    struct field_list *root = &record->root;
    uint32_t kept = 0;

    if (!a_field_goes(m, record))
        return;
    record_unfold(record);
    for (uint32_t i = 0; i < root->count; i++)
        if (!key_goes(m, root->fields[i].key))
            root->fields[kept++] = root->fields[i];
    root->count = kept;
}

/* ---- the UUID ---- */

/* Random bytes of the system; it has some from early boot on, and never fails for so few. */
static void pool_fill(struct filter_record_modifier *m)
{
    size_t len = 0;

    while (len < sizeof m->pool) {
        ssize_t got = getrandom(m->pool + len, sizeof m->pool - len, 0);

        CHECK(got > 0 || errno == EINTR);
        len += got > 0 ? (size_t)got : 0;
    }
    m->pool_left = sizeof m->pool;
}

/* Version 4, as RFC 9562 has it. */
static struct slice uuid_make(struct filter_record_modifier *m, struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, UUID_TEXT_LEN), *out = text;
    uint8_t *bytes;

    if (m->pool_left == 0)
        pool_fill(m);
    CHECK(m->pool_left >= UUID_BYTES);
    m->pool_left -= UUID_BYTES;
    bytes = m->pool + m->pool_left;
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    return slice_make(text, UUID_TEXT_LEN);
}

/* A record that loses all its keys goes too. */
static enum filter_verdict record_modifier_apply(void *self, struct record *record,
                                                 struct filter_run *run)
{
    struct filter_record_modifier *m = self;

    (void)run;
    if (m->remove_keys.count > 0 || m->allow_keys.count > 0)
        keys_remove(m, record);
    for (size_t i = 0; i < m->addition_count; i++)
        record_add(record, slice_of(m->additions[i].key),
                   value_text(slice_of(m->additions[i].value)));
    if (m->uuid_key != NULL)
        record_add(record, slice_of(m->uuid_key), value_text(uuid_make(m, &record->arena)));
    return record->root.count > 0 ? FILTER_KEEP : FILTER_DROP;
}

const struct filter_plugin filter_record_modifier = {
    .name = "record_modifier",
    .summary = "Appends keys, and removes keys or all others.",
    .self_bytes = sizeof(struct filter_record_modifier),
    .options = options,
    .init = record_modifier_init,
    .fini = record_modifier_fini,
    .apply = record_modifier_apply,
};
