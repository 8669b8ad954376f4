#include "worker/slot/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"

#define SWEEPS 50 /* rounds of a sweep, and the pause between them */
#define SWEEP_MS 2

struct pids {
    pid_t *list;
    size_t n, cap;
};

static void add_pid(struct pids *p, pid_t pid)
{
    p->list = mem_grow(p->list, p->n, &p->cap, sizeof *p->list);
    p->list[p->n++] = pid;
}

/* ---- who is there ---- */

/* Reads a small file of /proc whole; 0 bytes when it cannot be read: the process is gone. */
static size_t read_proc(const char *path, char *text, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n;
    while (fd >= 0 && len < cap - 1 && (n = read(fd, text + len, cap - 1 - len)) > 0)
        len += (size_t)n;
    if (fd >= 0)
        close(fd);
    text[len] = 0;
    return len;
}

static void add_children_of_thread(struct pids *out, const char *pid, const char *thread)
{
    char path[96], text[16 << 10], *rest = text;
    snprintf(path, sizeof path, "/proc/%.20s/task/%.20s/children", pid, thread);
    read_proc(path, text, sizeof text);
    for (char *word; (word = strsep(&rest, " "));)
        if (*word)
            add_pid(out, (pid_t)atoi(word));
}

/* Children are listed by the thread that made them. What does not fit into the buffer is found in the next round. */
static void add_children(struct pids *out, const char *pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/task", pid);
    DIR *threads = opendir(path);
    if (!threads)
        return;
    for (struct dirent *d; (d = readdir(threads));)
        if (d->d_name[0] != '.')
            add_children_of_thread(out, pid, d->d_name);
    closedir(threads);
}

/* ---- killing ---- */

static void kill_child(pid_t child)
{
    pid_t group = getpgid(child);
    if (group > 1 && group != getpgrp())
        kill(-group, SIGKILL); /* at once, so that nobody in it can fork away */
    kill(child, SIGKILL);
}

static struct pids list_children(bool (*spares)(const void *context, pid_t child), const void *context)
{
    struct pids children = { 0 };
    size_t n = 0;
    add_children(&children, "self");
    for (size_t i = 0; i < children.n; i++)
        if (!spares || !spares(context, children.list[i]))
            children.list[n++] = children.list[i];
    children.n = n;
    return children;
}

void tree_kill_children(void)
{
    struct pids children = list_children(NULL, NULL);
    for (size_t i = 0; i < children.n; i++)
        kill_child(children.list[i]);
    free(children.list);
}

/* Returns how many there were. */
static size_t sweep_once(bool (*spares)(const void *context, pid_t child), const void *context)
{
    struct pids children = list_children(spares, context);
    for (size_t i = 0; i < children.n; i++) {
        kill_child(children.list[i]);
        waitpid(children.list[i], NULL, WNOHANG);
    }
    free(children.list);
    return children.n;
}

void tree_sweep(bool (*spares)(const void *context, pid_t child), const void *context)
{
    for (int i = 0; i < SWEEPS && sweep_once(spares, context) > 0; i++)
        poll(NULL, 0, SWEEP_MS);
}

/* ---- weighing ---- */

static int64_t resident_bytes(pid_t pid)
{
    char path[64], text[256];
    long long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    if (!read_proc(path, text, sizeof text) || sscanf(text, "%*s %lld", &pages) != 1)
        return 0;
    return pages * sysconf(_SC_PAGESIZE);
}

static int64_t proportional_bytes(pid_t pid)
{
    char path[64], text[4096];
    long long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    read_proc(path, text, sizeof text);
    const char *line = strstr(text, "\nPss:");
    if (!line || sscanf(line, "\nPss: %lld", &kib) != 1)
        return resident_bytes(pid); /* not allowed to look, or gone */
    return kib << 10;
}

static int64_t sum(const struct pids *tree, int64_t (*weigh)(pid_t pid))
{
    int64_t bytes = 0;
    for (size_t i = 0; i < tree->n; i++)
        bytes += weigh(tree->list[i]);
    return bytes;
}

int64_t tree_memory(int64_t limit)
{
    struct pids tree = { 0 };
    add_children(&tree, "self");
    for (size_t i = 0; i < tree.n; i++) { /* the list grows while it is walked */
        char pid[24];
        snprintf(pid, sizeof pid, "%d", (int)tree.list[i]);
        add_children(&tree, pid);
    }
    int64_t bytes = sum(&tree, resident_bytes);
    if (bytes > limit && tree.n > 1)
        bytes = sum(&tree, proportional_bytes);
    free(tree.list);
    return bytes;
}

int64_t tree_oom_kills(void)
{
    char text[16 << 10];
    long long n;
    read_proc("/proc/vmstat", text, sizeof text);
    const char *line = strstr(text, "\noom_kill ");
    return line && sscanf(line, "\noom_kill %lld", &n) == 1 ? n : -1;
}
