#include "filter/chain.h"

#include "kit/record.h"
#include "kit/stops.h"

/* A filter that notes that it ran, in the field "ran", and may drop. */
struct marker {
    const char *mark;
    bool drops;
    uint64_t wait_ms; /* until it is ready */
    uint64_t wish;    /* lines a second, when it is */
    unsigned fini_count;
};

static struct filter_chain *chain;
static struct record record;
static struct marker markers[3];
static struct filter_metrics metrics[3];
static struct list unready;
static unsigned fini_order;

static enum filter_verdict marker_apply(void *self, struct record *r, struct filter_run *run)
{
    struct marker *m = self;

    ck_assert(run->tag.len > 0);
    record_add(r, slice_of(m->mark), value_int(1));
    return m->drops ? FILTER_DROP : FILTER_KEEP;
}

static uint64_t marker_ready(void *self, const struct filter_run *run, struct filter_waiter *waiter)
{
    const struct marker *m = self;

    ck_assert(run->tag.len > 0 && waiter != NULL);
    ck_assert(!list_is_linked(&waiter->link));
    if (m->wait_ms > 0)
        list_add_tail(&unready, &waiter->link);
    else if (waiter->wishes != NULL)
        waiter->wishes->lines_per_s += m->wish;
    return m->wait_ms;
}

static void marker_fini(void *self)
{
    struct marker *m = self;

    m->fini_count = ++fini_order;
}

static const struct filter_plugin marker_plugin = {
    .name = "marker",
    .apply = marker_apply,
    .ready = marker_ready,
    .fini = marker_fini,
};

static const struct filter_plugin plain_plugin = {
    .name = "plain",
    .apply = marker_apply,
};

static void add(unsigned index, const char *match)
{
    struct report report;

    report_init(&report);
    filter_chain_add(chain, index == 2 ? &plain_plugin : &marker_plugin, &markers[index],
                     tag_match_new(match, NULL, &report, (struct place){0}), &metrics[index]);
    report_fini(&report);
}

/* first takes everything, second kube.*, third app. */
static void set_up(void)
{
    static const char *const marks[] = {"first", "second", "third"};

    memset(metrics, 0, sizeof metrics);
    fini_order = 0;
    for (unsigned i = 0; i < 3; i++)
        markers[i] = (struct marker){.mark = marks[i]};
    chain = filter_chain_new();
    record_init(&record);
    add(0, "*");
    add(1, "kube.*");
    add(2, "app");
}

static void tear_down(void)
{
    filter_chain_free(&chain);
    record_fini(&record);
}

static enum filter_verdict pass(const char *tag, const char *json)
{
    struct filter_run run = {.tag = slice_of(tag)};

    kit_record_fill(&record, json);
    return filter_selection_apply(filter_chain_select(chain, run.tag, NULL), &record, &run);
}

START_TEST(filters_that_match_the_tag_run_in_order)
{
    ck_assert_int_eq(pass("kube.x", "{\"a\":1}"), FILTER_KEEP);
    ck_assert_str_eq(kit_record_text(&record), "{\"a\":1,\"first\":1,\"second\":1}");
    ck_assert_int_eq(pass("app", "{\"a\":1}"), FILTER_KEEP);
    ck_assert_str_eq(kit_record_text(&record), "{\"a\":1,\"first\":1,\"third\":1}");
}
END_TEST

static uint64_t wait_of(const char *tag)
{
    struct filter_run run = {.tag = slice_of(tag)};
    struct filter_waiter waiter = {0};
    uint64_t wait_ms;

    list_init(&unready);
    list_init(&waiter.link);
    wait_ms = filter_selection_ready(filter_chain_select(chain, run.tag, NULL), &run, &waiter);
    ck_assert(list_is_linked(&waiter.link) == (wait_ms > 0));
    list_remove(&waiter.link);
    return wait_ms;
}

static uint64_t wish_of(const char *tag)
{
    struct filter_run run = {.tag = slice_of(tag)};
    struct filter_wishes wishes = {0};
    struct filter_waiter waiter = {.is_over = true, .wishes = &wishes};
    const struct filter_selection *selection = filter_chain_select(chain, run.tag, NULL);

    list_init(&unready);
    list_init(&waiter.link);
    ck_assert_uint_eq(filter_selection_ready(selection, &run, &waiter), 0);
    ck_assert(list_is_empty(&unready) && !list_is_linked(&waiter.link));
    return wishes.lines_per_s;
}

START_TEST(a_source_waits_for_the_first_filter_that_is_not_ready)
{
    ck_assert_uint_eq(wait_of("kube.x"), 0);
    markers[1].wait_ms = 7;
    ck_assert_uint_eq(wait_of("kube.x"), 7);
    ck_assert_uint_eq(wait_of("app"), 0);
    markers[0].wait_ms = 5;
    ck_assert_uint_eq(wait_of("kube.x"), 5);
}
END_TEST

