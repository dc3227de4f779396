#include "plugins/filter_log_to_metrics/log_to_metrics.h"

#include <errno.h>
#include <strings.h>

/* What kubernetes_mode adds, in front of the others. */
static const char *const kubernetes_keys[] = {"namespace_name", "pod_name", "container_name",
                                              "docker_id", "pod_id"};

/* Reads the names while it makes them. */
struct naming {
    struct filter_log_to_metrics *l;
    const struct plugin_setup *setup;
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A name of Prometheus, which CloudWatch takes as well. */
static char *name_new(const char *text)
{
    char *name = is_digit(text[0]) ? mem_format("_%s", text) : mem_text(text);

    for (char *c = name; *c != '\0'; c++)
        if (!is_letter(*c) && !is_digit(*c))
            *c = '_';
    return name;
}

/* The name of a namespace in CloudWatch. */
static char *name_space_new(const char *text)
{
    char *name = mem_text_n(text, strnlen(text, NAME_BYTES_MAX));

    for (char *c = name; *c != '\0'; c++)
        if (!is_letter(*c) && !is_digit(*c) && strchr("._-/#: ", *c) == NULL)
            *c = '_';
    return name;
}

/* NAMESPACE_SUBSYSTEM_NAME; what is empty is left out, with its underscore. */
static char *full_name(const struct log_names *names, int mode)
{
    static const char *const modes[] = {"counter", "gauge", "histogram"};
    bool has_subsystem = names->subsystem != NULL && names->subsystem[0] != '\0';
    bool has_space = names->name_space != NULL && names->name_space[0] != '\0';
    char *text, *name;

    CHECK((size_t)mode < ARRAY_LEN(modes));
    text = mem_format("%s%s%s_%s", has_space ? names->name_space : "", has_space ? "_" : "",
                      has_subsystem ? names->subsystem : modes[mode], names->name);
    name = name_new(text);
    mem_free(text);
    return name;
}

static void metric_name(const struct naming *n)
{
    struct filter_log_to_metrics *l = n->l;
    const struct log_names *names = &l->names;
    char *name;

    if (names->name == NULL || names->name[0] == '\0') {
        report_error(n->setup->report, setup_place(n->setup, "metric_name"),
                     "filter log_to_metrics: metric_name is empty; give the metric a name");
        return;
    }
    l->spec.name = name = full_name(names, l->keys.mode);
    l->emit.name_space =
        name_space_new(names->name_space != NULL && names->name_space[0] != '\0' ? names->name_space
                                                                                 : "log_metric");
    if (strlen(name) > NAME_BYTES_MAX)
        report_error(n->setup->report, setup_place(n->setup, "metric_name"),
                     "filter log_to_metrics: the name %.40s... has %zu bytes; %d is the most", name,
                     strlen(name), NAME_BYTES_MAX);
}

/* ---- labels ---- */

static bool label_is_there(const struct filter_log_to_metrics *l, const char *name)
{
    for (size_t i = 0; i < l->labels.count; i++)
        if (strcmp(l->labels.names[i], name) == 0)
            return true;
    return false;
}

/* NULL: the name can be had. */
static const char *label_trouble(const struct filter_log_to_metrics *l, const char *name)
{
    if (l->labels.count == FAMILY_LABELS_MAX)
        return "is one too many: 30 labels are the most, as many as CloudWatch has dimensions";
    if (name[0] == '\0' || strlen(name) > NAME_BYTES_MAX)
        return "is empty or longer than 255 bytes";
    if (label_is_there(l, name))
        return "is the name of a label before it; names of labels differ";
    if (l->spec.name != NULL && strcmp(name, l->spec.name) == 0)
        return "is the name of the metric, too; call one of them otherwise";
    if (strcmp(name, "_aws") == 0 || (strcmp(name, "le") == 0 && l->keys.mode == METRIC_HISTOGRAM))
        return "means something else here; call the label otherwise";
    return NULL;
}

static void label_add(const struct naming *n, const char *written, const char *key,
                      struct place place)
{
    struct label_keys *labels = &n->l->labels;
    char *name = name_new(written);
    const char *trouble = label_trouble(n->l, name);
    struct accessor *accessor;

