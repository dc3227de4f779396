#include "plugin/plugin.h"

#include <errno.h>

/* How often trouble that comes with every line is said. */
#define NOTE_INTERVAL_MS (10 * 60 * 1000)

/* Where no line has a time as the parser wants it, the clock is asked once in so many lines. */
#define NOTE_MISSES 1024

struct filter_parser {
    char *key_name;
    struct text_list names;
    bool preserve_key;
    bool reserve_data;
    const struct parser **parsers;
    size_t parser_count;
    struct slice key;          /* Key_Name, where it is a plain name */
    struct accessor *accessor; /* where it is none */
    struct plain_fold fold;    /* all it does, where does_fold */
    bool does_fold;
    struct parser_run run;
    struct log_brake limit_brake;
    struct log_brake time_brake;
    const char *component;
};

/* What is to be parsed, and where it stands: an index of the record, or -1 inside a field. */
struct source {
    struct slice text;
    int64_t index;
};

static const struct option options[] = {
    OPTION_TEXT(struct filter_parser, key_name, "key_name", NULL, OPTION_REQUIRED,
                "The field to parse, a name or a $accessor."),
    OPTION_WORDS(struct filter_parser, names, "parser", NULL, OPTION_REQUIRED | OPTION_REPEAT,
                 "A parser to try; the first that succeeds is used."),
    OPTION_BOOL(struct filter_parser, preserve_key, "preserve_key", "false", 0,
                "Keep the field that was parsed."),
    OPTION_BOOL(struct filter_parser, reserve_data, "reserve_data", "false", 0,
                "Keep the other fields, after those that were found and of another name."),
    OPTION_IGNORED("unescape_key", "Texts are read as they are; see Decode_Field_As of a parser."),
    OPTION_END,
};

static void say_unknown(struct plugin_setup *setup, const char *name, struct place place,
                        bool is_fatal)
{
    const char *nearest = parser_book_nearest(setup->parsers, name);
    char *advice = nearest ? mem_format("did you mean \"%s\"?", nearest)
                           : mem_text("define it in a Parsers_File");

    if (is_fatal)
        report_error(setup->report, place, "%s: there is no parser \"%s\"; %s", setup->name, name,
                     advice);
    else
        report_warn(setup->report, place, "%s: there is no parser \"%s\"; %s", setup->name, name,
                    advice);
    mem_free(advice);
}

/* One that is missing is left out, as long as another is there. */
static int parsers_find(struct filter_parser *f, struct plugin_setup *setup)
{
    f->parsers = mem_zalloc(f->names.count + 1, sizeof *f->parsers);
    for (size_t i = 0; i < f->names.count; i++) {
        const struct parser *parser = parser_book_find(setup->parsers, f->names.items[i]);

        if (parser != NULL)
            f->parsers[f->parser_count++] = parser;
    }
    for (size_t i = 0; i < f->names.count; i++)
        if (parser_book_find(setup->parsers, f->names.items[i]) == NULL)
            say_unknown(setup, f->names.items[i], f->names.places[i], f->parser_count == 0);
    return f->parser_count > 0 ? 0 : -EINVAL;
}

static int filter_parser_init(void *self, struct plugin_setup *setup)
{
    struct filter_parser *f = self;

    f->component = setup->component;
    if (f->key_name[0] == '$') {
        f->accessor = accessor_new_key(f->key_name, setup->report, setup_place(setup, "key_name"));
        if (f->accessor == NULL)
            return -EINVAL;
    }
    f->key = slice_of(f->key_name);
    if (parsers_find(f, setup) < 0)
        return -EINVAL;
    f->fold.key = f->key;
    f->does_fold = f->accessor == NULL && f->reserve_data && !f->preserve_key &&
                   f->parser_count == 1 && parser_unfolds(f->parsers[0], &f->fold.stop);
    return 0;
}

static void filter_parser_fini(void *self)
{
    struct filter_parser *f = self;

    accessor_free(&f->accessor);
    MEM_FREE(&f->parsers);
}

static bool source_inside(const struct filter_parser *f, struct record *record, struct source *out)
{
    struct value value;

    out->index = -1;
    return accessor_value(f->accessor, record, &value) &&
           value_as_text(&value, &record->arena, &out->text);
}

/* Where members are spliced in, fields are made of them only if one of them is the source. */
static bool source_unfold(const struct filter_parser *f, struct record *record)
{
    struct value value;

    if (!record_find(record, f->key, &value))
        return false;
    record_unfold(record);
    return true;
}

