#include "common/io/address.h"
#include "common/base/str.h"
#include "tests/scratch.h"
#include "tests/tap.h"

#include <sys/stat.h>

TEST(good_addresses_are_taken_apart)
{
    static const struct {
        const char *text, *bulk;
        bool is_local;
    } rows[] = {
        { "ipc:///run/rung/rungd.sock", "ipc:///run/rung/rungd.sock.bulk", true },
        { "tcp://127.0.0.1:5700", "tcp://127.0.0.1:5701", true },
        { "tcp://127.9.0.1:1", "tcp://127.9.0.1:2", true },
        { "tcp://localhost:65534", "tcp://localhost:65535", true },
        { "tcp://[::1]:5700", "tcp://[::1]:5701", true },
        { "tcp://*:5700", "tcp://*:5701", false },
        { "tcp://0.0.0.0:5700", "tcp://0.0.0.0:5701", false },
        { "tcp://127.example.org:5700", "tcp://127.example.org:5701", false },
        { "tcp://node-7.cluster:5700", "tcp://node-7.cluster:5701", false },
    };
    struct err e = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address a;
        CHECK_INT(address_parse(rows[i].text, &a, &e), 0);
        CHECK_TEXT(a.text, rows[i].text);
        CHECK_TEXT(a.bulk, rows[i].bulk);
        CHECK_INT(address_is_local(&a), rows[i].is_local);
    }
}

TEST(bad_addresses_are_refused_with_a_reason)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        { "", "looks like" },
        { "/run/rung.sock", "looks like" },
        { "udp://host:1", "looks like" },
        { "ipc://relative/path", "must be absolute" },
        { "tcp://host", "a port of 1" },
        { "tcp://host:", "a port of 1" },
        { "tcp://host:0", "a port of 1" },
        { "tcp://host:65535", "a port of 1" },
        { "tcp://host:12a", "a port of 1" },
        { "tcp://:5700", "no name or number" },
        { "tcp://a b:5700", "no name or number" },
        { "tcp://::1:5700", "brackets" },
        { "tcp://[::1:5700", "no name or number" },
        { "tcp://host/../x:5700", "no name or number" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = { 0 };
        struct address a = { .port = -7 };
        CHECK_INT(address_parse(rows[i].text, &a, &e), -1);
        CHECK_CONTAINS(e.text, rows[i].why);
        CHECK_INT(e.code, ERR_INVALID);
        CHECK_INT(a.port, -7);
    }
}

TEST(a_socket_path_is_102_bytes_at_most)
{
    char text[128] = "ipc:///";
    struct err e = { 0 };
    struct address a;
    memset(text + 7, 'x', 102 - 1);
    CHECK_INT(address_parse(text, &a, &e), 0);
    CHECK_INT(strlen(a.bulk) - 6, ADDRESS_IPC_PATH);
    text[7 + 101] = 'x';
    CHECK_INT(address_parse(text, &a, &e), -1);
    CHECK_INT(e.code, ERR_LIMIT);
    CHECK_CONTAINS(e.text, "103 bytes");
}

TEST(a_store_has_its_socket_inside)
{
    struct err e = { 0 };
    struct address a, b;
    CHECK_INT(address_for_store("/var/lib/rung", NULL, &a, &e), 0);
    CHECK_TEXT(a.text, "ipc:///var/lib/rung/rungd.sock");
    CHECK_INT(address_for_store("/var/lib/x/../rung/", "/run/user/7", &b, &e), 0);
    CHECK_TEXT(b.text, a.text);
}

TEST(a_store_deep_down_has_its_socket_in_a_private_directory)
{
    char deep[512] = "/data";
    struct err e = { 0 };
    struct address a, again, other, in_tmp;
    for (int i = 0; i < 12; i++)
        strcat(deep, "/a-long-name");
    CHECK_INT(address_for_store(deep, "/run/user/7", &a, &e), 0);
    CHECK(str_starts(a.path, "/run/user/7/rung-"));
    CHECK_INT(address_for_store(deep, "/run/user/7", &again, &e), 0);
    CHECK_TEXT(again.path, a.path);
    strcat(deep, "/2");
    CHECK_INT(address_for_store(deep, "/run/user/7", &other, &e), 0);
    CHECK(strcmp(other.path, a.path) != 0);
    CHECK_INT(address_for_store(deep, deep, &in_tmp, &e), 0);
    CHECK(str_starts(in_tmp.path, "/tmp/rung-"));
}

TEST(the_directory_of_a_socket_is_made_private)
{
    struct err e = { 0 };
    struct address a;
    struct stat st;
    struct str text = { 0 };
    str_addf(&text, "ipc://%s", scratch_path("made/here/rungd.sock"));
    CHECK_INT(address_parse(text.text, &a, &e), 0);
    CHECK_INT(address_check(&a, &e), -1);
    CHECK_INT(e.code, ERR_NOT_FOUND);
    CHECK_INT(address_prepare(&a, &e), 0);
    CHECK_INT(address_check(&a, &e), 0);
    CHECK_INT(stat(scratch_path("made/here"), &st), 0);
    CHECK_INT(st.st_mode & 0777, 0700);
    CHECK_INT(chmod(scratch_path("made/here"), 0777), 0);
    CHECK_INT(address_prepare(&a, &e), -1);
    CHECK_INT(e.code, ERR_REFUSED);
    CHECK_CONTAINS(e.text, "chmod go-w");
    CHECK_INT(address_check(&a, &e), -1);
    str_deinit(&text);
}

TEST(the_directory_of_another_user_is_refused)
{
    struct err e = { 0 };
    struct address a;
    struct str text = { 0 };
    if (geteuid() != 0)
        SKIP("only root can make a directory of another user's");
    str_addf(&text, "ipc://%s", scratch_path("theirs/rungd.sock"));
    CHECK_INT(mkdir(scratch_path("theirs"), 0700), 0);
    CHECK_INT(chown(scratch_path("theirs"), 12345, 12345), 0);
    CHECK_INT(address_parse(text.text, &a, &e), 0);
    CHECK_INT(address_prepare(&a, &e), -1);
    CHECK_CONTAINS(e.text, "another user");
    CHECK_INT(address_check(&a, &e), -1);
    str_deinit(&text);
}

TEST(who_waits_takes_a_directory_that_is_not_there_yet_and_no_foreign_one)
{
    struct address a;
    struct err e = { 0 };
    char text[600];
    snprintf(text, sizeof text, "ipc://%s/sock", scratch_path("not-yet"));
    CHECK_INT(address_parse(text, &a, &e), 0);
    CHECK_INT(address_check(&a, &e), -1);
    CHECK_INT(e.code, ERR_NOT_FOUND);
    CHECK_INT(address_check_awaited(&a, &e), 0);
    CHECK_INT(mkdir(scratch_path("not-yet"), 0700), 0);
    CHECK_INT(chmod(scratch_path("not-yet"), 0777), 0);
    CHECK_INT(address_check_awaited(&a, &e), -1);
    CHECK_INT(e.code, ERR_REFUSED);
}

TAP_MAIN
