#include "record/time_fields.h"

#include "base/clock.h"
#include "record/time.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#define OFFSET_HOURS_MAX 23
#define ABBREVIATION_BYTES_MAX 5

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
static const char *const halves[] = {"AM", "PM"};

/* Abbreviations that mean one offset to most of those who write them into logs, and the letters of
 * the military's zones. One that is not here makes the time unreadable rather than wrong by hours. */
static const struct {
    char name[ABBREVIATION_BYTES_MAX + 1];
    int16_t minutes;
} abbreviations[] = {
    {"Z", 0},       {"UTC", 0},    {"GMT", 0},     {"UT", 0},      {"WET", 0},    {"WEST", 60},
    {"BST", 60},    {"CET", 60},   {"CEST", 120},  {"EET", 120},   {"EEST", 180}, {"MSK", 180},
    {"SAST", 120},  {"EAT", 180},  {"WAT", 60},    {"CAT", 120},   {"IST", 330},  {"PKT", 300},
    {"NPT", 345},   {"ICT", 420},  {"WIB", 420},   {"HKT", 480},   {"SGT", 480},  {"PHT", 480},
    {"AWST", 480},  {"JST", 540},  {"KST", 540},   {"ACST", 570},  {"AEST", 600}, {"ACDT", 630},
    {"AEDT", 660},  {"NZST", 720}, {"NZDT", 780},  {"BRT", -180},  {"ART", -180}, {"NST", -210},
    {"NDT", -150},  {"AST", -240}, {"ADT", -180},  {"EST", -300},  {"EDT", -240}, {"CST", -360},
    {"CDT", -300},  {"MST", -420}, {"MDT", -360},  {"PST", -480},  {"PDT", -420}, {"AKST", -540},
    {"AKDT", -480}, {"HST", -600}, {"HADT", -540}, {"BRST", -120}, {"CLT", -240}, {"CLST", -180},
    {"GST", 240},   {"WITA", 480}, {"WIT", 540},   {"MYT", 480},   {"BDT", 360},  {"A", 60},
    {"B", 120},     {"C", 180},    {"D", 240},     {"E", 300},     {"F", 360},    {"G", 420},
    {"H", 480},     {"I", 540},    {"K", 600},     {"L", 660},     {"M", 720},    {"N", -60},
    {"O", -120},    {"P", -180},   {"Q", -240},    {"R", -300},    {"S", -360},   {"T", -420},
    {"U", -480},    {"V", -540},   {"W", -600},    {"X", -660},    {"Y", -720},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct slice *text)
{
    while (text->len > 0 && is_blank(text->data[0]))
        *text = slice_make(text->data + 1, text->len - 1);
}

/* One to `digits_max` digits. */
static bool take_digits(struct slice *text, size_t digits_max, int32_t *out)
{
    int32_t value = 0;
    size_t count = 0;

    while (count < text->len && count < digits_max && is_digit(text->data[count]))
        value = value * 10 + (text->data[count++] - '0');
    *text = slice_make(text->data + count, text->len - count);
    *out = value;
    return count > 0;
}

/* Two digits or one, blanks before them. */
static bool take_number(struct slice *text, int32_t low, int32_t high, int32_t *out)
{
    skip_blanks(text);
    return take_digits(text, high > 99 ? 3 : 2, out) && *out >= low && *out <= high;
}

/* A name in full, else its first three letters. */
static bool take_name(struct slice *text, const char *const *names, size_t count, int32_t *out)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(names[i]);

        if (text->len < len || strncasecmp(text->data, names[i], len) != 0)
            len = 3;
        if (text->len < len || strncasecmp(text->data, names[i], len) != 0)
            continue;
        *text = slice_skip(*text, len);
        *out = (int32_t)i;
        return true;
    }
    return false;
}

static bool take_half(struct slice *text, struct time_fields *f)
{
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (text->len < 2 || strncasecmp(text->data, halves[i], 2) != 0)
            continue;
        *text = slice_skip(*text, 2);
        f->is_afternoon = i == 1;
        f->has |= FIELD_AFTERNOON;
        return true;
    }
    return false;
}

/* 69 is 1969 and 68 is 2068, as POSIX has it; with a century it is neither. */
static bool take_short_year(struct slice *text, struct time_fields *f)
{
    int32_t year;

    if (!take_number(text, 0, 99, &year))
        return false;
    f->civil.year = f->has & FIELD_CENTURY ? f->century * 100 + year
                    : year >= 69           ? 1900 + year
                                           : 2000 + year;
    f->has |= FIELD_YEAR;
    return true;
}

static bool take_year(struct slice *text, struct time_fields *f)
{
    skip_blanks(text);
    f->has |= FIELD_YEAR;
    return take_digits(text, 4, &f->civil.year);
}

static bool take_century(struct slice *text, struct time_fields *f)
{
    f->has |= FIELD_CENTURY;
    return take_number(text, 0, 99, &f->century);
}

/* Of more than nine digits the rest is too fine for us. */
static bool take_fraction(struct slice *text, char point, struct time_fields *f)
{
    uint32_t unit = NS_PER_S / 10;
    size_t count = 0;

    if (point != '\0') {
        if (text->len == 0 || text->data[0] != point)
            return true;
        *text = slice_skip(*text, 1);
    }
    f->fraction_ns = 0;
    while (count < text->len && is_digit(text->data[count])) {
        f->fraction_ns += (uint32_t)(text->data[count++] - '0') * unit;
        unit /= 10;
    }
    *text = slice_skip(*text, count);
    return count > 0;
}

