#include "plugins/in_tail/kin.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/lines.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/takeover.h"
#include "plugins/in_tail/wish.h"

/*
 * The pieces of a line that rotation parted: the first lie at the end of one generation of a log,
 * the others at the beginning of the next.
 *
 *   elder                          heir
 *   |---- records ----|-- P P --|  |-- F --|---- records ----|
 *                     lent_from    0
 *
 * The heir is not read before all that its elder has was read. Then it takes over what waits there,
 * and its lines go on with it. The elder's bookmark stays before the pieces until the heir's is
 * behind the record that they became, and behind all that is read again with it, so that after a crash
 * both are read again and become the same record with the same id. Nor does the heir's move before all is
 * settled that the elder has before the pieces: or the elder would be read again up to them, and what
 * follows them would not.
 *
 *   tail_kin_find     a file begins: whose heir is it
 *   tail_kin_may_read whether its turn has come; takes over
 *   tail_kin_settled  releases the elder, when an ack came
 *   tail_kin_part     one of them is closed
 *
 * Goes wrong: the elder cannot be read (the heir does not wait for it; its pieces stay its own, as
 * they do when the heir is found too late or is not read from its beginning, or when a generation that
 * cannot be opened may lie between them); the log was copied and truncated (nobody knows what was
 * written between the two, and after a crash not even what was read of that: a file that follows a
 * truncation says so in its row, and takes no pieces over); a record over three
 * generations (parted where the third begins); an output falls behind before it has the record (its
 * laggards read the elder's pieces as a record, and the heir's as another).
 */

/* The log itself, which has no name here before it is found, is none yet. */
static bool is_generation(const struct tail_file *f, const struct tail_file *heir)
{
    return f != heir && f->source.fd >= 0 && f->log.name == NULL &&
           strcmp(f->log.path, heir->log.path) == 0 && !tail_file_is_unfound(f);
}

/* The youngest of the log's other generations. Files of a log are in the order of its generations, which
 * is that in which they were opened, but for one that could not be opened in time (generations.c). */
static struct tail_file *generation_before(struct tail_file *f)
{
    if (tail_file_is_only(f))
        return NULL;
    for (struct list *it = f->tail->followed.files.prev; it != &f->tail->followed.files;
         it = it->prev) {
        struct tail_file *other = CONTAINER_OF(it, struct tail_file, link);

        if (is_generation(other, f))
            return other;
    }
    return NULL;
}

/* What it begins with may be the rest of what the one before it ends with. */
static bool may_follow(const struct tail_file *f, const struct tail_file *elder, bool is_any_hidden)
{
    return !is_any_hidden && !f->kin.is_first && f->source.state.read == 0 &&
           elder->kin.heir == NULL && !elder->kin.is_apart;
}

static void kin_unlink(struct tail_file *heir)
{
    if (heir->kin.elder == NULL)
        return;
    CHECK(heir->kin.elder->kin.heir == heir);
    heir->kin.elder->kin.heir = NULL;
    heir->kin.elder = NULL;
}

static void begin_anew(struct tail_file *f)
{
    if (f->kin.elder != NULL)
        f->kin.elder->kin.is_apart = true;
    kin_unlink(f);
    f->kin.is_first = true;
    if (f->source.state.read == 0) /* its row says so before a line of it is in a record */
        f->known.is_saved = false;
}

/* With the rows of what was found beside it: by them a restart would take that for what came before. */
void tail_kin_begin_anew(struct tail_file *f)
{
    begin_anew(f);
    if (f->source.fd >= 0)
        tail_file_save_new(f);
}

/* One that has a file after it, and no heir, does not get one later, when that file may be gone; and that
 * file takes nothing over after a crash either, or lines that were a record would be in another, too. */
void tail_kin_find(struct tail_file *f)
{
    struct tail_file *elder;
    bool is_any_hidden;

    if (f->tail->lines.rules == NULL)
        return;
    is_any_hidden = tail_again_is_for(f->tail, f->log.path);
    f->kin.is_apart |= is_any_hidden && f->log.name == NULL;
    elder = f->tail->followed.unnamed_count > 0 ? generation_before(f) : NULL;
    CHECK(f->kin.elder == NULL && f->kin.lender == NULL);
    if (elder != NULL && may_follow(f, elder, is_any_hidden)) {
        CHECK(elder != f && elder->kin.heir == NULL);
        f->kin.elder = elder;
        elder->kin.heir = f;
        return;
    }
    if (elder != NULL)
        elder->kin.is_apart = true;
    if (f->source.state.read == 0 && (elder != NULL || is_any_hidden))
        begin_anew(f);
}

/* As a look at the file sees it. */
static uint64_t bytes_of(struct tail_file *f)
{
    struct file_facts facts;

    if (f->source.fd < 0 || file_state_read(f->source.fd, &facts) < 0)
        return 0;
    tail_file_note_seen(f, facts.size_bytes);
    return file_reader_size(&f->source.reader, facts.size_bytes);
}

/* Its pieces become the heir's. A record that has come from further back ends here. False: they stay its
 * own. */
static bool take_over(struct tail_file *heir, struct tail_file *elder)
{
    struct origin *origin = &elder->origin;

    CHECK(heir != elder && heir->kin.elder == elder);
    tail_wish_inherit(heir, elder);
    if (joiner_has_inherited(elder->lines.joiner) || heir->lines.rules != elder->lines.rules) {
        tail_lines_flush(elder, true);
        tail_file_advance(elder, tail_source_next(&elder->source));
    }
    if (elder->lines.joiner == NULL)
        return true;
    if (!tail_file_part_alike(elder, heir))
        return false;
    if (elder->lines.joiner ==
        NULL) /* an output that read it alone is away: they went on as they are */
        return true;
    CHECK(heir->kin.lender == NULL && !elder->kin.is_lent);
    elder->kin.is_lent = true;
    elder->kin.lent_from = joiner_oldest(elder->lines.joiner);
    CHECK(elder->kin.borrower == NULL);
    heir->kin.lender = elder;
    elder->kin.borrower = heir;
    (void)origin_ref(origin);
    joiner_inherit(&heir->lines.joiner, &elder->lines.joiner, 0);
    tail_lines_account(heir);
    tail_lines_account(elder);
    return true;
}

