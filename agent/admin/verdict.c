#include "admin/verdict.h"

#include <inttypes.h>

/* Unread bytes are no lag as long as they are few, or are delivered within these seconds. */
#define LAG_BYTES_MIN 1000000
#define LAG_SECONDS_MIN 10

void pace_look(struct pace *pace, uint64_t now_ms, uint64_t delivered_bytes, uint64_t unread_bytes)
{
    double seconds = (double)(now_ms - pace->at_ms) / 1000;
    bool is_first = pace->at_ms == 0;

    if (!is_first && now_ms - pace->at_ms < PACE_MIN_MS)
        return;
    CHECK(is_first || delivered_bytes >= pace->delivered_bytes);
    pace->is_known = !is_first;
    if (!is_first) {
        pace->delivered_per_s = (double)(delivered_bytes - pace->delivered_bytes) / seconds;
        pace->unread_growth_per_s = ((double)unread_bytes - (double)pace->unread_bytes) / seconds;
    }
    pace->at_ms = now_ms;
    pace->delivered_bytes = delivered_bytes;
    pace->unread_bytes = unread_bytes;
}

/* ---- words ---- */

void append_bytes(struct buffer *out, uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double amount = (double)bytes / 1000;
    size_t unit = 0;

    if (bytes < 1000) {
        buffer_append_format(out, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
        return;
    }
    for (; amount >= 1000 && unit + 1 < ARRAY_LEN(units); unit++)
        amount /= 1000;
    buffer_append_format(out, "%.1f %s", amount, units[unit]);
}

void append_span(struct buffer *out, uint64_t seconds)
{
    if (seconds < 120)
        buffer_append_format(out, "%" PRIu64 " s", seconds);
    else if (seconds < 7200)
        buffer_append_format(out, "%" PRIu64 " min", seconds / 60);
    else if (seconds < 172800)
        buffer_append_format(out, "%" PRIu64 " h", seconds / 3600);
    else
        buffer_append_format(out, "%" PRIu64 " days", seconds / 86400);
}

const char *verdict_state_name(enum verdict_state state)
{
    static const char *const names[] = {"good", "behind", "bad"};

    CHECK((size_t)state < ARRAY_LEN(names));
    return names[state];
}

/* ---- the sentence ---- */

static bool is_lagging(const struct situation *is, const struct pace *pace)
{
    if (is->unread_bytes < LAG_BYTES_MIN)
        return false;
    return !pace->is_known || (double)is->unread_bytes > pace->delivered_per_s * LAG_SECONDS_MIN;
}

static void write_trouble(const struct situation *is, struct buffer *out)
{
    CHECK(is->trouble != NULL);
    buffer_append_format(out, "No: output %s has had trouble for ", is->output);
    append_span(out, is->trouble_s);
    buffer_append_format(out, " (%s). ", is->trouble);
    if (is->unread_bytes == 0) {
        buffer_append_text(out, "What it lacks is kept until that is over.");
        return;
    }
    append_bytes(out, is->unread_bytes);
    buffer_append_text(out, " wait in the log files until that is over.");
}

static void write_closed(const struct situation *is, struct buffer *out)
{
    buffer_append_format(out,
                         "No: files cannot be opened or read, %" PRIu64
                         " of them; the list below and the log say why.",
                         is->closed_files);
}

static void write_standstill(const struct situation *is, struct buffer *out)
{
    buffer_append_format(out, "No: %s.", is->standstill);
}

static void write_falling_behind(const struct situation *is, const struct pace *pace,
                                 struct buffer *out)
{
    CHECK(pace->is_known && pace->unread_growth_per_s > 0);
    buffer_append_text(out, "No: ");
    append_bytes(out, is->unread_bytes);
    buffer_append_text(out, " are unread, and ");
    append_bytes(out, (uint64_t)pace->unread_growth_per_s);
    buffer_append_text(out, " more every second. ");
    buffer_append_text(out, is->is_paused
                                ? "The outputs take less than is written; reading waits for them."
                                : "More is written than one reader gets through.");
}

static void write_catching_up(const struct situation *is, const struct pace *pace,
                              struct buffer *out)
{
    buffer_append_text(out, "Nearly: ");
    append_bytes(out, is->unread_bytes);
    buffer_append_text(out, " are unread");
    if (pace->is_known && pace->unread_growth_per_s < 0) {
        buffer_append_text(out, ", done in about ");
        append_span(out, (uint64_t)((double)is->unread_bytes / -pace->unread_growth_per_s) + 1);
    }
    buffer_append_byte(out, '.');
}

static void write_losses(const struct situation *is, struct buffer *out)
{
    if (is->lost_bytes > 0) {
        buffer_append_byte(out, ' ');
        append_bytes(out, is->lost_bytes);
        buffer_append_text(out, " were gone from the files before they were read.");
    }
    if (is->dropped_records > 0)
        buffer_append_format(out, " %" PRIu64 " records were given up after their last retry.",
                             is->dropped_records);
    if (is->set_aside_records > 0)
        buffer_append_format(out, " %" PRIu64 " records were refused for their content.",
                             is->set_aside_records);
}

enum verdict_state verdict_write(const struct situation *is, const struct pace *pace,
                                 struct buffer *out)
{
    enum verdict_state state = STATE_GOOD;

    if (is->standstill != NULL) {
        write_standstill(is, out);
        state = STATE_BAD;
    } else if (is->output != NULL) {
        write_trouble(is, out);
        state = STATE_BAD;
    } else if (is->closed_files > 0) {
        write_closed(is, out);
        state = STATE_BAD;
    } else if (is_lagging(is, pace) && pace->is_known && pace->unread_growth_per_s > 0) {
        write_falling_behind(is, pace, out);
        state = STATE_BAD;
    } else if (is_lagging(is, pace)) {
        write_catching_up(is, pace, out);
        state = STATE_BEHIND;
    } else {
        buffer_append_text(out, "Yes: what is written is delivered within seconds.");
    }
    write_losses(is, out);
    return state;
}
