/*
 * What this program is called, and which Fluent Bit it behaves like. Scripts read the version of
 * a shipper from its first line of `--version`, from `/` and from metrics, and decide by it what
 * they may ask for: so those say Fluent Bit's number. Any thread.
 */
#ifndef TAILRACE_BASE_VERSION_H
#define TAILRACE_BASE_VERSION_H

#define VERSION_TAILRACE "0.1.0"
#define VERSION_COMPATIBLE "5.1.1"

/* The commit that the program was built from, or "unknown". */
const char *version_commit(void);

#endif