/* Ten years of nanoseconds would overflow, ten thousand years of seconds do not. */
static bool take_epoch(struct slice *text, struct time_fields *f)
{
    int64_t value = 0;
    size_t count = 0;

    skip_blanks(text);
    while (count < text->len && count < 18 && is_digit(text->data[count]))
        value = value * 10 + (text->data[count++] - '0');
    if (count < text->len && is_digit(text->data[count]))
        return false;
    *text = slice_skip(*text, count);
    f->epoch_s = value;
    f->has |= FIELD_EPOCH;
    return count > 0;
}

/* What follows a sign: hh, hhmm, hh:mm. */
static bool take_offset(struct slice *text, int32_t sign, int32_t *offset_s_out)
{
    int32_t hours, minutes = 0;
    struct slice rest;

    if (text->len < 2 || !is_digit(text->data[1]) || !take_digits(text, 2, &hours))
        return false;
    rest = slice_skip(*text, text->len > 0 && text->data[0] == ':');
    if (rest.len >= 2 && is_digit(rest.data[0]) && is_digit(rest.data[1])) {
        (void)take_digits(&rest, 2, &minutes);
        *text = rest;
    }
    *offset_s_out = sign * (hours * 3600 + minutes * 60);
    return hours <= OFFSET_HOURS_MAX && minutes < 60;
}

static bool take_abbreviation(struct slice *text, int32_t *offset_s_out)
{
    size_t len = 0;

    while (len < text->len && isalpha((unsigned char)text->data[len]))
        len++;
    for (size_t i = 0; i < ARRAY_LEN(abbreviations); i++) {
        if (!slice_is_nocase(slice_make(text->data, len), abbreviations[i].name))
            continue;
        *text = slice_skip(*text, len);
        *offset_s_out = abbreviations[i].minutes * 60;
        return true;
    }
    return false;
}

static bool take_zone(struct slice *text, struct time_fields *f)
{
    char first;

    skip_blanks(text);
    first = text->len > 0 ? text->data[0] : '\0';
    f->has |= FIELD_OFFSET;
    if (first != '+' && first != '-')
        return take_abbreviation(text, &f->offset_s);
    *text = slice_skip(*text, 1);
    return take_offset(text, first == '-' ? -1 : 1, &f->offset_s);
}

int time_parse_offset(struct slice text, int32_t *offset_s_out)
{
    struct time_fields fields = {0};

    if (text.len == 0 || is_blank(text.data[0]) || !take_zone(&text, &fields))
        return -EINVAL;
    if (text.len > 0)
        return -EINVAL;
    *offset_s_out = fields.offset_s;
    return 0;
}

static bool take_hour_of_12(struct slice *text, struct time_fields *f)
{
    f->has |= FIELD_HOUR_OF_12;
    return take_number(text, 1, 12, &f->civil.hour);
}

static bool take_hour(struct slice *text, struct time_fields *f)
{
    f->has &= ~(unsigned)FIELD_HOUR_OF_12;
    return take_number(text, 0, 23, &f->civil.hour);
}

static bool take_month_name(struct slice *text, struct time_fields *f)
{
    f->has |= FIELD_MONTH;
    if (!take_name(text, months, ARRAY_LEN(months), &f->civil.month))
        return false;
    f->civil.month++;
    return true;
}

static bool take_date_number(struct slice *text, struct time_fields *f, char letter)
{
    if (letter == 'm') {
        f->has |= FIELD_MONTH;
        return take_number(text, 1, 12, &f->civil.month);
    }
    if (letter == 'j') {
        f->has |= FIELD_DAY_OF_YEAR;
        return take_number(text, 1, 366, &f->day_of_year);
    }
    f->has |= FIELD_DAY;
    return take_number(text, 1, 31, &f->civil.day);
}

static bool run_literal(char byte, struct slice *text)
{
    if (byte == ' ') {
        skip_blanks(text);
        return true;
    }
    if (text->len == 0 || text->data[0] != byte)
        return false;
    *text = slice_make(text->data + 1, text->len - 1);
    return true;
}

bool time_step_run(const struct time_step *step, struct slice *text, struct time_fields *f)
{
    int32_t unused;

    if (step->is_literal)
        return run_literal(step->letter, text);

    switch (step->letter) {
    case 'Y':
        return take_year(text, f);
    case 'y':
        return take_short_year(text, f);
    case 'C':
        return take_century(text, f);
    case 'b':
    case 'B':
        return take_month_name(text, f);
    case 'm':
    case 'd':
    case 'e':
    case 'j':
        return take_date_number(text, f, step->letter);
    case 'H':
    case 'k':
        return take_hour(text, f);
    case 'I':
    case 'l':
        return take_hour_of_12(text, f);
    case 'M':
        return take_number(text, 0, 59, &f->civil.minute);
    case 'S':
        return take_number(text, 0, 60, &f->civil.second);
    case 'p':
        return take_half(text, f);
    case 'L':
        return take_fraction(text, step->point, f);
    case 's':
        return take_epoch(text, f);
    case 'z':
    case 'Z':
        return take_zone(text, f);
    case 'a':
    case 'A':
        return take_name(text, weekdays, ARRAY_LEN(weekdays), &unused);
    case 'G':
        return take_digits(text, 4, &unused);
    case TIME_UNKNOWN:
        return false;
    default: /* weeks and numbers of weekdays add nothing to a date */
        return take_number(text, 0, 99, &unused);
    }
}
