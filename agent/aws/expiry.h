/*
 * When keys are fetched anew, and how far our clock is off. Pure.
 *
 *     now ............ refresh ....... expires
 *                      |--- lead ------|
 *
 * lead = 15 minutes, or a quarter of what is left where that is less, and up to a fifth more by dice,
 * so that a thousand nodes do not ask in the same second. What has no end is looked at again every 15
 * minutes, because files change. While the old keys are good, nothing waits for the new ones; where no
 * new ones can be had, the old ones go on being used, even past their end: AWS extends them while it
 * has trouble of its own, and hands out such keys too; newer ones are then looked for every minute or
 * two.
 */
#ifndef TAILRACE_AWS_EXPIRY_H
#define TAILRACE_AWS_EXPIRY_H

#include "base/check.h"

#define AWS_REFRESH_LEAD_S 900
#define AWS_LOOK_AGAIN_S 900

/* A clock this far off makes signatures void: AWS allows five minutes. */
#define AWS_SKEW_S_MAX 240

/* In how many milliseconds keys with this end are fetched anew; `expires_s` 0: they have none. */
uint64_t aws_refresh_ms(int64_t now_s, int64_t expires_s, uint64_t dice);

/* How long to wait after so many failures in a row, at least one: 1 s, 2 s, ... a minute, half of it by
 * dice. */
uint64_t aws_again_ms(unsigned failures, uint64_t dice);

/* Whether a clock that was corrected by `skew_s` is off, by what AWS's Date said; then `*skew_s_out` is
 * the correction. `date_s` 0: it said nothing. */
bool aws_is_skewed(int64_t now_s, int64_t date_s, int64_t skew_s, int64_t *skew_s_out);

#endif
