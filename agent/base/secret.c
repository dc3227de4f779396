#include "base/secret.h"

#include "base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Before each piece, so that the next 16 bytes are aligned for any type. */
struct secret_head {
    size_t mapped_bytes;
    size_t spare;
};
_Static_assert(sizeof(struct secret_head) % 16 == 0, "what follows it is aligned for any type");

void *secret_alloc(size_t bytes)
{
    size_t total;
    struct secret_head *head;

    CHECK(!__builtin_add_overflow(bytes, sizeof *head, &total));
    head = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (head == MAP_FAILED) {
        fprintf(stderr, "tailrace: out of memory for %zu bytes; raise the memory limit\n", total);
        abort();
    }
    (void)madvise(head, total, MADV_DONTDUMP); /* a kernel without it has no better way */
    head->mapped_bytes = total;
    return head + 1;
}

void secret_free(void *piece)
{
    struct secret_head *head;
    size_t total;

    if (piece == NULL)
        return;
    head = (struct secret_head *)piece - 1;
    total = head->mapped_bytes;
    CHECK(total >= sizeof *head);
    secret_wipe(head, total);
    CHECK(munmap(head, total) == 0);
}

void secret_wipe(void *bytes, size_t len)
{
    if (len > 0)
        explicit_bzero(bytes, len);
}

void secret_buffer_fini(struct buffer *b)
{
    secret_wipe(b->data, b->capacity);
    buffer_fini(b);
}

/* ---- the heap ---- */

void *secret_heap_alloc(size_t bytes)
{
    return mem_alloc(bytes);
}

void *secret_heap_zalloc(size_t count, size_t bytes)
{
    return mem_zalloc(count, bytes);
}

/* Never in place where it grows: the allocator would leave the old bytes behind. */
void *secret_heap_resize(void *old, size_t bytes)
{
    size_t old_bytes = old != NULL ? malloc_usable_size(old) : 0;
    void *piece;

    if (old != NULL && bytes <= old_bytes && bytes > old_bytes / 2)
        return old;
    piece = mem_alloc(bytes);
    if (old_bytes > 0)
        memcpy(piece, old, old_bytes < bytes ? old_bytes : bytes);
    secret_heap_free(old);
    return piece;
}

char *secret_heap_text(const char *text)
{
    return mem_text(text);
}

void secret_heap_free(void *piece)
{
    if (piece != NULL)
        secret_wipe(piece, malloc_usable_size(piece));
    mem_free(piece);
}
