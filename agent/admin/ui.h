/*
 * The page at /ui as bytes: agent/admin/ui.html, put into a C file when the agent is built.
 */
#ifndef TAILRACE_ADMIN_UI_H
#define TAILRACE_ADMIN_UI_H

#include <stddef.h>

extern const char ui_html[];
extern const size_t ui_html_bytes;

#endif
