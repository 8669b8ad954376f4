/* number.h: a decimal number from text, fast, exact and the same under every locale.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_TRAIN_DATA_NUMBER_H
#define RUNG_WORKER_TRAIN_DATA_NUMBER_H

/* Reads [+-]digits[.digits][(e|E)[+-]digits], with a digit on one side of the point at least, from the front of `text`,
 * which a byte that cannot belong to a number ends (a NUL will do). Returns where the number ends and sets *out to the
 * double nearest to it (an infinity beyond the range of double), or returns NULL, *out untouched, when no such number
 * stands there: NaN, infinities and hexadecimal are none. */
const char *number_parse(const char *text, double *out);

#endif
