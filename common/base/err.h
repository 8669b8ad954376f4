/* err.h: what went wrong, in a code for programs and a sentence for people.
 *
 * A function that can meet bad input or a broken world takes a `struct err *` last and returns 0 or -1. It fills the
 * error once; callers add what they know in front, so that text grows outward: "open store /x/rung.db: unable to open
 * database file".
 */
#ifndef RUNG_COMMON_BASE_ERR_H
#define RUNG_COMMON_BASE_ERR_H

#include <stdarg.h>

enum err_code {
    ERR_NONE = 0,
    ERR_USAGE,       /* a command line that cannot be taken */
    ERR_INVALID,     /* input that breaks its contract: a file, a message, a configuration */
    ERR_NOT_FOUND,   /* no such file, campaign, trial, blob */
    ERR_EXISTS,      /* it is there already, and differs */
    ERR_STATE,       /* not now: the object's state forbids it */
    ERR_LIMIT,       /* a maximum of limits.h was passed */
    ERR_IO,          /* the operating system said no */
    ERR_CORRUPT,     /* bytes that a checksum or an integrity check refutes */
    ERR_BUSY,        /* somebody else holds it */
    ERR_UNREACHABLE, /* nobody answers at that address */
    ERR_REFUSED,     /* somebody answers, and says no */
    ERR_DIVERGED,    /* a number that is not finite where training goes on */
    ERR_INTERRUPTED, /* stopped on request */
    ERR_N_CODES
};

struct err {
    enum err_code code;
    char text[1024]; /* UTF-8, no newline at the end; longer texts are cut */
};

/* Fill e and return -1, so that `return err_set(e, ...)` reads well. e may be NULL. */
int err_set(struct err *e, enum err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
int err_vset(struct err *e, enum err_code code, const char *format, va_list args) __attribute__((format(printf, 3, 0)));

/* As err_set, with ": " and strerror(errno) behind. Reads errno first, so it may be called straight after the failing
 * call. */
int err_set_errno(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put "context: " before the text that e holds, keep its code, and return -1. */
int err_prefix(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The code's name in lower case, for logs and JSON: "not_found". */
const char *err_code_name(enum err_code code);

/* The exit status of a command that ends with this code; README.md lists them. */
int err_exit_status(enum err_code code);

#endif
