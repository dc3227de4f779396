#include "kit/tail.h"

#include <check.h>
#include <stdio.h>

#define MORE_MAX 16
#define SETTLE_TURNS 100

void tail_kit_plant(struct tail_kit *tail)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    *tail = (struct tail_kit){0};
    input_kit_init(&tail->kit, "app");
    tail->parsers = parser_book_new();
    tail->multilines = multiline_book_new(tail->parsers);
    tree_plant();
    tree_folder("state");
    snprintf(tail->db, sizeof tail->db, "%s", tree_path("state/positions.db"));
    snprintf(tail->pattern, sizeof tail->pattern, "%s", tree_path("*.log"));
}

void tail_kit_start(struct tail_kit *tail, const char *const *more)
{
    const char *options[MORE_MAX + 16] = {
        "path", tail->pattern, "read_from_head", "on", "inotify_watcher", "off", "watcher_interval",
        "2s"};
    size_t count = 8;

    for (size_t i = 0; more != NULL && more[i] != NULL; i++) {
        ck_assert_uint_lt(i, MORE_MAX);
        options[count++] = more[i];
    }
    if (tail->db[0] != '\0') {
        options[count++] = "db";
        options[count++] = tail->db;
    }
    tail->self = plugin_make(&tail->plugin, in_tail.self_bytes, in_tail.options, options);
    ck_assert_int_eq(tail->plugin.status, 0);
    tail->plugin.setup.parsers = tail->parsers;
    tail->plugin.setup.multilines = tail->multilines;
    ck_assert_int_eq(in_tail.init(tail->self, &tail->plugin.setup), 0);
    ck_assert_int_eq(in_tail.start(tail->self, &tail->kit.input, &tail->plugin.report), 0);
}

void tail_kit_stop(struct tail_kit *tail)
{
    in_tail.stop(tail->self);
    in_tail.fini(tail->self);
    plugin_gone(&tail->plugin, tail->self);
    tail->self = NULL;
}

void tail_kit_fell(struct tail_kit *tail)
{
    if (tail->self != NULL)
        tail_kit_stop(tail);
    input_kit_fini(&tail->kit);
    multiline_book_free(&tail->multilines);
    parser_book_free(&tail->parsers);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

void tail_kit_settle(struct tail_kit *tail)
{
    for (unsigned i = 0; i < SETTLE_TURNS || job_count(tail->kit.loop) > 0; i++) {
        clock_advance_ms(POSITIONS_GAP_MS);
        loop_turn(tail->kit.loop, job_count(tail->kit.loop) > 0);
    }
}
