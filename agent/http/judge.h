/*
 * The judge: from an answer to a verdict. One table for every output, so that a 503 means the same
 * everywhere. Pure.
 *
 *   answer                                verdict     why
 *   200 - 299                             delivered
 *   no answer, 408, 425, 429, 5xx, 3xx    retry       the back-end's trouble, or pressure
 *   401, 403, 407                         retry       credentials are an operator's matter; nothing
 *                                                     is thrown away for them
 *   404, 405, 406, 410                    retry       a wrong path or a missing index: likewise
 *   413, 417                              too large   send it in halves
 *   any other 4xx                         refused     the request itself is at fault
 *
 * Source: RFC 9110; what Elasticsearch and OpenSearch answer, their REST specifications.
 */
#ifndef TAILRACE_HTTP_JUDGE_H
#define TAILRACE_HTTP_JUDGE_H

#include "base/check.h"

enum verdict {
    VERDICT_DELIVERED,
    VERDICT_RETRY,     /* the same again, later */
    VERDICT_REFUSED,   /* never as it is: set aside */
    VERDICT_TOO_LARGE, /* in halves; one record alone is set aside */
    VERDICT_AGAIN,     /* something else had to be asked first: another request, at once. Never of a
                        * status alone */
};

enum verdict judge_status(int status);

#endif
