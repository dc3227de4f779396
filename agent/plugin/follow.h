/*
 * What an input that follows files, or a journal, may use besides plugin.h: names and what becomes of
 * them, the bytes of a file, its generations, bookmarks, and the joining of lines.
 *
 * Only includes; each header is its own manual.
 */
#ifndef TAILRACE_PLUGIN_FOLLOW_H
#define TAILRACE_PLUGIN_FOLLOW_H

#include "checkpoint/cursor.h"
#include "checkpoint/orphans.h"
#include "checkpoint/positions.h"
#include "file/discover.h"
#include "file/follow_plan.h"
#include "file/generations.h"
#include "file/held.h"
#include "file/pace.h"
#include "file/reader.h"
#include "file/rest.h"
#include "file/trouble.h"
#include "file/twin.h"
#include "line/encoding.h"
#include "line/feeds.h"
#include "line/joiner.h"
#include "plugin/plugin.h"

#endif
