#include "http/names.h"

#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <check.h>

#define BEGIN_MS 1000000

static struct loop *loop;
static struct names names;
static unsigned told;
static int told_error;

static void on_came(void *owner, int error, const char *why)
{
    (void)owner;
    (void)why;
    told++;
    told_error = error;
}

static void open_for(const char *host)
{
    clock_fake(BEGIN_MS, 0);
    loop = loop_new();
    names_init(&names, loop, host, 9200);
    names.came = on_came;
    told = 0;
}

static void set_up(void)
{
    open_for("localhost");
}

static void tear_down(void)
{
    names_fini(&names);
    loop_free(&loop);
    clock_real();
}

static void await(void)
{
    unsigned before = told;

    while (told == before)
        loop_turn(loop, true);
}

/* As if the name service had said so `age_ms` ago. */
static void answered(const char *addresses, uint64_t age_ms)
{
    buffer_clear(&names.addresses);
    buffer_append_text(&names.addresses, addresses);
    names.answered_ms = BEGIN_MS - age_ms;
}

/* ---- what to do ---- */

START_TEST(without_an_answer_a_call_waits)
{
    ck_assert_int_eq(names_next(&names, BEGIN_MS), NAMES_WAIT);
}
END_TEST

START_TEST(an_answer_is_good_for_its_time)
{
    answered("192.0.2.1", 0);
    ck_assert_int_eq(names_next(&names, BEGIN_MS), NAMES_GO);
    ck_assert_int_eq(names_next(&names, BEGIN_MS + NAMES_TTL_MS - 1), NAMES_GO);
}
END_TEST

START_TEST(past_it_a_call_goes_on_while_it_is_asked_for_anew)
{
    answered("192.0.2.1", 0);
    ck_assert_int_eq(names_next(&names, BEGIN_MS + NAMES_TTL_MS), NAMES_GO_AND_ASK);
    ck_assert_int_eq(names_next(&names, BEGIN_MS + 2 * NAMES_TTL_MS - 1), NAMES_GO_AND_ASK);
}
END_TEST

START_TEST(an_old_answer_is_not_trusted)
{
    answered("192.0.2.1", 0);
    ck_assert_int_eq(names_next(&names, BEGIN_MS + 2 * NAMES_TTL_MS), NAMES_WAIT);
}
END_TEST

START_TEST(a_doubted_answer_is_not_trusted)
{
    answered("192.0.2.1", 0);
    names_doubt(&names);
    ck_assert_int_eq(names_next(&names, BEGIN_MS), NAMES_WAIT);
}
END_TEST

/* ---- asking ---- */

START_TEST(an_answer_comes_and_is_told_once)
{
    ck_assert(!names_ready(&names));
    ck_assert(!names_ready(&names));
    ck_assert_uint_eq(told, 0);
    await();
    loop_run(loop);
    ck_assert_uint_eq(told, 1);
    ck_assert_int_eq(told_error, 0);
    ck_assert(names_ready(&names));
    ck_assert_uint_gt(names.addresses.len, 0);
}
END_TEST

START_TEST(a_recent_answer_serves_while_a_new_one_is_asked_for)
{
    answered("192.0.2.1", NAMES_TTL_MS);
    ck_assert(names_ready(&names));
    await();
    ck_assert(!slice_is(buffer_view(&names.addresses), "192.0.2.1"));
    ck_assert_uint_eq(names.answered_ms, BEGIN_MS);
}
END_TEST

START_TEST(where_no_answer_comes_the_old_one_has_to_do)
{
    tear_down();
    open_for("no-such-host.invalid");
    answered("192.0.2.1", 10 * NAMES_TTL_MS);
    names_doubt(&names);
    ck_assert(!names_ready(&names));
    await();
    ck_assert_int_eq(told_error, 0);
    ck_assert(slice_is(buffer_view(&names.addresses), "192.0.2.1"));
    /* It is used, and asked for again at the next call. */
    ck_assert_int_eq(names_next(&names, clock_ms()), NAMES_GO_AND_ASK);
}
END_TEST

START_TEST(where_there_is_no_old_one_either_it_is_told)
{
    tear_down();
    open_for("no-such-host.invalid");
    ck_assert(!names_ready(&names));
    await();
    ck_assert_int_lt(told_error, 0);
}
END_TEST

START_TEST(nothing_is_told_after_the_end)
{
    ck_assert(!names_ready(&names));
    names_fini(&names);
    loop_run(loop);
    ck_assert_uint_eq(told, 0);
}
END_TEST

/* ---- what curl is told ---- */

