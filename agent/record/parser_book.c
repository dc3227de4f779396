#include "record/parser_book.h"

#include "base/map.h"
#include "base/memory.h"

#include <errno.h>

struct parser_book {
    struct map parsers; /* by name */
};

struct parser_book *parser_book_new(void)
{
    return mem_zalloc(1, sizeof(struct parser_book));
}

void parser_book_free(struct parser_book **book)
{
    struct slice name;
    void *value;
    size_t at = 0;

    if (*book == NULL)
        return;
    while (map_next(&(*book)->parsers, &at, &name, &value)) {
        struct parser *parser = value;

        parser_free(&parser);
    }
    map_fini(&(*book)->parsers);
    MEM_FREE(book);
}

int parser_book_add(struct parser_book *book, const struct parser_settings *settings,
                    struct place place, struct report *report)
{
    struct parser *parser, *earlier;

    if (book->parsers.count >= PARSER_BOOK_MAX) {
        report_error(report, place, "more than %d parsers", PARSER_BOOK_MAX);
        return -EINVAL;
    }
    parser = parser_new(settings, place, report);
    if (parser == NULL)
        return -EINVAL;
    earlier = map_put(&book->parsers, slice_of(parser_name(parser)), parser);
    if (earlier != NULL)
        report_warn(report, place, "parser \"%s\" is there already; this one is used from now on",
                    parser_name(parser));
    parser_free(&earlier);
    return 0;
}

const struct parser *parser_book_find(const struct parser_book *book, const char *name)
{
    return map_get(&book->parsers, slice_of(name));
}

const char *parser_book_nearest(const struct parser_book *book, const char *wrong)
{
    const char **names = mem_zalloc(book->parsers.count + 1, sizeof *names);
    const char *nearest;
    struct slice name;
    size_t at = 0, count = 0;
    void *value;

    while (map_next(&book->parsers, &at, &name, &value))
        names[count++] = parser_name(value);
    nearest = report_nearest(wrong, names);
    mem_free(names);
    return nearest;
}
