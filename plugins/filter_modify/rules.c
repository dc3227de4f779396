#include "plugins/filter_modify/modify.h"

#include <strings.h>

static const struct rule_shape {
    const char *name;
    enum rule_kind kind;
    size_t word_count;
    const char *takes;
} shapes[] = {
    {"Set", RULE_SET, 2, "a key and a value"},
    {"Add", RULE_ADD, 2, "a key and a value"},
    {"Remove", RULE_REMOVE, 1, "a key"},
    {"Remove_wildcard", RULE_REMOVE_WILDCARD, 1, "the beginning of keys"},
    {"Remove_regex", RULE_REMOVE_REGEX, 1, "an expression for keys"},
    {"Move_to_start", RULE_MOVE_TO_START, 1, "the beginning of keys"},
    {"Move_to_end", RULE_MOVE_TO_END, 1, "the beginning of keys"},
    {"Rename", RULE_RENAME, 2, "a key and its new name"},
    {"Hard_rename", RULE_HARD_RENAME, 2, "a key and its new name"},
    {"Copy", RULE_COPY, 2, "a key and the name of the copy"},
    {"Hard_copy", RULE_HARD_COPY, 2, "a key and the name of the copy"},
};

static const struct rule_shape *shape_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (strcasecmp(shapes[i].name, name) == 0)
            return &shapes[i];
    CHECK(false && "every rule has a shape");
    return NULL;
}

bool words_read(const struct text_pair *text, struct text_list *words_out, size_t word_count,
                const char *takes, struct report *report)
{
    if (setting_words(text->value, word_count, words_out) == 0 && words_out->count == word_count)
        return true;
    report_error(report, text->place,
                 "filter modify: '%s %s' does not fit; it takes %s, and a word with blanks stands "
                 "in double quotes",
                 text->key, text->value, takes);
    return false;
}

/* Public configurations write prefixes with a star at the end and without. */
static struct slice prefix_of(struct slice word)
{
    return slice_ends(word, SLICE("*")) ? slice_make(word.data, word.len - 1) : word;
}

void rule_init(struct rule *rule, const struct text_pair *text, struct report *report)
{
    const struct rule_shape *shape = shape_find(text->key);

    *rule = (struct rule){.kind = shape->kind};
    if (!words_read(text, &rule->words, shape->word_count, shape->takes, report))
        return;
    rule->key = slice_of(rule->words.items[0]);
    if (shape->word_count == 2)
        rule->value = slice_of(rule->words.items[1]);
    if (rule->kind == RULE_REMOVE_REGEX)
        rule->regex = regex_compile(rule->words.items[0], report, text->place);
    if (rule->kind == RULE_REMOVE_WILDCARD || rule->kind == RULE_MOVE_TO_START ||
        rule->kind == RULE_MOVE_TO_END)
        rule->key = prefix_of(rule->key);
}

void rule_fini(struct rule *rule)
{
    regex_free(&rule->regex);
    text_list_fini(&rule->words);
}

static bool has_key(struct record *record, struct slice key)
{
    struct value ignored;

    return record_find(record, key, &ignored);
}

static bool takes_field(const struct rule *rule, const struct field *field)
{
    return rule->regex != NULL ? regex_matches(rule->regex, field->key)
                               : slice_begins(field->key, rule->key);
}

static void remove_fields(const struct rule *rule, struct record *record)
{
    struct field_list *root = &record->root;
    uint32_t kept = 0;

    record_unfold(record);
    for (uint32_t i = 0; i < root->count; i++)
        if (!takes_field(rule, &root->fields[i]))
            root->fields[kept++] = root->fields[i];
    root->count = kept;
}

/* Those that the rule takes stand together afterwards, first or last; order is kept otherwise. */
static void move_fields(const struct rule *rule, struct record *record, bool to_start)
{
    struct field_list *root = &record->root;
    uint32_t near_count = 0, far_count = 0;
    struct field *far;

    record_unfold(record);
    far = arena_alloc(&record->arena, root->count * sizeof *far);
    for (uint32_t i = 0; i < root->count; i++) {
        struct field field = root->fields[i];

        if (takes_field(rule, &field) == to_start)
            root->fields[near_count++] = field;
        else
            far[far_count++] = field;
    }
    CHECK(near_count + far_count == root->count);
    if (far_count > 0)
        memcpy(root->fields + near_count, far, far_count * sizeof *far);
}

static void rename_field(const struct rule *rule, struct record *record)
{
    if (!has_key(record, rule->key) || slice_equal(rule->key, rule->value))
        return;
    if (rule->kind == RULE_HARD_RENAME)
        record_remove(record, rule->value);
    else if (has_key(record, rule->value))
        return;
    record_unfold(record);
    for (uint32_t i = 0; i < record->root.count; i++)
        if (slice_equal(record->root.fields[i].key, rule->key))
            record->root.fields[i].key = rule->value;
}

/* The copy stands right behind. */
static void copy_field(const struct rule *rule, struct record *record)
{
    struct value value;
    int64_t at;

    if (!record_find(record, rule->key, &value) || slice_equal(rule->key, rule->value))
        return;
    if (rule->kind == RULE_HARD_COPY)
        record_remove(record, rule->value);
    else if (has_key(record, rule->value))
        return;
    record_unfold(record);
    at = record_index(record, rule->key);
    CHECK(at >= 0);
    record_add_at(record, (uint32_t)at + 1, rule->value, value);
}

void rule_apply(const struct rule *rule, struct record *record)
{
    switch (rule->kind) {
    case RULE_SET:
        record_remove(record, rule->key);
        record_add(record, rule->key, value_text(rule->value));
        return;
    case RULE_ADD:
        if (!has_key(record, rule->key))
            record_add(record, rule->key, value_text(rule->value));
        return;
    case RULE_REMOVE:
        record_remove(record, rule->key);
        return;
    case RULE_REMOVE_WILDCARD:
    case RULE_REMOVE_REGEX:
        remove_fields(rule, record);
        return;
    case RULE_MOVE_TO_START:
    case RULE_MOVE_TO_END:
        move_fields(rule, record, rule->kind == RULE_MOVE_TO_START);
        return;
    case RULE_RENAME:
    case RULE_HARD_RENAME:
        rename_field(rule, record);
        return;
    case RULE_COPY:
    case RULE_HARD_COPY:
        copy_field(rule, record);
        return;
    }
}
