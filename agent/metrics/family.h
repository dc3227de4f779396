/*
 * A family is one metric that is counted out of records, a counter, a gauge or a histogram, with a
 * series for each set of values that its labels take.
 *
 *   key := (len:u16 byte[len])*      the values, one for each label, in the order of the labels
 *
 * A series has its total, which a scraper wants, and its news: what came since they were taken last,
 * which is for whoever adds up what it is sent.
 *
 * Life     family_init -> (family_series -> add, set, observe)* -> family_fini. News are taken
 *          whenever the caller likes. A series is lent until the next family_series.
 * Thread   the loop.
 * Limits   series_max series of FAMILY_BYTES_MAX together. A set of values beyond that takes the place
 *          of one that was not seen for FAMILY_IDLE_S and has no news; where there is none, it counts
 *          into the series `other`, all of whose labels are FAMILY_OTHER. Finding a series that is
 *          there takes no memory.
 */
#ifndef TAILRACE_METRICS_FAMILY_H
#define TAILRACE_METRICS_FAMILY_H

#include "base/buffer.h"
#include "base/list.h"
#include "base/map.h"
#include "metrics/table.h"

#define FAMILY_LABELS_MAX 30
#define FAMILY_LABEL_BYTES_MAX 252
#define FAMILY_BOUNDS_MAX 99
#define FAMILY_BYTES_MAX ((size_t)16 << 20)
#define FAMILY_IDLE_S 600
#define FAMILY_LOOK_S 10
#define FAMILY_OTHER "other"

/* What a family is. Lent; it does not change. */
struct family_spec {
    const char *name; /* "log_metric_counter_errors" */
    const char *help;
    enum metric_type type;
    const char *const *labels;
    size_t label_count;
    const double *bounds; /* of a histogram, ascending */
    size_t bound_count;
    uint32_t series_max;
};

struct family_bucket {
    uint64_t count; /* between this bound and the one before; behind the last: what is greater */
    uint64_t news_count;
    double news_sum;
};

struct family_news {
    uint64_t count;
    double sum; /* of a gauge: what it is */
    double min, max;
};

/*
 * In a histogram, of the total and of the news alike:
 *
 *   count = the sum of its buckets' counts
 *
 * It is in family.news as long as news.count is above 0, and only so long.
 */
struct family_series {
    struct list link;      /* in family.series */
    struct list news_link; /* in family.news */
    uint64_t used_s;
    uint64_t count;
    double sum; /* of a gauge: what it is */
    struct family_news news;
    struct family_bucket *buckets; /* bound_count + 1, of a histogram */
    struct slice key;
};

struct metric_family {
    const struct family_spec *spec;
    struct map by_key;
    struct list series;          /* in the order in which they came */
    struct list news;            /* those that have some, the oldest news first */
    struct family_series *other; /* NULL: not needed so far; not counted */
    struct family_series *last;  /* that was asked for */
    uint32_t series_count;
    size_t bytes;            /* that the series hold */
    uint64_t overflow_count; /* how often `other` was the answer */
    uint64_t now_s;          /* as the caller says, see family_tick */
    uint64_t look_s;         /* when to look for idle series next */
};

void family_init(struct metric_family *f, const struct family_spec *spec);
void family_fini(struct metric_family *f);

/* Appends the value of the next label to a key, cut at FAMILY_LABEL_BYTES_MAX. */
void family_key_add(struct buffer *key, struct slice value);

/* What time it is, from whoever looks at a clock anyway. */
void family_tick(struct metric_family *f, uint64_t now_s);

/* The series of these values, made where it is not there; or `other`. Never NULL. */
struct family_series *family_series(struct metric_family *f, struct slice key);

/* One more, of a counter. */
void family_add(struct metric_family *f, struct family_series *s);

/* What it is now, of a gauge; one more of this size, of a histogram. `value` is finite. */
void family_set(struct metric_family *f, struct family_series *s, double value);
void family_observe(struct metric_family *f, struct family_series *s, double value);

/* The value of a label. */
struct slice family_label(const struct family_series *s, size_t index);

/* The series with the oldest news, or NULL; it has none any more after family_news_taken. */
struct family_series *family_news_first(const struct metric_family *f);
void family_news_taken(struct metric_family *f, struct family_series *s);

void family_check(const struct metric_family *f);

#endif