static bool source_find(const struct filter_parser *f, struct record *record, struct source *out)
{
    if (f->accessor != NULL)
        return source_inside(f, record, out);
    for (uint32_t i = record->root.count; i-- > 0;) {
        const struct field *field = &record->root.fields[i];

        if (UNLIKELY(field->value.kind == VALUE_MEMBERS)) {
            if (!source_unfold(f, record))
                return false;
            i = record->root.count;
            continue;
        }
        if (slice_equal(field->key, f->key)) {
            out->index = i;
            return value_as_text(&field->value, &record->arena, &out->text);
        }
    }
    return false;
}

static void say_limits(struct filter_parser *f)
{
    uint64_t held;

    if (log_brake_open(&f->limit_brake, NOTE_INTERVAL_MS, &held))
        log_warn(f->component,
                 "the expression takes too many steps on some texts; they stay as "
                 "they are (%llu so far)",
                 (unsigned long long)f->run.limit_hits);
}

static void say_times(struct filter_parser *f, const char *parser)
{
    uint64_t held;

    if (log_brake_open(&f->time_brake, NOTE_INTERVAL_MS, &held))
        log_warn(f->component,
                 "parser %s: Time_Format does not read the time of some texts; the "
                 "record's own stays (%llu so far)",
                 parser, (unsigned long long)f->run.time_misses);
}

static bool parsers_try(struct filter_parser *f, struct slice text, struct record *record)
{
    for (size_t i = 0; i < f->parser_count; i++) {
        uint64_t limits = f->run.limit_hits, misses = f->run.time_misses;
        int rc = parser_apply(f->parsers[i], text, &f->run, record);

        if (UNLIKELY(f->run.limit_hits != limits))
            say_limits(f);
        if (UNLIKELY(f->run.time_misses != misses && misses % NOTE_MISSES == 0))
            say_times(f, parser_name(f->parsers[i]));
        if (rc >= 0)
            return true;
    }
    return false;
}

/* Of the fields before `first` only the source stays, if anything. */
static void others_drop(const struct filter_parser *f, struct record *record, uint32_t first,
                        const struct source *source)
{
    struct field *fields = record->root.fields;
    uint32_t found = record->root.count - first;
    struct field kept = {0};
    bool is_kept = f->preserve_key && source->index >= 0;

    CHECK(first <= record->root.count && source->index < (int64_t)first);
    if (found == 0 && !is_kept)
        return;
    if (is_kept)
        kept = fields[source->index];
    memmove(fields, fields + first, found * sizeof *fields);
    if (is_kept)
        fields[found] = kept;
    record->root.count = found + is_kept;
}

/* Puts what was found, from `first` on, before what stays of the rest. A record is never left
 * without fields: one that would be stays as it was. */
static void record_arrange(const struct filter_parser *f, struct record *record, uint32_t first,
                           const struct source *source)
{
    uint32_t found;

    if (!f->reserve_data) {
        others_drop(f, record, first, source);
        return;
    }
    CHECK(first <= record->root.count && source->index < (int64_t)first);
    found = record->root.count - first;
    record_bring_forward(record, first);
    if (!f->preserve_key && source->index >= 0 && record->root.count > 1)
        record_remove_at(record, (uint32_t)source->index + found);
    record_drop_shadowed(record, found);
}

static enum filter_verdict filter_parser_apply(void *self, struct record *record,
                                               struct filter_run *run)
{
    struct filter_parser *f = self;
    struct source source;
    uint32_t first;

    if (!source_find(f, record, &source))
        return FILTER_KEEP;
    first = record->root.count;
    f->run.json = run->json;
    if (parsers_try(f, source.text, record))
        record_arrange(f, record, first, &source);
    return FILTER_KEEP;
}

static enum plain_verdict filter_parser_apply_plain(void *self, struct plain_record *plain,
                                                    struct filter_run *run)
{
    struct filter_parser *f = self;

    return f->does_fold && plain_unfold(plain, &f->fold, run->json) ? PLAIN_KEEP : PLAIN_FILL;
}

const struct filter_plugin filter_parser = {
    .name = "parser",
    .summary = "Makes fields of a field's text.",
    .self_bytes = sizeof(struct filter_parser),
    .options = options,
    .init = filter_parser_init,
    .fini = filter_parser_fini,
    .apply = filter_parser_apply,
    .apply_plain = filter_parser_apply_plain,
};
