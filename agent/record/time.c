#include "record/time.h"

#include "base/clock.h"
#include "base/memory.h"
#include "record/calendar.h"
#include "record/time_fields.h"
#include "record/zone.h"

#include <ctype.h>
#include <errno.h>

struct time_format {
    struct zone *zone; /* NULL: offset_s */
    int32_t offset_s;
    bool is_loose;
    size_t step_count;
    struct time_step steps[TIME_FORMAT_STEPS_MAX];
};

/* Directives that stand for several. */
static const struct {
    char letter;
    const char *meaning;
} shorthands[] = {
    {'F', "%Y-%m-%d"}, {'T', "%H:%M:%S"},    {'D', "%m/%d/%y"},
    {'R', "%H:%M"},    {'r', "%I:%M:%S %p"}, {'c', "%a %b %e %H:%M:%S %Y"},
    {'x', "%m/%d/%y"}, {'X', "%H:%M:%S"},    {'h', "%b"},
    {'n', " "},        {'t', " "},
};

static const char *shorthand_meaning(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(shorthands); i++)
        if (shorthands[i].letter == letter)
            return shorthands[i].meaning;
    return NULL;
}

static int add_step(struct time_format *f, struct time_step step)
{
    if (f->step_count == TIME_FORMAT_STEPS_MAX)
        return -E2BIG;
    f->steps[f->step_count++] = step;
    return 0;
}

static int add_literal(struct time_format *f, char byte)
{
    bool is_blank = isspace((unsigned char)byte) != 0;

    return add_step(f, (struct time_step){.is_literal = true, .letter = is_blank ? ' ' : byte});
}

/* A point or comma right before the fraction goes with it. */
static int add_fraction(struct time_format *f)
{
    struct time_step step = {.letter = 'L'};
    const struct time_step *last = f->step_count > 0 ? &f->steps[f->step_count - 1] : NULL;

    if (last && last->is_literal && (last->letter == '.' || last->letter == ',')) {
        step.point = last->letter;
        f->step_count--;
    }
    return add_step(f, step);
}

static int compile(struct time_format *f, const char *format);

/* -EINVAL: there is no such directive. */
static int add_directive(struct time_format *f, char letter)
{
    const char *meaning = shorthand_meaning(letter);

    if (meaning != NULL)
        return compile(f, meaning);
    if (letter == '%')
        return add_literal(f, '%');
    if (letter == 'L')
        return add_fraction(f);
    if (letter == '\0' || strchr(TIME_LETTERS, letter) == NULL)
        return -EINVAL;
    return add_step(f, (struct time_step){.letter = letter});
}

/* %E and %O ask for other numerals, of which the C locale has none. */
static int compile(struct time_format *f, const char *format)
{
    int rc = 0;

    while (rc == 0 && *format != '\0') {
        if (*format != '%') {
            rc = add_literal(f, *format++);
            continue;
        }
        format++;
        if (*format == 'E' || *format == 'O')
            format++;
        rc = add_directive(f, *format);
        if (rc == 0)
            format++;
    }
    return rc;
}

/* The directive that compile() stopped at, for the message. */
static const char *first_unknown(const char *format)
{
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at, '%')) {
        const char *letter = at + 1;

        if (*letter == 'E' || *letter == 'O')
            letter++;
        if (*letter == '\0' || (*letter != '%' && shorthand_meaning(*letter) == NULL &&
                                strchr(TIME_LETTERS, *letter) == NULL))
            return at;
        at = letter + 1;
    }
    return format;
}

static int compile_format(struct time_format *f, const char *format, struct report *report,
                          struct place place)
{
    int rc = compile(f, format);

    if (rc == -EINVAL) {
        report_warn(
            report, place,
            "Time_Format '%s': unknown directive '%.3s', so no time is read by it; %%L is a "
            "fraction of a second",
            format, first_unknown(format));
        rc = add_step(f, (struct time_step){.letter = TIME_UNKNOWN});
    }
    if (rc == -E2BIG)
        report_error(report, place, "Time_Format is too long (more than %d characters)",
                     TIME_FORMAT_STEPS_MAX);
    return rc;
}

static int open_named_zone(struct time_format *f, const char *name, struct report *report,
                           struct place place)
{
    int rc = zone_open(name, &f->zone);

    if (rc < 0)
        report_error(report, place,
                     "Time_Zone '%s' is not in the time zone database of this system", name);
    return rc;
}

static int open_system_zone(struct time_format *f, struct report *report, struct place place)
{
    int rc = zone_open_system(&f->zone);

    if (rc < 0)
        report_error(report, place, "the system's time zone cannot be read (TZ, localtime)");
    return rc;
}

static int take_offset(struct time_format *f, const char *offset, struct report *report,
                       struct place place)
{
    int rc = time_parse_offset(slice_of(offset), &f->offset_s);

    if (rc < 0)
        report_error(report, place, "Time_Offset '%s' is not of the form +hhmm or -hh:mm", offset);
    return rc;
}

/* A Z behind the seconds is not just a letter: such texts are UTC, whatever Time_Offset says. */
static bool is_in_utc(const char *format)
{
    return strstr(format, "%SZ") != NULL || strstr(format, "%S.%LZ") != NULL;
}

