#include "coordinator/ask/final_export.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/io/blobs.h"
#include "common/io/files.h"

static int find_checkpoint(const char *store, const char *checkpoint, struct str *path, struct err *e)
{
    struct str directory = { 0 };
    str_addf(&directory, "%s/blobs", store);
    struct blobs *blobs = blobs_open(directory.text, e);
    bool is_there = blobs && blobs_has(blobs, checkpoint);
    if (is_there)
        blobs_path(blobs, checkpoint, path);
    blobs_close(blobs);
    str_deinit(&directory);
    if (!blobs)
        return -1;
    return is_there ? 0 : err_set(e, ERR_NOT_FOUND, "the store no longer has this checkpoint");
}

/* Runs the words to their end, standard output away. Fails when they do not end with 0. */
static int run_quietly(char *const *words, struct err *e)
{
    extern char **environ;
    posix_spawn_file_actions_t files;
    pid_t pid;
    int status = 0;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawn(&pid, words[0], &files, NULL, words, environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed) {
        errno = failed;
        return err_set_errno(e, "start %s", words[0]);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : err_set(e, ERR_IO, "%s failed", words[0]);
}

int final_export(const struct campaign_spec *spec, const char *store, const char *checkpoint, int64_t epochs,
    const char *path, struct err *e)
{
    struct str program = { 0 }, from = { 0 }, end = { 0 };
    int status = find_checkpoint(store, checkpoint, &from, e);
    if (status == 0)
        status = file_self_directory(&program, e);
    if (status == 0) {
        str_add(&program, "/rung-train");
        str_addf(&end, "%lld", (long long)epochs);
        const char *const words[] = { program.text, "--resume", from.text, "--data", spec->trial.data, "--epochs",
            end.text, "--export", path, "--json", NULL };
        status = run_quietly((char *const *)(uintptr_t)words, e);
    }
    str_deinit(&program);
    str_deinit(&from);
    str_deinit(&end);
    return status < 0 ? err_prefix(e, "export %s", path) : 0;
}
