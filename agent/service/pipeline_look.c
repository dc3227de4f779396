#include "service/pipeline_self.h"

#include "record/json_write.h"
#include "service/census.h"

#include <inttypes.h>

const struct service_keys *pipeline_service(const struct pipeline *p)
{
    return &p->service;
}

uint64_t pipeline_grace_ms(const struct pipeline *p)
{
    return p->service.grace_s > 0 ? (uint64_t)p->service.grace_s * 1000 : 0;
}

bool pipeline_standstill(const struct pipeline *p, struct buffer *out)
{
    return standstill_write(p, out);
}

bool pipeline_wants_restart(const struct pipeline *p)
{
    return standstill_wants_restart(p);
}

struct metrics_book *pipeline_metrics(struct pipeline *p)
{
    return &p->book;
}

const struct budget *pipeline_memory(const struct pipeline *p)
{
    return &p->room.memory;
}

size_t pipeline_output_count(const struct pipeline *p)
{
    return p->made.started_output_count;
}

struct output *pipeline_output(const struct pipeline *p, size_t index)
{
    CHECK(index < p->made.started_output_count);
    return p->made.outputs[index].output;
}

void pipeline_refresh(struct pipeline *p)
{
    for (size_t i = 0; i < p->made.started_output_count; i++)
        (void)output_metrics(p->made.outputs[i].output);
    lanes_refresh_begin(p);
    for (size_t i = 0; i < p->made.input_count; i++) {
        struct input_instance *in = &p->made.inputs[i];

        in->input.metrics.memory_bytes = in->budget.used_bytes;
        in->input.metrics.memory_limit_bytes = in->budget.limit_bytes;
        in->input.metrics.is_paused = in->budget.is_full || p->room.memory.is_full;
        if (in->is_started && in->plugin->refresh != NULL)
            in->plugin->refresh(in->self);
    }
    lanes_refresh_end(p);
    for (size_t i = 0; i < p->made.started_output_count; i++)
        output_metrics(p->made.outputs[i].output)->standstill_s = standstill_output_s(p, i);
    p->book.reading_standstill_s = standstill_reading_s(p);
    for (size_t i = 0; i < p->made.filter_count; i++)
        if (p->made.filters[i].plugin->refresh != NULL)
            p->made.filters[i].plugin->refresh(p->made.filters[i].self);
    census_take(&p->book);
}

void pipeline_describe_inputs(const struct pipeline *p, struct buffer *out)
{
    bool is_first = true;

    buffer_append_byte(out, '[');
    for (size_t i = 0; i < p->made.input_count; i++) {
        if (!p->made.inputs[i].is_started || p->made.inputs[i].plugin->describe == NULL)
            continue;
        if (!is_first)
            buffer_append_byte(out, ',');
        is_first = false;
        p->made.inputs[i].plugin->describe(p->made.inputs[i].self, out);
    }
    buffer_append_byte(out, ']');
}

void pipeline_describe_filters(const struct pipeline *p, struct buffer *out)
{
    bool is_first = true;

    buffer_append_byte(out, '[');
    for (size_t i = 0; i < p->made.filter_count; i++) {
        const struct filter_instance *f = &p->made.filters[i];

        if (f->plugin->describe == NULL)
            continue;
        buffer_append_text(out, is_first ? "{\"name\":" : ",{\"name\":");
        is_first = false;
        json_write_text(out, slice_of(f->name));
        buffer_append_text(out, ",\"metadata\":");
        f->plugin->describe(f->self, out);
        buffer_append_byte(out, '}');
    }
    buffer_append_byte(out, ']');
}

void pipeline_describe_letters(const struct pipeline *p, struct buffer *out)
{
    const struct letter_metrics *m = &p->book.letters;
    const char *letter;

    if (p->refused.letters == NULL) {
        buffer_append_text(out, "null");
        return;
    }
    buffer_append_text(out, "{\"path\":");
    json_write_text(out, slice_of(letter_store_path(p->refused.letters)));
    buffer_append_format(
        out, ",\"kept\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"deleted\":%" PRIu64 ",\"last\":[",
        m->kept, m->lost, m->deleted);
    for (size_t i = 0; (letter = letter_store_recent(p->refused.letters, i)) != NULL; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        buffer_append_text(out, letter);
    }
    buffer_append_text(out, "]}");
}

void pipeline_summary(struct pipeline *p, struct buffer *out)
{
    uint64_t unread = 0;

    pipeline_refresh(p);
    for (size_t i = 0; i < p->made.input_count; i++)
        unread += p->made.inputs[i].input.metrics.unread_bytes;
    for (size_t i = 0; i < p->made.started_output_count; i++) {
        const struct output_metrics *m = output_metrics(p->made.outputs[i].output);

        buffer_append_format(out,
                             "%s: read %" PRIu64 " = delivered %" PRIu64 " + set aside %" PRIu64
                             " + dropped %" PRIu64 " + in flight %" PRIu64 " records, ",
                             m->name, m->read_records, m->proc_records, m->set_aside_records,
                             m->given_up_records, m->in_flight_records);
        buffer_append_format(
            out, "%" PRIu64 " = %" PRIu64 " + %" PRIu64 " + %" PRIu64 " + %" PRIu64 " bytes; ",
            m->read_bytes, m->proc_bytes, m->set_aside_bytes, m->given_up_bytes,
            m->in_flight_bytes);
        if (m->given_up_records > 0)
            buffer_append_format(
                out, "dropped were %" PRIu64 " at Retry_Limit, %" PRIu64 " when it stopped; ",
                m->limit_records, m->stopped_records);
    }
    buffer_append_format(out, "still unread: %" PRIu64 " bytes", unread);
}
