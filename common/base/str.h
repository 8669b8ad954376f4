/* str.h: a growing piece of text or bytes. */
#ifndef RUNG_COMMON_BASE_STR_H
#define RUNG_COMMON_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Zeroed is empty and valid. `text` is NUL-terminated once anything was added, and NULL before; use str_text to read.
 */
struct str {
    char *text;
    size_t len; /* bytes, without the NUL */
    size_t cap;
};

void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const void *bytes, size_t len);
void str_add_char(struct str *s, char c);
void str_addf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void str_clear(struct str *s);             /* empties, keeps the memory */
void str_deinit(struct str *s);            /* frees, leaves it zeroed */
const char *str_text(const struct str *s); /* never NULL; borrows until the next change */
char *str_take(struct str *s);             /* returns owned, never NULL, and leaves s zeroed */

bool str_equal(const char *a, const char *b); /* NULL equals NULL alone */
bool str_starts(const char *text, const char *prefix);

/* The entry of `words` (n of them) that is nearest to `word` by edit distance, or NULL when none is near enough to
 * suggest. */
const char *str_nearest(const char *word, const char *const *words, size_t n);

/* Copy into a fixed array of `cap` bytes, always terminated; returns false when it had to cut. */
bool str_copy(char *to, size_t cap, const char *from);

/* True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms) without NUL. */
bool str_is_utf8(const char *bytes, size_t len);

#endif
