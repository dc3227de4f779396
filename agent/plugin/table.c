#include "plugin/plugin.h"

/* Every plugin of the agent, by direction and name. A new one is declared, then listed. */

extern const struct input_plugin in_dummy;
extern const struct input_plugin in_stdin;
extern const struct input_plugin in_systemd;
extern const struct input_plugin in_tail;

extern const struct filter_plugin filter_aws;
extern const struct filter_plugin filter_ecs;
extern const struct filter_plugin filter_grep;
extern const struct filter_plugin filter_kubernetes;
extern const struct filter_plugin filter_log_to_metrics;
extern const struct filter_plugin filter_modify;
extern const struct filter_plugin filter_nest;
extern const struct filter_plugin filter_parser;
extern const struct filter_plugin filter_record_modifier;
extern const struct filter_plugin filter_rewrite_tag;

extern const struct output_plugin out_cloudwatch;
extern const struct output_plugin out_cloudwatch_logs;
extern const struct output_plugin out_es;
extern const struct output_plugin out_file;
extern const struct output_plugin out_null;
extern const struct output_plugin out_opensearch;
extern const struct output_plugin out_stdout;

const struct input_plugin *const input_plugins[] = {
    &in_dummy, &in_stdin, &in_systemd, &in_tail, NULL,
};

const struct filter_plugin *const filter_plugins[] = {
    &filter_aws,    &filter_ecs,  &filter_grep,   &filter_kubernetes,      &filter_log_to_metrics,
    &filter_modify, &filter_nest, &filter_parser, &filter_record_modifier, &filter_rewrite_tag,
    NULL,
};

const struct output_plugin *const output_plugins[] = {
    &out_cloudwatch, &out_cloudwatch_logs, &out_es,     &out_file,
    &out_null,       &out_opensearch,      &out_stdout, NULL,
};