START_TEST(at_the_end_of_the_wait_those_that_are_ready_have_their_wishes)
{
    markers[0].wish = 1;
    markers[1].wish = 10;
    ck_assert_uint_eq(wish_of("kube.x"), 11);
    markers[0].wait_ms = 5;
    ck_assert_uint_eq(wish_of("kube.x"), 10);
    markers[0].wait_ms = 0;
    markers[1].wait_ms = 5;
    ck_assert_uint_eq(wish_of("kube.x"), 1);
    ck_assert_uint_eq(wish_of("app"), 1);
}
END_TEST

START_TEST(a_dropped_record_goes_no_further)
{
    markers[0].drops = true;
    ck_assert_int_eq(pass("kube.x", "{\"a\":1}"), FILTER_DROP);
    ck_assert_uint_eq(metrics[0].records, 1);
    ck_assert_uint_eq(metrics[0].drop_records, 1);
    ck_assert_uint_eq(metrics[1].records, 0);
}
END_TEST

START_TEST(each_filter_counts_what_it_saw)
{
    pass("kube.x", "{\"a\":1}");
    pass("kube.y", "{\"a\":2}");
    ck_assert_uint_eq(metrics[0].records, 2);
    ck_assert_uint_eq(metrics[0].bytes, 14);
    ck_assert_uint_eq(metrics[0].drop_records, 0);
    ck_assert_uint_eq(metrics[1].records, 2);
    ck_assert_uint_eq(metrics[2].records, 0);
}
END_TEST

START_TEST(tags_with_the_same_filters_share_a_selection)
{
    const struct filter_selection *kube = filter_chain_select(chain, SLICE("kube.x"), NULL);

    ck_assert_ptr_eq(filter_chain_select(chain, SLICE("kube.y"), NULL), kube);
    ck_assert_ptr_ne(filter_chain_select(chain, SLICE("app"), NULL), kube);
    ck_assert_ptr_eq(filter_chain_select(chain, SLICE("kube."), NULL), kube);
    ck_assert(!filter_selection_is_empty(kube));
}
END_TEST

START_TEST(a_filter_may_keep_to_one_source)
{
    static const int source, another;
    struct filter_run run = {.tag = SLICE("kube.x")};

    filter_chain_keep_to(chain, &source);
    kit_record_fill(&record, "{\"a\":1}");
    filter_selection_apply(filter_chain_select(chain, SLICE("app"), &source), &record, &run);
    ck_assert_str_eq(kit_record_text(&record), "{\"a\":1,\"first\":1,\"third\":1}");
    kit_record_fill(&record, "{\"a\":1}");
    filter_selection_apply(filter_chain_select(chain, SLICE("app"), &another), &record, &run);
    ck_assert_str_eq(kit_record_text(&record), "{\"a\":1,\"first\":1}");
}
END_TEST

START_TEST(a_chain_of_nothing_keeps_everything)
{
    struct filter_chain *none = filter_chain_new();
    const struct filter_selection *selection = filter_chain_select(none, SLICE("x"), NULL);
    struct filter_run run = {.tag = SLICE("x")};

    ck_assert(filter_selection_is_empty(selection));
    ck_assert_int_eq(filter_selection_apply(selection, &record, &run), FILTER_KEEP);
    filter_chain_free(&none);
    ck_assert_ptr_null(none);
    filter_chain_free(&none);
}
END_TEST

START_TEST(filters_end_last_one_first)
{
    filter_chain_free(&chain);
    ck_assert_uint_eq(markers[1].fini_count, 1);
    ck_assert_uint_eq(markers[0].fini_count, 2);
}
END_TEST

START_TEST(adding_after_a_selection_is_a_bug)
{
    filter_chain_select(chain, SLICE("x"), NULL);
    add(0, "*");
}
END_TEST

Suite *suite_filter_chain(void)
{
    Suite *suite = suite_create("filter/chain");
    TCase *tcase = tcase_create("chain");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, filters_that_match_the_tag_run_in_order);
    tcase_add_test(tcase, a_source_waits_for_the_first_filter_that_is_not_ready);
    tcase_add_test(tcase, at_the_end_of_the_wait_those_that_are_ready_have_their_wishes);
    tcase_add_test(tcase, a_dropped_record_goes_no_further);
    tcase_add_test(tcase, each_filter_counts_what_it_saw);
    tcase_add_test(tcase, tags_with_the_same_filters_share_a_selection);
    tcase_add_test(tcase, a_filter_may_keep_to_one_source);
    tcase_add_test(tcase, a_chain_of_nothing_keeps_everything);
    tcase_add_test(tcase, filters_end_last_one_first);
    suite_add_tcase(suite, tcase);

    tcase = stops_create();
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    stops_add(tcase, adding_after_a_selection_is_a_bug);
    suite_add_tcase(suite, tcase);
    return suite;
}
