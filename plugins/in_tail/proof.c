#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/open.h"

#include <errno.h>
#include <uv.h>

/*
 * What gzip made of a file that was read in part: all that was read has to be inflated once more to get
 * where reading goes on, and may be gigabytes. That is done in slices, one at each turn of the loop,
 * before anything of it is read.
 *
 *   tail_proof_begin   it was found by its first bytes, and opened
 *   tail_proof_step    passes a slice; the bytes before the place tell whether it is the file that was read
 *   file_disproved     it is not: it goes on as another file, or as a copy that ends before
 *
 * Its row stays as it is until then, as it may be another file's.
 */

/* At one turn of the loop, of all files together: some milliseconds. Then others have their turn. */
#define PASS_BYTES_MAX ((uint64_t)128 * 1024)
#define PASS_WAIT_MS 1

/* Those that come when so much was passed come later, so that they are not asked all the time. */
#define PASS_CROWD_MS 20

void tail_proof_begin(struct tail_source *s, uint64_t offset, uint64_t together,
                      struct file_print print, bool may_be_cut)
{
    CHECK(s->reader.is_gzip && offset <= together);
    file_reader_aim(&s->reader, together);
    s->proof = (struct tail_proof){
        .is_due = together > 0, .may_be_cut = may_be_cut, .offset = offset, .print = print};
    if (print.len > offset || print.len > FILE_HEAD_BYTES_MAX)
        s->proof.print = (struct file_print){0};
}

/* 1 when it is further, and it looks again by itself; 0, or negative. */
static int pass(struct tail_file *f, uint64_t offset)
{
    uint64_t *passed = &f->tail->reading.passed_bytes, from = f->source.reader.offset;
    int rc;

    if (*passed >= PASS_BYTES_MAX) {
        tail_file_look_again(f, PASS_CROWD_MS);
        return 1;
    }
    rc = file_reader_seek_some(&f->source.reader, offset, PASS_BYTES_MAX - *passed);
    if (f->source.reader.offset < from) /* it had to begin anew */
        from = 0;
    *passed += f->source.reader.offset - from;
    if (rc > 0)
        tail_file_look_again(f, PASS_WAIT_MS);
    return rc;
}

int tail_file_approach(struct tail_file *f)
{
    uint64_t next = tail_source_next(&f->source);

    if (LIKELY(!f->source.reader.is_gzip || f->source.reader.offset == next))
        return 0;
    return pass(f, next);
}

/* 1 when it is further, 0, or negative. UV_ERANGE: it ends before, or has other bytes. */
static int prove_some(struct tail_file *f)
{
    struct tail_source *s = &f->source;
    struct tail_proof *proof = &s->proof;
    uint64_t print_at = proof->offset - proof->print.len;
    int rc = s->reader.offset >= print_at ? 0 : pass(f, print_at);

    CHECK(proof->is_due && proof->offset <= s->state.read);
    if (rc != 0)
        return rc;
    if (s->reader.offset <= proof->offset)
        rc = file_reader_seek_known(&s->reader, proof->offset, proof->print);
    if (rc != 0 || proof->offset == s->state.read)
        return rc;
    *proof = (struct tail_proof){.is_due = true, .offset = s->state.read};
    return prove_some(f);
}

static void damage_say(const struct tail_file *f)
{
    f->tail->input->metrics.read_errors++;
    log_warn(f->tail->told.component,
             "%s is damaged before byte %llu, up to which it was read: what follows is missing",
             f->log.real_path, (unsigned long long)f->source.state.read);
}

/* A copy that was made before all that was read had come has nothing more in it. Another file is read
 * from its beginning. Nothing that was parted by rotation is put together with it. */
static void file_disproved(struct tail_file *f)
{
    const struct tail_proof *proof = &f->source.proof;
    struct tail *t = f->tail;
    char *path = mem_text(f->log.real_path), *log_path = mem_text(f->log.path);
    struct found_file name = {.path = log_path, .real = log_path};
    struct file_id id = f->known.identity.id;
    struct tail_start start = {.path = path, .id = &id, .is_apart = true, .note.is_first = true};
    int rc;

    if (proof->may_be_cut && f->source.reader.offset < proof->offset) {
        start.row = f->known.row;
        start.known_ns = f->known.known_ns;
        start.note.stream_id = f->origin.id;
        start.offset = start.note.together = f->source.reader.offset;
    } else {
        log_warn(t->told.component,
                 "%s begins like a generation of %s that was read, and goes on otherwise: it is "
                 "read from its beginning",
                 path, log_path);
    }
    tail_bookmark_leave(f);
    tail_file_close(f);
    rc = tail_file_open_generation(t, log_path, &start);
    if (rc < 0)
        tail_again_note(t, &name, path, rc);
    mem_free(path);
    mem_free(log_path);
}

enum tail_proved tail_proof_step(struct tail_file *f)
{
    int rc = prove_some(f);

    CHECK(f->readers.laggard == NULL);
    if (rc > 0)
        return PROOF_IS_DUE;
    if (rc == UV_ERANGE && f->log.name == NULL) {
        file_disproved(f);
        return PROOF_IS_GONE;
    }
    if (rc < 0 && rc != UV_ERANGE && rc != -EBADMSG) {
        tail_file_try_later(f, rc);
        return PROOF_IS_DUE;
    }
    if (rc == -EBADMSG)
        damage_say(f);
    f->source.proof.is_due = false;
    if (rc == UV_ERANGE) {
        tail_file_restart(f, 0);
        return PROOF_IS_GONE;
    }
    tail_file_save_new(f);
    tail_laggards_touch(f);
    return PROOF_IS_OVER;
}
