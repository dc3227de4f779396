#include "plugins/out_stdout/readable.h"

#define TAG_CHARACTERS_MAX 32
#define CONTAINER_ID_LEN 64

/* SGR sequences of ECMA-48. */
#define PLAIN "\033[0m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define CYAN "\033[36m"

#define NAMES 4
static const char *const message_keys[NAMES] = {"message", "msg", "log", "MESSAGE"};
static const char *const level_keys[NAMES] = {"level", "severity", "lvl", "PRIORITY"};

/* Of HH:MM:SS.mmm in YYYY-MM-DDTHH:MM:SS.mmmZ. */
#define CLOCK_AT 11
#define CLOCK_LEN 12

void readable_fini(struct readable *r)
{
    arena_fini(&r->scratch);
    buffer_fini(&r->name);
}

static void put_colour(struct readable *r, const char *colour, struct buffer *out)
{
    if (r->has_colour)
        buffer_append_text(out, colour);
}

/* ---- the tag ---- */

static bool is_hex(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (memchr("0123456789abcdef", text.data[i], 16) == NULL)
            return false;
    return true;
}

/* kube.var.log.containers.web-7c9_shop_app-<64 digits>.log is web-7c9_shop_app. */
static struct slice tag_core(struct slice tag)
{
    static const char folder[] = ".containers.";
    const char *at = memmem(tag.data, tag.len, folder, sizeof folder - 1);
    size_t id_at;

    if (at != NULL)
        tag = slice_skip(tag, (size_t)(at - tag.data) + sizeof folder - 1);
    if (slice_ends(tag, SLICE(".log")))
        tag.len -= strlen(".log");
    if (tag.len <= CONTAINER_ID_LEN + 1)
        return tag;
    id_at = tag.len - CONTAINER_ID_LEN;
    if (tag.data[id_at - 1] == '-' && is_hex(slice_skip(tag, id_at)))
        tag.len = id_at - 1;
    return tag;
}

/* ---- text ---- */

/* Terminals obey control characters, those of 0x80 to 0x9f too; they are shown instead. */
static void put_safely(struct slice text, struct buffer *out)
{
    static const char letters[] = "\nn\tt\rr";

    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        const char *letter = byte ? strchr(letters, byte) : NULL;
        bool is_c1 = byte == 0xc2 && i + 1 < text.len && (unsigned char)text.data[i + 1] < 0xa0;

        if (letter != NULL && byte < 0x20)
            buffer_append_format(out, "\\%c", letter[1]);
        else if (byte < 0x20 || byte == 0x7f)
            buffer_append_format(out, "\\x%02x", byte);
        else if (is_c1)
            buffer_append_format(out, "\\x%02x", (unsigned char)text.data[++i]);
        else
            buffer_append_byte(out, (char)byte);
    }
}

static bool needs_quotes(struct slice text)
{
    return text.len == 0 || memchr(text.data, ' ', text.len) != NULL ||
           memchr(text.data, '"', text.len) != NULL || memchr(text.data, '=', text.len) != NULL;
}

static void put_word(struct slice text, struct buffer *out)
{
    if (!needs_quotes(text)) {
        put_safely(text, out);
        return;
    }
    buffer_append_byte(out, '"');
    put_safely(text, out);
    buffer_append_byte(out, '"');
}

/* ---- fields ---- */

/* A value as JSON text where it is no text already. */
static struct slice field_json(struct readable *r, const struct chunk_field *field)
{
    struct buffer text = {0};
    struct slice copy;

    CHECK(field->kind != CHUNK_VALUE_TEXT && field->kind != CHUNK_VALUE_MEMBERS);
    if (field->kind == CHUNK_VALUE_JSON)
        return field->value;
    json_write_msgpack(&text, field->value);
    copy = arena_copy(&r->scratch, buffer_view(&text));
    buffer_fini(&text);
    return copy;
}

/* The text of a field that is one, else its JSON. */
static struct slice field_text(struct readable *r, const struct chunk_field *field)
{
    struct slice json;

    if (field->kind == CHUNK_VALUE_TEXT)
        return field->value;
    json = field_json(r, field);
    return json.data[0] == '"' ? json_unescape(json, &r->scratch) : json;
}

