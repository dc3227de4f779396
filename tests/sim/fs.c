#include "sim/fs.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/memory.h"
#include "sim/fake_calls.h"
#include "sim/fs_events.h"
#include "sim/logs.h"
#include "sim/story.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <zlib.h>

#define INO_FIRST 100

struct name {
    char path[FS_PATH_BYTES];
    struct fs_node *node;
};

static struct {
    struct fs_traits traits;
    struct name names[FS_NAMES_MAX];
    size_t name_count;
    struct list nodes;
    uint64_t next_ino, freed_ino, next_generation;
} fs;

/* ---- nodes ---- */

static struct fs_node *node_new(enum fs_kind kind)
{
    struct fs_node *node = mem_zalloc(1, sizeof *node);

    node->kind = kind;
    node->ino = fs.freed_ino != 0 ? fs.freed_ino : fs.next_ino++;
    fs.freed_ino = 0;
    node->generation = ++fs.next_generation;
    node->modified_ns = clock_wall_ns();
    node->born_ns = node->modified_ns + (int64_t)node->generation; /* no two are born at once */
    list_add_tail(&fs.nodes, &node->link);
    return node;
}

static void node_free(struct fs_node *node)
{
    list_remove(&node->link);
    buffer_fini(&node->bytes);
    mem_free(node->pieces);
    mem_free(node);
}

static void node_free_if_unused(struct fs_node *node)
{
    if (node->names > 0 || node->opens > 0 || node->writers > 0)
        return;
    fs.freed_ino = node->ino;
    node_free(node);
}

void fs_begin(const struct fs_traits *traits)
{
    fs.traits = *traits;
    fs.name_count = 0;
    fs.next_ino = INO_FIRST;
    fs.freed_ino = 0;
    fs.next_generation = 0;
    list_init(&fs.nodes);
    (void)fs_make("/", FS_DIR);
}

void fs_each(void (*each)(struct fs_node *node))
{
    LIST_FOR (it, &fs.nodes)
        each(CONTAINER_OF(it, struct fs_node, link));
}

void fs_end(void)
{
    fs_watch_end();
    while (!list_is_empty(&fs.nodes))
        node_free(CONTAINER_OF(fs.nodes.next, struct fs_node, link));
}

const struct fs_traits *fs_traits(void)
{
    return &fs.traits;
}

bool fs_has_identities(void)
{
    return fs.traits.has_generations || fs.traits.has_births;
}

void fs_hold(struct fs_node *node)
{
    node->opens++;
}

void fs_drop(struct fs_node *node)
{
    CHECK(node->opens > 0);
    node->opens--;
    node_free_if_unused(node);
}

void fs_write_begin(struct fs_node *node)
{
    node->writers++;
}

void fs_write_end(struct fs_node *node)
{
    CHECK(node->writers > 0);
    node->writers--;
    node_free_if_unused(node);
}

unsigned fs_open_count(void)
{
    unsigned count = 0;

    LIST_FOR (it, &fs.nodes)
        count += CONTAINER_OF(it, struct fs_node, link)->opens;
    return count;
}

/* ---- names ---- */

static struct name *name_find(const char *path)
{
    for (size_t i = 0; i < fs.name_count; i++)
        if (strcmp(fs.names[i].path, path) == 0)
            return &fs.names[i];
    return NULL;
}

struct fs_node *fs_find(const char *path)
{
    const struct name *name = name_find(path);

    return name != NULL ? name->node : NULL;
}

struct fs_node *fs_follow(const char *path)
{
    struct fs_node *node = fs_find(path);

    for (unsigned hops = 0; node != NULL && node->kind == FS_LINK && hops < 8; hops++)
        node = fs_find(buffer_text(&node->bytes));
    return node;
}

const char *fs_path_of(const struct fs_node *node)
{
    for (size_t i = 0; i < fs.name_count; i++)
        if (fs.names[i].node == node)
            return fs.names[i].path;
    return NULL;
}

static const char *base_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

static bool is_in(const char *path, const char *dir)
{
    size_t len = base_of(path) - path > 1 ? (size_t)(base_of(path) - path) - 1 : 1;

    return strlen(dir) == len && memcmp(path, dir, len) == 0 && *base_of(path) != '\0';
}

const char *fs_name_in(const char *dir, size_t index)
{
    for (size_t i = 0; i < fs.name_count; i++)
        if (is_in(fs.names[i].path, dir) && index-- == 0)
            return base_of(fs.names[i].path);
    return NULL;
}

static struct fs_node *dir_of(const char *path)
{
    for (size_t i = 0; i < fs.name_count; i++)
        if (fs.names[i].node->kind == FS_DIR && is_in(path, fs.names[i].path))
            return fs.names[i].node;
    return NULL;
}

