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

/* Every error that the service documents, or that comes in its place. */
static const struct {
    const char *name;
    int status;
    enum cw_move put;  /* of PutLogEvents with a hundred events */
    enum cw_move make; /* of a call that makes something */
} errors[] = {
    {"ThrottlingException", 400, CW_SLOW, CW_SLOW},
    {"Throttling", 400, CW_SLOW, CW_SLOW},
    {"RequestLimitExceeded", 503, CW_SLOW, CW_SLOW},
    {"TooManyRequestsException", 429, CW_SLOW, CW_SLOW},
    {"LimitExceededException", 400, CW_SLOW, CW_SLOW},
    {"ServiceUnavailableException", 500, CW_SLOW, CW_SLOW},
    {"ServiceUnavailable", 503, CW_SLOW, CW_SLOW},
    {"InternalFailure", 500, CW_SLOW, CW_SLOW},
    {"InternalServerError", 400, CW_SLOW, CW_SLOW},
    {"RequestTimeout", 400, CW_SLOW, CW_SLOW},
    {"RequestTimeoutException", 408, CW_SLOW, CW_SLOW},
    {"RequestAbortedException", 400, CW_SLOW, CW_SLOW},
    {"MalformedHttpRequestException", 400, CW_SLOW, CW_SLOW},
    {"ResourceNotFoundException", 400, CW_MAKE, CW_MAKE},
    {"ResourceAlreadyExistsException", 400, CW_TAKEN, CW_TAKEN},
    {"OperationAbortedException", 400, CW_SOON, CW_SOON},
    {"ConflictException", 409, CW_SOON, CW_SOON},
    {"InvalidParameterException", 400, CW_HALVE, CW_OPERATOR},
    {"ValidationException", 400, CW_HALVE, CW_OPERATOR},
    {"RequestEntityTooLargeException", 413, CW_HALVE, CW_OPERATOR},
    {"SerializationException", 400, CW_HALVE, CW_OPERATOR},
    {"DataAlreadyAcceptedException", 400, CW_TAKEN, CW_TAKEN},
    {"InvalidSequenceTokenException", 400, CW_SOON, CW_SOON},
    {"ExpiredTokenException", 400, CW_OPERATOR, CW_OPERATOR},
    {"ExpiredToken", 403, CW_OPERATOR, CW_OPERATOR},
    {"RequestExpired", 400, CW_OPERATOR, CW_OPERATOR},
    {"UnrecognizedClientException", 400, CW_OPERATOR, CW_OPERATOR},
    {"InvalidClientTokenId", 403, CW_OPERATOR, CW_OPERATOR},
    {"AccessDeniedException", 400, CW_OPERATOR, CW_OPERATOR},
    {"AccessDenied", 403, CW_OPERATOR, CW_OPERATOR},
    {"NotAuthorized", 400, CW_OPERATOR, CW_OPERATOR},
    {"OptInRequired", 403, CW_OPERATOR, CW_OPERATOR},
    {"InvalidSignatureException", 400, CW_OPERATOR, CW_OPERATOR},
    {"SignatureDoesNotMatch", 403, CW_OPERATOR, CW_OPERATOR},
    {"RequestTimeTooSkewed", 403, CW_OPERATOR, CW_OPERATOR},
    {"IncompleteSignature", 400, CW_OPERATOR, CW_OPERATOR},
    {"MissingAuthenticationTokenException", 400, CW_OPERATOR, CW_OPERATOR},
    {"InvalidOperationException", 400, CW_OPERATOR, CW_OPERATOR},
    {"UnknownOperationException", 400, CW_OPERATOR, CW_OPERATOR},
    {"KMSInvalidStateException", 400, CW_OPERATOR, CW_OPERATOR},
    {"KMSAccessDeniedException", 400, CW_OPERATOR, CW_OPERATOR},
    {"KMSDisabledException", 400, CW_OPERATOR, CW_OPERATOR},
};

START_TEST(every_error_has_its_move)
{
    char body[256];

    snprintf(body, sizeof body, "{\"__type\":\"%s\",\"message\":\"words\"}", errors[_i].name);
    ck_assert_msg(judged(errors[_i].status, body, MANY) == errors[_i].put, "%s: %d",
                  errors[_i].name, judgement.move);
    ck_assert_msg(judged(errors[_i].status, body, (struct cw_asked){0}) == errors[_i].make,
                  "%s, of a call that makes something: %d", errors[_i].name, judgement.move);
    snprintf(body, sizeof body, "{\"__type\":\"com.amazonaws.logs#%s:http://x/\"}",
             errors[_i].name);
    ck_assert_int_eq(judged(errors[_i].status, body, MANY), errors[_i].put);
}
END_TEST

