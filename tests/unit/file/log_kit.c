#include "log_kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct log_kit log_kit;

void log_set_up(void)
{
    tree_plant();
    log_kit.saved_count = 0;
}

void log_tear_down(void)
{
    generations_free(&log_kit.generations);
    buffer_fini(&log_kit.words);
    tree_fell();
}

struct generation_saved *log_save(const char *name, uint64_t offset)
{
    struct generation_saved *s = &log_kit.saved[log_kit.saved_count++];
    struct file_facts facts;
    int fd = tree_open(name);

    ck_assert_uint_le(log_kit.saved_count, LOG_ROWS_MAX);
    *s = (struct generation_saved){.key = (int64_t)log_kit.saved_count, .offset = offset};
    ck_assert_int_eq(file_facts_read(fd, &facts), 0);
    ck_assert_int_eq(file_head_renew(fd, FILE_HEAD_BYTES_MAX, &s->identity), 0);
    s->identity.id = facts.id;
    close(fd);
    return s;
}

void log_compress(const char *name, const char *text)
{
    char packed[200];

    snprintf(packed, sizeof packed, "%s.gz", name);
    tree_write_gzip(packed, text);
    tree_remove(name);
}

void log_age(const char *name, int64_t modified_s)
{
    struct timespec times[2] = {{.tv_sec = modified_s}, {.tv_sec = modified_s}};

    ck_assert_int_eq(utimensat(AT_FDCWD, tree_path(name), times, 0), 0);
}

static void look(const char *path)
{
    generations_free(&log_kit.generations);
    ck_assert_int_eq(generations_read(tree_path(path), &log_kit.generations), 0);
    buffer_clear(&log_kit.words);
}

static void name_add(const char *path)
{
    buffer_append_format(&log_kit.words, "%s%s", log_kit.words.len > 0 ? " " : "",
                         strrchr(path, '/') + 1);
}

void log_expect_order(const char *path, const char *text)
{
    look(path);
    for (size_t i = 0; i < log_kit.generations.count; i++)
        name_add(log_kit.generations.items[i].path);
    ck_assert_str_eq(buffer_text(&log_kit.words), text);
}

void log_expect_plan(const char *path, const char *text)
{
    struct buffer *words = &log_kit.words;
    struct generation_plan plan;

    look(path);
    generation_plan(&log_kit.generations, log_kit.saved, log_kit.saved_count, &plan);
    for (size_t i = 0; i < plan.count; i++) {
        const struct generation_read *r = &plan.reads[i];

        name_add(log_kit.generations.items[r->index].path);
        buffer_append_format(words, "@%d", (int)r->offset);
        if (r->key != 0)
            buffer_append_format(words, "#%d", (int)r->key);
        if (r->is_new)
            buffer_append_text(words, "?");
        if (r->is_doubtful)
            buffer_append_text(words, "~");
    }
    ck_assert_str_eq(buffer_text(words), text);
}
