#include "plugins/filter_aws/facts_take.h"

#include <ctype.h>

/* Names, addresses and numbers of AWS have no blanks; a page that somebody else has put there has. */
static bool is_word(struct slice text)
{
    if (text.len == 0 || text.len >= FACT_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!isalnum((unsigned char)text.data[i]) &&
            (text.data[i] == '\0' || strchr("-._:", text.data[i]) == NULL))
            return false;
    return true;
}

static bool is_number(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.len > 0;
}

/* The account in the identity document; empty where there is none. */
static struct slice account_of(struct slice body)
{
    struct slice account = {0}, value;
    struct json_scanner json;
    struct json_object object;

    json_scanner_init(&json);
    if (json_check_object(&json, body, &object) == 0 &&
        json_find(object.text, SLICE("accountId"), &value) && value.data[0] == '"')
        account = slice_make(value.data + 1, value.len - 2);
    json_scanner_fini(&json);
    return is_number(account) ? account : (struct slice){0};
}

static bool fact_take(struct facts *f, struct slice body)
{
    unsigned at = f->round.at;
    struct slice text;

    CHECK(at < FACT_COUNT && f->states[at] != FACT_KNOWN);
    text = slice_trim(at == FACT_ACCOUNT_ID ? account_of(body) : body);

    if (!is_word(text))
        return false;
    f->values[at] = arena_copy(&f->texts, text).data;
    f->states[at] = FACT_KNOWN;
    return true;
}

static bool mac_take(struct facts *f, struct slice body)
{
    struct slice text = slice_trim(body);

    if (!is_word(text))
        return false;
    memcpy(f->mac, text.data, text.len);
    f->mac[text.len] = '\0';
    return true;
}

static bool list_has(const struct text_list *list, struct slice text)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (slice_is(text, list->items[i]))
            return true;
    return false;
}

static bool tag_is_wanted(const struct facts *f, struct slice key)
{
    const struct facts_wish *w = &f->wish;

    if (w->include != NULL && w->include->count > 0)
        return list_has(w->include, key);
    return !list_has(w->exclude, key);
}

/* In a path it would mean something else, or it is none of AWS's; nor does a name need escapes. */
static bool tag_is_usable(struct slice key)
{
    if (key.len == 0 || key.len > TAG_KEY_BYTES_MAX || slice_is(key, ".") || slice_is(key, ".."))
        return false;
    for (size_t i = 0; i < key.len; i++)
        if ((unsigned char)key.data[i] < ' ' || strchr("<>/?#\"\\", key.data[i]) != NULL)
            return false;
    return utf8_is_valid(key);
}

static bool names_are_usable(struct slice body)
{
    struct slice line;

    while (slice_next(&body, '\n', &line))
        if (!tag_is_usable(slice_trim(line)))
            return false;
    return true;
}

static bool tags_take(struct facts *f, struct slice body)
{
    struct slice rest = slice_trim(body), line;

    if (!names_are_usable(rest))
        return false;
    CHECK(f->tag_count == 0 && f->tags_state != FACT_KNOWN);
    MEM_FREE(&f->tags);
    f->tags = mem_zalloc(TAGS_MAX, sizeof *f->tags);
    while (f->tag_count < TAGS_MAX && slice_next(&rest, '\n', &line)) {
        line = slice_trim(line);
        if (tag_is_wanted(f, line))
            f->tags[f->tag_count++].key = arena_copy(&f->texts, line).data;
    }
    f->tags_state = FACT_KNOWN;
    return true;
}

static bool tag_take(struct facts *f, struct slice body)
{
    CHECK(f->round.at < f->tag_count && f->tags[f->round.at].value == NULL);
    if (body.len > TAG_VALUE_BYTES_MAX)
        return false;
    f->tags[f->round.at].value = arena_copy(&f->texts, body).data;
    f->tags[f->round.at].is_absent = false;
    return true;
}

bool facts_take(struct facts *f, struct slice body)
{
    switch (f->round.step) {
    case FACTS_ONE:
        return fact_take(f, body);
    case FACTS_MAC:
        return mac_take(f, body);
    case FACTS_TAGS:
        return tags_take(f, body);
    case FACTS_TAG:
        return tag_take(f, body);
    case FACTS_OVER:
        break;
    }
    CHECK(false);
}

void facts_take_absence(struct facts *f)
{
    if (f->round.step == FACTS_TAGS)
        f->tags_state = FACT_ABSENT;
    else if (f->round.step == FACTS_TAG)
        f->tags[f->round.at].is_absent = true;
    else
        f->states[f->round.at] = FACT_ABSENT;
}
