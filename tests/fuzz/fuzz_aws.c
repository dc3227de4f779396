/*
 * What comes from AWS, from its files and from whoever answers in its place: answers as keys and as
 * errors, profiles, addresses, commands, queries, and what an instance and its ECS agent say. A
 * path that was written for the wire stays itself.
 */
#include "aws/answer.h"
#include "aws/endpoint.h"
#include "aws/process.h"
#include "aws/profile.h"
#include "aws/uri.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "plugins/filter_aws/facts.h"
#include "plugins/filter_ecs/facts.h"
#include "plugins/out_cloudwatch_logs/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as_keys(struct slice text)
{
    char why[256] = "";
    struct aws_keys *keys = aws_keys_from_json(text, why);

    CHECK(keys != NULL || why[0] != '\0');
    aws_keys_unref(&keys);
    keys = aws_keys_from_xml(text, why);
    CHECK(keys != NULL || why[0] != '\0');
    aws_keys_unref(&keys);
}

static void read_as_answer(struct slice text)
{
    struct http_reply reply = {.status = 200 + (text.len > 0 ? text.data[0] & 3 : 0) * 100,
                               .request_id = "1"};
    struct cw_asked asked = {.event_count = 10};
    struct cw_judgement judgement;
    struct aws_error error;
    struct buffer words = {0};

    buffer_append(&reply.body, text);
    aws_error_read(&reply, &error);
    CHECK(utf8_is_valid(slice_of(error.message)));
    (void)aws_trouble_of(&error);
    aws_denied_explain(&error, &words);
    cw_judge(&reply, &asked, &judgement);
    for (uint32_t i = 0; i < asked.event_count; i++)
        (void)cw_rejected_words(&judgement.rejected, i);
    buffer_fini(&words);
    buffer_fini(&reply.body);
}

static void read_as_files(struct slice text)
{
    struct aws_files files = {.credentials = text, .config = text};
    struct slice value = aws_profile_get(&files, SLICE("a"), "k");

    CHECK(value.len <= text.len);
    (void)aws_profile_exists(&files, SLICE("a"));
}

static void write_for_the_wire(struct slice text)
{
    struct buffer once = {0}, twice = {0};

    uri_wire(&once, text);
    uri_wire(&twice, buffer_view(&once));
    CHECK(slice_equal(buffer_view(&once), buffer_view(&twice)));
    buffer_clear(&twice);
    uri_canonical_path(&twice, text, false);
    CHECK(twice.len > 0 && twice.data[0] == '/');
    buffer_fini(&once);
    buffer_fini(&twice);
}

static void read_as_words(const char *text)
{
    struct arena arena = {0};
    struct aws_address address;
    char **words = aws_process_words(text, &arena);

    CHECK(words == NULL || words[0] != NULL);
    arena_fini(&arena);
    if (aws_address_parse(text, &address) == 0) {
        CHECK(address.host[0] != '\0' && address.port != 0);
        aws_address_fini(&address);
    }
}

/* Every answer is the text, or its next line. */
static void read_as_facts(struct slice text)
{
    struct facts_wish wish = {.wants_tags = true};
    struct facts_form form = {.has_tags = true, .has_entity = true};
    struct shared_object *block;
    struct slice rest = text, line;
    struct facts facts;
    char why[256];

    for (unsigned i = 0; i < FACT_COUNT; i++)
        wish.wants[i] = form.has[i] = true;
    facts_init(&facts, &wish);
    facts_begin(&facts);
    while (facts_path(&facts) != NULL) {
        bool is_line = slice_next(&rest, '\n', &line);

        why[0] = '\0';
        if (!facts_hear(&facts, 200, is_line ? line : text, why))
            CHECK(why[0] != '\0');
    }
    block = facts_block(&facts, &form);
    CHECK(block != NULL || !facts_are_answered(&facts));
    shared_unref(&block);
    facts_fini(&facts);
}

static void read_as_ecs(struct slice text)
{
    struct ecs_facts facts = {0};
    struct arena arena = {0};
    char why[256] = "";

    if (!ecs_cluster_read(text, &arena, &facts, why))
        CHECK(why[0] != '\0');
    if (ecs_task_read(text, SLICE("79c796ed2a7f"), &arena, &facts, why))
        CHECK(facts.values[ECS_TASK_ID].len > 0 && facts.values[ECS_CONTAINER_ID].len > 0);
    CHECK(ecs_id_of_tag(text, SLICE("e")).len <= ECS_ID_LEN);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = mem_text_n((const char *)data, size);
    struct slice text = slice_make(copy, size);

    read_as_keys(text);
    read_as_answer(text);
    read_as_files(text);
    read_as_facts(text);
    read_as_ecs(text);
    write_for_the_wire(text);
    read_as_words(copy);
    mem_free(copy);
    return 0;
}
