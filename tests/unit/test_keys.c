#include "common/io/allow_list.h"
#include "common/io/credential.h"
#include "common/io/files.h"
#include "common/io/invitation.h"
#include "common/io/key.h"
#include "common/io/key_home.h"
#include "tests/scratch.h"
#include "tests/tap.h"

#include <sys/stat.h>

static struct key made(const char *name, enum role role)
{
    struct key k = { 0 };
    struct err e = { 0 };
    if (key_make(&k, name, role, &e) < 0)
        TAP_FAIL("%s", e.text);
    return k;
}

static void write_text(const char *path, const char *text)
{
    struct err e = { 0 };
    if (file_write(path, text, strlen(text), 0600, &e) < 0)
        TAP_FAIL("%s", e.text);
}

/* ---- files ---- */

TEST(a_key_comes_back_from_its_file_and_its_public_half_has_no_secret)
{
    struct key k = made("ada", ROLE_WORKER), server = made("server", ROLE_SERVER), back = { 0 };
    struct err e = { 0 };
    struct stat st;
    const char *path = scratch_path("a.key"), *half = scratch_path("a.key.pub");
    memcpy(k.server_key, server.public_key, sizeof k.server_key);
    snprintf(k.address, sizeof k.address, "tcp://[::1]:7000");
    CHECK_INT(key_write_secret(path, &k, &e), 0);
    CHECK_INT(key_write_public(half, &k, &e), 0);
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_INT(key_read_secret(path, &back, &e), 0);
    CHECK_TEXT(back.name, "ada");
    CHECK_INT(back.role, ROLE_WORKER);
    CHECK_TEXT(back.public_key, k.public_key);
    CHECK_TEXT(back.secret_key, k.secret_key);
    CHECK_TEXT(back.server_key, k.server_key);
    CHECK_TEXT(back.address, k.address);
    CHECK_INT(key_read_public(half, &back, &e), 0);
    CHECK_TEXT(back.secret_key, "");
    CHECK_TEXT(back.public_key, k.public_key);
    CHECK_INT(key_read_public(path, &back, &e), -1);
    CHECK_CONTAINS(e.text, "give the half for others");
    CHECK_INT(key_read_secret(half, &back, &e), -1);
}

TEST(a_key_is_never_replaced)
{
    struct key k = made("ada", ROLE_WORKER), other = made("bob", ROLE_WORKER), back;
    struct err e = { 0 };
    const char *path = scratch_path("once.key");
    CHECK_INT(key_write_secret(path, &k, &e), 0);
    CHECK_INT(key_write_secret(path, &other, &e), -1);
    CHECK_INT(e.code, ERR_EXISTS);
    CHECK_INT(key_read_secret(path, &back, &e), 0);
    CHECK_TEXT(back.secret_key, k.secret_key);
}

TEST(a_secret_that_others_may_read_or_write_is_refused)
{
    struct key k = made("ada", ROLE_WORKER), back;
    const char *path = scratch_path("open.key");
    static const mode_t refused[] = { 0640, 0604, 0620, 0602, 0644, 0666 }, taken[] = { 0600, 0400 };
    struct err e = { 0 };
    CHECK_INT(key_write_secret(path, &k, &e), 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        CHECK_INT(chmod(path, refused[i]), 0);
        CHECK_INT(key_read_secret(path, &back, &e), -1);
        CHECK_INT(e.code, ERR_REFUSED);
        CHECK_CONTAINS(e.text, "chmod 600");
        CHECK_CONTAINS(e.text, path);
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        CHECK_INT(chmod(path, taken[i]), 0);
        CHECK_INT(key_read_secret(path, &back, &e), 0);
    }
}

TEST(what_is_no_key_is_refused_with_its_line)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "", "no secret-key" },
        { "curve\n    secret-key = \"short\"\n", "line 2" },
        { "metadata\n    role = \"king\"\n", "worker, viewer, operator or server" },
        { "metadata\n    name = \"../evil\"\n", "letters, digits" },
        { "metadata\n    address = \"http://x\"\n", "an address looks like" },
        { "curve\n    nonsense\n", "name = \"value\"" },
        { "curve\n    secret-key = \"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6\"\n", "manual" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct key k = { .name = "untouched" };
        struct err e = { 0 };
        write_text(scratch_path("bad.key"), rows[i].text);
        CHECK_INT(key_read_secret(scratch_path("bad.key"), &k, &e), -1);
        CHECK_INT(e.code, ERR_INVALID);
        CHECK_CONTAINS(e.text, rows[i].says);
        CHECK_TEXT(k.name, "untouched");
    }
}

