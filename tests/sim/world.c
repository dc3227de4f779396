#include "sim/world.h"

#include "base/clock.h"
#include "sim/backend.h"
#include "sim/dice.h"
#include "sim/fake_calls.h"
#include "sim/fake_database.h"
#include "sim/fake_http.h"
#include "sim/life.h"
#include "sim/logs.h"
#include "sim/pieces.h"
#include "sim/story.h"

#include <inttypes.h>
#include <stdlib.h>

#define START_MS 1000000
#define START_NS (INT64_C(1700000000) * NS_PER_S)

/* With everything well, everything is delivered within this time. */
#define DRAIN_MS_MAX (10 * 60 * 1000)

/* What a quiet agent may still have to do: wait for the answer that was lost before all was well, and whose
 * records may take the memory that reading needs; then read, close what was rotated, save. */
#define SETTLE_MS (BACKEND_HANG_MS + 90000)

/* With less, pieces that wait are too many for it, and go on as they are. */
#define INPUT_BYTES_OF_PIECES (32 << 10)

static struct {
    uint64_t turns_to_kill; /* 0: nobody dies */
    struct life_traits traits;
} world;

/* ---- time ---- */

static bool is_killed_now(void)
{
    if (world.turns_to_kill == 0 || --world.turns_to_kill > 0 || !life_is_on())
        return false;
    life_kill(dice_one_in(3));
    return true;
}

static void pass_ms(uint64_t ms)
{
    uint64_t until_ms = clock_ms() + ms;

    for (;;) {
        while (life_turn())
            if (is_killed_now())
                return;
        if (agenda_next_ms() > until_ms)
            break;
        clock_advance_ms(agenda_next_ms() - clock_ms());
    }
    if (until_ms > clock_ms())
        clock_advance_ms(until_ms - clock_ms());
}

static void pass(void)
{
    uint64_t ms = dice_one_in(30)  ? dice_between(60000, 900000)
                  : dice_one_in(4) ? dice_between(1000, 20000)
                                   : dice_below(1500);

    story("time passes: %" PRIu64 " ms", ms);
    pass_ms(ms);
}

/* ---- what may happen ---- */

static void change_mood(void)
{
    unsigned backend = (unsigned)dice_below(world.traits.output_count);
    enum mood mood = dice_one_in(2) ? MOOD_WELL : (enum mood)dice_below(MOOD_COUNT);

    story("back-end %u %s", backend, mood_name(mood));
    backend_set_mood(backend, mood);
}

static void kill_soon(void)
{
    if (life_is_on())
        world.turns_to_kill = dice_between(1, 40);
}

static void stop(void)
{
    if (life_is_on() && !life_is_stopping())
        life_stop();
}

static void reload(void)
{
    if (life_is_on() && !life_is_stopping())
        life_reload();
}

static void start(void)
{
    if (!life_is_on())
        life_start();
}

static void trouble_disk(void)
{
    bool is_full = dice_one_in(2);

    story(is_full ? "the disk of the positions is full" : "the disk of the positions has room");
    fake_disk_fill(is_full);
}

static void trouble_descriptors(void)
{
    bool is_lacking = dice_one_in(3) && getenv("SIM_TROUBLE") != NULL;

    story(is_lacking ? "there are no descriptors left" : "there are descriptors again");
    fake_calls_lack_descriptors(is_lacking);
}

static void trouble_events(void)
{
    story("events are lost");
    fs_overflow();
}

static void trouble_network(void)
{
    uint64_t most_ms = dice_one_in(3) ? 3000 : 5;

    story("requests take up to %" PRIu64 " ms", most_ms);
    fake_http_slow(most_ms);
}

static void rotate_meanwhile(void)
{
    story("at a system call soon: a rotation");
    fake_calls_meanwhile((unsigned)dice_between(1, 60), logs_rotate);
}

static void write_meanwhile(void)
{
    story("at a system call soon: some lines");
    fake_calls_meanwhile((unsigned)dice_between(1, 60), logs_write);
}

struct deed {
    unsigned weight;
    void (*act)(void);
};

static const struct deed deeds[] = {
    {30, logs_write},     {2, logs_write_much},   {12, logs_rotate},        {5, logs_compress},
    {1, logs_delete},     {3, logs_finish_lines}, {1, logs_break},          {2, logs_heal},
    {35, pass},           {6, change_mood},       {3, kill_soon},           {1, stop},
    {20, start},          {1, trouble_disk},      {1, trouble_descriptors}, {1, trouble_events},
    {1, trouble_network}, {3, rotate_meanwhile},  {2, write_meanwhile},     {1, reload},
};

static void step(void)
{
    uint64_t at;
    unsigned sum = 0;

    for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
        sum += deeds[i].weight;
    at = dice_below(sum);
    for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
        if (at < deeds[i].weight) {
            deeds[i].act();
            return;
        }
        at -= deeds[i].weight;
    }
}

/* ---- the beginning and the end ---- */

/* Tiny, where asked for: a file or two, or less than the last lines of one. */
static uint64_t held_bytes_draw(void)
{
    if (getenv("SIM_HELD") != NULL)
        return dice_between(1, 4 << 10);
    return dice_one_in(3) ? dice_between(1 << 10, 64 << 10) : 0;
}

