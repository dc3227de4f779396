/*
 * Sealed chunks for tests, made by hand: no input, no filters.
 *
 *     struct chunk *chunk = chunk_of_lines("app.log", "{\"a\":1}\n{\"a\":2}\n");
 *     struct batch batch = chunk_batch(chunk);
 *     ...
 *     chunk_unref(&chunk);
 *
 * or, for records of another shape:
 *
 *     struct chunk_maker *maker = chunk_maker_new();
 *     record_add(chunk_maker_record(maker), SLICE("log"), value_text(SLICE("hello")));
 *     chunk_maker_push(maker, "app.log");
 *     chunk = chunk_maker_seal(&maker);
 *
 * The first record is of CHUNK_KIT_NS, each later one a second younger, unless its time_ns is set.
 * Each tag is an origin of its own, whose window counts records and whose id is its tag's hash; it
 * can repeat what it gave.
 * Texts of a record must live until its push.
 */
#ifndef TAILRACE_KIT_CHUNK_H
#define TAILRACE_KIT_CHUNK_H

#include "output/batch.h"

/* 2023-11-14T22:13:20.123456789Z */
#define CHUNK_KIT_NS INT64_C(1700000000123456789)

/* One reference; output 0 owes it. Every line is one JSON object. */
struct chunk *chunk_of_lines(const char *tag, const char *lines);

/* Every record of the chunk, from the first one on, all waiting. */
struct batch chunk_batch(const struct chunk *chunk);

struct chunk_maker;

struct chunk_maker *chunk_maker_new(void);

/* The record to fill, empty; good until the push. */
struct record *chunk_maker_record(struct chunk_maker *maker);
void chunk_maker_push(struct chunk_maker *maker, const char *tag);

/* Both of the above: the object's members are the fields. */
void chunk_maker_json(struct chunk_maker *maker, const char *tag, const char *object);

/* Ends the maker and leaves NULL. */
struct chunk *chunk_maker_seal(struct chunk_maker **maker);

#endif
