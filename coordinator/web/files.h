/* files.h: the built files of the page, as embed.py put them into the program.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_WEB_FILES_H
#define RUNG_COORDINATOR_WEB_FILES_H

#include <stddef.h>

struct file {
    const char *name, *type, *etag; /* "page.js"; etag with its quotes */
    const unsigned char *gzip;
    size_t len;
};

extern const struct file files_all[];
extern const int files_n;

#endif