/* Each of them is looked at, whatever is wrong with the others. */
static int choose_zone(struct time_format *f, const struct time_options *o, struct report *report,
                       struct place place)
{
    bool is_double = o->zone != NULL && (o->offset != NULL || o->is_system);
    struct place zone_place = place_or(o->at.zone, place);
    int rc = 0;

    if (is_double)
        report_error(report, zone_place,
                     "Time_Zone goes with neither Time_Offset nor Time_System_Timezone");
    if (o->offset != NULL)
        rc = take_offset(f, o->offset, report, place_or(o->at.offset, place));
    if (is_in_utc(o->format))
        f->offset_s = 0;
    if (o->zone != NULL && open_named_zone(f, o->zone, report, zone_place) < 0)
        rc = -EINVAL;
    if (o->is_system && o->zone == NULL && o->offset == NULL)
        rc = open_system_zone(f, report, place);
    return is_double ? -EINVAL : rc;
}

struct time_format *time_format_new(const struct time_options *options, struct report *report,
                                    struct place place)
{
    struct time_format *f = mem_zalloc(1, sizeof *f);
    int format_rc = compile_format(f, options->format, report, place_or(options->at.format, place));
    int zone_rc = choose_zone(f, options, report, place);

    if (format_rc < 0 || zone_rc < 0) {
        time_format_free(&f);
        return NULL;
    }
    f->is_loose = options->is_loose;
    return mem_resize(f, 1,
                      offsetof(struct time_format, steps) + f->step_count * sizeof f->steps[0]);
}

void time_format_free(struct time_format **format)
{
    if (*format == NULL)
        return;
    zone_free(&(*format)->zone);
    MEM_FREE(format);
}

/* Today where the text's clock is. */
static void now_here(const struct time_format *format, const struct time_fields *f,
                     struct civil *out)
{
    int64_t now_s = clock_wall_ns() / NS_PER_S;

    if (f->has & FIELD_OFFSET)
        now_s += f->offset_s;
    else
        now_s += format->zone ? zone_offset_s(format->zone, now_s) : format->offset_s;
    civil_from_seconds(now_s, out);
}

static void fill_from_today(const struct time_format *format, struct time_fields *f)
{
    struct civil *c = &f->civil;
    struct civil today;

    now_here(format, f, &today);
    c->year = today.year;
    if (!(f->has & (FIELD_MONTH | FIELD_DAY_OF_YEAR)))
        c->month = today.month;
    if (!(f->has & (FIELD_DAY | FIELD_DAY_OF_YEAR))) {
        int32_t month_days = calendar_month_days(c->year, c->month);

        c->day = today.day < month_days ? today.day : month_days;
    }
}

static bool fill_date(const struct time_format *format, struct time_fields *f)
{
    struct civil *c = &f->civil;

    if (!(f->has & FIELD_MONTH))
        c->month = 1;
    if (!(f->has & FIELD_DAY))
        c->day = 1;
    if ((f->has & FIELD_CENTURY) && !(f->has & FIELD_YEAR)) {
        c->year = f->century * 100;
        f->has |= FIELD_YEAR;
    }
    if (!(f->has & FIELD_YEAR))
        fill_from_today(format, f);
    if ((f->has & FIELD_DAY_OF_YEAR) && !(f->has & (FIELD_MONTH | FIELD_DAY))) {
        int64_t days = calendar_days(c->year, 1, 1) + f->day_of_year - 1;

        if (f->day_of_year > 365 + calendar_is_leap(c->year))
            return false;
        c->month = 1;
        while (days >= calendar_days(c->year, c->month, 1) + calendar_month_days(c->year, c->month))
            c->month++;
        c->day = (int32_t)(days - calendar_days(c->year, c->month, 1)) + 1;
    }
    return true;
}

static int64_t local_to_utc(const struct time_format *format, const struct time_fields *f)
{
    int64_t local_s = civil_seconds(&f->civil);

    if (f->has & FIELD_OFFSET)
        return local_s - f->offset_s;
    if (format->zone != NULL)
        return zone_utc_s(format->zone, local_s);
    return local_s - format->offset_s;
}

static int resolve(const struct time_format *format, struct time_fields *f, int64_t *ns_out)
{
    if (f->has & FIELD_EPOCH)
        return calendar_instant(f->epoch_s, f->fraction_ns, ns_out);
    if ((f->has & FIELD_HOUR_OF_12) && (f->has & FIELD_AFTERNOON))
        f->civil.hour = f->civil.hour % 12 + (f->is_afternoon ? 12 : 0);
    if (!fill_date(format, f) || !civil_is_valid(&f->civil))
        return -EINVAL;
    return calendar_instant(local_to_utc(format, f), f->fraction_ns, ns_out);
}

/* Enough for an instant, if what failed was something finer. */
static bool has_day(const struct time_fields *f)
{
    const unsigned date = FIELD_MONTH | FIELD_DAY;

    return f->epoch_s > 0 || (f->has & date) == date || f->day_of_year > 0;
}

int time_parse(const struct time_format *format, struct slice text, int64_t *ns_out)
{
    struct time_fields fields = {0};

    for (size_t i = 0; i < format->step_count; i++) {
        if (time_step_run(&format->steps[i], &text, &fields))
            continue;
        if (!format->is_loose || !has_day(&fields))
            return -EINVAL;
        break;
    }
    return resolve(format, &fields, ns_out);
}
