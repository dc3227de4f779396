#include "scenario/pipeline/backend.h"

#include "base/memory.h"
#include "kit/patience.h"
#include "record/json.h"
#include "scenario/pipeline/kit.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#define WELL "{\"errors\":false}"

static void server_open(struct backend *b, struct kit_server *server)
{
    b->server = server;
    b->port = kit_server_port(server);
    kit_server_usual(server, (struct kit_answer){.body = WELL});
}

void backend_open(struct backend *b, struct kit *kit)
{
    b->kit = kit;
    server_open(b, kit_server_start());
}

/* Nobody listens on the port, and nobody else on this machine gets it: another test's server would
 * take what is not meant for it. */
static int port_keep(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void port_free(struct backend *b)
{
    if (b->server == NULL)
        close(b->port_fd);
}

void backend_close(struct backend *b)
{
    port_free(b);
    kit_server_stop(&b->server);
    for (unsigned i = 0; i < BACKEND_ANSWERS_MAX; i++) {
        buffer_fini(&b->requests[i]);
        mem_free(b->answers[i].items);
    }
    buffer_fini(&b->actions);
    buffer_fini(&b->taken);
}

/* ---- answers ---- */

static struct backend_answer *answer_add(struct backend *b, int status)
{
    struct backend_answer *answer = &b->answers[b->answer_count];

    ck_assert_uint_lt(b->answer_count++, BACKEND_ANSWERS_MAX);
    answer->status = status;
    return answer;
}

void backend_answers_n(struct backend *b, const int *statuses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        answer_add(b, statuses[i]);
        kit_server_script(b->server,
                          (struct kit_answer){.status = statuses[i],
                                              .body = statuses[i] == 200 ? WELL : "{\"error\":1}"});
    }
}

static const char *error_of(int status)
{
    return status == 429   ? "es_rejected_execution_exception"
           : status == 400 ? "document_parsing_exception"
                           : "other_exception";
}

void backend_items_n(struct backend *b, const int *statuses, size_t count)
{
    struct backend_answer *answer = answer_add(b, 200);
    struct buffer body = {0};

    answer->items = mem_zalloc(count, sizeof *answer->items);
    answer->item_count = count;
    buffer_append_text(&body, "{\"errors\":true,\"items\":[");
    for (size_t i = 0; i < count; i++) {
        answer->items[i] = (uint16_t)statuses[i];
        buffer_append_format(&body, "%s{\"create\":{\"status\":%d", i ? "," : "", statuses[i]);
        if (statuses[i] >= 300)
            buffer_append_format(&body, ",\"error\":{\"type\":\"%s\",\"reason\":\"so it is\"}",
                                 error_of(statuses[i]));
        buffer_append_text(&body, "}}");
    }
    buffer_append_text(&body, "]}");
    kit_server_script(b->server, (struct kit_answer){.body = buffer_text(&body)});
    buffer_fini(&body);
}

void backend_says(struct backend *b, struct kit_answer answer)
{
    answer_add(b, 0);
    kit_server_script(b->server, answer);
}

/* ---- what came ---- */

static struct slice shown(struct slice document)
{
    struct slice value;

    ck_assert_msg(json_find(document, SLICE("log"), &value) && value.data[0] == '"',
                  "a document without log: %.*s", SLICE_ARG(document));
    value = slice_make(value.data + 1, value.len - 2);
    return value.len > DOCUMENT_SHOWN_MAX ? slice_make(value.data, DOCUMENT_SHOWN_MAX) : value;
}

static bool has_line(const struct buffer *text, const struct buffer *line)
{
    return text->len > 0 && memmem(text->data, text->len, line->data, line->len) != NULL;
}

/* A document that is sent again is sent under the same id, in the same index. */
static void document_note(struct backend *b, struct slice name, struct slice action, bool is_taken)
{
    struct buffer line = {0};

    buffer_append_format(&line, "%s%.*s %.*s\n", is_taken ? "+" : "-", SLICE_ARG(name),
                         SLICE_ARG(action));
    if (is_taken && !has_line(&b->actions, &line)) {
        buffer_append(&b->taken, name);
        buffer_append_byte(&b->taken, ' ');
    }
    buffer_append(&b->actions, buffer_view(&line));
    buffer_fini(&line);
}

static bool takes(const struct backend *b, const struct kit_request *request, size_t document)
{
    const struct backend_answer *answer;

    if (request->answer < 0)
        return true;
    answer = &b->answers[b->answers_before + (unsigned)request->answer];
    if (answer->items == NULL)
        return answer->status >= 200 && answer->status < 300;
    ck_assert_uint_lt(document, answer->item_count);
    return answer->items[document] < 300;
}

static void request_read(struct backend *b, const struct kit_request *request)
{
    struct slice rest = request->body, action, document;
    struct buffer *names = &b->requests[b->come];
    size_t count = 0;

    ck_assert_uint_lt(b->come, BACKEND_ANSWERS_MAX);
    while (slice_next(&rest, '\n', &action) && action.len > 0) {
        ck_assert(slice_next(&rest, '\n', &document));
        buffer_append(names, shown(document));
        buffer_append_byte(names, ' ');
        document_note(b, shown(document), action, takes(b, request, count++));
    }
    b->come++;
}

static void requests_read(struct backend *b)
{
    unsigned count = b->server != NULL ? kit_server_requests(b->server) : 0;

    while (b->server != NULL && b->come - b->before < count)
        request_read(b, kit_server_request(b->server, b->come - b->before));
}

void backend_down(struct backend *b)
{
    requests_read(b);
    kit_server_stop(&b->server);
    b->port_fd = port_keep(b->port);
    b->before = b->come;
    b->answers_before = b->answer_count;
}

void backend_up(struct backend *b)
{
    port_free(b);
    server_open(b, kit_server_start_at(b->port));
}

/* ---- expectations ---- */

static void request_await(struct backend *b)
{
    kit_server_await(b->server, b->kit->loop, b->seen - b->before + 1);
    requests_read(b);
    b->seen++;
}

void backend_expect_n(struct backend *b, const char *const *documents)
{
    struct buffer expected = {0};

    request_await(b);
    for (; *documents != NULL; documents++)
        buffer_append_format(&expected, "%s ", *documents);
    ck_assert_str_eq(buffer_text(&b->requests[b->seen - 1]), buffer_text(&expected));
    buffer_fini(&expected);
}

unsigned backend_next(struct backend *b)
{
    const char *text;
    unsigned count = 0;

    request_await(b);
    for (text = buffer_text(&b->requests[b->seen - 1]); *text != '\0'; text++)
        count += *text == ' ';
    return count;
}

void backend_expect_silence(struct backend *b)
{
    requests_read(b);
    ck_assert_msg(b->seen == b->come, "a request came: %s", buffer_text(&b->requests[b->seen]));
}

const char *backend_taken(struct backend *b)
{
    requests_read(b);
    return buffer_text(&b->taken);
}

unsigned backend_taken_count(struct backend *b)
{
    unsigned count = 0;

    for (const char *text = backend_taken(b); *text != '\0'; text++)
        count += *text == ' ';
    return count;
}