static void put_name(struct readable *r, struct buffer *out)
{
    buffer_append_byte(out, ' ');
    put_colour(r, DIM, out);
    put_safely(buffer_view(&r->name), out);
    buffer_append_byte(out, '=');
    put_colour(r, PLAIN, out);
}

static void put_scalar(struct readable *r, struct slice json, struct buffer *out)
{
    put_name(r, out);
    if (json.data[0] == '"')
        put_word(json_unescape(json, &r->scratch), out);
    else
        put_safely(json, out);
}

/* Writes what r->name names: a map member by member, anything else as it is. */
static void put_json(struct readable *r, struct slice json, struct buffer *out)
{
    struct slice rest = json, key, value;
    size_t name_len = r->name.len;

    CHECK(json.len > 0);
    if (json.data[0] != '{') {
        put_scalar(r, json, out);
        return;
    }
    while (json_next(&rest, &key, &value)) {
        buffer_append_byte(&r->name, '.');
        buffer_append(&r->name, json_unescape(slice_make(key.data - 1, key.len + 2), &r->scratch));
        put_json(r, value, out);
        r->name.len = name_len;
    }
}

static void put_field(struct readable *r, const struct chunk_field *field, struct buffer *out)
{
    buffer_clear(&r->name);
    buffer_append(&r->name, field->key);
    if (field->kind == CHUNK_VALUE_TEXT) {
        put_name(r, out);
        put_word(field->value, out);
    } else {
        put_json(r, field_json(r, field), out);
    }
}

/* The first of the names that the record has; false where it has none. */
static bool find_first(struct readable *r, const struct chunk_record *record,
                       const char *const names[NAMES], struct chunk_field *found)
{
    struct field_walk walk;
    struct chunk_field field;
    size_t best = NAMES;

    field_walk_begin(&walk, record);
    while (field_walk_next(&walk, &r->scratch, &field)) {
        for (size_t i = 0; i < best; i++) {
            if (!slice_is(field.key, names[i]))
                continue;
            best = i;
            *found = field;
        }
    }
    return best < NAMES;
}

/* ---- the line ---- */

/* Words by their first letter; syslog's numbers as they are. */
static const char *level_colour(struct readable *r, const struct chunk_record *record)
{
    struct chunk_field field;
    struct slice level;

    if (!find_first(r, record, level_keys, &field))
        return "";
    level = field_text(r, &field);
    if (level.len == 0)
        return "";
    if (strchr("eEfFcCaApP0123", level.data[0]) != NULL)
        return RED;
    if (strchr("wW4", level.data[0]) != NULL)
        return YELLOW;
    return strchr("dDtT7", level.data[0]) != NULL ? DIM : "";
}

static void put_head(struct readable *r, const struct chunk_record *record, struct buffer *out)
{
    struct slice time = time_text_iso(&r->time, record->head.time_ns, 3);
    struct slice tag = tag_core(record->run->tag);

    CHECK(time.len >= CLOCK_AT + CLOCK_LEN);
    put_colour(r, DIM, out);
    buffer_append(out, slice_make(time.data + CLOCK_AT, CLOCK_LEN));
    put_colour(r, PLAIN CYAN, out);
    buffer_append_text(out, "  ");
    if (tag.len > TAG_CHARACTERS_MAX) {
        tag = slice_skip(tag, tag.len - TAG_CHARACTERS_MAX + 2);
        buffer_append_text(out, "..");
    }
    put_safely(tag, out);
    put_colour(r, PLAIN, out);
    buffer_append_byte(out, ' ');
}

static void put_message(struct readable *r, const char *colour, struct slice text,
                        struct buffer *out)
{
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    buffer_append_byte(out, ' ');
    put_colour(r, colour, out);
    put_safely(text, out);
    put_colour(r, PLAIN, out);
    buffer_append_byte(out, ' ');
}

void readable_record(struct readable *r, const struct chunk_record *record, struct buffer *out)
{
    struct chunk_field message = {0}, field;
    struct field_walk walk;

    put_head(r, record, out);
    if (find_first(r, record, message_keys, &message))
        put_message(r, level_colour(r, record), field_text(r, &message), out);
    field_walk_begin(&walk, record);
    while (field_walk_next(&walk, &r->scratch, &field))
        if (field.value.data != message.value.data)
            put_field(r, &field, out);
    while (out->data[out->len - 1] == ' ')
        out->len--;
    buffer_append_byte(out, '\n');
    arena_reset(&r->scratch);
}
