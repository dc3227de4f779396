#include "plugins/filter_log_to_metrics/log_to_metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The longest of %f. */
#define SCRATCH_BYTES_MAX 352

/* Longer texts are no numbers. */
#define NUMBER_BYTES_MAX 64

static struct slice print_double(char scratch[SCRATCH_BYTES_MAX], double real)
{
    int len = snprintf(scratch, SCRATCH_BYTES_MAX, "%f", real);

    CHECK(len > 0 && len < SCRATCH_BYTES_MAX);
    return slice_make(scratch, (size_t)len);
}

/* Digits with a point or without, so few that the result is exact: what most numbers are. */
static bool parse_short(struct slice text, double *number_out)
{
    static const double powers[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    uint64_t digits = 0;
    size_t point = text.len;

    if (text.len == 0 || text.len > ARRAY_LEN(powers))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= '0' && text.data[i] <= '9')
            digits = digits * 10 + (uint64_t)(text.data[i] - '0');
        else if (text.data[i] == '.' && point == text.len && i > 0)
            point = i;
        else
            return false;
    }
    *number_out = (double)digits / powers[point < text.len ? text.len - point - 1 : 0];
    return true;
}

/* What is before the first byte that can be of no number is read as one, as by sscanf. */
static bool parse_any(struct slice text, double *number_out)
{
    char copy[NUMBER_BYTES_MAX], *end;

    if (text.len >= sizeof copy)
        text.len = sizeof copy - 1;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    *number_out = strtod(copy, &end);
    return end != copy;
}

static bool parse_number(struct slice text, double *number_out)
{
    return parse_short(text, number_out) || parse_any(text, number_out);
}

/* Checked JSON that is no string. */
static struct slice json_label(struct slice json, char scratch[SCRATCH_BYTES_MAX])
{
    double real;

    if (json.len == 0 || strchr("{[n", json.data[0]) != NULL)
        return SLICE("");
    if (strchr("tf", json.data[0]) != NULL ||
        (slice_find(json, '.') == json.len && slice_find(json, 'e') == json.len &&
         slice_find(json, 'E') == json.len))
        return json;
    return parse_number(json, &real) ? print_double(scratch, real) : SLICE("");
}

/* As JSON has it, on the record's arena. */
static struct slice msgpack_json(const struct value *value, struct arena *arena)
{
    struct buffer json = {0};
    struct slice text;

    json_write_value(&json, value);
    text = arena_copy(arena, buffer_view(&json));
    buffer_fini(&json);
    return text;
}

/* Maps, arrays and null are empty. */
static struct slice label_text(const struct value *value, struct arena *arena,
                               char scratch[SCRATCH_BYTES_MAX])
{
    struct slice text;

    if (LIKELY(value_as_text(value, arena, &text)))
        return text;
    switch (value->kind) {
    case VALUE_INT:
        return slice_make(scratch,
                          (size_t)snprintf(scratch, SCRATCH_BYTES_MAX, "%" PRId64, value->integer));
    case VALUE_UINT:
        return slice_make(scratch,
                          (size_t)snprintf(scratch, SCRATCH_BYTES_MAX, "%" PRIu64, value->natural));
    case VALUE_DOUBLE:
        return print_double(scratch, value->real);
    case VALUE_BOOL:
        return value->boolean ? SLICE("true") : SLICE("false");
    case VALUE_JSON:
        return json_label(value->text, scratch);
    case VALUE_MSGPACK:
        return json_label(msgpack_json(value, arena), scratch);
    default:
        return SLICE("");
    }
}

void labels_key(const struct label_keys *labels, const struct accessor_scope *scope,
                struct buffer *key)
{
    char scratch[SCRATCH_BYTES_MAX];
    struct value value;

    for (size_t i = 0; i < labels->count; i++) {
        if (accessor_find(labels->keys[i], scope, &value))
            family_key_add(key, label_text(&value, scope->arena, scratch));
        else
            family_key_add(key, SLICE(""));
    }
}

static bool value_number(const struct value *value, struct arena *arena, double *number_out)
{
    struct slice text;

    if (value_as_text(value, arena, &text))
        return parse_number(text, number_out);
    switch (value->kind) {
    case VALUE_INT:
        *number_out = (double)value->integer;
        return true;
    case VALUE_UINT:
        *number_out = (double)value->natural;
        return true;
    case VALUE_DOUBLE:
        *number_out = value->real;
        return true;
    case VALUE_JSON:
        return parse_number(value->text, number_out);
    case VALUE_MSGPACK:
        return parse_number(msgpack_json(value, arena), number_out);
    default:
        return false;
    }
}

bool label_number(const struct accessor *key, const struct accessor_scope *scope,
                  double *number_out)
{
    struct value value;

    return accessor_find(key, scope, &value) && value_number(&value, scope->arena, number_out) &&
           isfinite(*number_out) && fabs(*number_out) <= VALUE_MAX;
}
