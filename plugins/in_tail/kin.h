/*
 * What a file has to do with the generations of its log before and after it: which is read first, and
 * who lends whom the pieces of a line that rotation parted (kin.c).
 *
 *   elder --- is read first ---> heir          lender --- its pieces are in the joiner of ---> borrower
 *
 * Life     with its tail_file. Thread the loop. Limits one elder, one heir, one lender, one borrower.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_KIN_H
#define TAILRACE_PLUGINS_IN_TAIL_KIN_H

#include "plugin/plugin.h"

struct tail_file;

/* What a file has to do with the generations of its log before and after it; kin.c. */
struct tail_kin {
    struct tail_file *elder; /* is read first; NULL once it was */
    struct tail_file *heir;  /* whose elder this is */
    struct tail_file
        *lender; /* a reference: its pieces are in this one's joiner, or not acknowledged, or it has
                  * lines before them that are not */
    struct tail_file *borrower; /* whose lender this is */
    uint64_t lent_until;        /* the first span that has nothing of them, */
    uint64_t lent_to;           /* and a byte that no record with them reaches over */
    bool is_apart;              /* what comes after it is not known, or not read */
    bool is_first;      /* no line goes on in it: what came before is not known, or truncated */
    bool is_counted;    /* lent_until is known */
    bool is_lent;       /* this one's pieces are another's */
    uint64_t lent_from; /* where they begin: the bookmark stays before it */
};

/* A file begins: it waits for the log's earlier generations where lines may have been parted. */
void tail_kin_find(struct tail_file *file);

/* No line of another goes on in it, as its row says: its log was truncated before it. */
void tail_kin_begin_anew(struct tail_file *file);

/* Whether it may be read: when the one before was read, whose pieces it then has. */
bool tail_kin_may_read(struct tail_file *file);

/* Whether the lines that wait here are about to be the next one's. */
bool tail_kin_is_awaited(const struct tail_file *file);

/* Its window moved, or its lines did. */
void tail_kin_settled(struct tail_file *file);

/* It is closed; its origin goes. */
void tail_kin_part(struct tail_file *file);
void tail_kin_forget(struct tail_file *file);

#endif
