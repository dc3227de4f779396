#include "plugins/in_tail/tail.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/copy.h"
#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/held.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/look.h"
#include "plugins/in_tail/names.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/shares.h"
#include "plugins/in_tail/stream.h"
#include "plugins/in_tail/takeover.h"
#include "plugins/in_tail/told.h"
#include "plugins/in_tail/way.h"
#include "plugins/in_tail/work.h"

static int tail_init(void *self, struct plugin_setup *setup)
{
    struct tail *t = self;

    list_init(&t->followed.files);
    list_init(&t->followed.losses);
    list_init(&t->ways.waiting);
    list_init(&t->copies.waiting);
    list_init(&t->names.again);
    return tail_told_check(t, setup);
}

/* Without DB there are positions only as long as the process, for who takes over. */
static int db_open(struct tail *t, struct report *report)
{
    struct positions_config config = {
        .path = tail_positions_name(t),
        .is_memory = t->told.db.path == NULL,
        .sync = t->told.db.sync,
        .journal_mode = t->told.db.journal_mode,
        .speaker = t->told.component,
        .is_locked = t->told.db.is_locked,
    };

    if (t->told.db.path == NULL && !t->input->may_be_replaced)
        return 0;
    return positions_open(t->input->loop, &config, report, t->told.db_place, &t->book.positions);
}

static int names_add(struct tail *t, struct report *report)
{
    struct discover_config config = {
        .speaker = t->told.component,
        .refresh_ms = t->told.refresh_ms,
        .poll_ms = t->told.files.poll_ms,
        .use_inotify = t->told.files.use_inotify,
    };

    t->names.discover = discover_new(t->input->loop, &config, &tail_discover_ops, t);
    for (size_t i = 0; i < t->told.files.path.count; i++) {
        int rc = discover_add(t->names.discover, slice_of(t->told.files.path.items[i]));

        if (rc < 0) {
            report_error(report, t->told.files.path.places[i], "path \"%s\" cannot be followed",
                         t->told.files.path.items[i]);
            return rc;
        }
    }
    for (size_t i = 0; i < t->told.files.exclude_path.count; i++)
        discover_exclude(t->names.discover, slice_of(t->told.files.exclude_path.items[i]));
    return 0;
}

static int tail_start(void *self, struct input *input, struct report *report)
{
    struct tail *t = self;
    int rc;

    t->input = input;
    t->names.started_ms = clock_ms();
    t->book.known_max = TAIL_KNOWN_MAX;
    t->book.known_ns = input->since_ns != 0 ? input->since_ns : clock_wall_ns();
    t->book.machine = tail_machine();
    t->lines.parser_run.json = intake_json(input->intake);
    tail_lanes_init(t);
    tail_work_start(t);
    rc = db_open(t, report);
    if (rc < 0)
        return rc;
    rc = names_add(t, report);
    if (rc < 0)
        return rc;
    tail_take_over(t);
    if (t->book.positions != NULL)
        positions_read_begin(t->book.positions);
    tail_listing_keep(t);
    discover_start(t->names.discover);
    tail_listing_drop(t);
    if (t->book.positions != NULL)
        positions_read_end(t->book.positions);
    return 0;
}

/* No more reading. Files stay until fini: their acks still come. */
static void tail_stop(void *self)
{
    struct tail *t = self;

    CHECK(t->input != NULL);
    t->is_stopping = true;
    tail_prepare_to_hand_on(t);
    tail_work_stop(t);
    tail_again_stop(t);
    tail_held_stop(t);
    discover_free(&t->names.discover);
    LIST_FOR (it, &t->followed.files)
        tail_file_unname(CONTAINER_OF(it, struct tail_file, link));
}

static void tail_fini(void *self)
{
    struct tail *t = self;

    if (t->followed.files.next == NULL) /* it was never made */
        return;
    if (t->input != NULL && !t->is_stopping)
        tail_stop(t);
    tail_losses_leave(t);
    LIST_FOR_SAFE (it, after, &t->followed.files) {
        tail_file_close(CONTAINER_OF(it, struct tail_file, link));
    }
    CHECK(t->followed.unnamed_count == 0 && t->followed.inodes.count == 0);
    tail_ways_leave(t);
    tail_copies_leave(t);
    if (t->book.positions != NULL)
        positions_close(&t->book.positions);
    map_fini(&t->followed.rows);
    map_fini(&t->followed.inodes);
    tail_told_fini(t);
    buffer_fini(&t->reading.bytes);
    mem_free(t->lanes.shares);
}

static bool tail_ends(const void *self)
{
    const struct tail *t = self;

    return t->told.files.exit_on_eof;
}

const struct input_plugin in_tail = {
    .name = "tail",
    .summary = "Follows files through rotation and truncation.",
    .self_bytes = sizeof(struct tail),
    .options = tail_options,
    .init = tail_init,
    .start = tail_start,
    .stop = tail_stop,
    .fini = tail_fini,
    .ends = tail_ends,
    .lane = tail_lane_event,
    .share = tail_lanes_share,
    .refresh = tail_refresh,
    .describe = tail_describe,
};
