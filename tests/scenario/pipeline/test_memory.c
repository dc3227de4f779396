#include "base/log.h"
#include "base/memory.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>

/* What lines that wait for their end may hold, and what happens to files that wait for room. */

#define LIMIT_BYTES 1000000
#define SERVICE_1M SERVICE " records_limit 1M\n"
#define TAIL_CRI TAIL " multiline.parser cri\n"
#define FILES 60
#define PIECES 12
#define PIECE_BYTES 8000
#define ID_CHARS 20

static struct kit *k;

static void set_up(void)
{
    k = kit_make();
}

static void tear_down(void)
{
    kit_end(&k);
}

static void write_pieces(struct buffer *out, char fill, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        buffer_append_text(out, "2026-11-21T08:18:54.000000000Z stdout P ");
        memset(buffer_reserve(out, PIECE_BYTES), fill, PIECE_BYTES);
        out->len += PIECE_BYTES;
        buffer_append_byte(out, '\n');
    }
}

/* Many files, each with the beginning of a record that does not end. */
static void write_beginnings(void)
{
    char name[16];

    for (unsigned i = 0; i < FILES; i++) {
        struct buffer text = {0};

        write_pieces(&text, (char)('a' + i % 26), PIECES);
        snprintf(name, sizeof name, "%02u.log", i);
        tree_write_bytes(name, text.data, text.len);
        buffer_fini(&text);
    }
}

static uint64_t peak_bytes(void)
{
    return pipeline_memory(k->pipeline)->peak_bytes;
}

/* Every byte of text arrives, in as many records as it takes. */
static void expect_all_text(void)
{
    size_t found = 0;

    for (unsigned i = 0; i < kit_server_requests(k->es->server); i++) {
        const struct kit_request *request = kit_server_request(k->es->server, i);

        for (size_t at = 0; at + 16 <= request->body.len; at++)
            found += memcmp(request->body.data + at, request->body.data + at + 1, 15) == 0;
    }
    ck_assert_uint_gt(found, (size_t)FILES * PIECES * (PIECE_BYTES - 20));
}

START_TEST(beginnings_of_records_stay_within_the_limit)
{
    write_beginnings();
    kit_run(k, SERVICE_1M TAIL_CRI ES("PORT"));
    kit_pass_ms(k, 60000);
    ck_assert_uint_le(peak_bytes(), LIMIT_BYTES + LIMIT_BYTES / 10);
    ck_assert_uint_gt(kit_input(k)->multiline_truncated, 0);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(pipeline_memory(k->pipeline)->used_bytes, 0);
    expect_all_text();
}
END_TEST

START_TEST(with_nobody_to_take_them_they_do_too)
{
    write_beginnings();
    kit_run(k, SERVICE_1M TAIL_CRI ES("PORT"));
    backend_down(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_le(peak_bytes(), LIMIT_BYTES + LIMIT_BYTES / 10);
    backend_up(k->es);
    kit_pass_ms(k, 60000);
    ck_assert_uint_le(peak_bytes(), LIMIT_BYTES + LIMIT_BYTES / 10);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

START_TEST(a_few_of_them_are_left_alone)
{
    struct buffer text = {0};

    write_pieces(&text, 'x', 35);
    tree_write_bytes("a.log", text.data, text.len);
    kit_run(k, SERVICE_1M TAIL_CRI ES("PORT"));
    ck_assert_uint_gt(pipeline_memory(k->pipeline)->used_bytes, text.len);
    buffer_fini(&text);
    kit_append(k, "a.log", "2026-11-21T08:18:54.000000000Z stdout F end\n");
    kit_pass_ms(k, 10000);
    ck_assert_uint_eq(kit_input(k)->multiline_truncated, 0);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 1);
}
END_TEST

/* ---- a record that is larger than lines that wait may be ---- */

#define LARGE_PIECES 260 /* nearly multiline_buffer_limit */
#define OTHERS 20
#define OTHER_PIECES 5
#define CRI_END "2026-11-21T08:18:54.000000000Z stdout F end\n"

static void write_large(const char *name, const char *end)
{
    struct buffer text = {0};

    write_pieces(&text, 'x', LARGE_PIECES);
    buffer_append_text(&text, end);
    tree_write_bytes(name, text.data, text.len);
    buffer_fini(&text);
}

static void write_others(void)
{
    for (unsigned i = 0; i < OTHERS; i++) {
        struct buffer text = {0};
        char name[16];

        write_pieces(&text, 'y', OTHER_PIECES);
        snprintf(name, sizeof name, "%02u.log", i);
        tree_write_bytes(name, text.data, text.len);
        buffer_fini(&text);
    }
}

static void end_others(void)
{
    for (unsigned i = 0; i < OTHERS; i++) {
        char name[16];

        snprintf(name, sizeof name, "%02u.log", i);
        kit_append(k, name, CRI_END);
    }
}

/* So many records came out whole, at every output. */
static void expect_whole(unsigned count)
{
    ck_assert_uint_eq(kit_input(k)->multiline_truncated, 0);
    for (size_t i = 0; i < pipeline_output_count(k->pipeline); i++)
        ck_assert_uint_eq(kit_counts(k, i)->proc_records, count);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(pipeline_memory(k->pipeline)->used_bytes, 0);
}

START_TEST(a_large_record_is_whole_although_others_wait)
{
    write_others();
    kit_run(k, SERVICE TAIL_CRI ES("PORT"));
    kit_pass_ms(k, 500);
    write_large("z.log", CRI_END);
    kit_pass_ms(k, 1500);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 1);
    end_others();
    kit_pass_ms(k, 5000);
    expect_whole(1 + OTHERS);
}
END_TEST

