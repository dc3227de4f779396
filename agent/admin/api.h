/*
 * The JSON documents of Fluent Bit's own paths. Each appends one; for pages.c alone. Pure; thread:
 * the loop.
 */
#ifndef TAILRACE_ADMIN_API_H
#define TAILRACE_ADMIN_API_H

#include "admin/view.h"

void api_about(const struct admin_view *view, struct buffer *out);
void api_uptime(const struct admin_view *view, struct buffer *out);
void api_metrics(const struct admin_view *view, struct buffer *out);
void api_storage(const struct admin_view *view, struct buffer *out);
void api_plugins(const struct admin_view *view, struct buffer *out);
void api_health(const struct admin_view *view, struct buffer *out);
void api_live(const struct admin_view *view, struct buffer *out);
void api_reload_count(const struct admin_view *view, struct buffer *out);
void api_reload_mistakes(const struct admin_view *view, struct buffer *out);

#endif
