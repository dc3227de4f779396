/*
 * micro_json: what checking one line of JSON costs, shape by shape.
 *
 *   micro_json [SHAPE]
 *
 * Every shape is LINES_PER_SHAPE different lines, because what costs most is what the processor
 * cannot foresee, and it learns a few lines by heart. Prints nanoseconds per line and megabytes per
 * second, the least of many rounds, because noise only ever adds. Pin it: taskset -c 1 micro_json
 */
#include "base/clock.h"
#include "body.h"
#include "record/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define LINES_PER_SHAPE 2000
#define ROUNDS 60

struct shape {
    const char *name;
    void (*append)(struct buffer *text, uint32_t *random);
};

struct lines {
    struct buffer text;
    size_t begins[LINES_PER_SHAPE + 1];
};

/* ---- the shapes ---- */

static void append_flat(struct buffer *text, uint32_t *random)
{
    body_append(text, random, body_draw(random, 100000000), INT64_C(1767225600000000000));
}

/* A flat line with something put behind what stands between its tokens. */
static void append_apart(struct buffer *text, uint32_t *random, const char *after_colon,
                         const char *after_comma)
{
    struct buffer flat = {0};
    bool is_inside = false;

    append_flat(&flat, random);
    for (size_t i = 0; i < flat.len; i++) {
        char byte = flat.data[i];

        buffer_append_byte(text, byte);
        is_inside ^= byte == '"';
        if (!is_inside && byte == ':')
            buffer_append_text(text, after_colon);
        if (!is_inside && (byte == ',' || byte == '{'))
            buffer_append_text(text, after_comma);
    }
    buffer_fini(&flat);
}

static void append_spaced(struct buffer *text, uint32_t *random)
{
    append_apart(text, random, " ", " ");
}

static void append_pretty(struct buffer *text, uint32_t *random)
{
    append_apart(text, random, " ", "\n    ");
}

static void append_audit(struct buffer *text, uint32_t *random)
{
    static const char *const verbs[] = {"get", "list", "watch", "patch"};
    static const char *const kinds[] = {"pods", "leases", "configmaps", "endpointslices"};
    const char *kind = kinds[body_draw(random, 4)];
    unsigned number = body_draw(random, 100000);

    buffer_append_format(
        text,
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\","
        "\"auditID\":\"%08x-7c2e-4b5a-9d1f-%012x\",\"stage\":\"ResponseComplete\",\"requestURI\":"
        "\"/apis/v1/namespaces/team-%u/%s/web-%u?timeout=10s\",\"verb\":\"%s\",\"user\":{"
        "\"username\":\"system:serviceaccount:team-%u:web\",\"uid\":\"%08x\",\"groups\":["
        "\"system:serviceaccounts\",\"system:authenticated\"],\"extra\":{"
        "\"authentication.kubernetes.io/pod-name\":[\"web-%u\"]}},\"sourceIPs\":[\"10.%u.4.%u\"],",
        number * 2654435761u, number, number % 40, kind, number, verbs[number % 4], number % 40,
        number * 40503u, number, number % 200, number % 250);
    if (body_draw(random, 2) == 0)
        buffer_append_text(text, "\"userAgent\":\"kube-controller-manager/v1.31.2\",");
    buffer_append_format(
        text,
        "\"objectRef\":{\"resource\":\"%s\",\"namespace\":\"team-%u\",\"name\":\"web-%u\","
        "\"apiVersion\":\"v1\"},\"responseStatus\":{\"metadata\":{},\"code\":%u},\"annotations\":{"
        "\"authorization.k8s.io/decision\":\"allow\",\"authorization.k8s.io/reason\":\"\"},"
        "\"isDryRun\":%s,\"retry\":null}",
        kind, number % 40, number, 200 + number % 5, number % 3 ? "false" : "true");
}

/* A message of some words of a list, as one member among others. */
static void append_words(struct buffer *text, uint32_t *random, const char *const *words,
                         size_t word_count)
{
    unsigned count = 10 + body_draw(random, 50);

    buffer_append_text(text, "{\"level\":\"error\",\"message\":\"");
    for (unsigned i = 0; i < count; i++)
        buffer_append_text(text, words[body_draw(random, (uint32_t)word_count)]);
    buffer_append_format(text, "\",\"line\":%u}", body_draw(random, 1000));
}

static void append_escapes(struct buffer *text, uint32_t *random)
{
    static const char *const words[] = {"java.lang.IllegalStateException: basket \\\"%s\\\"",
                                        "\\n\\tat com.example.shop.Basket.price(Basket.java:118)",
                                        "\\n\\tat java.base/java.lang.Thread.run(Thread.java:833)",
                                        "C:\\\\shop\\\\web",
                                        "\\u003cinit\\u003e",
                                        " caused by "};

    append_words(text, random, words, ARRAY_LEN(words));
}

static void append_latin(struct buffer *text, uint32_t *random)
{
    static const char *const words[] = {
        "order ", "accept\xc3\xa9 ", "caf\xc3\xa9 ", "basket ", "\xe2\x80\x9cquoted\xe2\x80\x9d ",
        "stock "};

    append_words(text, random, words, ARRAY_LEN(words));
}

