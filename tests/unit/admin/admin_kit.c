#include "admin_kit.h"

#include "base/clock.h"

#include <string.h>

#define START_NS (INT64_C(1700000000) * NS_PER_S)

struct admin_kit admin_kit;

static void on_refresh(void *owner)
{
    ((struct admin_kit *)owner)->refreshed++;
}

static void on_describe(void *owner, struct buffer *out)
{
    buffer_append_text(out, ((struct admin_kit *)owner)->follows);
}

static const char *on_trouble(void *owner, size_t index, int64_t *since_ns)
{
    const struct admin_kit *kit = owner;

    ck_assert_uint_eq(index, 0);
    *since_ns = kit->trouble != NULL ? START_NS : 0;
    return kit->trouble != NULL ? kit->trouble : "";
}

static bool on_login(void *owner, size_t index, const char **origin, const char **region)
{
    const struct admin_kit *kit = owner;

    ck_assert_uint_eq(index, 0);
    *origin = kit->login;
    *region = "eu-west-1";
    return kit->login != NULL;
}

static bool on_standstill(void *owner, struct buffer *out)
{
    const struct admin_kit *kit = owner;

    buffer_append_text(out, kit->standstill != NULL ? kit->standstill : "");
    return kit->standstill != NULL;
}

static bool on_restart_wanted(void *owner)
{
    return ((struct admin_kit *)owner)->wants_restart;
}

static enum reload_state on_reload(void *owner)
{
    return ((struct admin_kit *)owner)->reload;
}

static enum reload_state on_outcome(void *owner, struct slice *words)
{
    *words = ((struct admin_kit *)owner)->mistakes;
    return RELOAD_REFUSED;
}

static void view_init(struct admin_kit *kit)
{
    kit->view = (struct admin_view){
        .facts.book = &kit->book,
        .facts.memory = &kit->memory,
        .facts.hostname = "node-1",
        .facts.start_ms = clock_ms(),
        .facts.start_wall_ns = clock_wall_ns(),
        .facts.health = &kit->health,
        .facts.has_health_check = true,
        .facts.pace = &kit->pace,
        .owner = kit,
        .refresh = on_refresh,
        .describe_inputs = on_describe,
        .output_trouble = on_trouble,
        .output_login = on_login,
        .standstill = on_standstill,
        .wants_restart = on_restart_wanted,
        .reload = on_reload,
        .reload_outcome = on_outcome,
    };
}

void admin_kit_set_up(void)
{
    struct admin_kit *kit = &admin_kit;

    clock_fake(1000, START_NS);
    *kit = (struct admin_kit){
        .input = {.name = "tail.0", .plugin = "tail", .records = 7, .bytes = 700},
        .filter = {.name = "grep.0", .plugin = "grep", .drop_records = 2},
        .output = {.name = "es \"one\"", .plugin = "es", .proc_records = 5, .proc_bytes = 500},
        .follows = "[]",
        .reload = RELOAD_DISABLED,
    };
    metrics_book_init(&kit->book);
    metrics_add_input(&kit->book, &kit->input);
    metrics_add_filter(&kit->book, &kit->filter);
    metrics_add_output(&kit->book, &kit->output);
    budget_init(&kit->memory, NULL, 5000000);
    health_init(&kit->health, (struct health_limits){5, 5, 60});
    view_init(kit);
}

void admin_kit_tear_down(void)
{
    page_fini(&admin_kit.page);
    health_fini(&admin_kit.health);
    budget_fini(&admin_kit.memory);
    clock_real();
}

void admin_kit_ask(const char *method, const char *path)
{
    page_fini(&admin_kit.page);
    admin_kit.page = (struct page){0};
    pages_answer(&admin_kit.view, method, path, &admin_kit.page);
}

const char *admin_kit_body(void)
{
    if (admin_kit.page.body.len == 0)
        buffer_append(&admin_kit.page.body, admin_kit.page.fixed);
    return buffer_text(&admin_kit.page.body);
}

void admin_kit_expect_body(const char *part)
{
    ck_assert_msg(strstr(admin_kit_body(), part) != NULL, "%s\nlacks %s", admin_kit_body(), part);
}
