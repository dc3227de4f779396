/*
 * Whether a key stands twice in an object, while the object is checked.
 *
 * A key sets a bit in each of two words; only when both were set before may it be there twice. Such
 * a key is a suspect. When the object ends, each suspect is compared with the keys before it; of a
 * large object all keys go into a table instead, and are sorted where the table does not keep them
 * apart. So time stays linear, but for that logarithm. On the hot path; for json_check.c alone.
 */
#ifndef TAILRACE_RECORD_JSON_KEYS_H
#define TAILRACE_RECORD_JSON_KEYS_H

#include "record/json_check.h"
#include "record/json_key.h"

/* All zero: no key yet. */
struct json_keys_seen {
    uint64_t bits_0;
    uint64_t bits_1;
    uint64_t suspects; /* by the number of their member; the last bit stands for the rest */
};

/* The key of member `number`, from 0. */
static inline void json_keys_add(struct json_keys_seen *seen, uint32_t hash, size_t number)
{
    uint64_t bit_0 = json_key_bit_0(hash), bit_1 = json_key_bit_1(hash);

    if (UNLIKELY((seen->bits_0 & bit_0) != 0) && (seen->bits_1 & bit_1) != 0)
        seen->suspects |= UINT64_C(1) << (number < 63 ? number : 63);
    seen->bits_0 |= bit_0;
    seen->bits_1 |= bit_1;
}

/* Whether the scanner's members from `first` on have a key twice. */
bool json_keys_repeat(const struct json_check *c, uint32_t first, uint64_t suspects);

#endif
