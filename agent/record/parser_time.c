#include "base/memory.h"
#include "record/parser_part.h"

#include <errno.h>

#define FORMAT_UTC "%Y-%m-%dT%H:%M:%S.%L"
#define FORMAT_ZONED "%Y-%m-%dT%H:%M:%S.%L%z"

/* Container runtimes write RFC 3339, which has a reader of its own at a tenth of the cost. */
static enum time_shortcut shortcut_of(const struct time_options *options)
{
    if (strcmp(options->format, FORMAT_ZONED) == 0)
        return SHORTCUT_ZONED;
    if (strcmp(options->format, FORMAT_UTC) == 0 && options->offset == NULL &&
        options->zone == NULL && !options->is_system)
        return SHORTCUT_UTC;
    return SHORTCUT_NONE;
}

int parser_time_compile(struct parser_time *t, const struct parser_settings *settings,
                        struct place place, struct report *report)
{
    struct time_options options = settings->time;

    CHECK(t->format == NULL && t->key == NULL);
    options.is_loose = !settings->time_strict;
    if (options.format == NULL) {
        if (options.zone == NULL)
            return 0;
        report_error(report, place_or(options.at.zone, place),
                     "parser \"%s\": Time_Zone needs a Time_Format",
                     settings->name ? settings->name : "");
        return -EINVAL;
    }
    t->format = time_format_new(&options, report, place);
    if (t->format == NULL)
        return -EINVAL;
    t->key = mem_text(settings->time_key ? settings->time_key : "time");
    t->key_view = slice_of(t->key);
    t->shortcut = shortcut_of(&options);
    t->is_kept = settings->time_keep;
    t->is_strict = settings->time_strict;
    return 0;
}

void parser_time_fini(struct parser_time *t)
{
    time_format_free(&t->format);
    MEM_FREE(&t->key);
}

static bool shortcut_fits(enum time_shortcut shortcut, struct slice text)
{
    if (shortcut == SHORTCUT_ZONED)
        return true;
    return shortcut == SHORTCUT_UTC && text.len > 0 && text.data[text.len - 1] == 'Z';
}

bool parser_time_read(struct parse *p, struct slice text)
{
    const struct parser_time *t = &p->parser->time;
    int64_t ns;

    if ((shortcut_fits(t->shortcut, text) && time_parse_rfc3339(&p->run->minute, text, &ns) == 0) ||
        time_parse(t->format, text, &ns) == 0) {
        p->record->time_ns = ns;
        p->has_time = true;
        return true;
    }
    p->run->time_misses++;
    return false;
}
