#include "http/reply_header.h"

#include "base/clock.h"

#include <curl/curl.h>

#define MS_PER_S 1000

static uint64_t seconds_ms(struct slice digits)
{
    uint64_t seconds = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return 0;
        seconds = seconds * 10 + (uint64_t)(digits.data[i] - '0');
        if (seconds > RETRY_AFTER_MS_MAX / MS_PER_S)
            seconds = RETRY_AFTER_MS_MAX / MS_PER_S;
    }
    return seconds * MS_PER_S;
}

/* 0 for what is no date. */
static int64_t date_s(struct slice value)
{
    char text[64];
    time_t at_s;

    if (value.len >= sizeof text)
        return 0;
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    at_s = curl_getdate(text, NULL);
    return at_s < 0 || at_s > INT64_MAX / NS_PER_S ? 0 : (int64_t)at_s;
}

static uint64_t date_ms(struct slice value)
{
    int64_t now_ms = clock_wall_ns() / NS_PER_MS;
    int64_t at_s = date_s(value);
    int64_t wait_ms;

    wait_ms = at_s * MS_PER_S - now_ms;
    if (wait_ms <= 0)
        return 0;
    return (uint64_t)wait_ms < RETRY_AFTER_MS_MAX ? (uint64_t)wait_ms : RETRY_AFTER_MS_MAX;
}

uint64_t retry_after_ms(struct slice value)
{
    if (value.len == 0)
        return 0;
    return value.data[0] >= '0' && value.data[0] <= '9' ? seconds_ms(value) : date_ms(value);
}

static void status_line(struct http_reply *reply, struct slice line)
{
    struct slice rest = slice_trim(slice_skip(line, slice_find(line, ' ')));
    int status = 0;

    for (size_t i = 0; i < rest.len && i < 3 && rest.data[i] >= '0' && rest.data[i] <= '9'; i++)
        status = status * 10 + (rest.data[i] - '0');
    reply->status = status >= 200 ? status : 0; /* 100 Continue is not an answer yet */
    reply->retry_after_ms = 0;
    reply->is_elasticsearch = false;
    reply->content_type[0] = reply->request_id[0] = reply->error_type[0] = '\0';
    reply->date_s = 0;
}

static void keep(char text[64], struct slice value)
{
    size_t len = value.len < 64 ? value.len : 63;

    memcpy(text, value.data, len);
    text[len] = '\0';
}

void reply_header(struct http_reply *reply, struct slice line)
{
    size_t colon = slice_find(line, ':');
    struct slice name = slice_trim(slice_make(line.data, colon));
    struct slice value = slice_trim(slice_skip(line, colon + 1));

    if (slice_begins(line, SLICE("HTTP/")))
        status_line(reply, line);
    else if (slice_is_nocase(name, "Retry-After"))
        reply->retry_after_ms = retry_after_ms(value);
    else if (slice_is_nocase(name, "X-Elastic-Product"))
        reply->is_elasticsearch = true;
    else if (slice_is_nocase(name, "Content-Type"))
        keep(reply->content_type, value);
    else if (slice_is_nocase(name, "Date"))
        reply->date_s = date_s(value);
    else if (slice_is_nocase(name, "X-Amzn-RequestId"))
        keep(reply->request_id, value);
    else if (slice_is_nocase(name, "X-Amzn-ErrorType"))
        keep(reply->error_type, value);
}
