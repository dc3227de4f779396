#include "http/http.h"

#include "base/gzip.h"
#include "base/memory.h"
#include "base/secret.h"

void http_request_init(struct http_request *request, const char *method, const char *path)
{
    *request = (struct http_request){.method = method};
    buffer_append_text(&request->path, path);
}

void http_request_fini(struct http_request *request)
{
    secret_buffer_fini(&request->head); /* logins, tokens */
    buffer_fini(&request->path);
    buffer_fini(&request->body);
    if (request->packing.packer != NULL)
        gzip_packer_end(&request->packing.packer);
    buffer_fini(&request->packing.packed);
    *request = (struct http_request){0};
}

/* A line's end in a value would begin another header, or the body. */
static void append_value(struct buffer *head, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.data[i];

        buffer_append_byte(head, byte < ' ' || byte == 0x7f ? ' ' : (char)byte);
    }
}

void http_request_header(struct http_request *request, const char *name, struct slice value)
{
    struct buffer *head = &request->head;

    value = slice_trim(value);
    append_value(head, slice_of(name));
    /* An empty value is written "Name;" for curl. */
    buffer_append_text(head, value.len > 0 ? ": " : ";");
    append_value(head, value);
    buffer_append_byte(head, '\0');
}
