#include "plugins/filter_modify/modify.h"

/* What a condition looks at: a key, keys that match an expression, and its or their values. */
enum {
    KEY_REGEX = 1,
    VALUE_TEXT_GIVEN = 2,
    VALUE_REGEX = 4,
};

static const struct condition_shape {
    const char *name;
    enum condition_kind kind;
    unsigned looks_at;
} shapes[] = {
    {"Key_exists", CONDITION_KEY_EXISTS, 0},
    {"Key_does_not_exist", CONDITION_KEY_DOES_NOT_EXIST, 0},
    {"A_key_matches", CONDITION_A_KEY_MATCHES, KEY_REGEX},
    {"No_key_matches", CONDITION_NO_KEY_MATCHES, KEY_REGEX},
    {"Key_value_equals", CONDITION_KEY_VALUE_EQUALS, VALUE_TEXT_GIVEN},
    {"Key_value_does_not_equal", CONDITION_KEY_VALUE_DOES_NOT_EQUAL, VALUE_TEXT_GIVEN},
    {"Key_value_matches", CONDITION_KEY_VALUE_MATCHES, VALUE_REGEX},
    {"Key_value_does_not_match", CONDITION_KEY_VALUE_DOES_NOT_MATCH, VALUE_REGEX},
    {"Matching_keys_have_matching_values", CONDITION_MATCHING_KEYS_HAVE, KEY_REGEX | VALUE_REGEX},
    {"Matching_keys_do_not_have_matching_values", CONDITION_MATCHING_KEYS_DO_NOT_HAVE,
     KEY_REGEX | VALUE_REGEX},
};

static const struct condition_shape *shape_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (slice_is_nocase(name, shapes[i].name))
            return &shapes[i];
    return NULL;
}

static void report_unknown(const struct text_pair *text, struct report *report)
{
    const char *names[ARRAY_LEN(shapes) + 1] = {NULL};
    struct slice name = slice_make(text->value, strcspn(text->value, " \t"));
    char *wrong = mem_text_n(name.data, name.len);
    const char *nearest;

    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        names[i] = shapes[i].name;
    nearest = report_nearest(wrong, names);
    report_error(report, text->place, "filter modify: there is no condition '%s'%s%s", wrong,
                 nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "");
    mem_free(wrong);
}

void condition_init(struct condition *condition, const struct text_pair *text,
                    struct report *report)
{
    struct slice name = slice_make(text->value, strcspn(text->value, " \t"));
    const struct condition_shape *shape = shape_find(name);
    bool has_value;

    *condition = (struct condition){0};
    if (shape == NULL) {
        report_unknown(text, report);
        return;
    }
    condition->kind = shape->kind;
    has_value = (shape->looks_at & (VALUE_TEXT_GIVEN | VALUE_REGEX)) != 0;
    if (!words_read(text, &condition->words, has_value ? 3 : 2,
                    has_value ? "a condition, a key and a value" : "a condition and a key", report))
        return;
    if (shape->looks_at & KEY_REGEX)
        condition->key_regex = regex_compile(condition->words.items[1], report, text->place);
    else
        condition->key = accessor_new_key(condition->words.items[1], report, text->place);
    if (shape->looks_at & VALUE_REGEX)
        condition->value_regex = regex_compile(condition->words.items[2], report, text->place);
    if (has_value)
        condition->value = slice_of(condition->words.items[2]);
}

void condition_fini(struct condition *condition)
{
    accessor_free(&condition->key);
    regex_free(&condition->key_regex);
    regex_free(&condition->value_regex);
    text_list_fini(&condition->words);
}

static bool a_key_matches(const struct condition *c, struct record *record)
{
    record_unfold(record);
    for (uint32_t i = 0; i < record->root.count; i++)
        if (regex_matches(c->key_regex, record->root.fields[i].key))
            return true;
    return false;
}

/* The word for a boolean of any kind. */
static bool bool_as_text(const struct value *value, struct slice *text_out)
{
    bool is_true, is_false;

    if (value->kind == VALUE_BOOL) {
        is_true = value->boolean;
        is_false = !is_true;
    } else if (value->kind == VALUE_JSON) {
        is_true = slice_is(value->text, "true");
        is_false = slice_is(value->text, "false");
    } else {
        is_true = value->kind == VALUE_MSGPACK && slice_is(value->text, "\xc3");
        is_false = value->kind == VALUE_MSGPACK && slice_is(value->text, "\xc2");
    }
    *text_out = is_true ? SLICE("true") : SLICE("false");
    return is_true || is_false;
}

/* Expressions see text, and booleans as words. */
static bool value_matches(const struct condition *c, const struct value *value, struct arena *arena)
{
    struct slice text;

    if (bool_as_text(value, &text) || value_as_text(value, arena, &text))
        return regex_matches(c->value_regex, text);
    return false;
}

static bool value_equals(const struct condition *c, const struct value *value, struct arena *arena)
{
    struct slice text;

    return value_as_text(value, arena, &text) && slice_equal(text, c->value);
}

/* True where no key matches at all. */
static bool matching_keys_have(const struct condition *c, struct record *record)
{
    record_unfold(record);
    for (uint32_t i = 0; i < record->root.count; i++) {
        const struct field *field = &record->root.fields[i];

        if (regex_matches(c->key_regex, field->key) &&
            !value_matches(c, &field->value, &record->arena))
            return false;
    }
    return true;
}

/* The negative ones want the key to be there. */
static bool key_holds(const struct condition *c, struct record *record)
{
    struct value value;

    if (!accessor_value(c->key, record, &value))
        return c->kind == CONDITION_KEY_DOES_NOT_EXIST;
    switch (c->kind) {
    case CONDITION_KEY_EXISTS:
        return true;
    case CONDITION_KEY_VALUE_EQUALS:
        return value_equals(c, &value, &record->arena);
    case CONDITION_KEY_VALUE_DOES_NOT_EQUAL:
        return !value_equals(c, &value, &record->arena);
    case CONDITION_KEY_VALUE_MATCHES:
        return value_matches(c, &value, &record->arena);
    case CONDITION_KEY_VALUE_DOES_NOT_MATCH:
        return !value_matches(c, &value, &record->arena);
    default:
        return false;
    }
}

bool condition_holds(const struct condition *c, struct record *record)
{
    switch (c->kind) {
    case CONDITION_A_KEY_MATCHES:
        return a_key_matches(c, record);
    case CONDITION_NO_KEY_MATCHES:
        return !a_key_matches(c, record);
    case CONDITION_MATCHING_KEYS_HAVE:
        return matching_keys_have(c, record);
    case CONDITION_MATCHING_KEYS_DO_NOT_HAVE:
        return !matching_keys_have(c, record);
    default:
        return key_holds(c, record);
    }
}
