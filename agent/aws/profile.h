/*
 * The files that AWS's tools share: ~/.aws/credentials and ~/.aws/config. Pure: the texts are given.
 *
 *     [default]                    credentials: [name]      config: [profile name], [default]
 *     aws_access_key_id = AKIA…    a key, a value; blanks around both do not count
 *     s3 =
 *       max_attempts = 3           indented: belongs to the key above, and is not looked at
 *     # or ;                       a comment, at the start of a line or behind a blank
 *
 * A profile is what both files say of it; the credentials file comes first. Of a key that comes twice
 * the last counts. Nothing is kept: each question walks the texts, as they are short and asked for
 * a few times an hour.
 */
#ifndef TAILRACE_AWS_PROFILE_H
#define TAILRACE_AWS_PROFILE_H

#include "base/slice.h"

/* Empty where there is no such file. */
struct aws_files {
    struct slice credentials;
    struct slice config;
};

bool aws_profile_exists(const struct aws_files *files, struct slice profile);

/* The value, lent from the texts; empty where there is none. */
struct slice aws_profile_get(const struct aws_files *files, struct slice profile, const char *key);

#endif
