#include "base/report.h"

#include "base/log.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#define MESSAGE_BYTES_MAX 2048
#define NAME_BYTES_MAX 64

void report_init(struct report *r)
{
    *r = (struct report){0};
}

void report_fini(struct report *r)
{
    buffer_fini(&r->text);
}

static void report_add(struct report *r, char level, struct place place, const char *message)
{
    if (r->error_count + r->warning_count > REPORT_MESSAGES_MAX)
        return;
    buffer_append_byte(&r->text, level);
    if (place.file != NULL && place.line > 0)
        buffer_append_format(&r->text, "%s:%u: ", place.file, place.line);
    else if (place.file != NULL)
        buffer_append_format(&r->text, "%s: ", place.file);
    buffer_append_text(&r->text, message);
    buffer_append_byte(&r->text, '\0');
}

void report_error(struct report *r, struct place place, const char *format, ...)
{
    char message[MESSAGE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    r->error_count++;
    report_add(r, 'E', place, message);
}

void report_warn(struct report *r, struct place place, const char *format, ...)
{
    char message[MESSAGE_BYTES_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    r->warning_count++;
    report_add(r, 'W', place, message);
}

void report_print(struct report *r)
{
    struct slice rest = buffer_view(&r->text);
    bool is_cut = rest.len > 0 && r->error_count + r->warning_count > REPORT_MESSAGES_MAX;

    while (rest.len > 0) {
        log_line_aloud(rest.data[0] == 'E' ? LOG_ERROR : LOG_WARN, "config", "%s", rest.data + 1);
        rest = slice_skip(rest, strlen(rest.data) + 1);
    }
    if (is_cut)
        log_line_aloud(LOG_ERROR, "config", "more messages were left out; mend these first");
    buffer_clear(&r->text);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance over at most NAME_BYTES_MAX bytes. */
static unsigned spelling_distance(const char *a, const char *b)
{
    size_t a_len = strnlen(a, NAME_BYTES_MAX), b_len = strnlen(b, NAME_BYTES_MAX);
    unsigned row[NAME_BYTES_MAX + 1];

    for (size_t j = 0; j <= b_len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            bool differs = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);
            unsigned above = row[j];

            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + differs);
            diagonal = above;
        }
    }
    return row[b_len];
}

const char *report_nearest(const char *wrong, const char *const *names)
{
    unsigned best_distance = 1 + (unsigned)strnlen(wrong, NAME_BYTES_MAX) / 3;
    const char *best = NULL;

    for (; *names != NULL; names++) {
        unsigned distance = spelling_distance(wrong, *names);

        if (distance <= best_distance && (best == NULL || distance < best_distance)) {
            best = *names;
            best_distance = distance;
        }
    }
    return best;
}
