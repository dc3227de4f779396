#include "plugins/out_cloudwatch_logs/judge.h"

#include <check.h>
#include <stdio.h>

static struct cw_judgement judgement;

static enum cw_move judged(int status, const char *body, struct cw_asked asked)
{
    struct http_reply reply = {.status = status, .request_id = "4c2b"};

    buffer_append_text(&reply.body, body);
    cw_judge(&reply, &asked, &judgement);
    buffer_fini(&reply.body);
    return judgement.move;
}

#define MANY ((struct cw_asked){.event_count = 100})
#define ONE ((struct cw_asked){.event_count = 1})
#define GZIP ((struct cw_asked){.event_count = 100, .is_gzip = true})
#define ERROR(name) "{\"__type\":\"" name "\",\"message\":\"words\"}"

struct expectation {
    int status;
    const char *body;
    struct cw_asked asked;
    enum cw_move move;
};

START_TEST(every_answer_has_its_move)
{
    static const struct expectation table[] = {
        {200, "{}", {.event_count = 100}, CW_TAKEN},
        {200, "{\"nextSequenceToken\":\"1\"}", {.event_count = 100, .is_gzip = true}, CW_TAKEN},
        {400, ERROR("ThrottlingException"), {.event_count = 100, .is_gzip = true}, CW_SLOW},
        {400, ERROR("LimitExceededException"), {0}, CW_SLOW},
        {400, ERROR("ServiceUnavailableException"), {.event_count = 100}, CW_SLOW},
        {503, "", {.event_count = 100, .is_gzip = true}, CW_SLOW},
        {500, ERROR("InternalFailure"), {.event_count = 100}, CW_SLOW},
        {408, "", {.event_count = 100}, CW_SLOW},
        {429, "", {.event_count = 100, .is_gzip = true}, CW_SLOW},
        {302, "", {.event_count = 100}, CW_SLOW},
        {400, ERROR("ResourceNotFoundException"), {.event_count = 100}, CW_MAKE},
        {400, ERROR("com.amazonaws#ResourceNotFoundException"), {.event_count = 100}, CW_MAKE},
        {400, ERROR("ResourceAlreadyExistsException"), {0}, CW_TAKEN},
        {400, ERROR("OperationAbortedException"), {0}, CW_SOON},
        {400, ERROR("DataAlreadyAcceptedException"), {.event_count = 100}, CW_TAKEN},
        {400, ERROR("InvalidSequenceTokenException"), {.event_count = 100}, CW_SOON},
        {400, ERROR("InvalidParameterException"), {.event_count = 100}, CW_HALVE},
        {400, ERROR("InvalidParameterException"), {.event_count = 1}, CW_REFUSED},
        {400, ERROR("InvalidParameterException"), {0}, CW_OPERATOR},
        {400, ERROR("ExpiredTokenException"), {.event_count = 100}, CW_OPERATOR},
        {400, ERROR("UnrecognizedClientException"), {.event_count = 1}, CW_OPERATOR},
        {400, ERROR("AccessDeniedException"), {.event_count = 1, .is_gzip = true}, CW_OPERATOR},
        {400, ERROR("InvalidSignatureException"), {.event_count = 100}, CW_OPERATOR},
        {403, "<html>no</html>", {.event_count = 100}, CW_OPERATOR},
        {413, "", {.event_count = 100, .is_gzip = true}, CW_HALVE},
        {413, "", {.event_count = 1}, CW_REFUSED},
        {400, ERROR("SerializationException"), {.event_count = 100}, CW_HALVE},
        {404, "", {0}, CW_OPERATOR},
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        ck_assert_msg(judged(table[i].status, table[i].body, table[i].asked) == table[i].move,
                      "row %zu: %d %s is %d", i, table[i].status, table[i].body, judgement.move);
}
END_TEST

START_TEST(who_does_not_read_gzip_gets_it_plain)
{
    ck_assert_int_eq(judged(400, ERROR("SerializationException"), GZIP), CW_PLAIN);
    ck_assert_int_eq(judged(415, "", GZIP), CW_PLAIN);
    ck_assert_int_eq(judged(403, ERROR("SignatureDoesNotMatch"), GZIP), CW_PLAIN);
    ck_assert_int_eq(judged(403, ERROR("SignatureDoesNotMatch"), MANY), CW_OPERATOR);
}
END_TEST

START_TEST(a_mistake_in_a_name_is_no_events_fault)
{
    ck_assert_int_eq(judged(400,
                            "{\"__type\":\"InvalidParameterException\",\"message\":\"1 validation "
                            "error detected: Value 'a b' at 'logGroupName' failed\"}",
                            ONE),
                     CW_OPERATOR);
}
END_TEST

START_TEST(an_answer_without_a_request_id_acknowledges_nothing)
{
    struct http_reply reply = {.status = 200};
    struct cw_asked asked = MANY;

    cw_judge(&reply, &asked, &judgement);
    ck_assert_int_eq(judgement.move, CW_SLOW);
    ck_assert_ptr_nonnull(strstr(judgement.why, "without a request id"));
}
END_TEST

static const char *rejected(uint32_t event)
{
    const char *words = cw_rejected_words(&judgement.rejected, event);

    return words != NULL ? words : "";
}

START_TEST(rejected_ranges_are_read_with_their_own_ends)
{
    ck_assert_int_eq(judged(200,
                            "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":2,"
                            "\"expiredLogEventEndIndex\":4,\"tooNewLogEventStartIndex\":98}}",
                            MANY),
                     CW_TAKEN);
    ck_assert_ptr_nonnull(strstr(rejected(0), "older than its log group keeps"));
    ck_assert_ptr_nonnull(strstr(rejected(3), "older than its log group keeps"));
    ck_assert_str_eq(rejected(4), "");
    ck_assert_str_eq(rejected(97), "");
    ck_assert_ptr_nonnull(strstr(rejected(98), "2 hours"));
    ck_assert_ptr_nonnull(strstr(rejected(99), "2 hours"));
}
END_TEST

START_TEST(what_is_not_said_rejects_nothing)
{
    judged(200, "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":3}}", MANY);
    ck_assert_ptr_nonnull(strstr(rejected(2), "14 days"));
    ck_assert_str_eq(rejected(3), "");
    judged(200, "{\"rejectedLogEventsInfo\":{}}", MANY);
    ck_assert_str_eq(rejected(0), "");
    ck_assert_str_eq(rejected(99), "");
    judged(200, "{\"rejectedLogEventsInfo\":null}", MANY);
    ck_assert_str_eq(rejected(99), "");
    judged(200, "{\"rejectedLogEventsInfo\":{\"tooNewLogEventStartIndex\":-1}}", MANY);
    ck_assert_str_eq(rejected(99), "");
    judged(200, "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":99999999999}}", MANY);
    ck_assert_ptr_nonnull(strstr(rejected(99), "14 days"));
    judged(200, "not json", MANY);
    ck_assert_str_eq(rejected(0), "");
}
END_TEST

