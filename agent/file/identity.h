/*
 * Who a file is, whatever it is called.
 *
 * While the machine is up the system's numbers tell: device, inode, and the inode's generation, or
 * its time of birth where the file system keeps no generation. ext4 gives the number of a deleted
 * file to the next one at once, so the inode alone tells nothing. Over a restart the content tells:
 * a print of the first bytes and one of the bytes before the saved position.
 *
 * A rename and a truncation leave the file the same. Whether its bytes are the same is the print's
 * to say: after a truncation they are not, and reading begins at 0 again.
 *
 * Plain values. Compare functions are pure; the readers are thin, over one descriptor.
 */
#ifndef TAILRACE_FILE_IDENTITY_H
#define TAILRACE_FILE_IDENTITY_H

#include "base/slice.h"

#define FILE_HEAD_BYTES_MAX 1024
#define FILE_TAIL_BYTES_MAX 64

/* Fewer bytes than these do not tell one file's content from another's. */
#define FILE_PRINT_BYTES_MIN 32

/* The first 32, 64, .. 512 bytes have a print each. */
#define FILE_STEP_COUNT 5

struct file_id {
    uint64_t dev;
    uint64_t ino;
    uint64_t generation; /* 0: the file system tells none */
    int64_t born_ns;     /* 0: nor this */
};

/* What a run of bytes was; len 0 is the print of nothing, which everything matches. */
struct file_print {
    uint64_t hash;
    uint32_t len;
};

struct file_identity {
    struct file_id id;
    struct file_print head;
    uint32_t steps[FILE_STEP_COUNT]; /* of as many as the head has; 0: not known */
};

struct file_facts {
    struct file_id id;
    uint64_t size_bytes;
    uint64_t link_count; /* 0: deleted, and gone when the last descriptor closes */
    int64_t modified_ns;
    bool is_regular;
};

enum file_match {
    FILE_SAME,      /* the same file, and what was read of it still stands there */
    FILE_REWRITTEN, /* the same file by number; its bytes are others: truncated, or number reused */
    FILE_OTHER,
};

/* Numbers only. A generation or birth that one side does not know is not held against the other. */
bool file_id_equal(const struct file_id *a, const struct file_id *b);

struct file_print file_print_of(struct slice bytes);

/* Whether `bytes` begin with what the print was taken of; false when they are fewer. */
bool file_print_begins(struct file_print print, struct slice bytes);

/* Whether a file is the one that was saved; `head` is the first bytes that it has now. The device
 * number may differ after a reboot when the head is long enough to tell. */
enum file_match file_identity_match(const struct file_identity *saved, const struct file_id *now,
                                    struct slice head);

/* Whether one generation's content was found under another file: the copy that copytruncate made,
 * or the file after gzip. Never true of a print shorter than FILE_PRINT_BYTES_MIN. */
bool file_content_match(const struct file_identity *saved, struct slice head);

/* Whether `head` is a whole content, and one that the saved file began with: a copy, made before the
 * rest came. By the longest step that both have. */
bool file_content_is_cut(const struct file_identity *saved, struct slice head);

/* Takes the prints of a file's first bytes, as many of them as there are. */
void file_identity_take(struct file_identity *identity, struct slice head);

/* ---- readers; negative: what the system said ---- */

/* For reading, and where the system lets us without a trace of it in the file's times: each read after a
 * write would else be a write of the inode. The descriptor, or negative. */
MUST_USE int file_open_read(const char *path);

MUST_USE int file_facts_read(int fd, struct file_facts *facts_out);

/* The same with one call less, without the id's generation: for who knows the file and looks how it
 * fares. */
MUST_USE int file_state_read(int fd, struct file_facts *facts_out);

/* Reads up to `len` bytes at `offset`, across interruptions; fewer only at the end of the file. */
MUST_USE int64_t file_read_at(int fd, char *buf, size_t len, uint64_t offset);

/* The prints of the first bytes, `len` of them, FILE_HEAD_BYTES_MAX at most, or as many as there are.
 * They stay as they are when the file does not begin any more as they say. */
MUST_USE int file_head_renew(int fd, size_t len, struct file_identity *identity);

/* The print of the FILE_TAIL_BYTES_MAX bytes, or fewer, that end at `offset`. */
MUST_USE int file_tail_print(int fd, uint64_t offset, struct file_print *print_out);

/* Whether those bytes are still what they were: 1, 0, or negative; that there are fewer shows though none can
 * be read. */
MUST_USE int file_tail_check(int fd, uint64_t offset, struct file_print print);

#endif
