/*
 * What a bug leaves behind that stops the process: where it stood, on standard error, and no core.
 *
 * A core would hold other people's log lines and the tokens of the requests that are under way, even
 * in the registers, and lies on a disk, or goes to whoever collects cores. CRASH_CORE_VARIABLE=on
 * lets it be written, for who looks for the bug.
 *
 *   tailrace: stopped by SIGSEGV, at
 *   tailrace(+0x8d1f0)[0x55d0c1a8d1f0]      addr2line -f -e tailrace 0x8d1f0 has the line
 *
 * Life     crash_prepare once, before there are threads.
 * Thread   the one that is stopped says so.
 * Limits   CRASH_FRAMES_MAX callers. Where a sanitizer runs, it says more itself and is let.
 */
#ifndef TAILRACE_BASE_CRASH_H
#define TAILRACE_BASE_CRASH_H

#define CRASH_CORE_VARIABLE "TAILRACE_CORE"
#define CRASH_FRAMES_MAX 64

void crash_prepare(void);

#endif