TEST(halves_that_do_not_belong_together_are_refused)
{
    struct key k = made("ada", ROLE_WORKER), other = made("bob", ROLE_WORKER), back;
    struct err e = { 0 };
    const char *path = scratch_path("mixed.key");
    memcpy(k.public_key, other.public_key, sizeof k.public_key);
    CHECK_INT(key_write_secret(path, &k, &e), 0);
    CHECK_INT(key_read_secret(path, &back, &e), -1);
    CHECK_CONTAINS(e.text, "do not belong together");
}

TEST(a_certificate_as_czmq_writes_it_is_read)
{
    struct key k = made("", ROLE_NONE), back;
    struct err e = { 0 };
    char text[1024];
    snprintf(text, sizeof text,
        "#   ZeroMQ CURVE **Secret** Certificate\n#   DO NOT PROVIDE THIS FILE TO OTHER USERS\n\n"
        "metadata\n    email = \"a@example.org\"\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
        k.public_key, k.secret_key);
    write_text(scratch_path("czmq.key"), text);
    CHECK_INT(key_read_secret(scratch_path("czmq.key"), &back, &e), 0);
    CHECK_TEXT(back.public_key, k.public_key);
    CHECK_INT(back.role, ROLE_NONE);
}

/* ---- the allow-list ---- */

static const char *entry(const char *directory, const char *name)
{
    static char path[700];
    snprintf(path, sizeof path, "%s/%s.pub", directory, name);
    return path;
}

TEST(keys_come_and_go_with_their_files)
{
    struct key ada = made("ada", ROLE_WORKER), eve = made("eve", ROLE_VIEWER);
    struct err e = { 0 };
    const char *directory = scratch_path("allowed");
    struct allow_list *l = allow_list_open(directory);
    CHECK_INT(allow_list_n(l), 0); /* no directory: nobody */
    CHECK_INT(file_make_directory(directory, 0700, &e), 0);
    CHECK_INT(key_write_public(entry(directory, "ada"), &ada, &e), 0);
    CHECK_INT(key_write_public(entry(directory, "watcher"), &eve, &e), 0);
    CHECK(allow_list_refresh(l, false));
    CHECK_INT(allow_list_n(l), 2);
    CHECK_INT(allow_list_find(l, ada.public_key)->role, ROLE_WORKER);
    CHECK_TEXT(allow_list_find(l, eve.public_key)->name, "watcher"); /* the file's name counts */
    CHECK(!allow_list_refresh(l, true));
    CHECK_INT(unlink(entry(directory, "ada")), 0);
    CHECK(allow_list_refresh(l, true));
    CHECK(!allow_list_find(l, ada.public_key));
    CHECK(allow_list_find(l, eve.public_key) != NULL);
    allow_list_close(l);
}

TEST(a_file_that_says_no_role_or_has_a_secret_lets_nobody_in)
{
    struct key plain = made("plain", ROLE_NONE), server = made("server", ROLE_SERVER), secret = made("s", ROLE_WORKER);
    struct err e = { 0 };
    const char *directory = scratch_path("odd");
    CHECK_INT(file_make_directory(directory, 0700, &e), 0);
    CHECK_INT(key_write_public(entry(directory, "plain"), &plain, &e), 0);
    CHECK_INT(key_write_public(entry(directory, "server"), &server, &e), 0);
    CHECK_INT(key_write_secret(entry(directory, "secret"), &secret, &e), 0);
    write_text(entry(directory, "broken"), "curve\n    public-key = \"?\"\n");
    struct allow_list *l = allow_list_open(directory);
    CHECK_INT(allow_list_n(l), 0);
    CHECK(!allow_list_find(l, plain.public_key) && !allow_list_find(l, server.public_key));
    allow_list_close(l);
}

TEST(the_first_of_two_files_with_one_key_counts)
{
    struct key k = made("k", ROLE_VIEWER);
    struct err e = { 0 };
    const char *directory = scratch_path("twice");
    CHECK_INT(file_make_directory(directory, 0700, &e), 0);
    CHECK_INT(key_write_public(entry(directory, "a"), &k, &e), 0);
    k.role = ROLE_OPERATOR;
    CHECK_INT(key_write_public(entry(directory, "b"), &k, &e), 0);
    struct allow_list *l = allow_list_open(directory);
    CHECK_INT(allow_list_find(l, k.public_key)->role, ROLE_VIEWER);
    allow_list_close(l);
}

/* ---- invitations, and what a program shows ---- */

