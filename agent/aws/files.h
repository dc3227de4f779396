/*
 * What a plan needs from the disk: AWS's shared files, and tokens that others keep fresh in files.
 * Reads; any thread, but it may wait for the disk.
 */
#ifndef TAILRACE_AWS_FILES_H
#define TAILRACE_AWS_FILES_H

#include "aws/plan.h"

#define AWS_FILE_BYTES_MAX ((size_t)1 << 20)

/* The texts of ~/.aws/credentials and ~/.aws/config, or of the files that AWS_SHARED_CREDENTIALS_FILE
 * and AWS_CONFIG_FILE name; empty where there is none. Both buffers are to be wiped. */
void aws_files_read(aws_env_fn *env, struct buffer *credentials, struct buffer *config);

/* A token without the blanks around it. A negative libuv code with `why` where it cannot be read, is
 * empty, or longer than `bytes_max`. The buffer is to be wiped. */
MUST_USE int aws_token_read(const char *path, size_t bytes_max, struct buffer *out, char why[256]);

#endif
