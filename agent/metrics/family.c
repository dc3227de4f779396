#include "metrics/family.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <math.h>

/* What the map holds for a series besides its key, twice as many places as there are entries. */
#define ENTRY_BYTES (2 * sizeof(struct map_entry))

void family_init(struct metric_family *f, const struct family_spec *spec)
{
    CHECK(spec->label_count <= FAMILY_LABELS_MAX && spec->bound_count <= FAMILY_BOUNDS_MAX);
    CHECK(spec->series_max > 0);
    CHECK(spec->type == METRIC_HISTOGRAM || spec->bound_count == 0);
    for (size_t i = 1; i < spec->bound_count; i++)
        CHECK(spec->bounds[i - 1] < spec->bounds[i]);
    *f = (struct metric_family){.spec = spec};
    list_init(&f->series);
    list_init(&f->news);
}

static size_t bucket_count(const struct metric_family *f)
{
    return f->spec->type == METRIC_HISTOGRAM ? f->spec->bound_count + 1 : 0;
}

static void series_check(const struct metric_family *f, const struct family_series *s)
{
    uint64_t count = 0, news_count = 0;

    for (size_t i = 0; i < bucket_count(f); i++) {
        count += s->buckets[i].count;
        news_count += s->buckets[i].news_count;
    }
    CHECK(bucket_count(f) == 0 || (count == s->count && news_count == s->news.count));
    CHECK(s->news.count <= s->count);
    CHECK(list_is_linked(&s->news_link) == (s->news.count > 0));
}

void family_check(const struct metric_family *f)
{
    size_t others = f->other != NULL, count = 0, news = 0;

    LIST_FOR (it, (struct list *)(uintptr_t)&f->series) {
        series_check(f, CONTAINER_OF(it, const struct family_series, link));
        count++;
    }
    LIST_FOR (it, (struct list *)(uintptr_t)&f->news)
        news++;
    CHECK(count == f->series_count + others && news <= count);
    CHECK(f->by_key.count == count && f->series_count <= f->spec->series_max);
    CHECK(f->bytes <= FAMILY_BYTES_MAX);
}

void family_fini(struct metric_family *f)
{
    if (f->spec == NULL)
        return;
    family_check(f);
    LIST_FOR_SAFE (it, after, &f->series)
        mem_free(CONTAINER_OF(it, struct family_series, link));
    map_fini(&f->by_key);
    *f = (struct metric_family){0};
}

void family_key_add(struct buffer *key, struct slice value)
{
    size_t len = value.len;
    uint16_t head;

    if (len > FAMILY_LABEL_BYTES_MAX)
        len = utf8_cut(value, FAMILY_LABEL_BYTES_MAX);
    head = (uint16_t)len;
    _Static_assert(FAMILY_LABEL_BYTES_MAX <= UINT16_MAX, "a value's length has its place");
    buffer_append(key, slice_make((const char *)&head, sizeof head));
    buffer_append(key, slice_make(value.data, len));
}

struct slice family_label(const struct family_series *s, size_t index)
{
    struct slice rest = s->key;

    for (;; index--) {
        uint16_t len;

        CHECK(rest.len >= sizeof len);
        memcpy(&len, rest.data, sizeof len);
        rest = slice_skip(rest, sizeof len);
        CHECK(rest.len >= len);
        if (index == 0)
            return slice_make(rest.data, len);
        rest = slice_skip(rest, len);
    }
}

void family_tick(struct metric_family *f, uint64_t now_s)
{
    CHECK(now_s >= f->now_s);
    f->now_s = now_s;
}

/* ---- series come and go ---- */

static size_t series_bytes(const struct metric_family *f, struct slice key)
{
    return sizeof(struct family_series) + bucket_count(f) * sizeof(struct family_bucket) + key.len;
}

/* In the map there is the key once more, and the entry. */
static size_t series_cost(const struct metric_family *f, struct slice key)
{
    return series_bytes(f, key) + key.len + ENTRY_BYTES;
}

static struct family_series *series_new(struct metric_family *f, struct slice key)
{
    struct family_series *s = mem_zalloc(1, series_bytes(f, key));
    char *behind;

    s->buckets = (struct family_bucket *)(void *)(s + 1);
    behind = (char *)(s->buckets + bucket_count(f));
    memcpy(behind, key.data, key.len);
    s->key = slice_make(behind, key.len);
    list_init(&s->news_link);
    list_add_tail(&f->series, &s->link);
    return s;
}

static void series_free(struct metric_family *f, struct family_series *s)
{
    CHECK(s != f->other && !list_is_linked(&s->news_link));
    CHECK(map_remove(&f->by_key, s->key) == s);
    f->series_count--;
    f->bytes -= series_cost(f, s->key);
    if (f->last == s)
        f->last = NULL;
    list_remove(&s->link);
    mem_free(s);
}