static struct life_traits traits_draw(void)
{
    return (struct life_traits){
        .output_count = dice_one_in(3) ? 2 : 1,
        .workers = (unsigned)dice_between(1, 3),
        .memory_bytes = dice_one_in(2) ? 64 << 10 : 2 << 20,
        .input_bytes = dice_one_in(3) ? dice_between(1 << 10, 64 << 10) : 0,
        .rotate_wait_s = dice_one_in(3) ? 1 : 5,
        .refresh_s = dice_one_in(2) ? 10 : 60,
        .flush_s = dice_one_in(2) ? 1 : 0.2,
        .grace_s = 5,
        .retry_limit = dice_one_in(4) ? (unsigned)dice_between(1, 6) : 0,
        .held_bytes = held_bytes_draw(),
    };
}

static void traits_say(const struct fs_traits *fs)
{
    const struct life_traits *t = &world.traits;

    story("files have%s generation numbers and%s times of birth; inotify is %s",
          fs->has_generations ? "" : " no", fs->has_births ? "" : " no",
          fs->has_inotify ? "there" : "not to be had");
    if (pieces_are_drawn())
        story("lines come in pieces, %s", pieces_name());
    story("%u outputs, %u workers; records_limit %" PRIu64 ", Mem_Buf_Limit %" PRIu64
          ", Rotate_Wait %" PRIu64 ", Refresh_Interval %" PRIu64
          ", Flush %.1f, Retry_Limit %u, held_limit %" PRIu64,
          t->output_count, t->workers, t->memory_bytes, t->input_bytes, t->rotate_wait_s,
          t->refresh_s, t->flush_s, t->retry_limit, t->held_bytes);
}

static void heal(void)
{
    story("everything is made well");
    world.turns_to_kill = 0;
    fake_calls_meanwhile(0, NULL);
    for (unsigned i = 0; i < world.traits.output_count; i++)
        backend_set_mood(i, MOOD_WELL);
    fake_disk_fill(false);
    fake_calls_lack_descriptors(false);
    fake_http_slow(5);
    logs_heal();
    logs_finish_lines();
    logs_rotate_finish();
    while (life_is_stopping())
        pass_ms(100);
    start();
}

static size_t undone_count(void)
{
    size_t count = 0;

    for (size_t i = 0; i < truth_line_count(); i++)
        count += !line_is_over(truth_line(i));
    return count;
}

static void say_undone(void)
{
    unsigned said = 0;

    for (size_t i = 0; i < truth_line_count() && said < 10; i++) {
        const struct line *line = truth_line(i);

        if (line_is_over(line))
            continue;
        said++;
        story("  line %u waits%s", line->number, line_is_waiting(line) ? " in the agent" : "");
        fs_say_where(line);
    }
}

static void drain(void)
{
    uint64_t until_ms = clock_ms() + DRAIN_MS_MAX;

    while (undone_count() > 0) {
        if (clock_ms() >= until_ms) {
            say_undone();
            story_fail("%zu lines are not settled though everything was well for %u seconds",
                       undone_count(), DRAIN_MS_MAX / 1000);
        }
        pass_ms(1000);
    }
    pass_ms(SETTLE_MS);
    truth_check_whole();
    EXPECT(life_input()->unread_bytes == 0, "%" PRIu64 " bytes are unread, the agent says",
           life_input()->unread_bytes);
    life_check_held_losses();
    life_stop();
    while (life_is_on())
        pass_ms(100);
}

static void world_add(struct world_sum *sum, uint64_t steps)
{
    sum->histories++;
    sum->steps += steps;
    sum->lines += truth_line_count();
    sum->simulated_ms += clock_ms() - START_MS;
    for (size_t i = 0; i < truth_line_count(); i++)
        sum->excused += line_is_excused(truth_line(i));
}

void world_run(uint64_t seed, struct world_sum *sum)
{
    uint64_t steps;
    struct fs_traits fs;

    dice_seed(seed);
    clock_fake(START_MS, START_NS);
    story_begin(seed);
    world.turns_to_kill = 0;
    world.traits = traits_draw();
    pieces_draw();
    if (pieces_are_drawn() && world.traits.input_bytes > 0)
        world.traits.input_bytes |= INPUT_BYTES_OF_PIECES;
    fs = (struct fs_traits){.has_generations = dice_one_in(2),
                            .has_births = dice_one_in(2),
                            .has_inotify = !dice_one_in(4)};
    if (getenv("SIM_NUMBERS") == NULL)
        fs.has_generations |= !fs.has_births;
    steps = dice_between(20, 200);
    truth_begin(world.traits.output_count);
    fs_begin(&fs);
    (void)fs_make("/logs", FS_DIR);
    (void)fs_make("/state", FS_DIR);
    (void)fs_make("/state/db", FS_FILE);
    (void)fs_make("/etc", FS_DIR);
    backend_begin(world.traits.output_count);
    fake_disk_begin();
    fake_http_slow(5);
    life_begin(&world.traits);
    logs_begin();
    traits_say(&fs);
    if (!dice_one_in(8))
        life_start();
    for (uint64_t i = 0; i < steps; i++)
        step();
    heal();
    drain();
    world_add(sum, steps);
    life_end();
    backend_end();
    fs_end();
}