START_TEST(an_entity_that_is_refused_does_not_refuse_its_events)
{
    ck_assert_int_eq(
        judged(200, "{\"rejectedEntityInfo\":{\"errorType\":\"InvalidKeyAttributes\"}}", MANY),
        CW_TAKEN);
    ck_assert_str_eq(judgement.entity_error, "InvalidKeyAttributes");
}
END_TEST

START_TEST(the_reason_is_the_services_own)
{
    judged(400, ERROR("ThrottlingException"), MANY);
    ck_assert_str_eq(judgement.why, "ThrottlingException: words (status 400)");
    judged(503, "", MANY);
    ck_assert_str_eq(judgement.why, "status 503");
}
END_TEST

Suite *suite_plugins_out_cloudwatch_judge(void)
{
    Suite *suite = suite_create("plugins_out_cloudwatch_judge");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, every_answer_has_its_move);
    tcase_add_test(tests, who_does_not_read_gzip_gets_it_plain);
    tcase_add_test(tests, a_mistake_in_a_name_is_no_events_fault);
    tcase_add_test(tests, an_answer_without_a_request_id_acknowledges_nothing);
    tcase_add_test(tests, rejected_ranges_are_read_with_their_own_ends);
    tcase_add_test(tests, what_is_not_said_rejects_nothing);
    tcase_add_test(tests, an_entity_that_is_refused_does_not_refuse_its_events);
    tcase_add_test(tests, the_reason_is_the_services_own);
    suite_add_tcase(suite, tests);
    return suite;
}
