/* problems.h: every mistake of a file, each with its place: what was found and what was expected.
 * Pure: no I/O, no clock, no globals.
 *
 * A reader that finds a mistake adds it and reads on, so that a person sees all of them at once.
 */
#ifndef RUNG_COMMON_DOMAIN_PROBLEMS_H
#define RUNG_COMMON_DOMAIN_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

struct problem {
    char *pointer; /* owned, RFC 6901: "/space/dropout/high", "" for the whole file */
    int line;      /* from 1; 0 while not known (campaign_locate finds it) */
    char *text;    /* owned: "1.5 is too large: expected a number from 0 to below 1" */
};

/* Zeroed is empty and valid. */
struct problems {
    struct problem *items;
    size_t n, cap;
    size_t n_dropped; /* beyond LIMIT_PROBLEMS: counted, not kept */
};

void problems_add(struct problems *list, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How many were added, kept or not. */
size_t problems_count(const struct problems *list);

/* Whether any is at this pointer or below it. */
bool problems_has_below(const struct problems *list, const char *pointer);

/* Orders by line; mistakes of one line keep the order in which they were found. */
void problems_sort(struct problems *list);

/* Adds a line for each: "campaign.json:12: /space/dropout/high: 1.5: expected …". Control characters become '?'. */
void problems_print(const struct problems *list, const char *file, struct str *out);

/* The same for what is only worth a thought: "campaign.json:12: warning: /space/…". */
void problems_print_warnings(const struct problems *list, const char *file, struct str *out);

void problems_deinit(struct problems *list); /* frees, leaves it zeroed */

#endif