/* Only what nobody knows, and what is said of a signature, may be about a compressed body. */
START_TEST(no_error_with_a_name_is_taken_for_one_about_gzip)
{
    static const char *const may_be[] = {"InvalidSignatureException", "SignatureDoesNotMatch",
                                         "RequestTimeTooSkewed",      "IncompleteSignature",
                                         "SerializationException",    "RequestExpired"};
    bool is_one = false;
    char body[256];

    for (size_t i = 0; i < ARRAY_LEN(may_be); i++)
        is_one = is_one || strcmp(errors[_i].name, may_be[i]) == 0;
    snprintf(body, sizeof body, "{\"__type\":\"%s\",\"message\":\"words\"}", errors[_i].name);
    ck_assert_msg(judged(errors[_i].status, body, GZIP) == (is_one ? CW_PLAIN : errors[_i].put),
                  "%s: %d", errors[_i].name, judgement.move);
}
END_TEST

struct expectation {
    int status;
    const char *body;
    struct cw_asked asked;
    enum cw_move move;
};

START_TEST(every_status_has_its_move)
{
    static const struct expectation table[] = {
        {200, "{}", {.event_count = 100}, CW_TAKEN},
        {200, "{\"nextSequenceToken\":\"1\"}", {.event_count = 100, .is_gzip = true}, CW_TAKEN},
        {302, "", {.event_count = 100}, CW_SLOW},
        {408, "", {.event_count = 100}, CW_SLOW},
        {429, "", {.event_count = 100, .is_gzip = true}, CW_SLOW},
        {500, "", {.event_count = 100}, CW_SLOW},
        {502, "<html>", {.event_count = 100}, CW_SLOW},
        {503, "", {.event_count = 100, .is_gzip = true}, CW_SLOW},
        {504, "", {0}, CW_SLOW},
        {401, "", {.event_count = 100}, CW_OPERATOR},
        {403, "<html>no</html>", {.event_count = 100}, CW_OPERATOR},
        {407, "", {.event_count = 100}, CW_OPERATOR},
        {413, "", {.event_count = 100, .is_gzip = true}, CW_HALVE},
        {413, "", {.event_count = 1}, CW_REFUSED},
        {400, "", {.event_count = 100}, CW_HALVE},
        {404, "", {0}, CW_OPERATOR},
        {400, ERROR("InvalidParameterException"), {.event_count = 1}, CW_REFUSED},
        {400, ERROR("Nobody_Knows"), {.event_count = 100}, CW_HALVE},
        {400, ERROR("Nobody_Knows"), {.event_count = 1}, CW_REFUSED},
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        ck_assert_msg(judged(table[i].status, table[i].body, table[i].asked) == table[i].move,
                      "row %zu: %d %s is %d", i, table[i].status, table[i].body, judgement.move);
}
END_TEST

/* A web server that is none of AWS's: nothing is refused for what it says. */
START_TEST(who_names_neither_its_error_nor_its_request_refuses_no_event)
{
    struct http_reply reply = {.status = 404};
    struct cw_asked asked = ONE;

    buffer_append_text(&reply.body, "<html>404 Not Found</html>");
    cw_judge(&reply, &asked, &judgement);
    ck_assert_int_eq(judgement.move, CW_OPERATOR);
    reply.status = 413;
    cw_judge(&reply, &asked, &judgement);
    ck_assert_int_eq(judgement.move, CW_REFUSED);
    buffer_fini(&reply.body);
}
END_TEST

START_TEST(a_denial_names_the_action_and_what_it_was_on)
{
    judged(400,
           "{\"__type\":\"AccessDeniedException\",\"message\":\"User: arn:aws:sts::1:assumed-role/"
           "node-role-with-a-name-that-is-long/i-0123456789abcdef0 is not authorized to perform: "
           "logs:PutLogEvents on resource: arn:aws:logs:eu-west-1:1:log-group:/g:log-stream:s "
           "because no identity-based policy allows the logs:PutLogEvents action\"}",
           MANY);
    ck_assert_str_eq(judgement.why,
                     "logs:PutLogEvents on arn:aws:logs:eu-west-1:1:log-group:/g:log-stream:s is "
                     "denied (AccessDeniedException, status 400)");
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

    tcase_add_loop_test(tests, every_error_has_its_move, 0, (int)ARRAY_LEN(errors));
    tcase_add_loop_test(tests, no_error_with_a_name_is_taken_for_one_about_gzip, 0,
                        (int)ARRAY_LEN(errors));
    tcase_add_test(tests, every_status_has_its_move);
    tcase_add_test(tests, who_names_neither_its_error_nor_its_request_refuses_no_event);
    tcase_add_test(tests, a_denial_names_the_action_and_what_it_was_on);
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
