/*
 * Any bytes through parsers of every format and decoder, and the CRI splitter beside the
 * expressions that it stands for. The first byte picks the parser.
 */
#include "base/memory.h"
#include "record/cri.h"
#include "record/json_write.h"
#include "record/parser.h"

#define TIME_CRI "%Y-%m-%dT%H:%M:%S.%L%z"

static const struct decoder_setting decoders[] = {
    {"escaped_utf8 log do_next", {0}, true},
    {"json log try_next", {0}, true},
    {"mysql_quoted log", {0}, true},
    {"json doc do_next", {0}, false},
    {"escaped doc", {0}, true},
};

static const struct parser_settings settings[] = {
    {.name = "json", .format = "json", .time.format = "%s"},
    {.name = "decoded",
     .format = "json",
     .decoders = decoders,
     .decoder_count = ARRAY_LEN(decoders),
     .time.format = "%d/%b/%Y"},
    {.name = "ltsv", .format = "ltsv", .types = "a:integer b:float c:hex d:bool"},
    {.name = "logfmt", .format = "logfmt", .types = "a:integer b:float", .time.format = "%s"},
    {.name = "strict",
     .format = "logfmt",
     .time_strict = true,
     .logfmt_no_bare_keys = true,
     .time.format = TIME_CRI},
    {.name = "regex",
     .format = "regex",
     .regex = "^(?<time>[^ ]+)(?<a> \\d+)?(?<b>.*)$",
     .types = "a:hex",
     .skip_empty_values = true,
     .time.format = TIME_CRI},
    {.name = "cri", .format = "regex", .regex = CRI_REGEX_STOCK, .time.format = TIME_CRI},
    {.name = "slow", .format = "regex", .regex = CRI_REGEX_STOCK "(?:)", .time.format = TIME_CRI},
    {.name = "ml", .format = "regex", .regex = CRI_REGEX_MULTILINE, .skip_empty_values = true},
    {.name = "mlslow",
     .format = "regex",
     .regex = CRI_REGEX_MULTILINE "(?:)",
     .skip_empty_values = true},
};

#define CRI_FIRST 6

static struct parser *parsers[ARRAY_LEN(settings)];
static struct json_scanner scanner;

static void parsers_make(void)
{
    struct report report;

    report_init(&report);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        parsers[i] = parser_new(&settings[i], (struct place){0}, &report);
        CHECK(parsers[i] != NULL && report.text.len == 0);
    }
    report_fini(&report);
}

static int apply(const struct parser *parser, struct slice text, struct record *record,
                 struct buffer *json)
{
    struct parser_run run = {.json = &scanner};
    struct json_object object;
    int rc;

    record_add(record, SLICE("first"), value_bool(true));
    rc = parser_apply(parser, text, &run, record);
    CHECK(rc >= 0 || record->root.count == 1);
    CHECK(rc == PARSER_TIME || record->time_ns == 0);
    record_bring_forward(record, 1);
    json_write_fields(json, &record->root);
    CHECK(json_check_object(&scanner, buffer_view(json), &object) == 0);
    return rc;
}

static void apply_alone(const struct parser *parser, struct slice text)
{
    struct buffer json = {0};
    struct record record;

    record_init(&record);
    (void)apply(parser, text, &record, &json);
    buffer_fini(&json);
    record_fini(&record);
}

static void apply_both(const struct parser *quick, const struct parser *slow, struct slice text)
{
    struct buffer quick_json = {0}, slow_json = {0};
    struct record quick_record, slow_record;

    record_init(&quick_record);
    record_init(&slow_record);
    CHECK(apply(quick, text, &quick_record, &quick_json) ==
          apply(slow, text, &slow_record, &slow_json));
    CHECK(quick_record.time_ns == slow_record.time_ns);
    CHECK(slice_equal(buffer_view(&quick_json), buffer_view(&slow_json)));
    buffer_fini(&quick_json);
    buffer_fini(&slow_json);
    record_fini(&quick_record);
    record_fini(&slow_record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_make((const char *)data, size);
    size_t pick;

    if (parsers[0] == NULL)
        parsers_make();
    if (size == 0)
        return 0;
    pick = data[0] % (ARRAY_LEN(settings) - 2);
    text = slice_skip(text, 1);
    if (pick < CRI_FIRST)
        apply_alone(parsers[pick], text);
    else
        apply_both(parsers[CRI_FIRST + (pick - CRI_FIRST) * 2],
                   parsers[CRI_FIRST + (pick - CRI_FIRST) * 2 + 1], text);
    return 0;
}
