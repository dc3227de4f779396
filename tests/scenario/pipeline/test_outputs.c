#include "base/memory.h"
#include "scenario/pipeline/kit.h"

/* Back-ends that are away, several outputs, and memory that is full. */

#define TO_BOTH TAIL_TO_ES ES("PORT2")

static struct kit *k;

static void tear_down(void)
{
    kit_end(&k);
}

/* ---- a back-end that is away ---- */

START_TEST(a_back_end_that_was_down_gets_everything_once)
{
    k = kit_start(TAIL_TO_ES);
    backend_down(k->es);
    for (unsigned i = 0; i < 5; i++) {
        char line[2] = {(char)('0' + i), '\n'};
        char *text = mem_text_n(line, 2);

        kit_append(k, "app.log", text);
        mem_free(text);
        kit_pass_ms(k, 1500);
    }
    kit_expect_bookmark(k, "app.log", 0);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 5, .in_flight_records = 5});
    backend_up(k->es);
    kit_pass_ms(k, 2000);
    kit_expect_bookmark(k, "app.log", 10);
    ck_assert_uint_eq(backend_taken_count(k->es), 5);
    for (char digit[] = "0 "; digit[0] < '5'; digit[0]++)
        ck_assert_ptr_nonnull(strstr(backend_taken(k->es), digit));
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 5, .proc_records = 5});
}
END_TEST

START_TEST(a_back_end_that_goes_while_it_is_asked_gets_everything_once)
{
    k = kit_start(TAIL_TO_ES);
    k->may_hang = true;
    backend_says(k->es, (struct kit_answer){.move = KIT_SILENT});
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    backend_down(k->es);
    k->may_hang = false;
    kit_quiet(k);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 1, .in_flight_records = 1});
    backend_up(k->es);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert_str_eq(backend_taken(k->es), "one ");
}
END_TEST

START_TEST(a_back_end_that_says_nothing_is_given_up_on_and_asked_again)
{
    k = kit_start(TAIL_TO_ES " net.io_timeout 20\n");
    k->may_hang = true;
    backend_says(k->es, (struct kit_answer){.move = KIT_SILENT});
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_pass_ms(k, 19000);
    kit_expect_bookmark(k, "app.log", 0);
    backend_expect_silence(k->es);
    kit_pass_ms(k, 3000);
    backend_expect(k->es, "one");
    k->may_hang = false;
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

/* What waits does not hold up what came after it, but the bookmark stays before it. */
START_TEST(a_chunk_that_waits_lets_others_pass_and_keeps_the_bookmark)
{
    k = kit_start(SERVICE " scheduler.cap 100\n scheduler.base 100\n" TAIL ES("PORT"));
    backend_answers(k->es, 503);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two");
    kit_append(k, "web.log", "three\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "three");
    kit_expect_bookmark(k, "app.log", 0);
    kit_expect_bookmark(k, "web.log", 6);
    kit_pass_ms(k, 98000);
    backend_expect(k->es, "one");
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_str_eq(backend_taken(k->es), "two three one ");
}
END_TEST

START_TEST(as_many_requests_are_under_way_as_there_are_workers)
{
    k = kit_start(SERVICE TAIL ES("PORT") " Workers 3\n");
    k->may_hang = true;
    for (unsigned i = 0; i < 5; i++)
        backend_says(k->es, (struct kit_answer){.move = KIT_HOLD, .body = "{\"errors\":false}"});
    for (unsigned i = 0; i < 5; i++) {
        kit_append(k, "app.log", "x\n");
        kit_pass_ms(k, 1000);
    }
    for (unsigned i = 0; i < 3; i++)
        backend_expect(k->es, "x");
    backend_expect_silence(k->es);
    kit_server_release(k->es->server);
    backend_expect(k->es, "x");
    for (unsigned i = 0; i < 4; i++)
        kit_server_release(k->es->server);
    k->may_hang = false;
    kit_expect_bookmark(k, "app.log", 10);
}
END_TEST

/* ---- several outputs ---- */

START_TEST(the_bookmark_waits_for_both_outputs_while_one_receives)
{
    k = kit_start(TO_BOTH);
    backend_down(k->other);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two");
    kit_expect_bookmark(k, "app.log", 0);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 2, .proc_records = 2});
    kit_expect_counts(k, 1, (struct output_metrics){.read_records = 2, .in_flight_records = 2});
    backend_up(k->other);
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_uint_eq(backend_taken_count(k->other), 2);
    backend_expect_silence(k->es);
    kit_expect_counts(k, 1, (struct output_metrics){.read_records = 2, .proc_records = 2});
}
END_TEST

START_TEST(an_output_that_sets_aside_does_not_hold_the_other)
{
    k = kit_start(TO_BOTH);
    backend_items(k->es, 400, 201);
    backend_items(k->es, 400);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_str_eq(backend_taken(k->es), "two ");
    ck_assert_str_eq(backend_taken(k->other), "one two ");
}
END_TEST

#define INPUT(tag)                                                                      \
    "[INPUT]\n Name tail\n Tag " tag "\n Path ${DIR}/" tag ".log\n Read_from_Head on\n" \
    " DB ${DIR}/state/positions.db\n"
#define OUTPUT(match, port) "[OUTPUT]\n Name es\n Match " match "\n Port ${" port "}\n"

START_TEST(each_tag_goes_where_it_matches)
{
    k = kit_start(SERVICE INPUT("a.1") INPUT("b.1") INPUT("c.1") OUTPUT("a.*", "PORT")
                      OUTPUT("*.1", "PORT2"));
    kit_append(k, "a.1.log", "one\n");
    kit_append(k, "b.1.log", "two\n");
    kit_append(k, "c.1.log", "three\n");
    kit_pass_ms(k, 1500);
    ck_assert_str_eq(backend_taken(k->es), "one ");
    ck_assert_uint_eq(backend_taken_count(k->other), 3);
    kit_expect_bookmark(k, "a.1.log", 4);
    kit_expect_bookmark(k, "b.1.log", 4);
    kit_expect_bookmark(k, "c.1.log", 6);
}
END_TEST