START_TEST(an_address_needs_no_asking)
{
    static const char *const addresses[] = {"192.0.2.1", "::1", "2001:db8::1"};

    tear_down();
    open_for(addresses[_i]);
    ck_assert(names_ready(&names));
    ck_assert_ptr_null(names_entry(&names));
}
END_TEST

START_TEST(an_entry_has_name_port_and_addresses)
{
    char *entry;

    answered("192.0.2.1,[2001:db8::1]", 0);
    entry = names_entry(&names);
    ck_assert_str_eq(entry, "localhost:9200:192.0.2.1,[2001:db8::1]");
    mem_free(entry);
}
END_TEST

/* What is to be connected to, in figures. */
static const char *address_at(unsigned index)
{
    static char text[INET6_ADDRSTRLEN];
    union names_address addresses[RESOLVE_ADDRESSES_MAX];

    ck_assert_uint_gt(names_addresses(&names, addresses), index);
    ck_assert_uint_eq(ntohs(addresses[index].ipv4.sin_port), 9200);
    if (addresses[index].any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &addresses[index].ipv6.sin6_addr, text, sizeof text);
    else
        inet_ntop(AF_INET, &addresses[index].ipv4.sin_addr, text, sizeof text);
    return text;
}

START_TEST(what_is_connected_to_comes_in_the_order_of_the_answer)
{
    union names_address addresses[RESOLVE_ADDRESSES_MAX];

    answered("192.0.2.1,[2001:db8::1],192.0.2.2", 0);
    ck_assert_uint_eq(names_addresses(&names, addresses), 3);
    ck_assert_uint_eq(names_address_bytes(&addresses[0]), sizeof(struct sockaddr_in));
    ck_assert_uint_eq(names_address_bytes(&addresses[1]), sizeof(struct sockaddr_in6));
    ck_assert_str_eq(address_at(0), "192.0.2.1");
    ck_assert_str_eq(address_at(1), "2001:db8::1");
    ck_assert_str_eq(address_at(2), "192.0.2.2");
}
END_TEST

START_TEST(an_address_is_connected_to_as_it_is)
{
    tear_down();
    open_for("2001:db8::7");
    ck_assert_str_eq(address_at(0), "2001:db8::7");
}
END_TEST

START_TEST(what_is_no_address_is_none)
{
    union names_address address;
    char *rubbish = mem_format("%0100d", 1);

    ck_assert(!names_address_read(SLICE("localhost"), 1, &address));
    ck_assert(!names_address_read(SLICE(""), 1, &address));
    ck_assert(!names_address_read(slice_of(rubbish), 1, &address));
    mem_free(rubbish);
}
END_TEST

START_TEST(a_preferred_family_is_all_that_is_used)
{
    names.only_ipv4 = true;
    ck_assert(!names_ready(&names));
    await();
    ck_assert(slice_is(buffer_view(&names.addresses), "127.0.0.1"));
}
END_TEST

Suite *suite_http_names(void)
{
    Suite *suite = suite_create("http/names");
    TCase *moves = tcase_create("moves");
    TCase *asking = tcase_create("asking");
    TCase *entries = tcase_create("entries");

    tcase_add_checked_fixture(moves, set_up, tear_down);
    tcase_add_test(moves, without_an_answer_a_call_waits);
    tcase_add_test(moves, an_answer_is_good_for_its_time);
    tcase_add_test(moves, past_it_a_call_goes_on_while_it_is_asked_for_anew);
    tcase_add_test(moves, an_old_answer_is_not_trusted);
    tcase_add_test(moves, a_doubted_answer_is_not_trusted);
    suite_add_tcase(suite, moves);

    tcase_add_checked_fixture(asking, set_up, tear_down);
    tcase_add_test(asking, an_answer_comes_and_is_told_once);
    tcase_add_test(asking, a_recent_answer_serves_while_a_new_one_is_asked_for);
    tcase_add_test(asking, where_no_answer_comes_the_old_one_has_to_do);
    tcase_add_test(asking, where_there_is_no_old_one_either_it_is_told);
    tcase_add_test(asking, nothing_is_told_after_the_end);
    suite_add_tcase(suite, asking);

    tcase_add_checked_fixture(entries, set_up, tear_down);
    tcase_add_loop_test(entries, an_address_needs_no_asking, 0, 3);
    tcase_add_test(entries, an_entry_has_name_port_and_addresses);
    tcase_add_test(entries, what_is_connected_to_comes_in_the_order_of_the_answer);
    tcase_add_test(entries, an_address_is_connected_to_as_it_is);
    tcase_add_test(entries, what_is_no_address_is_none);
    tcase_add_test(entries, a_preferred_family_is_all_that_is_used);
    suite_add_tcase(suite, entries);
    return suite;
}
