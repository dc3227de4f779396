#include "line/multiline_book.h"

#include "base/map.h"
#include "base/memory.h"
#include "line/multiline_builtin.h"

#include <ctype.h>
#include <errno.h>

struct multiline_book {
    const struct parser_book *parsers;
    struct multiline **items; /* all that were added, replaced ones too */
    size_t count;
    struct map by_name; /* in small letters */
};

/* Lent by `*text`, to be freed. */
static struct slice small_letters(const char *name, char **text)
{
    *text = mem_text(name);
    for (char *at = *text; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return slice_of(*text);
}

/* What had the name before, or NULL. */
static void *book_put(struct multiline_book *book, struct multiline *m)
{
    void *earlier;
    char *text;

    book->items = mem_resize(book->items, book->count + 1, sizeof *book->items);
    book->items[book->count++] = m;
    earlier = map_put(&book->by_name, small_letters(multiline_name(m), &text), m);
    mem_free(text);
    return earlier;
}

static void add_builtin(struct multiline_book *book)
{
    struct report report;

    report_init(&report);
    for (size_t i = 0; i < multiline_builtin_count; i++) {
        struct multiline *m =
            multiline_new(&multiline_builtins[i], NULL, (struct place){0}, &report);

        CHECK(m != NULL);
        (void)book_put(book, m);
    }
    report_fini(&report);
}

struct multiline_book *multiline_book_new(const struct parser_book *parsers)
{
    struct multiline_book *book = mem_zalloc(1, sizeof *book);

    book->parsers = parsers;
    add_builtin(book);
    return book;
}

void multiline_book_free(struct multiline_book **address)
{
    struct multiline_book *book = *address;

    if (book == NULL)
        return;
    for (size_t i = 0; i < book->count; i++)
        multiline_free(&book->items[i]);
    MEM_FREE(&book->items);
    map_fini(&book->by_name);
    MEM_FREE(address);
}

int multiline_book_add(struct multiline_book *book, const struct multiline_settings *settings,
                       struct place place, struct report *report)
{
    struct multiline *m;

    if (book->count >= MULTILINE_BOOK_MAX) {
        report_error(report, place, "more than %d multiline parsers", MULTILINE_BOOK_MAX);
        return -EINVAL;
    }
    m = multiline_new(settings, book->parsers, place, report);
    if (m == NULL)
        return -EINVAL;
    if (book_put(book, m) != NULL)
        report_warn(report, place,
                    "multiline parser \"%s\" is there already; this one is used from now on",
                    multiline_name(m));
    return 0;
}

const struct multiline *multiline_book_find(const struct multiline_book *book, const char *name)
{
    const struct multiline *m;
    char *text;

    m = map_get(&book->by_name, small_letters(name, &text));
    mem_free(text);
    return m;
}

const char *multiline_book_nearest(const struct multiline_book *book, const char *wrong)
{
    const char **names = mem_zalloc(book->count + 1, sizeof *names);
    const char *nearest;

    for (size_t i = 0; i < book->count; i++)
        names[i] = multiline_name(book->items[i]);
    nearest = report_nearest(wrong, names);
    mem_free(names);
    return nearest;
}
