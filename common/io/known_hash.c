#include "common/io/known_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/io/blobs_private.h"
#include "common/io/files.h"
#include "common/io/system.h"

#define NOTE_BYTES 512
#define YOUNG_MS 2000

void known_hash_cache(struct str *out, const char *otherwise)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache == '/')
        str_addf(out, "%s/rung", cache);
    else if (home && *home == '/')
        str_addf(out, "%s/.cache/rung", home);
    else
        str_add(out, otherwise);
}

/* ---- notes ---- */

static void name_note(const char *cache, const char *path, struct str *out)
{
    char name[HASH_HEX];
    hash_bytes(path, strlen(path), name);
    str_addf(out, "%s/known/%s", cache, name);
}

/* What tells one state of a file from another. */
static void describe(const struct stat *st, struct str *out)
{
    str_addf(out, "%llu %llu %lld %lld.%09ld %lld.%09ld ", (unsigned long long)st->st_dev,
        (unsigned long long)st->st_ino, (long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
        (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static bool recall(const char *cache, const char *path, const struct stat *st, char hash[HASH_HEX])
{
    struct str name = { 0 }, text = { 0 }, state = { 0 };
    struct err ignored;
    name_note(cache, path, &name);
    describe(st, &state);
    bool is_known = file_read(str_text(&name), NOTE_BYTES, &text, &ignored) == 0 &&
                    str_starts(str_text(&text), str_text(&state)) && hash_is_hex(text.text + state.len);
    if (is_known)
        memcpy(hash, text.text + state.len, HASH_HEX);
    str_deinit(&name);
    str_deinit(&text);
    str_deinit(&state);
    return is_known;
}

static void write_note(const char *cache, const char *path, const struct stat *st, const char *hash)
{
    struct str name = { 0 }, text = { 0 };
    struct err ignored;
    str_addf(&name, "%s/known", cache);
    if (file_make_directory(str_text(&name), 0700, &ignored) == 0) {
        str_clear(&name);
        name_note(cache, path, &name);
        describe(st, &text);
        str_add(&text, hash);
        file_write(str_text(&name), text.text, text.len, 0600, &ignored);
    }
    str_deinit(&name);
    str_deinit(&text);
}

void known_hash_note(const char *cache, const char *path, const char *hash)
{
    struct stat st;
    if (stat(path, &st) == 0)
        write_note(cache, path, &st, hash);
}

/* ---- files ---- */

static int read_hash(int fd, const char *path, const struct stat *before, char hash[HASH_HEX], struct err *e)
{
    struct hash *sha = hash_new();
    struct stat after;
    int64_t end;
    int status = blobs_hash_range(fd, 0, -1, sha, &end, e);
    hash_finish(sha, hash);
    hash_free(sha);
    if (status < 0)
        return err_prefix(e, "read %s", path);
    bool is_same = fstat(fd, &after) == 0 && end == (int64_t)before->st_size && after.st_size == before->st_size &&
                   after.st_mtim.tv_sec == before->st_mtim.tv_sec && after.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
    return is_same ? 0 : err_set(e, ERR_STATE, "%s was changed while it was read: try again once it is written", path);
}

int known_hash(const char *cache, const char *path, char hash[HASH_HEX], int64_t *size, struct err *e)
{
    struct stat st;
    char found[HASH_HEX];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_errno(e, "open %s", path);
    int status =
        fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ? err_set(e, ERR_INVALID, "%s is not a plain file", path) : 0;
    bool is_known = status == 0 && recall(cache, path, &st, found);
    if (status == 0 && !is_known)
        status = read_hash(fd, path, &st, found, e);
    close(fd);
    if (status < 0)
        return -1;
    if (!is_known && (int64_t)st.st_mtim.tv_sec * 1000 + YOUNG_MS < system_wall_ms())
        write_note(cache, path, &st, found);
    memcpy(hash, found, HASH_HEX);
    *size = (int64_t)st.st_size;
    return 0;
}