/* What inotify says of the name. */
static void name_tell(const char *path, unsigned mask)
{
    const struct fs_node *node = fs_find(path);
    struct fs_node *dir = dir_of(path);

    if (dir != NULL && (mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0)
        dir->modified_ns = clock_wall_ns();
    if (dir != NULL)
        fs_event(dir->ino, mask | (node != NULL && node->kind == FS_DIR ? IN_ISDIR : 0),
                 base_of(path));
}

static void node_tell(const struct fs_node *node, unsigned mask)
{
    for (size_t i = 0; i < fs.name_count; i++)
        if (fs.names[i].node == node)
            name_tell(fs.names[i].path, mask);
}

struct fs_node *fs_make(const char *path, enum fs_kind kind)
{
    struct name *name = &fs.names[fs.name_count];

    CHECK(fs.name_count < FS_NAMES_MAX && name_find(path) == NULL);
    fs.name_count++;
    snprintf(name->path, sizeof name->path, "%s", path);
    name->node = node_new(kind);
    name->node->names = 1;
    name_tell(path, IN_CREATE);
    return name->node;
}

static void name_drop(struct name *name)
{
    struct fs_node *node = name->node;

    memcpy(node->last_path, name->path, sizeof node->last_path);
    memmove(name, name + 1, (size_t)(fs.names + fs.name_count - name - 1) * sizeof *name);
    fs.name_count--;
    node->names--;
    node_free_if_unused(node);
}

void fs_remove(const char *path)
{
    struct name *name = name_find(path);

    CHECK(name != NULL);
    name_tell(path, IN_DELETE);
    name_drop(name);
}

void fs_rename(const char *from, const char *to)
{
    CHECK(name_find(from) != NULL);
    if (name_find(to) != NULL)
        name_drop(name_find(to));
    name_tell(from, IN_MOVED_FROM);
    snprintf(name_find(from)->path, FS_PATH_BYTES, "%s", to);
    name_tell(to, IN_MOVED_TO);
}

/* ---- bytes ---- */

void fs_append(struct fs_node *node, struct slice bytes)
{
    buffer_append(&node->bytes, bytes);
    node->modified_ns = clock_wall_ns();
    node_tell(node, IN_MODIFY);
}

void fs_claim(struct fs_node *node, struct line *line, uint32_t count)
{
    struct fs_piece *last = node->piece_count > 0 ? &node->pieces[node->piece_count - 1] : NULL;

    CHECK(count <= node->bytes.len);
    if (last != NULL && last->line == line) {
        last->end += count;
        return;
    }
    node->pieces = mem_resize(node->pieces, node->piece_count + 1, sizeof *node->pieces);
    node->pieces[node->piece_count++] =
        (struct fs_piece){.line = line, .begin = node->bytes.len - count, .end = node->bytes.len};
}

void fs_truncate(struct fs_node *node)
{
    fake_calls_truncated(node);
    buffer_clear(&node->bytes);
    node->piece_count = 0;
    node->modified_ns = clock_wall_ns();
    node_tell(node, IN_MODIFY);
}

static void pieces_copy(const struct fs_node *from, struct fs_node *to)
{
    to->pieces = mem_resize(to->pieces, from->piece_count, sizeof *to->pieces);
    if (from->piece_count > 0)
        memcpy(to->pieces, from->pieces, from->piece_count * sizeof *to->pieces);
    to->piece_count = from->piece_count;
}

struct fs_node *fs_copy(const struct fs_node *from, const char *path)
{
    struct fs_node *to = fs_make(path, FS_FILE);

    pieces_copy(from, to);
    fs_append(to, buffer_view(&from->bytes));
    return to;
}

struct fs_node *fs_pack(const struct fs_node *from, const char *path)
{
    struct fs_node *to = fs_make(path, FS_FILE);
    z_stream z = {0};
    size_t room = from->bytes.len + 1024;
    char *packed = mem_alloc(room);

    CHECK(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    z.next_in = (Bytef *)(uintptr_t)from->bytes.data;
    z.avail_in = (unsigned)from->bytes.len;
    z.next_out = (Bytef *)packed;
    z.avail_out = (unsigned)room;
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    pieces_copy(from, to);
    fs_append(to, slice_make(packed, z.total_out));
    to->modified_ns = from->modified_ns;
    to->is_before = from->is_before;
    deflateEnd(&z);
    mem_free(packed);
    return to;
}

void fs_touch(struct fs_node *node)
{
    node_tell(node, IN_ATTRIB);
}

void fs_sweep(bool is_agent_alive)
{
    truth_sweep_begin();
    LIST_FOR (it, &fs.nodes) {
        struct fs_node *node = CONTAINER_OF(it, struct fs_node, link);

        if (!is_agent_alive || node->opens == 0)
            if (node->names == 0 || node->is_before || logs_leave_alone(fs_path_of(node)))
                continue;
        for (size_t i = 0; i < node->piece_count; i++)
            truth_see(node->pieces[i].line);
    }
    truth_sweep_end();
}

uint64_t fs_line_bytes(const struct fs_node *node)
{
    return node->piece_count > 0 ? node->pieces[node->piece_count - 1].end : 0;
}

struct fs_rest fs_let_go(struct fs_node *node, uint64_t offset)
{
    struct fs_rest rest = {0};

    for (size_t i = 0; i < node->piece_count; i++) {
        const struct fs_piece *piece = &node->pieces[i];

        truth_destroy(piece->line);
        if (piece->end <= offset)
            continue;
        rest.bytes += piece->end - (piece->begin > offset ? piece->begin : offset);
        rest.lines += piece->begin >= offset;
    }
    return rest;
}

bool fs_is_last_hold(const struct fs_node *node)
{
    return node->names == 0 && node->opens == 1;
}

void fs_check_read(const struct fs_node *node)
{
    for (size_t i = 0; i < node->piece_count; i++)
        EXPECT(line_is_at_hand(node->pieces[i].line),
               "number %" PRIu64 " is closed for good, and line %u of it was not read", node->ino,
               node->pieces[i].line->number);
}

static void node_say(const struct fs_node *node, const struct fs_piece *piece)
{
    const char *path = fs_path_of(node);

    story("    at bytes %" PRIu64 " to %" PRIu64 " of %zu of number %" PRIu64
          ", %s, opened %u times",
          piece->begin, piece->end, node->bytes.len, node->ino, path ? path : "without a name",
          node->opens);
}

void fs_say_where(const struct line *line)
{
    LIST_FOR (it, &fs.nodes) {
        const struct fs_node *node = CONTAINER_OF(it, struct fs_node, link);

        for (size_t i = 0; i < node->piece_count; i++)
            if (node->pieces[i].line == line)
                node_say(node, &node->pieces[i]);
    }
}