/* What an elder that cannot be read has for it is never known, and what an output reads by itself there it
 * does not get: nothing of that one goes on in another file, nor in this one when both are read again. Its
 * row says so before it is read. One that has nothing for it has nothing for those after it. */
bool tail_kin_may_read(struct tail_file *f)
{
    struct tail_file *elder = f->kin.elder;

    if (LIKELY(elder == NULL))
        return true;
    if (bytes_of(f) == 0)
        return true;
    if (!file_trouble_lasts(&elder->source.trouble)) {
        if (elder->source.way != NULL || elder->ending.copies != NULL ||
            elder->source.state.unfinished_bytes > 0 || bytes_of(elder) > elder->source.state.read)
            return false;
        if (take_over(f, elder)) {
            elder->kin.is_apart |= !elder->kin.is_lent;
            kin_unlink(f);
            return true;
        }
    }
    tail_kin_begin_anew(f);
    return false;
}

bool tail_kin_is_awaited(const struct tail_file *f)
{
    struct tail_file *heir = f->kin.heir;

    if (heir == NULL || bytes_of(heir) == 0)
        return false;
    tail_file_touch(heir);
    return true;
}

/* ---- until the record is acknowledged ---- */

static void lender_release(struct tail_file *heir)
{
    struct tail_file *elder = heir->kin.lender;
    struct origin *origin = &elder->origin;

    CHECK(heir != elder);
    CHECK(elder->kin.is_lent && !joiner_has_inherited(heir->lines.joiner));
    CHECK(elder->kin.borrower == heir);
    heir->kin.lender = NULL;
    heir->kin.is_counted = false;
    elder->kin.borrower = NULL;
    elder->kin.is_lent = false;
    elder->kin.is_apart = true;
    if (elder->source.fd >= 0)
        tail_file_lent_back(elder);
    if (heir->source.fd >= 0) {
        tail_bookmark_save(heir);
        tail_file_touch(heir);
    }
    origin_unref(&origin);
}

/* No span that had been issued when the last group went is under way any more. */
static bool are_spans_settled(const struct tail_file *heir)
{
    return heir->kin.is_counted && heir->origin.window.first_seq >= heir->kin.lent_until;
}

static bool is_settled_before_pieces(const struct tail_file *elder);

/* Its own bookmark goes behind the record with what it was lent as soon as it gets back what it lent: both
 * are given back at once. */
static bool is_settled_with_pieces(const struct tail_file *f)
{
    return f->origin.window.count == 0 && are_spans_settled(f) &&
           is_settled_before_pieces(f->kin.lender);
}

/* Nothing before the pieces will be read again, nor what is a record of this one and stands among them,
 * whose span ends where they begin; of one that is let go of nothing is, nor behind the end of its copy. */
static bool is_settled_before_pieces(const struct tail_file *elder)
{
    uint64_t end = tail_file_not_behind(elder, elder->kin.lent_from);

    CHECK(elder->kin.is_lent);
    if (elder->ending.must_let_go)
        return true;
    return elder->origin.window.count == 0 && tail_file_settled_alone(elder) >= end &&
           (elder->kin.lender == NULL || is_settled_with_pieces(elder));
}

/* A line of another stream that waits may begin before the record: then the record is read again with it,
 * and must not be without its pieces. One that is closed is not read again. */
static bool is_settled_behind_record(const struct tail_file *heir)
{
    uint64_t end = tail_file_not_behind(heir, heir->kin.lent_to);

    return are_spans_settled(heir) && (heir->tail == NULL || heir->origin.window.settled >= end);
}

static void heir_settled(struct tail_file *f)
{
    const struct ack_window *w = &f->origin.window;

    if (LIKELY(f->kin.lender == NULL) || joiner_has_inherited(f->lines.joiner))
        return;
    if (!f->kin.is_counted) {
        f->kin.is_counted = true;
        f->kin.lent_until = w->first_seq + w->count;
        f->kin.lent_to = f->lines.joined_to;
    }
    if (is_settled_behind_record(f) && is_settled_before_pieces(f->kin.lender))
        lender_release(f);
}

/* One may wait for the other, and a third for that one. */
void tail_kin_settled(struct tail_file *f)
{
    for (; f != NULL; f = f->kin.borrower)
        heir_settled(f);
}

/* Its acks did not come, or came: nobody waits for them now. */
void tail_kin_forget(struct tail_file *f)
{
    struct origin *origin;

    if (f->kin.lender == NULL)
        return;
    origin = &f->kin.lender->origin;
    CHECK(f->kin.lender->kin.borrower == f);
    f->kin.lender->kin.borrower = NULL;
    f->kin.lender = NULL;
    origin_unref(&origin);
}

void tail_kin_part(struct tail_file *f)
{
    if (f->kin.heir != NULL) {
        tail_file_touch(f->kin.heir);
        kin_unlink(f->kin.heir);
    }
    kin_unlink(f);
    CHECK(f->kin.elder == NULL && f->kin.heir == NULL);
    if (f->ending.must_let_go && f->kin.borrower != NULL)
        heir_settled(f->kin.borrower);
    if (joiner_has_inherited(f->lines.joiner))
        tail_kin_forget(f);
}
