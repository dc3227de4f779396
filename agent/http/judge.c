#include "http/judge.h"

enum verdict judge_status(int status)
{
    if (status >= 200 && status <= 299)
        return VERDICT_DELIVERED;
    if (status == 413 || status == 417)
        return VERDICT_TOO_LARGE;
    if (status < 400 || status > 499)
        return VERDICT_RETRY;
    switch (status) {
    case 401:
    case 403:
    case 404:
    case 405:
    case 406:
    case 407:
    case 408:
    case 410:
    case 425:
    case 429:
        return VERDICT_RETRY;
    default:
        return VERDICT_REFUSED;
    }
}