TEST(an_invitation_comes_back_and_a_damaged_one_is_refused)
{
    struct key k = made("worker-7", ROLE_WORKER), server = made("server", ROLE_SERVER), back;
    struct str word = { 0 };
    struct err e = { 0 };
    memcpy(k.server_key, server.public_key, sizeof k.server_key);
    snprintf(k.address, sizeof k.address, "tcp://coordinator.example.org:7464");
    invitation_write(&k, &word);
    CHECK_INT(strspn(word.text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), word.len);
    CHECK_INT(invitation_read(word.text, &back, &e), 0);
    CHECK_TEXT(back.secret_key, k.secret_key);
    CHECK_TEXT(back.public_key, k.public_key);
    CHECK_TEXT(back.server_key, k.server_key);
    CHECK_TEXT(back.address, k.address);
    CHECK_TEXT(back.name, k.name);
    CHECK_INT(back.role, ROLE_WORKER);
    for (size_t i = 0; i < word.len; i++) {
        char kept = word.text[i];
        word.text[i] = kept == 'A' ? 'B' : 'A';
        CHECK_INT(invitation_read(word.text, &back, &e), -1);
        CHECK_INT(e.code, ERR_INVALID);
        word.text[i] = '\0'; /* cut */
        CHECK_INT(invitation_read(word.text, &back, &e), -1);
        word.text[i] = kept;
    }
    str_deinit(&word);
}

static int find(const char *address, const struct credential_choice *choice, struct credential *out, struct err *e)
{
    static const enum role roles[] = { ROLE_OPERATOR, ROLE_VIEWER, ROLE_NONE };
    struct address a;
    *e = (struct err){ 0 };
    return address_parse(address, &a, e) < 0 ? -1 : credential_find(&a, choice, roles, out, e);
}

TEST(the_command_line_comes_before_the_environment_and_that_before_the_usual_files)
{
    struct key named = made("named", ROLE_VIEWER), set = made("set", ROLE_OPERATOR), usual = made("usual", ROLE_VIEWER);
    struct key server = made("server", ROLE_SERVER);
    struct credential_choice none = { 0 }, one = { scratch_path("named.key"), server.public_key };
    struct credential c;
    struct err e = { 0 };
    char directory[600], path[700];
    snprintf(directory, sizeof directory, "%s/rung", scratch_path("config"));
    CHECK_INT(file_make_directory(directory, 0700, &e), 0);
    setenv("XDG_CONFIG_HOME", scratch_path("config"), 1);
    unsetenv("RUNG_KEY");
    unsetenv("RUNG_SERVER_KEY");
    CHECK_INT(find("tcp://192.0.2.1:7000", &none, &c, &e), -1);
    CHECK_INT(e.code, ERR_REFUSED);
    CHECK_CONTAINS(e.text, "rung keygen operator");

    snprintf(path, sizeof path, "%s/viewer.key", directory);
    CHECK_INT(key_write_secret(path, &usual, &e), 0);
    CHECK_INT(find("tcp://192.0.2.1:7000", &none, &c, &e), -1);
    CHECK_CONTAINS(e.text, "--server-key");
    snprintf(path, sizeof path, "%s/server.pub", directory);
    CHECK_INT(key_write_public(path, &server, &e), 0);
    CHECK_INT(find("tcp://192.0.2.1:7000", &none, &c, &e), 0);
    CHECK(c.is_used);
    CHECK_TEXT(c.key.public_key, usual.public_key);
    CHECK_TEXT(c.key.server_key, server.public_key);
    CHECK_INT(find("tcp://127.0.0.1:7000", &none, &c, &e), 0); /* of this machine: nobody asks */
    CHECK(!c.is_used);

    CHECK_INT(key_write_secret(scratch_path("set.key"), &set, &e), 0);
    setenv("RUNG_KEY", scratch_path("set.key"), 1);
    CHECK_INT(find("tcp://127.0.0.1:7000", &none, &c, &e), 0);
    CHECK(c.is_used); /* but who names a key means it */
    CHECK_TEXT(c.key.public_key, set.public_key);
    CHECK_INT(key_write_secret(one.key, &named, &e), 0);
    CHECK_INT(find("tcp://192.0.2.1:7000", &one, &c, &e), 0);
    CHECK_TEXT(c.key.public_key, named.public_key);
    CHECK_INT(find("ipc:///tmp/x/y.sock", &one, &c, &e), 0);
    CHECK(!c.is_used);
    unsetenv("RUNG_KEY");
}

TEST(a_coordinator_makes_its_key_once)
{
    struct key first, second;
    struct err e = { 0 };
    struct stat st;
    char path[600];
    CHECK_INT(file_make_directory(scratch_path("store"), 0700, &e), 0);
    CHECK_INT(key_home_server(scratch_path("store"), &first, &e), 0);
    CHECK_INT(key_home_server(scratch_path("store"), &second, &e), 0);
    CHECK_TEXT(second.secret_key, first.secret_key);
    snprintf(path, sizeof path, "%s/keys/server.key", scratch_path("store"));
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_INT(chmod(path, 0644), 0);
    CHECK_INT(key_home_server(scratch_path("store"), &second, &e), -1);
    CHECK_INT(e.code, ERR_REFUSED);
}

TAP_MAIN
