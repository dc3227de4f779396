#include "output/letters.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "record/json_write.h"

/* ---- the record ---- */

static void escaped_add(struct buffer *escaped, struct slice written_key)
{
    buffer_append_byte(escaped, escaped->len == 0 ? '[' : ',');
    buffer_append(escaped, written_key);
}

static void append_value(const struct chunk_field *field, struct buffer *out)
{
    if (field->kind == CHUNK_VALUE_TEXT)
        (void)letter_escape(field->value, out);
    else if (field->kind == CHUNK_VALUE_JSON)
        buffer_append(out, field->value);
    else
        json_write_msgpack(out, field->value);
}

static bool is_odd(const struct chunk_field *field)
{
    return !utf8_is_valid(field->key) ||
           (field->kind == CHUNK_VALUE_TEXT && !utf8_is_valid(field->value));
}

static void append_field(const struct chunk_field *field, struct buffer *object,
                         struct buffer *escaped)
{
    size_t key_at = object->len, key_len;

    if (field->kind == CHUNK_VALUE_MEMBERS) {
        CHECK(field->value.len > 2);
        buffer_append(object, slice_make(field->value.data + 1, field->value.len - 2));
        return;
    }
    (void)letter_escape(field->key, object);
    key_len = object->len - key_at;
    buffer_append_byte(object, ':');
    append_value(field, object);
    if (is_odd(field))
        escaped_add(escaped, slice_make(object->data + key_at, key_len));
}

void letters_render(const struct chunk_record *record, struct buffer *object,
                    struct buffer *escaped)
{
    struct slice rest = record->fields;
    struct chunk_field field;
    bool is_first = true;

    CHECK(object->len == 0 && escaped->len == 0);
    buffer_append_byte(object, '{');
    while (chunk_field_next(&rest, &field)) {
        if (!is_first)
            buffer_append_byte(object, ',');
        is_first = false;
        append_field(&field, object, escaped);
    }
    buffer_append_byte(object, '}');
    if (escaped->len > 0)
        buffer_append_byte(escaped, ']');
}

/* ---- the letters ---- */

static struct dead_letter letter_of(const struct delivery *d, const struct chunk_record *record,
                                    uint32_t index)
{
    const struct refusal *refusal = d->batch.refusals ? &d->batch.refusals[index] : NULL;
    const struct origin *origin = record->run->origin;
    bool is_own = refusal != NULL && refusal->reason != NULL;

    CHECK(index < d->chunk->record_count);
    return (struct dead_letter){
        .set_aside_ns = clock_wall_ns(),
        .output = slice_of(d->output->config.name),
        .status = is_own ? refusal->status : d->answer.status,
        .reason = slice_of(is_own ? refusal->reason : d->answer.why),
        .tag = record->run->tag,
        .file = slice_of(origin_file(origin)),
        .stream = chunk_run_stream(record->run),
        .offset = record_place_number(record->head.offset),
        .time_ns = record->head.time_ns,
        .metadata = record->metadata,
    };
}

static void letter_send(struct delivery *d, const struct chunk_record *record, uint32_t index,
                        bool is_given_up)
{
    struct letter_sink *sink = d->output->config.letters;
    struct dead_letter letter = letter_of(d, record, index);
    struct buffer object = {0}, escaped = {0};

    letters_render(record, &object, &escaped);
    letter.record = buffer_view(&object);
    letter.escaped = buffer_view(&escaped);
    sink->add(sink, &letter, is_given_up, record->run->origin);
    d->aside.has_letters = true;
    buffer_fini(&object);
    buffer_fini(&escaped);
}

void letters_send(struct delivery *d, unsigned states, bool is_given_up)
{
    uint32_t after = d->batch.first + d->batch.count;
    struct chunk_record record;
    struct chunk_reader reader;

    CHECK(states != 0);
    CHECK(after <= d->chunk->record_count);
    CHECK(d->batch.states != NULL || d->batch.refusals == NULL);
    if (d->output->config.letters == NULL)
        return;
    chunk_reader_init(&reader, d->chunk);
    for (uint32_t i = 0; i < after; i++) {
        enum record_state state = d->batch.states ? d->batch.states[i] : RECORD_WAITING;

        CHECK(chunk_reader_next(&reader, &record));
        if (i >= d->batch.first && states & 1u << state)
            letter_send(d, &record, i, is_given_up);
    }
}
