/*
 * Signs requests that come in lines, so that another signer can be compared with ours. A line has ten
 * fields in hexadecimal, with blanks between them:
 *
 *     method path-with-query head body key-id secret token region service second
 *
 * The head is "Name: value\0" again and again. For each, a line goes out: the path as it goes on
 * the wire, a blank, the Authorization.
 *
 * With the argument "hosts" a line is a question for a host, and so is answered:
 *
 *     service region 0|1 0|1      FIPS, dual stack
 */
#include "aws/endpoint.h"
#include "aws/pass.h"
#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum field {
    METHOD,
    PATH,
    HEAD,
    BODY,
    KEY_ID,
    SECRET,
    TOKEN,
    REGION,
    SERVICE,
    SECOND,
    FIELD_COUNT
};

static unsigned digit_of(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void field_read(struct slice text, struct buffer *out)
{
    for (size_t i = 0; i + 1 < text.len; i += 2)
        buffer_append_byte(out, (char)(digit_of(text.data[i]) << 4 | digit_of(text.data[i + 1])));
}

static void request_print(const struct http_request *request)
{
    for (size_t at = 0; at < request->head.len; at += strlen(request->head.data + at) + 1)
        if (strncmp(request->head.data + at, "Authorization: ", 15) == 0)
            printf("%.*s %s\n", (int)request->path.len, request->path.data,
                   request->head.data + at + 15);
}

static struct aws_pass *pass_of(struct buffer fields[FIELD_COUNT])
{
    char why[256];
    struct aws_keys_text text = {.id = buffer_view(&fields[KEY_ID]),
                                 .secret = buffer_view(&fields[SECRET]),
                                 .token = buffer_view(&fields[TOKEN])};
    struct aws_keys *keys = aws_keys_new(&text, why);
    struct aws_pass *pass;

    CHECK(keys != NULL);
    pass = aws_pass_new(&(struct aws_pass_wish){.keys = keys,
                                                .region = buffer_text(&fields[REGION]),
                                                .service = buffer_text(&fields[SERVICE]),
                                                .host = "example.amazonaws.com"});
    aws_keys_unref(&keys);
    return pass;
}

static void sign(struct buffer fields[FIELD_COUNT])
{
    struct http_request request;
    struct aws_pass *pass;

    clock_fake(1, strtoll(buffer_text(&fields[SECOND]), NULL, 10) * NS_PER_S);
    http_request_init(&request, buffer_text(&fields[METHOD]), buffer_text(&fields[PATH]));
    buffer_append(&request.head, buffer_view(&fields[HEAD]));
    buffer_append(&request.body, buffer_view(&fields[BODY]));
    pass = pass_of(fields);
    aws_pass_sign(pass, &request);
    request_print(&request);
    aws_pass_unref(&pass);
    http_request_fini(&request);
}

static void line_sign(struct slice line)
{
    struct buffer fields[FIELD_COUNT] = {{0}};
    struct slice field;
    size_t count = 0;

    while (count < FIELD_COUNT && slice_next(&line, ' ', &field))
        field_read(field, &fields[count++]);
    CHECK(count == FIELD_COUNT);
    sign(fields);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        buffer_fini(&fields[i]);
}

static void line_host(struct slice line)
{
    char service[16], region[AWS_REGION_BYTES_MAX + 1];
    struct buffer host = {0};
    int is_fips, is_dual;

    CHECK(sscanf(line.data, "%15s %63s %d %d", service, region, &is_fips, &is_dual) == 4);
    aws_host(&host, service, region,
             (struct aws_flavour){.is_fips = is_fips != 0, .is_dual_stack = is_dual != 0});
    puts(buffer_text(&host));
    buffer_fini(&host);
}

int main(int argc, char **argv)
{
    bool wants_hosts = argc == 2 && strcmp(argv[1], "hosts") == 0;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    while ((len = getline(&line, &room, stdin)) > 0) {
        struct slice text = slice_trim(slice_make(line, (size_t)len));

        if (wants_hosts)
            line_host(text);
        else
            line_sign(text);
    }
    return ferror(stdin) ? 1 : 0;
}
