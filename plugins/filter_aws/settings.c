#include "plugins/filter_aws/instance.h"

/*
 * The settings of an instance: kept, as whoever took it may be gone before it, and compared, as those
 * who ask alike share one.
 */

static void list_copy(struct text_list *to, const struct text_list *from)
{
    for (size_t i = 0; i < from->count; i++) {
        int rc = text_list_add(to, slice_of(from->items[i]), from->places[i]);

        CHECK(rc == 0); /* it came from a list that holds as much */
    }
}

void instance_keeps(struct instance_kept *kept, const struct instance_settings *settings)
{
    *kept = (struct instance_kept){.s = *settings};
    kept->s.component = mem_text(settings->component);
    list_copy(&kept->include, settings->wish.include);
    list_copy(&kept->exclude, settings->wish.exclude);
    kept->s.wish.include = &kept->include;
    kept->s.wish.exclude = &kept->exclude;
    CHECK(instance_asks_alike(kept, settings));
}

void instance_kept_fini(struct instance_kept *kept)
{
    text_list_fini(&kept->include);
    text_list_fini(&kept->exclude);
    mem_free((char *)(uintptr_t)kept->s.component);
    kept->s.component = NULL;
}

static bool lists_equal(const struct text_list *a, const struct text_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

bool instance_asks_alike(const struct instance_kept *kept, const struct instance_settings *s)
{
    const struct facts_wish *wish = &kept->s.wish;

    CHECK(wish->include == &kept->include && wish->exclude == &kept->exclude);
    return kept->s.is_v1 == s->is_v1 && kept->s.retry_ms == s->retry_ms &&
           memcmp(wish->wants, s->wish.wants, sizeof s->wish.wants) == 0 &&
           wish->wants_tags == s->wish.wants_tags && lists_equal(wish->include, s->wish.include) &&
           lists_equal(wish->exclude, s->wish.exclude);
}