START_TEST(what_nobody_wants_is_passed_by_the_bookmark)
{
    k = kit_start(SERVICE INPUT("a") INPUT("b") OUTPUT("a", "PORT"));
    kit_append(k, "b.log", "one\n");
    kit_pass_ms(k, 1500);
    kit_expect_bookmark(k, "b.log", 4);
    backend_expect_silence(k->es);
}
END_TEST

START_TEST(what_a_filter_drops_is_passed_by_the_bookmark)
{
    k = kit_start(SERVICE TAIL "[FILTER]\n Name grep\n Match *\n Exclude log noise\n" ES("PORT"));
    kit_append(k, "app.log", "noise\n");
    kit_expect_bookmark(k, "app.log", 6);
    kit_append(k, "app.log", "one\nnoise\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "one");
    kit_expect_bookmark(k, "app.log", 16);
    backend_expect_silence(k->es);
}
END_TEST

/* ---- memory ---- */

#define LINE_BYTES 1000
#define FILE_LINES 4000

/* Numbered lines of LINE_BYTES each. */
static void append_large(unsigned from, unsigned to)
{
    struct buffer text = {0};

    for (unsigned i = from; i < to; i++)
        buffer_append_format(&text, "%06u%0*d\n", i, LINE_BYTES - 7, 0);
    kit_append(k, "app.log", buffer_text(&text));
    buffer_fini(&text);
}

START_TEST(a_full_memory_leaves_the_file_unread_and_room_goes_on)
{
    const struct input_metrics *input;

    k = kit_start(SERVICE " records_limit 1M\n" TAIL ES("PORT"));
    backend_down(k->es);
    append_large(0, FILE_LINES);
    kit_pass_ms(k, 10000);
    input = kit_input(k);
    ck_assert_uint_eq(input->is_paused, 1);
    ck_assert_uint_gt(input->read_bytes, 500000);
    ck_assert_uint_lt(input->read_bytes, 1200000);
    ck_assert_uint_eq(input->unread_bytes, FILE_LINES * LINE_BYTES);
    ck_assert_uint_lt(pipeline_memory(k->pipeline)->peak_bytes, 2500000);
    backend_up(k->es);
    kit_pass_ms(k, 10000);
    kit_expect_bookmark(k, "app.log", FILE_LINES * LINE_BYTES);
    ck_assert_uint_eq(kit_input(k)->is_paused, 0);
    ck_assert_uint_eq(backend_taken_count(k->es), FILE_LINES);
    ck_assert_uint_eq(pipeline_memory(k->pipeline)->used_bytes, 0);
}
END_TEST

START_TEST(an_input_may_have_a_limit_of_its_own)
{
    k = kit_start(SERVICE TAIL " Mem_Buf_Limit 200k\n" ES("PORT"));
    backend_down(k->es);
    append_large(0, 1000);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(kit_input(k)->is_paused, 1);
    ck_assert_uint_lt(kit_input(k)->read_bytes, 400000);
    backend_up(k->es);
    kit_pass_ms(k, 10000);
    kit_expect_bookmark(k, "app.log", 1000 * LINE_BYTES);
}
END_TEST

START_TEST(stopping_while_memory_is_full_is_clean)
{
    k = kit_start(SERVICE " records_limit 1M\n" TAIL ES("PORT"));
    backend_down(k->es);
    append_large(0, FILE_LINES);
    kit_pass_ms(k, 5000);
    ck_assert_uint_le(kit_stop(k), 5100);
    kit_expect_bookmark(k, "app.log", 0);
}
END_TEST

Suite *suite_pipeline_outputs(void);

Suite *suite_pipeline_outputs(void)
{
    Suite *suite = suite_create("pipeline/outputs");
    TCase *away = tcase_create("away");
    TCase *several = tcase_create("several");
    TCase *memory = tcase_create("memory");

    tcase_add_checked_fixture(away, NULL, tear_down);
    tcase_add_test(away, a_back_end_that_was_down_gets_everything_once);
    tcase_add_test(away, a_back_end_that_goes_while_it_is_asked_gets_everything_once);
    tcase_add_test(away, a_back_end_that_says_nothing_is_given_up_on_and_asked_again);
    tcase_add_test(away, a_chunk_that_waits_lets_others_pass_and_keeps_the_bookmark);
    tcase_add_test(away, as_many_requests_are_under_way_as_there_are_workers);
    suite_add_tcase(suite, away);

    tcase_add_checked_fixture(several, NULL, tear_down);
    tcase_add_test(several, the_bookmark_waits_for_both_outputs_while_one_receives);
    tcase_add_test(several, an_output_that_sets_aside_does_not_hold_the_other);
    tcase_add_test(several, each_tag_goes_where_it_matches);
    tcase_add_test(several, what_nobody_wants_is_passed_by_the_bookmark);
    tcase_add_test(several, what_a_filter_drops_is_passed_by_the_bookmark);
    suite_add_tcase(suite, several);

    tcase_add_checked_fixture(memory, NULL, tear_down);
    tcase_add_test(memory, a_full_memory_leaves_the_file_unread_and_room_goes_on);
    tcase_add_test(memory, an_input_may_have_a_limit_of_its_own);
    tcase_add_test(memory, stopping_while_memory_is_full_is_clean);
    suite_add_tcase(suite, memory);
    return suite;
}
