#include "plugin/setting.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#define SCALAR_BYTES_MAX 128

static const char note_comment[] = "'#' begins a comment only at the start of a line; what follows "
                                   "the value is left out here";
static const char note_tail[] = "what follows the number is left out";
static const char note_bool[] = "write on or off";
static const char note_number[] = "write a number";
static const char note_size[] = "write a number of bytes, or one with K, M or G";
static const char note_time[] = "write a number of seconds, or one with s, m, h or d";
static const char note_seconds[] =
    "the unit is not known, so these are seconds; write s, m, h or d";

/* One scalar without what is around it, for the functions that need a closing NUL. */
struct scalar {
    char text[SCALAR_BYTES_MAX];
};

static size_t comment_begin(struct slice text)
{
    for (size_t i = 1; i < text.len; i++)
        if (text.data[i] == '#' && isspace((unsigned char)text.data[i - 1]))
            return i;
    return text.len;
}

static int scalar_init(struct scalar *s, const char *text, const char **note_out)
{
    struct slice whole = slice_trim(slice_of(text));
    struct slice value = slice_make(whole.data, comment_begin(whole));

    *note_out = value.len < whole.len ? note_comment : NULL;
    value = slice_trim(value);
    if (value.len == 0 || value.len >= sizeof s->text)
        return -EINVAL;
    memcpy(s->text, value.data, value.len);
    s->text[value.len] = '\0';
    return 0;
}

static int refuse(const char *what_is_right, const char **note_out)
{
    *note_out = what_is_right;
    return -EINVAL;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

int setting_bool(const char *text, bool *value_out, const char **note_out)
{
    static const char *const yes[] = {"on", "true", "yes", NULL};
    static const char *const no[] = {"off", "false", "no", NULL};
    struct scalar s;
    bool is_digit;

    if (scalar_init(&s, text, note_out) < 0)
        return refuse(note_bool, note_out);
    is_digit = strcmp(s.text, "1") == 0 || strcmp(s.text, "0") == 0;
    if (!is_digit && !is_one_of(s.text, yes) && !is_one_of(s.text, no))
        return refuse(note_bool, note_out);
    if (is_digit)
        *note_out = note_bool;
    *value_out = s.text[0] == '1' || is_one_of(s.text, yes);
    return 0;
}

int setting_int(const char *text, int64_t *value_out, const char **note_out)
{
    struct scalar s;
    long long value;
    char *end;

    if (scalar_init(&s, text, note_out) < 0)
        return refuse(note_number, note_out);
    errno = 0;
    value = strtoll(s.text, &end, 10);
    if (end == s.text || errno != 0)
        return refuse(note_number, note_out);
    if (*end != '\0')
        *note_out = note_tail;
    *value_out = value;
    return 0;
}

/* The finite number at the beginning, and what follows it. */
static int number_begin(const struct scalar *s, double *value_out, const char **end_out)
{
    char *end;

    *value_out = strtod(s->text, &end);
    if (end == s->text || !isfinite(*value_out))
        return -EINVAL;
    while (isspace((unsigned char)*end))
        end++;
    *end_out = end;
    return 0;
}

int setting_double(const char *text, double *value_out, const char **note_out)
{
    struct scalar s;
    const char *end;

    if (scalar_init(&s, text, note_out) < 0 || number_begin(&s, value_out, &end) < 0)
        return refuse(note_number, note_out);
    if (*end != '\0')
        *note_out = note_tail;
    return 0;
}

/* What one K, M or G means; 0 where the unit is not known. */
static double size_unit(const char *unit, double kilo)
{
    static const char letters[] = "kmg";
    const char *at = strchr(letters, tolower((unsigned char)unit[0]));

    if (unit[0] == '\0')
        return 1;
    if (at == NULL)
        return 0;
    if (strcasecmp(unit + 1, "ib") == 0)
        kilo = 1024;
    else if (unit[1] != '\0' && strcasecmp(unit + 1, "b") != 0)
        return 0;
    return pow(kilo, (double)(at - letters + 1));
}

static int size_parse(const char *text, double kilo, uint64_t *bytes_out, const char **note_out)
{
    static const char *const nothing[] = {"false", "off", "no", NULL};
    struct scalar s;
    const char *unit;
    double number, bytes;

    if (scalar_init(&s, text, note_out) < 0)
        return refuse(note_size, note_out);
    if (is_one_of(s.text, nothing)) {
        *bytes_out = 0;
        return 0;
    }
    if (number_begin(&s, &number, &unit) < 0 || number < 0 || size_unit(unit, kilo) < 1)
        return refuse(note_size, note_out);
    bytes = number * size_unit(unit, kilo);
    if (bytes >= (double)INT64_MAX)
        return refuse(note_size, note_out);
    *bytes_out = (uint64_t)bytes;
    return 0;
}

int setting_size(const char *text, uint64_t *bytes_out, const char **note_out)
{
    return size_parse(text, 1000, bytes_out, note_out);
}

int setting_size_binary(const char *text, uint64_t *bytes_out, const char **note_out)
{
    return size_parse(text, 1024, bytes_out, note_out);
}

static double time_unit_ms(const char *unit)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"", 1e3}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}};

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strcasecmp(unit, units[i].name) == 0)
            return units[i].ms;
    return 0;
}

int setting_time(const char *text, uint64_t *ms_out, const char **note_out)
{
    struct scalar s;
    const char *unit;
    double number, unit_ms;

    if (scalar_init(&s, text, note_out) < 0 || number_begin(&s, &number, &unit) < 0 || number < 0)
        return refuse(note_time, note_out);
    unit_ms = time_unit_ms(unit);
    if (unit_ms <= 0) {
        *note_out = note_seconds;
        unit_ms = 1e3;
    }
    if (number * unit_ms >= (double)INT64_MAX)
        return refuse(note_time, note_out);
    *ms_out = (uint64_t)(number * unit_ms + 0.5);
    return 0;
}
