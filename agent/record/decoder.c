#include "record/decoder.h"

#include "base/memory.h"
#include "record/unescape.h"

#include <errno.h>

enum decoder_kind {
    DECODER_JSON,
    DECODER_ESCAPED,
    DECODER_ESCAPED_UTF8,
    DECODER_MYSQL_QUOTED,
};

static const char *const kinds[] = {"json", "escaped", "escaped_utf8", "mysql_quoted", NULL};

enum decoder_next {
    NEXT_NONE,
    NEXT_TRY, /* when this one failed */
    NEXT_DO,  /* in any case */
};

static const char *const nexts[] = {"", "try_next", "do_next", NULL};

struct decoder_rule {
    char *key;
    enum decoder_kind kind;
    enum decoder_next next;
    bool is_as;
};

/* What a decoder made of a text. */
struct decoded {
    struct slice text;         /* of the object too */
    struct json_object object; /* json only; lent by the scanner */
    bool is_object;
};

static int name_index(struct slice name, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++)
        if (slice_is_nocase(name, names[i]))
            return i;
    return -1;
}

static struct slice word_next(struct slice *rest)
{
    struct slice word;

    *rest = slice_trim(*rest);
    word = slice_make(rest->data, 0);
    while (word.len < rest->len && rest->data[word.len] != ' ' && rest->data[word.len] != '\t')
        word.len++;
    *rest = slice_skip(*rest, word.len);
    return word;
}

/* The place of `name` among the names, or -1 and an error that says what it should have been. */
static int name_expect(const struct decoder_setting *s, struct slice name, const char *what,
                       const char *const *names, struct report *report)
{
    char *text = mem_text_n(name.data, name.len);
    int index = name_index(name, names);
    const char *nearest;

    if (index < 0) {
        nearest = report_nearest(text, names);
        report_error(report, s->place, "Decode_Field \"%s\": there is no %s \"%s\"%s%s%s", s->text,
                     what, text, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
    }
    mem_free(text);
    return index;
}

static int rule_compile(struct decoder_rule *rule, const struct decoder_setting *s,
                        struct report *report)
{
    struct slice rest = slice_of(s->text);
    struct slice kind = word_next(&rest), key = word_next(&rest), next = word_next(&rest);
    int kind_index, next_index;

    if (key.len == 0) {
        report_error(report, s->place,
                     "Decode_Field \"%s\": write a decoder and a field, "
                     "as in \"json log\"",
                     s->text);
        return -EINVAL;
    }
    kind_index = name_expect(s, kind, "decoder", kinds, report);
    next_index = name_expect(s, next, "action", nexts, report);
    if (kind_index < 0 || next_index < 0)
        return -EINVAL;
    if (kind_index != DECODER_JSON && !s->is_as && next_index == NEXT_NONE)
        report_warn(report, s->place,
                    "Decode_Field \"%s\" changes nothing, because its result is "
                    "no object; write Decode_Field_As",
                    s->text);
    *rule = (struct decoder_rule){
        .key = mem_text_n(key.data, key.len),
        .kind = (enum decoder_kind)kind_index,
        .next = (enum decoder_next)next_index,
        .is_as = s->is_as,
    };
    return 0;
}

int decoders_compile(struct decoder_list *list, const struct decoder_setting *settings,
                     size_t count, struct report *report)
{
    int rc = 0;

    if (count == 0)
        return 0;
    if (count > DECODER_RULES_MAX) {
        report_error(report, settings[DECODER_RULES_MAX].place,
                     "more than %d Decode_Field lines in one parser", DECODER_RULES_MAX);
        return -EINVAL;
    }
    list->rules = mem_zalloc(count, sizeof *list->rules);
    for (size_t i = 0; i < count; i++) {
        if (rule_compile(&list->rules[list->count], &settings[i], report) == 0)
            list->count++;
        else
            rc = -EINVAL;
    }
    return rc;
}

void decoders_fini(struct decoder_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        MEM_FREE(&list->rules[i].key);
    MEM_FREE(&list->rules);
    *list = (struct decoder_list){0};
}

static bool decode(enum decoder_kind kind, struct slice text, struct json_scanner *json,
                   struct arena *arena, struct decoded *out)
{
    *out = (struct decoded){0};
    switch (kind) {
    case DECODER_JSON:
        out->is_object = json_take_object(json, text, arena, &out->object) == 0;
        if (out->is_object)
            out->text = out->object.text;
        return out->is_object;
    case DECODER_ESCAPED:
        out->text = unescape_plain(text, arena);
        return true;
    case DECODER_ESCAPED_UTF8:
        out->text = unescape_utf8(text, arena);
        return true;
    case DECODER_MYSQL_QUOTED:
        out->text = unescape_mysql(text, arena);
        return true;
    }
    return false;
}

static bool rule_is_of(const struct decoder_rule *rule, struct slice key)
{
    return slice_is(key, rule->key);
}

/* Runs the rules of one field; `index` is where it stands. */
static void field_decode(const struct decoder_list *list, struct record *record, uint32_t index,
                         struct json_scanner *json)
{
    struct slice key = record->root.fields[index].key, text;

    if (!value_as_text(&record->root.fields[index].value, &record->arena, &text))
        return;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct decoder_rule *rule = &list->rules[i];
        struct decoded result;

        if (!rule_is_of(rule, key))
            continue;
        if (!decode(rule->kind, text, json, &record->arena, &result)) {
            if (rule->next == NEXT_NONE)
                return;
            continue;
        }
        text = result.text;
        if (rule->is_as)
            record->root.fields[index].value =
                result.is_object ? value_json(text) : value_text(text);
        else if (result.is_object)
            record_add_unfolded(record, &result.object);
        if (rule->next != NEXT_DO)
            return;
    }
}

/* The last field of this name from `first` on, before `end`; or `end`. */
static uint32_t field_find(const struct record *record, uint32_t first, uint32_t end,
                           const char *key)
{
    CHECK(end <= record->root.count);
    for (uint32_t i = end; i-- > first;)
        if (slice_is(record->root.fields[i].key, key))
            return i;
    return end;
}

static bool is_first_of_key(const struct decoder_list *list, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(list->rules[i].key, list->rules[index].key) == 0)
            return false;
    return true;
}

void decoders_apply(const struct decoder_list *list, struct record *record, uint32_t first,
                    struct json_scanner *json)
{
    uint32_t end = record->root.count;

    CHECK(first <= end);
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t at;

        if (!is_first_of_key(list, i))
            continue;
        at = field_find(record, first, end, list->rules[i].key);
        if (at < end)
            field_decode(list, record, at, json);
    }
}
