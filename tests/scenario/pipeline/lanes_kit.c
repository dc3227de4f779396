#include "scenario/pipeline/lanes_kit.h"

#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES_MAX 8192

struct lanes_stage stage;

void lanes_set_up(void)
{
    stage.lines = 0;
}

void lanes_tear_down(void)
{
    if (stage.k != NULL)
        kit_end(&stage.k);
    if (stage.third != NULL) {
        backend_close(stage.third);
        MEM_FREE(&stage.third);
    }
}

void lanes_open_third(void)
{
    char port[8];

    stage.k = kit_make();
    stage.third = mem_zalloc(1, sizeof *stage.third);
    backend_open(stage.third, stage.k);
    snprintf(port, sizeof port, "%u", stage.third->port);
    setenv("PORT3", port, true);
}

static void append_lines(struct buffer *text, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        buffer_append_format(text, "%06u-%0*d\n", i, LANES_LINE_BYTES - 8, 0);
}

void lanes_write(const char *name, unsigned count)
{
    struct buffer text = {0};

    append_lines(&text, stage.lines, count);
    stage.lines += count;
    kit_append(stage.k, name, buffer_text(&text));
    buffer_fini(&text);
}

/* What gzip makes of a file with all lines that were written so far. */
void lanes_compress(const char *from, const char *to)
{
    struct buffer text = {0};

    append_lines(&text, 0, stage.lines);
    tree_write_gzip(to, buffer_text(&text));
    tree_remove(from);
    buffer_fini(&text);
}

/* Every line that was written, and no other, and none twice. */
void lanes_expect_all(struct backend *b)
{
    bool *has = mem_zalloc(LINES_MAX, sizeof *has);
    unsigned count = 0;

    for (const char *at = backend_taken(b); *at != '\0'; at = strchr(at, ' ') + 1, count++) {
        unsigned long line = strtoul(at, NULL, 10);

        ck_assert_uint_lt(line, stage.lines);
        ck_assert_msg(!has[line], "line %lu came twice", line);
        has[line] = true;
    }
    ck_assert_uint_eq(count, stage.lines);
    mem_free(has);
}

/* Half a dozen times the memory, in steps, each of which is there in time. */
void lanes_write_much(const char *name)
{
    for (unsigned i = 0; i < 20; i++) {
        lanes_write(name, LANES_STEP_LINES);
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
        ck_assert_uint_eq(backend_taken_count(stage.k->es), stage.lines);
    }
}

const struct output_metrics *lanes_counts(size_t output)
{
    pipeline_refresh(stage.k->pipeline);
    return kit_counts(stage.k, output);
}

uint64_t lanes_position(const char *name)
{
    kit_pass_ms(stage.k, 6000);
    return kit_bookmark(stage.k, name);
}

void lanes_expect_together(void)
{
    kit_pass_ms(stage.k, 10000);
    for (size_t i = 0; i < pipeline_output_count(stage.k->pipeline); i++) {
        ck_assert_uint_eq(lanes_counts(i)->is_behind, 0);
        ck_assert_uint_eq(lanes_counts(i)->behind_bytes, 0);
        ck_assert_uint_eq(lanes_counts(i)->in_flight_records, 0);
        ck_assert_uint_eq(lanes_counts(i)->read_records, lanes_counts(i)->proc_records);
    }
    ck_assert_uint_eq(kit_input(stage.k)->unread_bytes, 0);
    ck_assert_uint_eq(pipeline_memory(stage.k->pipeline)->used_bytes, 0);
}
