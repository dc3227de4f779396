#include "plugins/in_systemd/journal.h"

/* With a conjunction between them every one must be there, whatever their keys; without, those of one
 * key are alternatives, so that those of different keys need a disjunction. */
static int matches_add(struct journal *journal, const struct journal_wish *wish)
{
    const struct journal_library *library = journal->library;
    int rc = 0;

    for (size_t i = 0; i < wish->match_count && rc >= 0; i++) {
        if (i > 0)
            rc = wish->is_and ? library->add_conjunction(journal->handle)
                              : library->add_disjunction(journal->handle);
        if (rc >= 0)
            rc = library->add_match(journal->handle, wish->matches[i], 0);
    }
    return rc;
}

int journal_open(struct journal *journal, const struct journal_library *library,
                 const struct journal_wish *wish)
{
    int rc;

    *journal = (struct journal){.library = library};
    rc = wish->directory != NULL ? library->open_directory(&journal->handle, wish->directory, 0)
                                 : library->open(&journal->handle, SD_JOURNAL_LOCAL_ONLY);
    if (rc < 0) {
        journal->handle = NULL;
        return rc;
    }
    rc = library->set_data_threshold(journal->handle, JOURNAL_FIELD_BYTES_MAX);
    if (rc >= 0)
        rc = matches_add(journal, wish);
    if (rc < 0)
        journal_close(journal);
    return rc;
}

void journal_close(struct journal *journal)
{
    if (journal->handle != NULL)
        journal->library->close(journal->handle);
    journal->handle = NULL;
}

int journal_seek(struct journal *journal, const char *cursor)
{
    int rc = journal->library->seek_cursor(journal->handle, cursor);

    journal->is_on_entry = false;
    if (rc >= 0)
        rc = journal->library->next(journal->handle);
    if (rc <= 0)
        return rc < 0 ? rc : JOURNAL_FOUND;
    if (journal->library->test_cursor(journal->handle, cursor) > 0)
        return JOURNAL_FOUND;
    journal->is_on_entry = true;
    return JOURNAL_GONE;
}

int journal_seek_head(struct journal *journal)
{
    CHECK(journal->handle != NULL);
    journal->is_on_entry = false;
    return journal->library->seek_head(journal->handle);
}

int journal_seek_tail(struct journal *journal)
{
    int rc = journal->library->seek_tail(journal->handle);

    journal->is_on_entry = false;
    return rc < 0 ? rc : journal->library->previous(journal->handle);
}

int journal_seek_time(struct journal *journal, uint64_t usec)
{
    CHECK(journal->handle != NULL);
    journal->is_on_entry = false;
    return journal->library->seek_realtime_usec(journal->handle, usec);
}

int journal_next(struct journal *journal)
{
    CHECK(journal->handle != NULL);
    if (!journal->is_on_entry)
        return journal->library->next(journal->handle);
    journal->is_on_entry = false;
    return 1;
}
