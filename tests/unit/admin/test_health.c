#include "admin/health.h"

#include <check.h>

static struct health health;

static void begin(uint64_t errors, uint64_t retries_failed, uint64_t period_s)
{
    health_init(&health, (struct health_limits){errors, retries_failed, period_s});
}

static void sample(uint64_t errors, uint64_t retries_failed)
{
    health_sample(&health, (struct health_sample){errors, retries_failed});
}

static void end(void)
{
    health_fini(&health);
}

START_TEST(without_samples_the_agent_is_healthy)
{
    begin(0, 0, 60);
    ck_assert(health_is_good(&health));
    sample(100, 100);
    ck_assert(health_is_good(&health));
}
END_TEST

START_TEST(as_many_errors_as_allowed_are_healthy_and_one_more_is_not)
{
    begin(5, 5, 60);
    sample(10, 0);
    sample(15, 0);
    ck_assert(health_is_good(&health));
    sample(16, 0);
    ck_assert(!health_is_good(&health));
}
END_TEST

START_TEST(giving_up_counts_for_itself)
{
    begin(5, 1, 60);
    sample(0, 0);
    sample(0, 2);
    ck_assert(!health_is_good(&health));
    ck_assert_uint_eq(health_recent(&health).retries_failed, 2);
}
END_TEST

START_TEST(what_is_older_than_the_period_is_forgotten)
{
    begin(5, 5, 3);
    sample(0, 0);
    sample(50, 0);
    ck_assert(!health_is_good(&health));
    sample(50, 0);
    ck_assert(!health_is_good(&health));
    sample(50, 0);
    ck_assert(health_is_good(&health));
}
END_TEST

START_TEST(a_long_period_has_longer_intervals)
{
    begin(5, 5, 60);
    ck_assert_uint_eq(health_interval_ms(&health), 1000);
    ck_assert_uint_eq(health.capacity, 60);
    end();
    begin(5, 5, 86400);
    ck_assert_uint_eq(health_interval_ms(&health), 144000);
    ck_assert_uint_le(health.capacity, HEALTH_SAMPLES_MAX);
}
END_TEST

START_TEST(a_period_of_nothing_is_a_second)
{
    begin(5, 5, 0);
    sample(1, 1);
    sample(100, 100);
    ck_assert(health_is_good(&health));
}
END_TEST

Suite *suite_admin_health(void);
Suite *suite_admin_health(void)
{
    Suite *suite = suite_create("admin/health");
    TCase *rule = tcase_create("rule");

    tcase_add_checked_fixture(rule, NULL, end);
    tcase_add_test(rule, without_samples_the_agent_is_healthy);
    tcase_add_test(rule, as_many_errors_as_allowed_are_healthy_and_one_more_is_not);
    tcase_add_test(rule, giving_up_counts_for_itself);
    tcase_add_test(rule, what_is_older_than_the_period_is_forgotten);
    tcase_add_test(rule, a_long_period_has_longer_intervals);
    tcase_add_test(rule, a_period_of_nothing_is_a_second);
    suite_add_tcase(suite, rule);
    return suite;
}
