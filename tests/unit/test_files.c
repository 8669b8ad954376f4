#include "common/io/files.h"
#include "tests/scratch.h"
#include "tests/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void write_text(const char *path, const char *text)
{
    struct err e = { 0 };
    if (file_write(path, text, strlen(text), 0600, &e) < 0)
        TAP_FAIL("%s", e.text);
}

static int count_entries(const char *path)
{
    int n = -2;
    DIR *dir = opendir(path);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

TEST(a_file_is_written_whole_and_replaced_whole)
{
    struct err e = { 0 };
    struct str text = { 0 };
    struct stat st;
    CHECK_INT(file_make_directory(scratch_path("w"), 0755, &e), 0);
    const char *path = scratch_path("w/file");
    write_text(path, "first, and longer");
    CHECK_INT(file_write(path, "second", 6, 0640, &e), 0);
    CHECK_INT(file_read(path, 100, &text, &e), 0);
    CHECK_TEXT(text.text, "second");
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0640);
    CHECK_INT(count_entries(scratch_path("w")), 1);
    str_deinit(&text);
}

TEST(a_write_that_fails_leaves_nothing_behind)
{
    struct err e = { 0 };
    CHECK_INT(file_make_directory(scratch_path("f/taken"), 0755, &e), 0);
    CHECK_INT(file_write(scratch_path("f/taken"), "x", 1, 0600, &e), -1); /* a directory cannot be replaced */
    CHECK_CONTAINS(e.text, "rename");
    CHECK_INT(count_entries(scratch_path("f")), 1);
    CHECK_INT(file_write(scratch_path("f/absent/x"), "x", 1, 0600, &e), -1);
    CHECK_INT(e.code, ERR_NOT_FOUND);
}

TEST(a_file_beyond_its_maximum_is_not_read)
{
    struct err e = { 0 };
    struct str text = { 0 };
    str_add(&text, "kept ");
    write_text(scratch_path("ten"), "0123456789");
    CHECK_INT(file_read(scratch_path("ten"), 9, &text, &e), -1);
    CHECK_INT(e.code, ERR_LIMIT);
    CHECK_TEXT(text.text, "kept ");
    CHECK_INT(file_read(scratch_path("ten"), 10, &text, &e), 0);
    CHECK_TEXT(text.text, "kept 0123456789");
    CHECK_INT(file_read(scratch_path("absent"), 10, &text, &e), -1);
    CHECK_INT(e.code, ERR_NOT_FOUND);
    str_deinit(&text);
}

TEST(missing_directories_are_made_and_files_in_the_way_are_named)
{
    struct err e = { 0 };
    CHECK_INT(file_make_directory(scratch_path("a/b/c"), 0700, &e), 0);
    CHECK_INT(file_make_directory(scratch_path("a/b/c/"), 0700, &e), 0);
    write_text(scratch_path("a/file"), "");
    CHECK_INT(file_make_directory(scratch_path("a/file"), 0700, &e), -1);
    CHECK_INT(e.code, ERR_EXISTS);
    CHECK_INT(file_make_directory(scratch_path("a/file/x"), 0700, &e), -1);
}

/* A process that holds the lock until it is killed; it says so by closing the pipe. */
static pid_t hold_lock(const char *path)
{
    int ready[2];
    char c;
    if (pipe(ready) < 0)
        TAP_FAIL("no pipe");
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (file_lock(path, NULL) < 0)
            _exit(1);
        close(ready[0]);
        close(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (read(ready[0], &c, 1) != 0)
        TAP_FAIL("the pipe says something");
    close(ready[0]);
    return pid;
}

TEST(a_lock_has_one_holder_and_dies_with_it)
{
    struct err e = { 0 };
    char holder[64];
    const char *path = scratch_path("lock");
    pid_t pid = hold_lock(path);
    snprintf(holder, sizeof holder, "locked by process %d", (int)pid);
    CHECK_INT(file_lock(path, &e), -1);
    CHECK_INT(e.code, ERR_BUSY);
    CHECK_CONTAINS(e.text, holder);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    int fd = file_lock(path, &e);
    CHECK(fd >= 0);
    CHECK_INT(file_lock(path, &e), -1);
    file_unlock(fd);
    fd = file_lock(path, &e);
    CHECK(fd >= 0);
    file_unlock(fd);
}

TEST(a_tree_is_removed_and_what_a_link_names_stays)
{
    struct err e = { 0 };
    CHECK_INT(file_make_directory(scratch_path("t/tree/x/y"), 0700, &e), 0);
    CHECK_INT(file_make_directory(scratch_path("t/other"), 0700, &e), 0);
    write_text(scratch_path("t/tree/x/y/file"), "1");
    write_text(scratch_path("t/other/kept"), "1");
    CHECK_INT(symlink("../../other", scratch_path("t/tree/x/link")), 0);
    CHECK_INT(symlink("other", scratch_path("t/toplink")), 0);
    int dir = open(scratch_path("t"), O_RDONLY | O_DIRECTORY);
    CHECK_INT(file_remove_tree(dir, "tree", &e), 0);
    CHECK_INT(file_remove_tree(dir, "tree", &e), 0);
    CHECK_INT(file_remove_tree(dir, "toplink", &e), 0);
    CHECK_INT(count_entries(scratch_path("t")), 1);
    CHECK_INT(count_entries(scratch_path("t/other")), 1);
    static const char *const bad[] = { "", ".", "..", "other/kept", "../t" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(file_remove_tree(dir, bad[i], &e), -1);
    CHECK_INT(count_entries(scratch_path("t/other")), 1);
    close(dir);
}

TEST(paths_are_made_absolute_by_their_text)
{
    static const struct {
        const char *path, *wanted;
    } rows[] = {
        { "/", "/" },
        { "/..", "/" },
        { "/a//b/./c/", "/a/b/c" },
        { "/a/../../b", "/b" },
    };
    struct str out = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        str_clear(&out);
        CHECK_INT(file_absolute(rows[i].path, &out, NULL), 0);
        CHECK_TEXT(out.text, rows[i].wanted);
    }
    char *here = getcwd(NULL, 0);
    struct str wanted = { 0 };
    str_addf(&wanted, "at %s/x", here);
    str_clear(&out);
    str_add(&out, "at ");
    CHECK_INT(file_absolute("y/../x", &out, NULL), 0);
    CHECK_TEXT(out.text, wanted.text);
    free(here);
    str_deinit(&wanted);
    str_deinit(&out);
}

TEST(the_program_knows_its_directory_and_the_space_left)
{
    struct str out = { 0 };
    struct err e = { 0 };
    int64_t free_bytes, total_bytes;
    CHECK_INT(file_self_directory(&out, &e), 0);
    str_add(&out, "/test_files");
    CHECK_INT(access(out.text, X_OK), 0);
    CHECK_INT(file_free_bytes("/", &free_bytes, &total_bytes, &e), 0);
    CHECK(free_bytes >= 0 && free_bytes <= total_bytes && total_bytes > 0);
    CHECK_INT(file_free_bytes("/absent", &free_bytes, &total_bytes, &e), -1);
    str_deinit(&out);
}

TAP_MAIN
