#include "output/gate.h"
#include "output/sign.h"

#include "base/memory.h"

/* An output: made, looked at, and freed when nothing of it is under way. */

static int nodes_of(struct output *output, char why[256])
{
    const struct output_config *config = &output->config;

    CHECK(config->node_count > 0 || config->plugin->settings != NULL);
    if (config->node_count > 0)
        return nodes_open(&output->nodes, output->loop, config->nodes, config->node_count, why);
    return nodes_open(&output->nodes, output->loop, config->plugin->settings(config->self), 1, why);
}

struct output *output_new(struct loop *loop, const struct output_config *config, char why[256])
{
    struct output *output = mem_zalloc(1, sizeof *output);

    CHECK(config->plugin->encode != NULL || config->plugin->write != NULL);
    CHECK(config->index < WINDOW_OUTPUTS_MAX);
    CHECK(config->workers > 0);
    output->config = *config;
    output->loop = loop;
    output->metrics.name = config->name;
    output->metrics.plugin = config->plugin->name;
    list_init(&output->places.queue);
    list_init(&output->places.deliveries);
    list_init(&output->metrics.link);
    if (config->plugin->encode != NULL) {
        if (nodes_of(output, why) < 0)
            MEM_FREE(&output);
        else
            sign_open(output);
    }
    if (output != NULL)
        gate_init(output);
    return output;
}

void output_free(struct output **address)
{
    struct output *output = *address;

    *address = NULL;
    if (output == NULL)
        return;
    CHECK(output_is_idle(output) && output->places.under_way == 0 && !output->places.is_pumping);
    list_remove(&output->metrics.link);
    gate_fini(output);
    sign_close(output);
    nodes_close(&output->nodes);
    mem_free(output);
}

const char *output_name(const struct output *output)
{
    return output->config.name;
}

/* What is held for it is in proportion to the room that all outputs share. */
static uint64_t capacity_percent(const struct output *output)
{
    const struct budget *budget = output->config.budget;
    uint64_t held = output->metrics.in_flight_bytes;

    if (budget == NULL || budget->limit_bytes == 0)
        return 100;
    return held < budget->limit_bytes ? 100 - held * 100 / budget->limit_bytes : 0;
}

struct output_metrics *output_metrics(struct output *output)
{
    output->metrics.capacity_percent = capacity_percent(output);
    output->metrics.connections_total = nodes_connections(&output->nodes);
    output->metrics.connections_busy = nodes_calls(&output->nodes);
    return &output->metrics;
}

const char *output_trouble(const struct output *output, int64_t *since_ns)
{
    *since_ns = output->said.trouble.since_ns;
    return output->said.trouble.since_ns ? output->said.trouble.text : "";
}

uint64_t output_answers(const struct output *output)
{
    return output->answers;
}

bool output_is_away(const struct output *output)
{
    return output->said.trouble.since_ns != 0 && !output->is_answered;
}

bool output_login(const struct output *output, const char **origin, const char **region)
{
    if (output->signers.count == 0)
        return false;
    *origin = aws_signer_origin(output->signers.items[0]);
    *region = aws_signer_region(output->signers.items[0]);
    return (*origin)[0] != '\0';
}

bool output_is_behind(const struct output *output)
{
    return !list_is_empty(&output->places.queue) || !gate_has_room(output);
}

bool output_is_idle(const struct output *output)
{
    return list_is_empty(&output->places.queue) && list_is_empty(&output->places.deliveries);
}

void output_say(const struct output *output, enum log_level level, const char *words)
{
    LOG_AT(level, output->config.component, "%s", words);
}