static bool is_idle(const struct metric_family *f, const struct family_series *s)
{
    return s != f->other && !list_is_linked(&s->news_link) && f->now_s - s->used_s >= FAMILY_IDLE_S;
}

/* All are looked at, so not for each record. */
static void idle_leave(struct metric_family *f)
{
    if (f->now_s < f->look_s)
        return;
    f->look_s = f->now_s + FAMILY_LOOK_S;
    LIST_FOR_SAFE (it, after, &f->series) {
        struct family_series *s = CONTAINER_OF(it, struct family_series, link);

        if (is_idle(f, s))
            series_free(f, s);
    }
}

static bool has_room(const struct metric_family *f, struct slice key)
{
    return f->series_count < f->spec->series_max &&
           f->bytes + series_cost(f, key) <= FAMILY_BYTES_MAX;
}

static void series_enter(struct metric_family *f, struct family_series *s)
{
    CHECK(map_put(&f->by_key, s->key, s) == NULL);
    f->series_count++;
    f->bytes += series_cost(f, s->key);
}

/* From now on it is not counted. A record may have had those very values before. */
static struct family_series *other_make(struct metric_family *f)
{
    struct buffer key = {0};
    struct family_series *s;

    for (size_t i = 0; i < f->spec->label_count; i++)
        family_key_add(&key, SLICE(FAMILY_OTHER));
    CHECK(key.len > 0);
    s = map_get(&f->by_key, buffer_view(&key));
    if (s == NULL) {
        s = series_new(f, buffer_view(&key));
        series_enter(f, s);
    }
    f->series_count--;
    f->bytes -= series_cost(f, s->key);
    buffer_fini(&key);
    return s;
}

static struct family_series *other(struct metric_family *f)
{
    if (f->other == NULL)
        f->other = other_make(f);
    f->overflow_count++;
    return f->other;
}

static struct family_series *series_add(struct metric_family *f, struct slice key)
{
    struct family_series *s;

    if (!has_room(f, key))
        idle_leave(f);
    if (!has_room(f, key))
        return other(f);
    s = series_new(f, key);
    series_enter(f, s);
    return s;
}

struct family_series *family_series(struct metric_family *f, struct slice key)
{
    struct family_series *s = f->last;

    if (key.len == 0) /* no labels */
        key = SLICE("");
    if (s == NULL || !slice_equal(s->key, key)) {
        s = map_get(&f->by_key, key);
        if (UNLIKELY(s == NULL))
            s = series_add(f, key);
        f->last = s;
    }
    s->used_s = f->now_s;
    return s;
}

/* ---- counting ---- */

static void news_note(struct metric_family *f, struct family_series *s)
{
    if (!list_is_linked(&s->news_link))
        list_add_tail(&f->news, &s->news_link);
}

void family_add(struct metric_family *f, struct family_series *s)
{
    CHECK(f->spec->type == METRIC_COUNTER);
    s->count++;
    s->news.count++;
    news_note(f, s);
}

void family_set(struct metric_family *f, struct family_series *s, double value)
{
    CHECK(f->spec->type == METRIC_GAUGE && isfinite(value));
    s->count++;
    s->sum = value;
    s->news.count++;
    s->news.sum = value;
    news_note(f, s);
}

/* A value that is equal to a bound lies below it. */
static struct family_bucket *bucket_of(const struct metric_family *f, struct family_series *s,
                                       double value)
{
    size_t low = 0, high = f->spec->bound_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (value > f->spec->bounds[middle])
            low = middle + 1;
        else
            high = middle;
    }
    return &s->buckets[low];
}

void family_observe(struct metric_family *f, struct family_series *s, double value)
{
    struct family_bucket *bucket = bucket_of(f, s, value);

    CHECK(f->spec->type == METRIC_HISTOGRAM && isfinite(value));
    bucket->count++;
    bucket->news_count++;
    bucket->news_sum += value;
    if (s->news.count == 0 || value < s->news.min)
        s->news.min = value;
    if (s->news.count == 0 || value > s->news.max)
        s->news.max = value;
    s->count++;
    s->sum += value;
    s->news.count++;
    s->news.sum += value;
    news_note(f, s);
}

/* ---- news ---- */

struct family_series *family_news_first(const struct metric_family *f)
{
    return list_is_empty(&f->news) ? NULL
                                   : CONTAINER_OF(f->news.next, struct family_series, news_link);
}

void family_news_taken(struct metric_family *f, struct family_series *s)
{
    CHECK(list_is_linked(&s->news_link) && s->news.count > 0);
    list_remove(&s->news_link);
    s->news = (struct family_news){0};
    for (size_t i = 0; i < bucket_count(f); i++) {
        s->buckets[i].news_count = 0;
        s->buckets[i].news_sum = 0;
    }
}
