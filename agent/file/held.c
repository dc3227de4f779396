#include "file/held.h"

static struct held_file *file_of(struct list *link)
{
    return CONTAINER_OF(link, struct held_file, link);
}

void held_init(struct held_book *book, uint64_t limit_bytes)
{
    list_init(&book->files);
    book->limit_bytes = limit_bytes;
}

void held_add(struct held_book *book, struct held_file *file)
{
    struct list *after = book->files.prev;

    CHECK(book->files.next != NULL);
    CHECK(!list_is_linked(&file->link) && file->go != NULL);
    while (after != &book->files && file_of(after)->rotated_ms > file->rotated_ms)
        after = after->prev;
    list_add_tail(after->next, &file->link);
}

void held_remove(struct held_file *file)
{
    list_remove(&file->link);
}

uint64_t held_bytes(const struct held_book *book)
{
    uint64_t bytes = 0;

    LIST_FOR (it, (struct list *)&book->files)
        bytes += file_of(it)->bytes;
    return bytes;
}

struct held_file *held_choose(const struct held_book *book)
{
    if (book->limit_bytes == 0 || held_bytes(book) <= book->limit_bytes)
        return NULL;
    LIST_FOR (it, (struct list *)&book->files)
        if (file_of(it)->bytes > 0)
            return file_of(it);
    return NULL;
}

void held_settle(struct held_book *book)
{
    struct held_file *file;

    while ((file = held_choose(book)) != NULL) {
        CHECK(file->bytes > 0);
        held_remove(file);
        file->go(file);
    }
}
