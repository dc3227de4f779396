#include "unit/file/listener.h"

#include "base/log.h"
#include "file/watch.h"
#include "loop/loop.h"

#include <limits.h>
#include <stdio.h>

struct listener listener;

static struct watch *watch; /* only to set the pause */

/* The path without the folder of the test. */
static const char *short_name(const struct found_file *file)
{
    size_t root_len = strlen(tree_path(""));

    if (strncmp(file->path, tree_path(""), root_len) == 0)
        return file->path + root_len + 1;
    return file->path;
}

static void on_found(void *owner, struct found_file *file)
{
    (void)owner;
    ck_assert_ptr_null(file->user);
    file->user = file;
    snprintf(listener.last_real, sizeof listener.last_real, "%s", file->real);
    buffer_append_format(&listener.heard, "%s %s;", file->is_at_start ? "start" : "found",
                         short_name(file));
}

static void on_touched(void *owner, struct found_file *file)
{
    (void)owner;
    ck_assert_ptr_eq(file->user, file);
    buffer_append_format(&listener.heard, "touched %s;", short_name(file));
}

static void on_replaced(void *owner, struct found_file *file)
{
    (void)owner;
    ck_assert_ptr_eq(file->user, file);
    snprintf(listener.last_real, sizeof listener.last_real, "%s", file->real);
    buffer_append_format(&listener.heard, "replaced %s;", short_name(file));
}

static void on_gone(void *owner, struct found_file *file)
{
    (void)owner;
    ck_assert_ptr_eq(file->user, file);
    buffer_append_format(&listener.heard, "gone %s;", short_name(file));
}

static const struct discover_ops ops = {
    .found = on_found,
    .touched = on_touched,
    .replaced = on_replaced,
    .gone = on_gone,
};

static const struct watch_ops no_ops;

void listener_set_up(void)
{
    tree_plant();
    log_level_set(LOG_OFF);
    listener.loop = loop_new();
    watch = watch_join(listener.loop, &no_ops, NULL);
    watch_pause_set(watch, 0);
    listener.is_poll_only = false;
}

void listener_tear_down(void)
{
    discover_free(&listener.discover);
    watch_leave(&watch);
    loop_free(&listener.loop);
    buffer_fini(&listener.heard);
    tree_fell();
}

void listener_make(void)
{
    struct discover_config config = {.use_inotify = !listener.is_poll_only};

    listener.discover = discover_new(listener.loop, &config, &ops, NULL);
}

void listen_at(const char *glob, const char *exclude)
{
    listener_make();
    ck_assert_int_eq(discover_add(listener.discover, slice_of(glob)), 0);
    if (exclude != NULL)
        discover_exclude(listener.discover, slice_of(exclude));
    discover_start(listener.discover);
}

void listen_to(const char *glob)
{
    listen_at(tree_path(glob), NULL);
}

static void hear(void)
{
    if (listener.is_poll_only)
        discover_poll(listener.discover);
    for (int i = 0; i < 3; i++)
        loop_turn(listener.loop, false);
}

void listener_hears(const char *text)
{
    hear();
    ck_assert_str_eq(buffer_text(&listener.heard), text);
    buffer_clear(&listener.heard);
}

void listener_hears_first(const char *text)
{
    hear();
    ck_assert_msg(slice_begins(buffer_view(&listener.heard), slice_of(text)), "%s",
                  buffer_text(&listener.heard));
    buffer_clear(&listener.heard);
}

void listener_hears_among(const char *text)
{
    hear();
    ck_assert_msg(strstr(buffer_text(&listener.heard), text) != NULL, "%s",
                  buffer_text(&listener.heard));
}
