#include "common/io/allow_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/str.h"

struct allow_list {
    char *directory;
    struct timespec changed; /* the directory's, when it was read */
    uint64_t print;          /* of all names, sizes and times in it */
    struct key *keys;        /* ascending by name */
    const struct key **by_key;
    size_t n, cap;
    bool is_lost; /* the directory cannot be read, and that was said */
};

/* ---- what stands there ---- */

static int is_entry(const struct dirent *d)
{
    size_t len = strlen(d->d_name), suffix = strlen(KEY_SUFFIX);
    return d->d_name[0] != '.' && len > suffix && strcmp(d->d_name + len - suffix, KEY_SUFFIX) == 0;
}

static void mix(uint64_t *print, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        *print = (*print ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211); /* FNV-1a */
}

/* A number that changes with the files; 0 when there is no directory. */
static uint64_t print_of(const char *directory, struct dirent **entries, int n)
{
    uint64_t print = UINT64_C(14695981039346656037);
    struct str path = { 0 };
    for (int i = 0; i < n; i++) {
        struct stat st = { 0 };
        str_clear(&path);
        str_addf(&path, "%s/%s", directory, entries[i]->d_name);
        stat(path.text, &st); /* a file that went in this instant differs from what it was */
        mix(&print, entries[i]->d_name, strlen(entries[i]->d_name) + 1);
        mix(&print, &st.st_size, sizeof st.st_size);
        mix(&print, &st.st_ino, sizeof st.st_ino);
        mix(&print, &st.st_mtim, sizeof st.st_mtim);
        mix(&print, &st.st_ctim, sizeof st.st_ctim);
    }
    str_deinit(&path);
    return print;
}

/* ---- reading it ---- */

static int by_public_key(const void *a, const void *b)
{
    return strcmp((*(const struct key *const *)a)->public_key, (*(const struct key *const *)b)->public_key);
}

static int read_entry(const char *path, const char *name, struct key *k, struct err *e)
{
    if (!key_is_name(name))
        return err_set(e, ERR_INVALID, "%s: its name has more than letters, digits and ._-", path);
    if (key_read_public(path, k, e) < 0)
        return -1;
    if (k->role == ROLE_NONE || k->role == ROLE_SERVER)
        return err_set(e, ERR_INVALID, "%s: role = \"worker\", \"viewer\" or \"operator\" is expected in it", path);
    str_copy(k->name, sizeof k->name, name);
    return 0;
}

static void add(struct allow_list *l, const char *file)
{
    struct str path = { 0 };
    struct err e = { 0 };
    struct key k = { 0 };
    char name[256];
    str_copy(name, sizeof name, file);
    name[strlen(name) - strlen(KEY_SUFFIX)] = '\0';
    str_addf(&path, "%s/%s", l->directory, file);
    if (read_entry(path.text, name, &k, &e) == 0) {
        l->keys = mem_grow(l->keys, l->n, &l->cap, sizeof *l->keys);
        l->keys[l->n++] = k;
    } else if (e.code != ERR_NOT_FOUND) {
        log_error("%s: nobody is let in by it", e.text);
    }
    str_deinit(&path);
}

/* Of two files with one key the first counts, and the other is named: whoever removes one shall know. */
static void sort(struct allow_list *l)
{
    free(l->by_key);
    l->by_key = mem_zalloc(l->n, sizeof *l->by_key);
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        l->by_key[i] = &l->keys[i];
    qsort(l->by_key, l->n, sizeof *l->by_key, by_public_key);
    for (size_t i = 0; i < l->n; i++) {
        const struct key *k = l->by_key[i];
        if (n > 0 && strcmp(l->by_key[n - 1]->public_key, k->public_key) == 0) {
            const struct key *first = l->by_key[n - 1] < k ? l->by_key[n - 1] : k;
            log_error("%s: %s and %s are the same key: %s counts", l->directory, l->by_key[n - 1]->name, k->name,
                first->name);
            l->by_key[n - 1] = first;
        } else {
            l->by_key[n++] = k;
        }
    }
    for (; n < l->n; n++)
        l->by_key[n] = NULL;
}

static void read_all(struct allow_list *l, struct dirent **entries, int n)
{
    l->n = 0;
    for (int i = 0; i < n; i++)
        add(l, entries[i]->d_name);
    sort(l);
}

/* The entries, 0 when there is no directory, or -1 with errno. */
static int list(const struct allow_list *l, struct dirent ***entries, struct timespec *changed)
{
    struct stat st = { 0 };
    *entries = NULL;
    int n = stat(l->directory, &st) < 0 ? -1 : scandir(l->directory, entries, is_entry, alphasort);
    *changed = st.st_mtim;
    return n < 0 && errno == ENOENT ? 0 : n;
}

static bool is_as_it_was(const struct allow_list *l)
{
    struct stat st = { 0 };
    if (stat(l->directory, &st) < 0 && errno == ENOENT)
        return l->n == 0;
    return st.st_mtim.tv_sec == l->changed.tv_sec && st.st_mtim.tv_nsec == l->changed.tv_nsec;
}

bool allow_list_refresh(struct allow_list *l, bool is_thorough)
{
    struct dirent **entries;
    struct timespec changed;
    if (!is_thorough && is_as_it_was(l))
        return false;
    int n = list(l, &entries, &changed);
    if (n < 0) {
        if (!l->is_lost)
            log_error("%s: %s: who may come in stays as it was", l->directory, strerror(errno));
        l->is_lost = true;
        return false;
    }
    uint64_t print = print_of(l->directory, entries, n);
    bool is_new = print != l->print;
    if (is_new)
        read_all(l, entries, n);
    l->print = print;
    l->changed = changed;
    l->is_lost = false;
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    return is_new;
}

/* ---- asking it ---- */

const struct key *allow_list_find(const struct allow_list *l, const char *public_key)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct key *k = l->by_key[middle];
        int order = k ? strcmp(public_key, k->public_key) : -1;
        if (order == 0)
            return k;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

size_t allow_list_n(const struct allow_list *l)
{
    return l->n;
}

const struct key *allow_list_at(const struct allow_list *l, size_t i)
{
    return &l->keys[i];
}

struct allow_list *allow_list_open(const char *directory)
{
    struct allow_list *l = mem_zalloc(1, sizeof *l);
    l->directory = mem_strdup(directory);
    allow_list_refresh(l, true);
    return l;
}

void allow_list_close(struct allow_list *l)
{
    if (!l)
        return;
    free(l->directory);
    free(l->keys);
    free(l->by_key);
    free(l);
}
