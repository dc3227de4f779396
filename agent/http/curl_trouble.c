#include "http/curl_internal.h"

#include <stdio.h>
#include <uv.h>

/* What the system said of the last socket, or `otherwise`. */
static int system_error(const struct http_call *call, int otherwise)
{
    long number = 0;

    curl_easy_getinfo(call->curl->easy, CURLINFO_OS_ERRNO, &number);
    return number > 0 ? (int)-number : otherwise;
}

static const char *words_of(const struct http_call *call, CURLcode result)
{
    return call->curl->words[0] != '\0' ? call->curl->words : curl_easy_strerror(result);
}

static int why_system(const struct http_call *call, int otherwise, char why[256])
{
    int error = system_error(call, otherwise);

    snprintf(why, 256, "%s", uv_strerror(error));
    return error;
}

static int why_proxy(long status, char why[256])
{
    snprintf(why, 256, "the proxy answered %ld", status);
    return UV_ECONNREFUSED;
}

/* An authority does not help where it is a matter of time. */
static bool is_about_time(const char *words)
{
    return strstr(words, "has expired") != NULL || strstr(words, "not yet valid") != NULL;
}

static int why_tls(const struct http_call *call, CURLcode result, char why[256])
{
    const char *advice = "";

    if (is_about_time(words_of(call, result)))
        advice = ", or this machine's clock is wrong";
    else if (result == CURLE_PEER_FAILED_VERIFICATION)
        advice = "; name its authority with tls.ca_file, or trust anybody with tls.verify off";
    snprintf(why, 256, "[tls] error: %.160s%s", words_of(call, result), advice);
    return UV_EPROTO;
}

static bool is_tls(CURLcode result)
{
    switch (result) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CLIENTCERT:
        return true;
    default:
        return false;
    }
}

/* A connection that broke, or was closed, at some step. */
static int why_broken(const struct http_call *call, CURLcode result, char why[256])
{
    switch (result) {
    case CURLE_COULDNT_CONNECT:
        return why_system(call, UV_ECONNREFUSED, why);
    case CURLE_GOT_NOTHING:
        snprintf(why, 256, "the connection was closed without an answer");
        return UV_EOF;
    case CURLE_PARTIAL_FILE:
        snprintf(why, 256, "the answer ended early");
        return UV_EOF;
    default: /* CURLE_SEND_ERROR, CURLE_RECV_ERROR */
        return why_system(call, UV_ECONNRESET, why);
    }
}

int curl_why(const struct http_call *call, CURLcode result, char why[256])
{
    long proxy_status = 0;

    curl_easy_getinfo(call->curl->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (proxy_status >= 300)
        return why_proxy(proxy_status, why);
    if (is_tls(result))
        return why_tls(call, result, why);
    if (call->intake.is_broken_off)
        return reply_why(call, why);
    switch (result) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return why_broken(call, result, why);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
        snprintf(why, 256, "the answer is not HTTP");
        return UV_EPROTO;
    case CURLE_WRITE_ERROR:
        if (call->intake.is_too_large)
            return reply_why(call, why);
        break;
    default:
        break;
    }
    snprintf(why, 256, "%s", words_of(call, result));
    return UV_EIO;
}