START_TEST(large_records_wait_for_each_other)
{
    for (char name[] = "a.log"; name[0] < 'f'; name[0]++)
        write_large(name, CRI_END);
    kit_run(k, SERVICE TAIL_CRI ES("PORT"));
    kit_pass_ms(k, 30000);
    expect_whole(5);
}
END_TEST

START_TEST(a_large_record_is_whole_after_nobody_took_any)
{
    for (char name[] = "a.log"; name[0] < 'f'; name[0]++)
        write_large(name, CRI_END);
    kit_run(k, SERVICE TAIL_CRI ES("PORT"));
    backend_down(k->es);
    kit_pass_ms(k, 30000);
    backend_up(k->es);
    kit_pass_ms(k, 30000);
    expect_whole(5);
}
END_TEST

START_TEST(a_large_record_is_whole_while_another_output_is_behind)
{
    kit_run(k, SERVICE TAIL_CRI ES("PORT") ES("PORT2"));
    backend_down(k->other);
    for (char name[] = "a.log"; name[0] < 'f'; name[0]++) {
        write_large(name, CRI_END);
        kit_pass_ms(k, 10000);
    }
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, 5);
    ck_assert_uint_eq(kit_input(k)->multiline_truncated, 0);
    backend_up(k->other);
    kit_pass_ms(k, 60000);
    ck_assert_uint_ge(kit_counts(k, 1)->proc_records, 5);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(pipeline_memory(k->pipeline)->used_bytes, 0);
}
END_TEST

START_TEST(one_that_does_not_go_on_keeps_others_waiting_for_a_second)
{
    write_others();
    write_large("z.log", "");
    kit_run(k, SERVICE TAIL_CRI ES("PORT"));
    kit_pass_ms(k, 500);
    kit_append(k, "quiet.log", CRI_END);
    kit_pass_ms(k, 3000);
    ck_assert_uint_gt(kit_input(k)->multiline_truncated, 0);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "end "));
    kit_pass_ms(k, 30000);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
}
END_TEST

START_TEST(it_may_be_there_when_the_agent_stops)
{
    write_others();
    write_large("z.log", "");
    kit_run(k, SERVICE TAIL_CRI ES("PORT"));
    kit_pass_ms(k, 500);
    kit_stop(k);
    kit_append(k, "z.log", CRI_END);
    kit_run_again(k);
    end_others();
    kit_pass_ms(k, 10000);
    expect_whole(1 + OTHERS);
}
END_TEST

/* ---- what is said of it ---- */

static void write_lines(unsigned count)
{
    struct buffer text = {0};

    for (unsigned i = 0; i < count; i++)
        buffer_append_format(&text, "%01000u\n", i);
    tree_write_bytes("a.log", text.data, text.len);
    buffer_fini(&text);
}

