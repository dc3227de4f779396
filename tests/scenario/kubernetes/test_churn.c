#include "kit/kube.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Fifty pods a second are born and gone, fifty names in turn, so that each name is another pod's a
 * second later. Each writes a line when it begins and another before it ends; some are deleted
 * before their file is seen, some write before they are in the API, some never are. Every line is
 * there once, with the labels of its own UID or flagged, for one list and one watch.
 *
 * CHURN_SECONDS=60 CHURN_ALOUD=1 takes the whole minute and prints what it counted.
 */

#define SECONDS_USUAL 3
#define PODS_PER_S 50
#define STEP_MS 100
#define STEPS_PER_S (1000 / STEP_MS)
#define PODS_PER_STEP (PODS_PER_S / STEPS_PER_S)
#define PODS_TRACKED_MAX (120 * PODS_PER_S)

#define CHURN                                                                               \
    SERVICE                                                                                 \
    "[INPUT]\n Name tail\n Tag kube.*\n Path ${DIR}/*.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n Refresh_Interval 1\n"                                             \
    "[FILTER]\n Name kubernetes\n Match *\n Kube_Tag_Prefix kube.${DIR}\n"                  \
    " Kube_Node_Name n1\n Kube_URL http://127.0.0.1:${KUBE_PORT}\n"                         \
    "[OUTPUT]\n Name file\n Match *\n Path ${DIR}/state\n File out\n"

static struct kit *k;
static struct kube *kube;

static void set_up(void)
{
    char port[16];

    k = kit_make();
    kube = kube_start(k->loop);
    snprintf(port, sizeof port, "%u", kube_port(kube));
    setenv("KUBE_PORT", port, true);
}

static void tear_down(void)
{
    kit_stop(k);
    kube_stop(&kube);
    kit_end(&k);
}

/* ---- one pod ---- */

struct mortal {
    char name[16], uid[16], id[80], labels[32], file[128];
};

static struct mortal mortal(unsigned i)
{
    struct mortal m;

    snprintf(m.name, sizeof m.name, "web-%u", i % PODS_PER_S);
    snprintf(m.uid, sizeof m.uid, "u%u", i);
    snprintf(m.id, sizeof m.id, "%064x", i + 1);
    snprintf(m.labels, sizeof m.labels, "\"app\":\"u%u\"", i);
    snprintf(m.file, sizeof m.file, "%s_shop_main-%s.log", m.name, m.id);
    return m;
}

static bool is_never_told(unsigned i)
{
    return i % 25 == 7;
}

static bool is_short(unsigned i)
{
    return i % 10 == 3;
}

static void appear(unsigned i)
{
    struct mortal m = mortal(i);

    if (is_never_told(i))
        return;
    kube_put(kube, &(struct kube_pod){
                       .name = m.name, .uid = m.uid, .labels = m.labels, .container_id = m.id});
}

static void write_line(unsigned i)
{
    struct mortal m = mortal(i);
    char line[32];

    snprintf(line, sizeof line, "%s\n", m.uid);
    kit_append(k, m.file, line);
}

static void vanish(unsigned i)
{
    if (!is_never_told(i))
        kube_delete(kube, mortal(i).uid);
}

/* ---- their lives ---- */

/* What happens to pod `i` in the step in which it is `age` steps old. */
static void live(unsigned i, unsigned age)
{
    bool writes_first = i % 2 == 0 && !is_short(i);

    if (age == (writes_first ? 1 : 0))
        appear(i);
    if (age == 0 && is_short(i))
        vanish(i);
    if (age == (is_short(i) ? 3 : 0))
        write_line(i);
    if (age == 9)
        write_line(i);
    if (age == 10 && !is_short(i))
        vanish(i);
    if (age == 20)
        tree_remove(mortal(i).file);
}

static void churn(unsigned seconds)
{
    unsigned steps = seconds * STEPS_PER_S;

    for (unsigned step = 0; step < steps + 21; step++) {
        for (unsigned age = 0; age <= 20; age++)
            for (unsigned n = 0; n < PODS_PER_STEP; n++)
                if (step >= age && step - age < steps)
                    live((step - age) * PODS_PER_STEP + n, age);
        kit_pass_ms(k, STEP_MS);
    }
}

/* ---- what came ---- */

struct tally {
    unsigned lines, flagged, wrong;
    unsigned char seen[PODS_TRACKED_MAX];
};

/* The number behind `key`; -1: it is not there. */
static long number_behind(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    return at != NULL ? strtol(at + strlen(key), NULL, 10) : -1;
}

static void tally_line(struct tally *t, const char *line)
{
    long pod = number_behind(line, "\"log\":\"u"), label = number_behind(line, "\"app\":\"u");

    ck_assert_int_ge(pod, 0);
    ck_assert_int_lt(pod, PODS_TRACKED_MAX);
    t->lines++;
    t->seen[pod]++;
    if (strstr(line, "\"metadata\":\"partial\"") != NULL)
        t->flagged++;
    else
        t->wrong += label != pod;
}

static void tally_all(struct tally *t)
{
    FILE *file = fopen(tree_path("state/out"), "r");
    char *line = NULL;
    size_t room = 0;

    ck_assert_ptr_nonnull(file);
    while (getline(&line, &room, file) > 0)
        tally_line(t, line);
    free(line);
    fclose(file);
}

START_TEST(each_line_has_the_labels_of_its_own_uid_or_is_flagged)
{
    const char *asked = getenv("CHURN_SECONDS");
    unsigned seconds = asked != NULL ? (unsigned)strtoul(asked, NULL, 10) : SECONDS_USUAL;
    unsigned pods = seconds * PODS_PER_S;
    static struct tally t;

    ck_assert_uint_le(pods, PODS_TRACKED_MAX);
    kit_run(k, CHURN);
    kit_pass_ms(k, 5000);
    churn(seconds);
    kit_pass_ms(k, 15000);
    t = (struct tally){0};
    tally_all(&t);
    if (getenv("CHURN_ALOUD") != NULL)
        printf("%u pods, %u lines, %u flagged, %u wrong; %u lists, %u watches, %u others\n", pods,
               t.lines, t.flagged, t.wrong, kube_count(kube, KUBE_LIST),
               kube_count(kube, KUBE_WATCH),
               kube_count_all(kube) - kube_count(kube, KUBE_LIST) - kube_count(kube, KUBE_WATCH));
    ck_assert_uint_eq(t.wrong, 0);
    ck_assert_uint_eq(t.lines, 2 * pods);
    for (unsigned i = 0; i < pods; i++)
        ck_assert_uint_eq(t.seen[i], 2);
    ck_assert_uint_eq(t.flagged, 2 * pods / 25);
    ck_assert_uint_eq(kube_count(kube, KUBE_LIST), 1);
    ck_assert_uint_eq(kube_count(kube, KUBE_WATCH), 1);
    ck_assert_uint_eq(kube_count_all(kube), 2);
}
END_TEST

Suite *suite_kubernetes_churn(void);

Suite *suite_kubernetes_churn(void)
{
    Suite *suite = suite_create("kubernetes_churn");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, each_line_has_the_labels_of_its_own_uid_or_is_flagged);
    suite_add_tcase(suite, tcase);
    return suite;
}
