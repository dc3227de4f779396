/*
 * Instances: one per section of the configuration, made and unmade alike for inputs, filters and
 * outputs. For the files of this folder only.
 */
#ifndef TAILRACE_SERVICE_INSTANCE_H
#define TAILRACE_SERVICE_INSTANCE_H

#include "config/tree.h"
#include "output/deliver.h"
#include "service/common.h"
#include "service/service_keys.h"
#include "service/upstream.h"

struct input_instance {
    struct input input; /* what the plugin sees */
    const struct input_plugin *plugin;
    void *self;
    struct input_keys keys;
    struct budget budget;
    struct pipeline *pipeline;
    char *name;
    char *component;
    struct log_brake pauses; /* said that often, whatever happens that often */
    bool pause_was_said;
    bool is_started;
};

struct filter_instance {
    const struct filter_plugin *plugin;
    void *self;
    struct filter_keys keys;
    struct filter_metrics metrics;
    struct filter_host host;
    char *name;
    char *component;
    bool is_started;
};

struct output_instance {
    const struct output_plugin *plugin;
    void *self;
    struct output_keys keys;
    struct retry_policy retry;
    struct output *output; /* once started */
    struct parcel_rule parcels;
    struct http_settings http;
    struct upstream upstream; /* empty: it sends to one host */
    struct place place, match_place;
    char *name;
    char *component;
};

/* What all instances of one pipeline share while they are made. */
struct instance_shop {
    const struct config *config;
    const struct service_keys *service;
    struct report *report;
    struct parser_book *parsers;
    struct multiline_book *multilines;
    const char *owner; /* of the filters that are made now: the input they stand in, or NULL */
};

/* Each fills a zeroed instance; false when there was a mistake, which the report has. The fini
 * functions accept what a failure left. `number` counts instances of the kind. */
bool input_instance_init(struct input_instance *i, const struct section *s, unsigned number,
                         const struct instance_shop *shop);
void input_instance_fini(struct input_instance *i);

/* For the instance's budget: says that reading is paused, or resumes. */
void input_instance_turned(struct budget *b);

bool filter_instance_init(struct filter_instance *f, const struct section *s, unsigned number,
                          const struct instance_shop *shop);
/* The plugin's own fini is the chain's to call. */
void filter_instance_fini(struct filter_instance *f);

bool output_instance_init(struct output_instance *o, const struct section *s, unsigned number,
                          const struct instance_shop *shop);
void output_instance_fini(struct output_instance *o);

/* Whether `active` says that the section is left out. */
bool section_is_inactive(const struct section *s);

#endif
