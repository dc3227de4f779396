#include "seen.h"

#include "base/memory.h"

static const char number_key[] = "sequence_id";

static void file_grow(struct seen_file *file, uint64_t line)
{
    uint64_t bit_count = file->bit_count ? file->bit_count : 1024;

    while (bit_count <= line)
        bit_count *= 2;
    if (bit_count == file->bit_count)
        return;
    file->bits = mem_resize(file->bits, bit_count / 8, 1);
    memset(file->bits + file->bit_count / 8, 0, (bit_count - file->bit_count) / 8);
    file->bit_count = bit_count;
}

static void mark(struct seen *s, uint64_t number)
{
    uint64_t line = number % SEEN_FILE_NUMBERS;
    struct seen_file *file;
    uint8_t bit = (uint8_t)(1u << (line & 7));

    if (number / SEEN_FILE_NUMBERS >= SEEN_FILES_MAX) {
        s->unnumbered_count++;
        return;
    }
    file = &s->files[number / SEEN_FILE_NUMBERS];
    file_grow(file, line);
    if (file->bits[line / 8] & bit) {
        s->duplicate_count++;
        return;
    }
    file->bits[line / 8] |= bit;
    file->unique_count++;
    s->unique_count++;
    if (line >= file->line_count)
        file->line_count = line + 1;
}

/* What follows the key: quotes that may be escaped, a colon, digits. */
static bool read_number(struct slice text, uint64_t *number_out)
{
    size_t at = 0;
    uint64_t number = 0;
    bool has_digits = false;

    while (at < text.len && text.data[at] != '\0' && strchr("\\\": ", text.data[at]))
        at++;
    for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
        number = number * 10 + (uint64_t)(text.data[at] - '0');
        has_digits = true;
    }
    *number_out = number;
    return has_digits;
}

bool seen_find(struct slice document, uint64_t *number_out, bool *is_plain_out)
{
    const size_t key_len = sizeof(number_key) - 1;
    const char *at;

    while ((at = memmem(document.data, document.len, number_key, key_len))) {
        document = slice_skip(document, (size_t)(at - document.data) + key_len);
        *is_plain_out = slice_begins(document, SLICE("\":"));
        if (read_number(document, number_out))
            return true;
    }
    return false;
}

void seen_document(struct seen *s, struct slice document)
{
    const size_t key_len = sizeof(number_key) - 1;
    bool is_numbered = false;
    const char *at;

    while ((at = memmem(document.data, document.len, number_key, key_len))) {
        uint64_t number;

        document = slice_skip(document, (size_t)(at - document.data) + key_len);
        if (!read_number(document, &number))
            continue;
        mark(s, number);
        is_numbered = true;
    }
    if (!is_numbered)
        s->unnumbered_count++;
}

bool seen_store_id(struct seen *s, struct slice id)
{
    if (map_get(&s->ids, id))
        return false;
    map_put(&s->ids, id, s);
    return true;
}

uint64_t seen_gap_count(const struct seen *s)
{
    uint64_t gaps = 0;

    for (size_t i = 0; i < SEEN_FILES_MAX; i++)
        gaps += s->files[i].line_count - s->files[i].unique_count;
    return gaps;
}

bool seen_next_gap(const struct seen *s, uint64_t *number)
{
    for (uint64_t nth = *number / SEEN_FILE_NUMBERS; nth < SEEN_FILES_MAX; nth++) {
        const struct seen_file *file = &s->files[nth];
        uint64_t line = *number > nth * SEEN_FILE_NUMBERS ? *number % SEEN_FILE_NUMBERS : 0;

        if (file->unique_count == file->line_count)
            continue;
        for (; line < file->line_count; line++) {
            if (file->bits[line / 8] & (1u << (line & 7)))
                continue;
            *number = nth * SEEN_FILE_NUMBERS + line;
            return true;
        }
    }
    return false;
}