static unsigned count_said(const char *words)
{
    const char *text = tree_read("state/agent.out", NULL);
    unsigned count = 0;

    while ((text = strstr(text, words)) != NULL) {
        count++;
        text++;
    }
    return count;
}

START_TEST(reading_that_waits_long_for_memory_is_said_once_and_its_end)
{
    ck_assert_int_eq(log_open(tree_path("state/agent.out")), 0);
    log_level_set(LOG_INFO);
    write_lines(3000);
    kit_run(k, SERVICE_1M TAIL ES("PORT"));
    backend_down(k->es);
    kit_pass_ms(k, 2000);
    ck_assert_uint_eq(count_said("waited for memory"), 0);
    kit_pass_ms(k, 30000);
    ck_assert_uint_eq(count_said("reading has waited for memory for 5 s: of the 976 KiB"), 1);
    ck_assert_uint_eq(count_said("are held by es.0"), 1);
    ck_assert_uint_eq(count_said("or raise records_limit"), 1);
    ck_assert_uint_eq(count_said("there is memory again"), 0);
    backend_up(k->es);
    kit_pass_ms(k, 30000);
    ck_assert_uint_eq(count_said("there is memory again, and reading goes on, after "), 1);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    log_close();
}
END_TEST

/* Of the first document that begins with the text. */
static const char *id_of(const char *text)
{
    const char *at = strstr(buffer_text(&k->es->actions), text);

    ck_assert_ptr_nonnull(at);
    at = strstr(at, "\"_id\":\"");
    ck_assert_ptr_nonnull(at);
    return at + strlen("\"_id\":\"");
}

/* Nothing was read of it for want of memory when it was truncated; and what it held before has been
 * delivered once, by an agent whose positions are gone. */
START_TEST(a_file_truncated_before_it_was_read_has_other_ids)
{
    struct buffer text = {0};

    kit_run(k, SERVICE_1M TAIL ES("PORT"));
    kit_append(k, "web.log", "first-of-a-file-that-is-known-by-it\n");
    kit_pass_ms(k, 2000);
    kit_stop(k);
    tree_remove("state/positions.db");
    tree_rename("web.log", "kept");
    write_pieces(&text, 'x', 2 * LIMIT_BYTES / PIECE_BYTES);
    tree_write_bytes("app.log", text.data, text.len);
    buffer_fini(&text);
    backend_down(k->es);
    kit_run_again(k);
    kit_pass_ms(k, 3000);
    tree_rename("kept", "web.log");
    kit_pass_ms(k, 2000);
    tree_truncate("web.log", 0);
    kit_append(k, "web.log", "second-of-a-file-that-was-truncated\n");
    backend_up(k->es);
    kit_pass_ms(k, 30000);
    ck_assert_ptr_nonnull(strstr(backend_taken(k->es), "second-"));
    ck_assert_int_ne(strncmp(id_of("+first-"), id_of("+second-"), ID_CHARS), 0);
}
END_TEST

Suite *suite_pipeline_memory(void);
Suite *suite_pipeline_memory(void)
{
    Suite *suite = suite_create("pipeline/memory");
    TCase *t = tcase_create("waiting");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, beginnings_of_records_stay_within_the_limit);
    tcase_add_test(t, with_nobody_to_take_them_they_do_too);
    tcase_add_test(t, a_few_of_them_are_left_alone);
    tcase_add_test(t, a_large_record_is_whole_although_others_wait);
    tcase_add_test(t, large_records_wait_for_each_other);
    tcase_add_test(t, a_large_record_is_whole_after_nobody_took_any);
    tcase_add_test(t, a_large_record_is_whole_while_another_output_is_behind);
    tcase_add_test(t, one_that_does_not_go_on_keeps_others_waiting_for_a_second);
    tcase_add_test(t, it_may_be_there_when_the_agent_stops);
    tcase_add_test(t, reading_that_waits_long_for_memory_is_said_once_and_its_end);
    tcase_add_test(t, a_file_truncated_before_it_was_read_has_other_ids);
    suite_add_tcase(suite, t);
    return suite;
}
