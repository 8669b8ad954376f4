/* scratch.h: a directory of its own for a test that touches files; it is removed when the program ends. */
#ifndef RUNG_TESTS_SCRATCH_H
#define RUNG_TESTS_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch_directory[256];
static pid_t scratch_owner; /* forked children leave it alone */

static int scratch_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

static void scratch_remove(void)
{
    if (getpid() == scratch_owner)
        nftw(scratch_directory, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The directory; then, in turn, names in it: up to 8 stay valid at a time. */
static const char *scratch_dir(void)
{
    const char *base = getenv("TMPDIR");
    if (!*scratch_directory) {
        snprintf(scratch_directory, sizeof scratch_directory, "%s/rung-test-XXXXXX", base && *base ? base : "/tmp");
        if (!mkdtemp(scratch_directory)) {
            perror(scratch_directory);
            exit(1);
        }
        scratch_owner = getpid();
        atexit(scratch_remove);
    }
    return scratch_directory;
}

__attribute__((unused)) static const char *scratch_path(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_dir(), name);
    return path;
}

#endif
