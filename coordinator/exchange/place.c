#include "coordinator/exchange/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/io/files.h"
#include "common/io/system.h"

/* The name of something in `path`, or NULL, that the check does not know; owned. */
static char *find_foreign(const char *path, bool (*is_ours)(const char *name))
{
    char *found = NULL;
    DIR *d = opendir(path);
    for (struct dirent *entry; d && !found && (entry = readdir(d));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !is_ours(entry->d_name))
            found = mem_strdup(entry->d_name);
    if (d)
        closedir(d);
    return found;
}

static int check_directory(const char *path, bool (*is_ours)(const char *name), struct err *e)
{
    char *foreign = find_foreign(path, is_ours);
    if (!foreign)
        return 0;
    err_set(e, ERR_EXISTS, "%s has more in it than an earlier export (%s): give it another name", path, foreign);
    free(foreign);
    return -1;
}

static int check_vacant(const struct place *p, bool is_forced, bool (*is_ours)(const char *name), struct err *e)
{
    struct stat st;
    if (lstat(p->path, &st) < 0)
        return errno == ENOENT ? 0 : err_set_errno(e, "%s", p->path);
    if (!is_forced)
        return err_set(e, ERR_EXISTS, "%s is there already: --force replaces it", p->path);
    if (p->is_directory != (bool)S_ISDIR(st.st_mode))
        return err_set(e, ERR_EXISTS, "%s is %s: give it another name", p->path,
            p->is_directory ? "no directory" : "a directory, where a file is to be written");
    return p->is_directory ? check_directory(p->path, is_ours, e) : 0;
}

int place_open(struct place *p, const char *path, bool is_directory, bool is_forced, bool (*is_ours)(const char *name),
    struct err *e)
{
    struct str text = { 0 };
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    *p = (struct place){ .path = mem_strndup(path, len), .is_directory = is_directory };
    str_addf(&text, "%s.%016llx.part", p->path, (unsigned long long)system_random_id());
    p->temporary = str_take(&text);
    int failed = len == 0 ? err_set(e, ERR_USAGE, "the output needs a name") : check_vacant(p, is_forced, is_ours, e);
    if (!failed && is_directory && mkdir(p->temporary, 0777) < 0)
        failed = err_set_errno(e, "make %s", p->temporary);
    if (failed)
        place_close(p);
    return failed;
}

static void remove_tree(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *parent = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        file_remove_tree(fd, slash ? slash + 1 : path, NULL);
        close(fd);
    }
    free(parent);
}

/* rename(2) does not replace a directory that has something in it: the old one steps aside first. */
static int replace_directory(const struct place *p, struct err *e)
{
    struct str aside = { 0 };
    str_addf(&aside, "%s.old", p->temporary);
    int failed =
        rename(p->path, str_text(&aside)) < 0 && errno != ENOENT ? err_set_errno(e, "move %s aside", p->path) : 0;
    if (!failed && rename(p->temporary, p->path) < 0) {
        failed = err_set_errno(e, "rename to %s", p->path);
        rename(str_text(&aside), p->path);
    }
    if (!failed)
        remove_tree(str_text(&aside));
    str_deinit(&aside);
    return failed;
}

static int sync_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) < 0 ? err_set_errno(e, "sync %s", path) : 0;
    if (fd >= 0)
        close(fd);
    return failed;
}

int place_commit(struct place *p, struct err *e)
{
    if (p->is_directory ? replace_directory(p, e) < 0 : sync_file(p->temporary, e) < 0)
        return -1;
    if (!p->is_directory && rename(p->temporary, p->path) < 0)
        return err_set_errno(e, "rename to %s", p->path);
    free(p->temporary);
    p->temporary = NULL;
    return file_sync_parent(p->path, e);
}

void place_close(struct place *p)
{
    if (p->temporary && p->is_directory)
        remove_tree(p->temporary);
    else if (p->temporary)
        unlink(p->temporary);
    free(p->temporary);
    free(p->path);
    *p = (struct place){ 0 };
}
