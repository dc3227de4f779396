/*
 * Why a key of Fluent Bit's has no meaning here, where more than one table has such keys. Users are
 * told, and read it in the pages.
 */
#ifndef TAILRACE_SERVICE_REASONS_H
#define TAILRACE_SERVICE_REASONS_H

#define FILES_ARE_THE_BUFFER "The log files are the buffer; nothing is stored a second time."
#define ONE_THREAD "Reading is the loop's; encoding and compressing run beside it."
#define LIBC_RESOLVES "Names are resolved by the system, away from the loop."

#endif
