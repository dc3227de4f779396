#include "plugin/setting.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>

static bool is_power_of_two(size_t count)
{
    return (count & (count - 1)) == 0;
}

/* Lists grow to the next power of two, so the count alone says when there is no more room. */
static size_t room_after(size_t count)
{
    return count == 0 ? 1 : count * 2;
}

int text_list_add(struct text_list *list, struct slice text, struct place place)
{
    CHECK((list->count == 0) == (list->items == NULL));
    if (list->count >= LIST_ENTRIES_MAX)
        return -E2BIG;
    if (is_power_of_two(list->count)) {
        list->items = mem_resize(list->items, room_after(list->count), sizeof *list->items);
        list->places = mem_resize(list->places, room_after(list->count), sizeof *list->places);
    }
    list->items[list->count] = mem_text_n(text.data, text.len);
    list->places[list->count] = place;
    list->count++;
    return 0;
}

int pair_list_add(struct pair_list *list, const char *key, const char *value, struct place place)
{
    CHECK((list->count == 0) == (list->items == NULL));
    if (list->count >= LIST_ENTRIES_MAX)
        return -E2BIG;
    if (is_power_of_two(list->count))
        list->items = mem_resize(list->items, room_after(list->count), sizeof *list->items);
    list->items[list->count++] =
        (struct text_pair){.key = mem_text(key), .value = mem_text(value), .place = place};
    return 0;
}

void text_list_fini(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->items[i]);
    mem_free(list->items);
    mem_free(list->places);
    *list = (struct text_list){0};
}

void pair_list_fini(struct pair_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        mem_free(list->items[i].key);
        mem_free(list->items[i].value);
    }
    mem_free(list->items);
    *list = (struct pair_list){0};
}

int text_list_split(struct text_list *list, const char *text, struct place place)
{
    struct slice rest = slice_of(text);
    struct slice part;

    while (slice_next(&rest, ',', &part)) {
        part = slice_trim(part);
        if (part.len > 0 && text_list_add(list, part, place) < 0)
            return -E2BIG;
    }
    return 0;
}

/* Takes a word in quotes off `*rest`, which begins with the quote. */
static int quoted_take(struct slice *rest, struct buffer *word)
{
    CHECK(rest->len > 0 && rest->data[0] == '"');
    for (size_t i = 1; i < rest->len; i++) {
        if (rest->data[i] == '"') {
            *rest = slice_skip(*rest, i + 1);
            return 0;
        }
        if (rest->data[i] == '\\' && i + 1 < rest->len && rest->data[i + 1] == '"')
            i++;
        buffer_append_byte(word, rest->data[i]);
    }
    return -EINVAL;
}

static void plain_take(struct slice *rest, struct buffer *word)
{
    size_t len = 0;

    while (len < rest->len && !isspace((unsigned char)rest->data[len]))
        len++;
    buffer_append(word, slice_make(rest->data, len));
    *rest = slice_skip(*rest, len);
}

int setting_words(const char *text, size_t count, struct text_list *words_out)
{
    struct slice rest = slice_trim(slice_of(text));
    struct buffer word = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count && rest.len > 0; i++) {
        buffer_clear(&word);
        if (rest.data[0] == '"')
            rc = quoted_take(&rest, &word);
        else
            plain_take(&rest, &word);
        if (rc == 0)
            rc = text_list_add(words_out, buffer_view(&word), (struct place){0});
        rest = slice_trim(rest);
    }
    if (rc == 0 && rest.len > 0)
        rc = text_list_add(words_out, rest, (struct place){0});
    buffer_fini(&word);
    return rc;
}