static void append_cyrillic(struct buffer *text, uint32_t *random)
{
    static const char *const words[] = {
        "\xd0\xb7\xd0\xb0\xd0\xba\xd0\xb0\xd0\xb7 ",
        "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbd\xd1\x8f\xd1\x82 ",
        "\xd0\xbe\xd1\x88\xd0\xb8\xd0\xb1\xd0\xba\xd0\xb0, ",
        "\xd0\xba\xd0\xbe\xd1\x80\xd0\xb7\xd0\xb8\xd0\xbd\xd0\xb0 12 ",
    };

    append_words(text, random, words, ARRAY_LEN(words));
}

static void append_chinese(struct buffer *text, uint32_t *random)
{
    static const char *const words[] = {
        "\xe8\xae\xa2\xe5\x8d\x95\xe5\xb7\xb2\xe6\x8e\xa5\xe5\x8f\x97",
        "\xe5\xba\x93\xe5\xad\x98\xe4\xb8\x8d\xe8\xb6\xb3",
        "\xef\xbc\x8c\xe8\xaf\xb7\xe7\xa8\x8d\xe5\x90\x8e\xe5\x86\x8d\xe8\xaf\x95",
        "\xe3\x80\x82 id=7 ",
    };

    append_words(text, random, words, ARRAY_LEN(words));
}

static void append_long(struct buffer *text, uint32_t *random)
{
    static const char *const words[] = {"order accepted and basket priced; stock reserved in zone ",
                                        "payment provider answered late, trying another one ",
                                        "address could not be verified: no such street ",
                                        "cache entry was too old "};

    append_words(text, random, words, ARRAY_LEN(words));
}

static void append_numbers(struct buffer *text, uint32_t *random)
{
    buffer_append_text(text, "{\"ok\":true,\"load\":[");
    for (unsigned i = 3 + body_draw(random, 10); i-- > 0;)
        buffer_append_format(text, "%u.%u,-%u,%u,", body_draw(random, 1000),
                             body_draw(random, 1000), body_draw(random, 100),
                             body_draw(random, 100000));
    buffer_append_format(text, "0],\"last\":null,\"rate\":%u.%ue-3,\"is_final\":%s}",
                         body_draw(random, 10), body_draw(random, 100000),
                         body_draw(random, 2) ? "false" : "true");
}

static void append_tiny(struct buffer *text, uint32_t *random)
{
    buffer_append_format(text, "{\"log\":%u}", body_draw(random, 100000));
}

/* Begins as an object does, and is none. */
static void append_broken(struct buffer *text, uint32_t *random)
{
    buffer_append_format(text,
                         "{\"a\" is %u} and more words, none of them JSON, up to the end of it",
                         body_draw(random, 100000));
}

static const struct shape shapes[] = {
    {"flat", append_flat},         {"spaced", append_spaced},   {"pretty", append_pretty},
    {"audit", append_audit},       {"escapes", append_escapes}, {"latin", append_latin},
    {"cyrillic", append_cyrillic}, {"chinese", append_chinese}, {"long", append_long},
    {"numbers", append_numbers},   {"tiny", append_tiny},       {"broken", append_broken},
};

/* ---- measuring ---- */

static void lines_make(struct lines *lines, const struct shape *shape)
{
    uint32_t random = BODY_RANDOM_FIRST;

    buffer_clear(&lines->text);
    for (size_t i = 0; i < LINES_PER_SHAPE; i++) {
        lines->begins[i] = lines->text.len;
        shape->append(&lines->text, &random);
        buffer_append_byte(&lines->text, '\n');
    }
    lines->begins[LINES_PER_SHAPE] = lines->text.len;
}

static struct slice lines_at(const struct lines *lines, size_t i)
{
    return slice_make(lines->text.data + lines->begins[i],
                      lines->begins[i + 1] - lines->begins[i] - 1);
}

static uint64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * (uint64_t)NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Nanoseconds for all lines, once. `*sum` keeps the work from being left out. */
static uint64_t round_ns(struct json_scanner *scanner, const struct lines *lines, uint64_t *sum)
{
    uint64_t start_ns = cpu_ns();
    struct json_object object = {0};

    for (size_t i = 0; i < LINES_PER_SHAPE; i++) {
        if (json_check_object(scanner, lines_at(lines, i), &object) < 0)
            (*sum)++;
        *sum += object.member_count;
    }
    return cpu_ns() - start_ns;
}

static void shape_measure(const struct shape *shape)
{
    static struct lines lines;
    struct json_scanner scanner;
    uint64_t least_ns = UINT64_MAX, sum = 0;

    lines_make(&lines, shape);
    json_scanner_init(&scanner);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t ns = round_ns(&scanner, &lines, &sum);

        least_ns = ns < least_ns ? ns : least_ns;
    }
    json_scanner_fini(&scanner);
    printf("%-10s %6zu bytes/line %8.1f ns/line %8.0f MB/s\n", shape->name,
           lines.text.len / LINES_PER_SHAPE, (double)least_ns / LINES_PER_SHAPE,
           (double)lines.text.len * 1e3 / (double)least_ns);
    CHECK(sum > 0);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (argc < 2 || strcmp(argv[1], shapes[i].name) == 0)
            shape_measure(&shapes[i]);
    return 0;
}