    accessor = trouble == NULL ? accessor_new_key(key, n->setup->report, place) : NULL;
    if (accessor == NULL) {
        if (trouble != NULL)
            report_error(n->setup->report, place, "filter log_to_metrics: the label %s %s", name,
                         trouble);
        mem_free(name);
        return;
    }
    CHECK(labels->count < FAMILY_LABELS_MAX);
    labels->names[labels->count] = name;
    labels->keys[labels->count++] = accessor;
}

/* NAME KEY. */
static void label_add_pair(const struct naming *n, const struct text_pair *pair)
{
    size_t len = strcspn(pair->value, " \t");
    const char *key = pair->value + len + strspn(pair->value + len, " \t");
    char *name;

    if (len == 0 || *key == '\0') {
        report_error(n->setup->report, pair->place,
                     "filter log_to_metrics: 'add_label %s' takes a name, a blank and a key, such "
                     "as add_label app $kubernetes['labels']['app']",
                     pair->value);
        return;
    }
    name = mem_text_n(pair->value, len);
    label_add(n, name, key, pair->place);
    mem_free(name);
}

/* Without the "$" that it may begin with. */
static const char *bare(const char *key)
{
    return key[0] == '$' ? key + 1 : key;
}

static void labels_add(const struct naming *n)
{
    struct filter_log_to_metrics *l = n->l;
    size_t max = l->keys.labels.count + ARRAY_LEN(kubernetes_keys);

    l->labels.names = mem_zalloc(max, sizeof *l->labels.names);
    l->labels.keys = mem_zalloc(max, sizeof *l->labels.keys);
    for (size_t i = 0; i < ARRAY_LEN(kubernetes_keys) && l->keys.is_kubernetes; i++) {
        struct buffer text = {0};

        buffer_append_format(&text, "$kubernetes['%s']", kubernetes_keys[i]);
        label_add(n, kubernetes_keys[i], buffer_text(&text), n->setup->place);
        buffer_fini(&text);
    }
    for (size_t i = 0; i < l->keys.labels.count; i++) {
        const struct text_pair *pair = &l->keys.labels.items[i];

        if (strcasecmp(pair->key, "add_label") == 0)
            label_add_pair(n, pair);
        else
            label_add(n, bare(pair->value), pair->value, pair->place);
    }
    l->spec.labels = (const char *const *)l->labels.names;
    l->spec.label_count = l->labels.count;
}

/* ---- dimensions ---- */

static bool label_bit(const struct filter_log_to_metrics *l, struct slice name, uint32_t *set)
{
    for (size_t i = 0; i < l->labels.count; i++) {
        if (slice_is(name, l->labels.names[i])) {
            *set |= UINT32_C(1) << i;
            return true;
        }
    }
    return false;
}

static void set_add(const struct naming *n, struct slice text)
{
    struct place place = setup_place(n->setup, "metric_dimensions");
    struct filter_log_to_metrics *l = n->l;
    struct slice name;
    uint32_t set = 0;

    CHECK(l->emit.set_count <= DIMENSION_SETS_MAX);
    if (l->emit.set_count == DIMENSION_SETS_MAX) {
        report_error(n->setup->report, place,
                     "filter log_to_metrics: metric_dimensions has more than %d sets",
                     DIMENSION_SETS_MAX);
        return;
    }
    while (!slice_is(text, "[]") && slice_next(&text, ',', &name)) {
        name = slice_trim(name);
        if (!label_bit(l, name, &set))
            report_error(n->setup->report, place,
                         "filter log_to_metrics: metric_dimensions has '%.*s', which is no label; "
                         "name labels, or [] for none",
                         SLICE_ARG(name));
    }
    l->emit.sets[l->emit.set_count++] = set;
}

static void sets_add(const struct naming *n)
{
    struct filter_log_to_metrics *l = n->l;
    struct slice rest = slice_of(l->emit.dimensions), text;

    if (slice_trim(rest).len == 0) {
        l->emit.sets[l->emit.set_count++] = (uint32_t)((UINT64_C(1) << l->labels.count) - 1);
        return;
    }
    while (slice_next(&rest, ';', &text))
        set_add(n, slice_trim(text));
}

int naming_init(struct filter_log_to_metrics *l, struct plugin_setup *setup)
{
    const struct naming n = {l, setup};
    unsigned errors_before = setup->report->error_count;

    CHECK(l->labels.names == NULL && l->emit.set_count == 0);
    metric_name(&n);
    labels_add(&n);
    if (setup->report->error_count == errors_before)
        sets_add(&n);
    if (setup->report->error_count > errors_before)
        return -EINVAL;
    CHECK(l->spec.name != NULL && l->emit.name_space != NULL);
    CHECK(l->labels.count <= FAMILY_LABELS_MAX && l->emit.set_count <= DIMENSION_SETS_MAX);
    return 0;
}

void naming_fini(struct filter_log_to_metrics *l)
{
    for (size_t i = 0; i < l->labels.count; i++) {
        MEM_FREE(&l->labels.names[i]);
        accessor_free(&l->labels.keys[i]);
    }
    MEM_FREE(&l->labels.names);
    MEM_FREE(&l->labels.keys);
    l->labels.count = 0;
    mem_free((char *)(uintptr_t)l->spec.name);
    l->spec.name = NULL;
    MEM_FREE(&l->emit.name_space);
}
