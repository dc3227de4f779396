#include "kit/plugin.h"

#define PROPERTIES_MAX 64

void *plugin_make(struct plugin_kit *kit, size_t self_bytes, const struct option *options,
                  const char *const *keys_and_values)
{
    struct property properties[PROPERTIES_MAX];
    struct property_list list = {.items = properties, .owner = "plugin", .place = {"kit.conf", 1}};
    void *self = mem_zalloc(1, self_bytes);
    struct option_target target = {options, self};
    static const struct http_tls tls = {.verify = true, .verify_hostname = true};

    for (; *keys_and_values != NULL; keys_and_values += 2) {
        CHECK(list.count < PROPERTIES_MAX);
        properties[list.count++] = (struct property){
            .key = keys_and_values[0], .value = keys_and_values[1], .place = {"kit.conf", 2}};
    }
    *kit = (struct plugin_kit){.options = options};
    report_init(&kit->report);
    kit->setup = (struct plugin_setup){
        .name = "plugin.0",
        .component = "kit:plugin:plugin.0",
        .place = {"kit.conf", 1},
        .report = &kit->report,
        .config_dir = ".",
        .tls = &tls,
    };
    kit->status = options_bind(&target, 1, &list, &kit->report);
    return self;
}

/* Messages may be closed with NUL or with a line feed. */
bool plugin_report_says(const struct plugin_kit *kit, const char *text)
{
    struct slice all = buffer_view(&kit->report.text);

    return all.len > 0 && memmem(all.data, all.len, text, strlen(text)) != NULL;
}

void plugin_gone(struct plugin_kit *kit, void *self)
{
    options_fini(kit->options, self);
    report_fini(&kit->report);
    mem_free(self);
}
