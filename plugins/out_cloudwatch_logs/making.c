#include "plugins/out_cloudwatch_logs/making.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

/* What PutRetentionPolicy takes. */
static const uint16_t retention_days[] = {1,    3,    5,    7,    14,   30,  60,  90,
                                          120,  150,  180,  365,  400,  545, 731, 1096,
                                          1827, 2192, 2557, 2922, 3288, 3653};

static int retention_check(const struct cw_making *making, struct plugin_setup *setup)
{
    struct buffer list = {0};

    if (making->retention_days == 0 && making->has_all_retentions) {
        report_error(setup->report, setup_place(setup, "log_retention_existing"),
                     "log_retention_existing is on, and log_retention_days does not say how many");
        return -EINVAL;
    }
    if (making->retention_days == 0)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(retention_days); i++) {
        if (retention_days[i] == making->retention_days) {
            buffer_fini(&list);
            return 0;
        }
        buffer_append_format(&list, "%s%u", i > 0 ? ", " : "", (unsigned)retention_days[i]);
    }
    report_error(setup->report, setup_place(setup, "log_retention_days"),
                 "log_retention_days is %" PRId64 "; CloudWatch Logs takes %s, and 0 is for ever",
                 making->retention_days, buffer_text(&list));
    buffer_fini(&list);
    return -EINVAL;
}

static int class_check(const struct cw_making *making, struct plugin_setup *setup)
{
    static const char *const classes[] = {"STANDARD", "INFREQUENT_ACCESS", NULL};
    const char *nearest;

    if (making->group_class == NULL || making->group_class[0] == '\0')
        return 0;
    for (size_t i = 0; classes[i] != NULL; i++)
        if (strcmp(making->group_class, classes[i]) == 0)
            return 0;
    nearest = report_nearest(making->group_class, classes);
    report_error(setup->report, setup_place(setup, "log_group_class"),
                 "log_group_class is \"%s\"; STANDARD and INFREQUENT_ACCESS are known%s%s%s",
                 making->group_class, nearest != NULL ? ", did you mean " : "",
                 nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    return -EINVAL;
}

static int key_check(const struct cw_making *making, struct plugin_setup *setup)
{
    if (making->kms_key == NULL || slice_begins(slice_of(making->kms_key), SLICE("arn:")))
        return 0;
    report_error(setup->report, setup_place(setup, "log_group_kms_key"),
                 "log_group_kms_key is \"%s\"; the service wants the ARN of a key, "
                 "arn:aws:kms:REGION:ACCOUNT:key/ID",
                 making->kms_key);
    return -EINVAL;
}

/* ---- tags ---- */

struct tag {
    struct slice key, value;
};

struct tag_list {
    struct tag items[CW_TAGS_MAX];
    unsigned count;
};

/* Letters and digits of any language, blanks, and these. */
static bool is_tag_text(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c < 0x80 && !isalnum(c) && (c == '\0' || strchr(" _.:/=+-@", c) == NULL))
            return false;
    }
    return true;
}

static const char *tag_mistake(const struct tag *tag)
{
    if (!is_tag_text(tag->key) || !is_tag_text(tag->value))
        return "a tag has letters, digits, blanks and _.:/=+-@";
    if (tag->key.len > CW_TAG_KEY_BYTES_MAX)
        return "a tag's key is longer than 128 bytes";
    if (tag->value.len > CW_TAG_VALUE_BYTES_MAX)
        return "a tag's value is longer than 256 bytes";
    if (slice_is_nocase(slice_make(tag->key.data, tag->key.len < 4 ? 0 : 4), "aws:"))
        return "keys that begin with \"aws:\" are AWS's own";
    return NULL;
}

/* Of one key the last value stays. */
static const char *tag_put(struct tag_list *list, struct tag tag)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (slice_equal(list->items[i].key, tag.key)) {
            list->items[i].value = tag.value;
            return NULL;
        }
    }
    if (list->count == CW_TAGS_MAX)
        return "a group has 50 tags at the most";
    CHECK(list->count < CW_TAGS_MAX && tag.key.len > 0);
    list->items[list->count++] = tag;
    return NULL;
}

/* "a=1, b = 2": blanks around do not count, an empty value is one, an empty key none. */
static const char *tags_read(struct slice text, struct tag_list *list)
{
    const char *mistake = NULL;
    struct slice item;

    while (mistake == NULL && slice_next(&text, ',', &item)) {
        size_t key_len = slice_find(item, '=');
        struct tag tag = {slice_trim(slice_make(item.data, key_len)),
                          slice_trim(slice_skip(item, key_len + 1))};

        if (tag.key.len == 0)
            continue;
        mistake = tag_mistake(&tag);
        if (mistake == NULL)
            mistake = tag_put(list, tag);
    }
    return mistake;
}

static void tags_write(const struct tag_list *list, struct buffer *out)
{
    for (unsigned i = 0; i < list->count; i++) {
        buffer_append_byte(out, i == 0 ? '{' : ',');
        json_write_text(out, list->items[i].key);
        buffer_append_byte(out, ':');
        json_write_text(out, list->items[i].value);
    }
    if (list->count > 0)
        buffer_append_byte(out, '}');
}

static int tags_make(struct cw_making *making, struct plugin_setup *setup)
{
    struct tag_list list = {.count = 0};
    const char *mistake = tags_read(slice_of(making->tags), &list);

    if (mistake != NULL) {
        report_error(setup->report, setup_place(setup, "new_log_group_tags"),
                     "new_log_group_tags: %s", mistake);
        return -EINVAL;
    }
    tags_write(&list, &making->tags_json);
    return 0;
}

/* ---- all of it ---- */

/* What is said of new groups, and none is ever made. */
static void waste_check(const struct cw_making *making, struct plugin_setup *setup)
{
    if (making->may_make_group)
        return;
    if (making->retention_days > 0 && !making->has_all_retentions)
        report_warn(setup->report, setup_place(setup, "log_retention_days"),
                    "log_retention_days is for groups that are made here, and auto_create_group "
                    "is off; log_retention_existing sets it for others");
    if (making->tags_json.len > 0)
        report_warn(setup->report, setup_place(setup, "new_log_group_tags"),
                    "new_log_group_tags are for groups that are made here, and auto_create_group "
                    "is off");
}

int cw_making_init(struct cw_making *making, struct plugin_setup *setup)
{
    int rc = retention_check(making, setup);

    rc |= class_check(making, setup);
    rc |= key_check(making, setup);
    rc |= tags_make(making, setup);
    waste_check(making, setup);
    return rc < 0 ? -EINVAL : 0;
}

void cw_making_fini(struct cw_making *making)
{
    buffer_fini(&making->tags_json);
}

void cw_making_write(const struct cw_making *making, struct buffer *out)
{
    CHECK(out->len > 1 && out->data[out->len - 1] == '"'); /* behind the name */
    if (making->kms_key != NULL) {
        buffer_append_text(out, ",\"kmsKeyId\":");
        json_write_text(out, slice_of(making->kms_key));
    }
    if (making->tags_json.len > 0) {
        buffer_append_text(out, ",\"tags\":");
        buffer_append(out, buffer_view(&making->tags_json));
    }
    if (making->group_class != NULL && making->group_class[0] != '\0') {
        buffer_append_text(out, ",\"logGroupClass\":");
        json_write_text(out, slice_of(making->group_class));
    }
}
