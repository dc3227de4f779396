/*
 * Any format on any text: "FORMAT\0TEXT". What is read must be an instant that survives being
 * written and read again; the text is also read as RFC 3339 and as a zoneinfo file.
 */
#include "base/memory.h"
#include "record/time.h"
#include "record/time_text.h"
#include "record/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_round_trip(int64_t ns)
{
    struct time_minute minute = {0};
    struct time_text text = {0};
    int64_t again = -1;

    CHECK(ns >= 0);
    CHECK(time_parse_rfc3339(&minute, time_text_iso(&text, ns, 9), &again) == 0);
    CHECK(again == ns);
}

static void read_by_format(const char *format, struct slice text)
{
    struct time_options options = {.format = format, .offset = "+01:30"};
    struct report report;
    struct time_format *f;
    int64_t ns;

    report_init(&report);
    f = time_format_new(&options, &report, (struct place){0});
    CHECK((f == NULL) == (report.error_count > 0));
    if (f != NULL && time_parse(f, text, &ns) == 0)
        expect_round_trip(ns);
    time_format_free(&f);
    report_fini(&report);
}

static void read_as_zone(struct slice bytes)
{
    struct zone *zone = NULL;

    if (zone_from_file_bytes(bytes, &zone) == 0)
        (void)zone_utc_s(zone, 1700000000);
    zone_free(&zone);
    if (zone_from_rule(bytes, &zone) == 0)
        (void)zone_utc_s(zone, 1700000000);
    zone_free(&zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice all = slice_make((const char *)data, size);
    char *format = mem_text_n(all.data, slice_find(all, '\0'));
    struct slice text = slice_skip(all, strlen(format) + 1);
    struct time_minute minute = {0};
    int64_t ns;

    read_by_format(format, text);
    read_as_zone(text);
    if (time_parse_rfc3339(&minute, text, &ns) == 0)
        expect_round_trip(ns);
    MEM_FREE(&format);
    return 0;
}
