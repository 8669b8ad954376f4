/* text.h: whether a text can be put between parentheses and still be one expression.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_EXPR_TEXT_H
#define RUNG_COMMON_EXPR_TEXT_H

/* NULL when the text has balanced parentheses, closed quotes, and nothing that ends, comments or parametrises a
 * statement; else why not. Whatever passes cannot break out of `(text)`; what it means is for SQLite to say. */
const char *text_refusal(const char *text);

#endif
