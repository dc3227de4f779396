/*
 * The Content-Security-Policy of a page that has its script and its style inside: both are named
 * by their digest, so that a browser runs these and nothing else, whatever a log says.
 *
 * Pure. Thread: any.
 */
#ifndef TAILRACE_ADMIN_POLICY_H
#define TAILRACE_ADMIN_POLICY_H

#include "base/slice.h"

#define POLICY_BYTES_MAX 512

/* The page has exactly one <script> and one <style>, without attributes. */
void policy_of(struct slice html, char policy[POLICY_BYTES_MAX]);

#endif
