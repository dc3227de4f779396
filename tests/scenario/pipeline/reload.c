#include "scenario/pipeline/reload.h"

struct reloads it;

static int on_read(void *owner, struct report *report, struct config **config_out)
{
    (void)owner;
    return config_load(tree_path("kit.conf"), report, config_out);
}

static int on_check(void *owner, struct pipeline *next, struct report *report)
{
    (void)owner;
    (void)next;
    (void)report;
    return 0;
}

static void on_changed(void *owner)
{
    (void)owner;
    it.k->pipeline = agent_pipeline(it.agent);
}

static void on_reloaded(void *owner, enum reload_state state, struct report *report)
{
    (void)owner;
    it.outcome = state;
    it.outcomes++;
    it.mistakes[0] = '\0';
    for (size_t i = 0; i < report->text.len && i + 1 < sizeof it.mistakes; i++) {
        it.mistakes[i] = report->text.data[i] != '\0' ? report->text.data[i] : '\n';
        it.mistakes[i + 1] = '\0';
    }
}

static void on_stopped(void *owner)
{
    (void)owner;
    it.k->is_stopped = true;
}

static const struct agent_ops ops = {
    .read = on_read,
    .check = on_check,
    .changed = on_changed,
    .reloaded = on_reloaded,
    .stopped = on_stopped,
};

void reload_configure(const char *config)
{
    tree_write("kit.conf", config);
}

void run_agent(const char *config)
{
    struct kit *k = it.k;

    reload_configure(config);
    ck_assert_int_eq(config_load(tree_path("kit.conf"), &k->report, &k->config), 0);
    it.agent = agent_new(k->loop, &ops, NULL);
    ck_assert_int_eq(agent_make(it.agent, k->config, &k->report), 0);
    k->pipeline = agent_pipeline(it.agent);
    ck_assert_int_eq(agent_start(it.agent, &k->report), 0);
    kit_quiet(k);
}

void stop_agent(void)
{
    if (it.agent == NULL)
        return;
    if (!it.k->is_stopped)
        agent_stop(it.agent);
    for (unsigned i = 0; !it.k->is_stopped; i++) {
        ck_assert_uint_lt(i, 10000);
        kit_pass_ms(it.k, 10);
    }
    it.k->pipeline = NULL;
    agent_free(&it.agent);
    kit_quiet(it.k);
}

void reload_set_up(void)
{
    memset(&it, 0, sizeof it);
    it.k = kit_make();
}

void reload_tear_down(void)
{
    stop_agent();
    kit_end(&it.k);
}

enum reload_state reload(void)
{
    unsigned before = it.outcomes;
    enum reload_state begun = agent_reload(it.agent);

    for (unsigned i = 0; begun == RELOAD_WAITING && it.outcomes == before; i++) {
        ck_assert_uint_lt(i, 10000);
        kit_pass_ms(it.k, 10);
    }
    kit_quiet(it.k);
    return begun == RELOAD_WAITING ? it.outcome : begun;
}

void expect_taken(const char *documents)
{
    kit_pass_ms(it.k, 5000);
    ck_assert_str_eq(backend_taken(it.k->es), documents);
}
