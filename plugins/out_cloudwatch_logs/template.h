/*
 * What a group's or a stream's name is made of, compiled once, in either of two languages.
 *
 *   cw_template_new        $(tag)  $(tag[2])  $(key)  $(key['sub']['sub'])  $(uuid)
 *                          $(ecs_task_id)  $(ecs_task_arn)  $(ecs_cluster)
 *   cw_template_accessor   $TAG  $TAG[2]  $key  $key['sub']           (record/accessor.h)
 *
 * The first is what the output `cloudwatch` of AWS's image understands. A part of the tag is counted
 * from 0 to 9, where the last is all that is left of it; a uuid is made when the template is, and
 * begins with the time, so that names with it sort by when the agent began.
 *
 * Life     cw_template_new -> cw_template_render* -> cw_template_free.
 * Thread   made and freed on the loop, rendered on any. Constant.
 * Limits   CW_TEMPLATE_PARTS_MAX parts.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_TEMPLATE_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_TEMPLATE_H

#include "plugin/plugin.h"

#define CW_TEMPLATE_PARTS_MAX 64
#define CW_TAG_PARTS_MAX 10
#define CW_UUID_BYTES 28 /* with the NUL */

struct cw_template;

/* NULL and an error in the report for a "$(" without ")", an empty name, and brackets that hold
 * neither a quoted key nor a number. A "$" without "(" is text. */
struct cw_template *cw_template_new(const char *text, struct report *report, struct place place);

/* The other language. */
struct cw_template *cw_template_accessor(const char *text, struct report *report,
                                         struct place place);

void cw_template_free(struct cw_template **template); /* NULL is fine */

/* Whether it asks for the task; whether for a field of the record. */
bool cw_template_has_task(const struct cw_template *template);
bool cw_template_has_field(const struct cw_template *template);

/* Whether it is text alone, which is lent then. */
bool cw_template_is_constant(const struct cw_template *template, struct slice *text);

/* The text for a record, in the scope's arena or lent; data NULL where something that it asks for is
 * not there, or all of it is empty. Of a task that is not known all is empty. */
struct slice cw_template_render(const struct cw_template *template,
                                const struct accessor_scope *scope, const struct aws_task *task);

#endif
