#include "http/judge.h"

#include <check.h>

static const struct {
    int status;
    enum verdict verdict;
} cases[] = {
    {200, VERDICT_DELIVERED}, {201, VERDICT_DELIVERED}, {299, VERDICT_DELIVERED},
    {0, VERDICT_RETRY},       {100, VERDICT_RETRY},     {199, VERDICT_RETRY},
    {301, VERDICT_RETRY},     {401, VERDICT_RETRY},     {403, VERDICT_RETRY},
    {404, VERDICT_RETRY},     {407, VERDICT_RETRY},     {408, VERDICT_RETRY},
    {410, VERDICT_RETRY},     {425, VERDICT_RETRY},     {429, VERDICT_RETRY},
    {500, VERDICT_RETRY},     {502, VERDICT_RETRY},     {503, VERDICT_RETRY},
    {504, VERDICT_RETRY},     {999, VERDICT_RETRY},     {413, VERDICT_TOO_LARGE},
    {417, VERDICT_TOO_LARGE}, {400, VERDICT_REFUSED},   {409, VERDICT_REFUSED},
    {415, VERDICT_REFUSED},   {422, VERDICT_REFUSED},   {499, VERDICT_REFUSED},
};

START_TEST(a_status_has_one_verdict)
{
    ck_assert_int_eq(judge_status(cases[_i].status), cases[_i].verdict);
}
END_TEST

Suite *suite_http_judge(void)
{
    Suite *suite = suite_create("http/judge");
    TCase *judge = tcase_create("judge");

    tcase_add_loop_test(judge, a_status_has_one_verdict, 0, ARRAY_LEN(cases));
    suite_add_tcase(suite, judge);
    return suite;
}
