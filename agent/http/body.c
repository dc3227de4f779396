#include "http/http.h"

#include "base/gzip.h"
#include "base/memory.h"

void http_request_pack_some(struct http_request *request)
{
    struct http_packing *p = &request->packing;

    if (p->packer == NULL)
        p->packer = gzip_packer_new(&p->packed);
    gzip_packer_add(p->packer, buffer_view(&request->body));
    request->plain_bytes += request->body.len;
    buffer_clear(&request->body);
}

void http_request_pack(struct http_request *request)
{
    struct http_packing *p = &request->packing;

    http_request_pack_some(request);
    gzip_packer_end(&p->packer);
    buffer_fini(&request->body);
    CHECK(p->packer == NULL);
    request->body = p->packed;
    p->packed = (struct buffer){0};
}
