#include "common/io/key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "common/base/str.h"
#include "common/io/files.h"

enum { MAX_BYTES = 65536, KEY_BYTES = 32 };

static const char printed_everywhere[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
                                         " rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
                                         " JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
                                         " D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

bool key_is_text(const char *text)
{
    static const char letters[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    unsigned char bytes[KEY_BYTES];
    return text && strlen(text) == KEY_TEXT - 1 && strspn(text, letters) == KEY_TEXT - 1 && zmq_z85_decode(bytes, text);
}

bool key_is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = name ? strlen(name) : 0;
    return len > 0 && len <= LIMIT_NAME && !strchr("._-", name[0]) && strspn(name, letters) == len;
}

int key_make(struct key *k, const char *name, enum role role, struct err *e)
{
    struct key made = { .role = role };
    str_copy(made.name, sizeof made.name, name);
    if (zmq_curve_keypair(made.public_key, made.secret_key) < 0)
        return err_set(e, ERR_IO, "make a key: %s", zmq_strerror(zmq_errno()));
    *k = made;
    key_wipe(&made);
    return 0;
}

void key_wipe(struct key *k)
{
    explicit_bzero(k->secret_key, sizeof k->secret_key);
}

int key_derive_public(struct key *k, struct err *e)
{
    if (!key_is_text(k->secret_key) || zmq_curve_public(k->public_key, k->secret_key) < 0)
        return err_set(e, ERR_INVALID, "secret-key: forty characters of Z85 are expected");
    return 0;
}

/* ---- text ---- */

static void put(struct str *s, const char *name, const char *value)
{
    if (*value)
        str_addf(s, "    %s = \"%s\"\n", name, value);
}

static void print(const struct key *k, bool has_secret, struct str *out)
{
    str_addf(out, "# A key of Rung, as czmq's zcert and pyzmq's zmq.auth read it too. %s\n",
        has_secret ? "SECRET: for its owner alone." : "The public half.");
    str_add(out, "metadata\n");
    put(out, "name", k->name);
    put(out, "role", k->role == ROLE_NONE ? "" : role_name(k->role));
    put(out, "server-key", k->server_key);
    put(out, "address", k->address);
    str_add(out, "curve\n");
    put(out, "public-key", k->public_key);
    put(out, "secret-key", has_secret ? k->secret_key : "");
}

/* `name = "value"` in place; false when the line is neither that nor a section's name. */
static bool split(char *line, const char **name, const char **value)
{
    char *text = line + strspn(line, " \t"), *equals = strchr(text, '=');
    *name = *value = NULL;
    if (!*text || *text == '#')
        return true;
    if (!equals)
        return text == line;
    *name = text;
    *value = equals + 1 + strspn(equals + 1, " \t");
    while (equals > text && strchr(" \t", equals[-1]))
        equals--;
    *equals = '\0';
    if (**value == '"' || **value == '\'') {
        char *end = strrchr(*value, **value);
        *value += 1;
        if (end < *value)
            return false;
        *end = '\0';
    }
    return true;
}

static int take_key(char out[KEY_TEXT], const char *name, const char *value, struct err *e)
{
    if (!key_is_text(value))
        return err_set(e, ERR_INVALID, "%s: forty characters of Z85 are expected", name);
    if (strstr(printed_everywhere, value))
        return err_set(e, ERR_INVALID, "%s is printed in ZeroMQ's manual: make one with rung keygen", name);
    str_copy(out, KEY_TEXT, value);
    return 0;
}

static int take(struct key *k, const char *name, const char *value, struct err *e)
{
    struct address address;
    if (str_equal(name, "public-key"))
        return take_key(k->public_key, name, value, e);
    if (str_equal(name, "secret-key"))
        return take_key(k->secret_key, name, value, e);
    if (str_equal(name, "server-key"))
        return take_key(k->server_key, name, value, e);
    if (str_equal(name, "role") && (k->role = role_from_name(value)) == ROLE_NONE)
        return err_set(e, ERR_INVALID, "role: worker, viewer, operator or server is expected");
    if (str_equal(name, "name") && (!key_is_name(value) || !str_copy(k->name, sizeof k->name, value)))
        return err_set(e, ERR_INVALID, "name: 1 to %d letters, digits and ._- are expected", LIMIT_NAME);
    if (str_equal(name, "address")) {
        if (address_parse(value, &address, e) < 0)
            return err_prefix(e, "address");
        str_copy(k->address, sizeof k->address, value);
    }
    return 0;
}

static int read_lines(char *text, struct key *k, struct err *e)
{
    int number = 0;
    for (char *line = text, *next; line; line = next) {
        const char *name, *value;
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        number++;
        if (!split(line, &name, &value))
            return err_set(e, ERR_INVALID, "line %d: name = \"value\" is expected", number);
        if (name && take(k, name, value, e) < 0)
            return err_prefix(e, "line %d", number);
    }
    return 0;
}

static int check_halves(struct key *k, bool wants_secret, struct err *e)
{
    struct key derived = *k;
    if (wants_secret && !*k->secret_key)
        return err_set(e, ERR_INVALID, "there is no secret-key in it: this is the half for others");
    if (!wants_secret && *k->secret_key)
        return err_set(
            e, ERR_INVALID, "there is a secret-key in it: give the half for others, which ends in " KEY_SUFFIX);
    if (!wants_secret)
        return *k->public_key ? 0 : err_set(e, ERR_INVALID, "there is no public-key in it");
    int status = key_derive_public(&derived, e);
    if (status == 0 && *k->public_key && !str_equal(k->public_key, derived.public_key))
        status = err_set(e, ERR_INVALID, "its public-key and its secret-key do not belong together");
    if (status == 0)
        str_copy(k->public_key, sizeof k->public_key, derived.public_key);
    key_wipe(&derived);
    return status;
}

/* ---- files ---- */

static int check_owner(int fd, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_set_errno(e, "look at it");
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_REFUSED, "it is not a file");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return err_set(e, ERR_REFUSED, "it belongs to another user (number %u)", (unsigned)st.st_uid);
    mode_t others = st.st_uid == 0 && geteuid() != 0 ? S_IWGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    if (st.st_mode & others)
        return err_set(e, ERR_REFUSED,
            "others can read or change it (mode %04o): chmod 600 it, and if anybody had it, "
            "revoke the key and make another",
            (unsigned)st.st_mode & 07777);
    return 0;
}

static int read_key(const char *path, bool wants_secret, struct key *out, struct err *e)
{
    struct str text = { 0 };
    struct key k = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_errno(e, "open %s", path);
    int status = wants_secret ? check_owner(fd, e) : 0;
    if (status == 0)
        status = file_read_fd(fd, path, MAX_BYTES, &text, e);
    close(fd);
    if (status == 0 && strlen(str_text(&text)) != text.len)
        status = err_set(e, ERR_INVALID, "it is no text");
    if (status == 0 && text.len)
        status = read_lines(text.text, &k, e);
    if (status == 0)
        status = check_halves(&k, wants_secret, e);
    if (status == 0)
        *out = k;
    else
        err_prefix(e, "key %s", path);
    if (text.len)
        explicit_bzero(text.text, text.len);
    str_deinit(&text);
    key_wipe(&k);
    return status;
}

int key_read_secret(const char *path, struct key *out, struct err *e)
{
    return read_key(path, true, out, e);
}

int key_read_public(const char *path, struct key *out, struct err *e)
{
    return read_key(path, false, out, e);
}

static int write_new(const char *path, const struct str *text, mode_t mode, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0 && errno == EEXIST)
        return err_set(
            e, ERR_EXISTS, "%s is there already: a key is never replaced; remove it first, or name another", path);
    if (fd < 0)
        return err_set_errno(e, "make %s", path);
    int status = file_write_all(fd, text->text, text->len, e);
    if (status == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
        status = err_set_errno(e, "sync");
    if (close(fd) < 0 && status == 0)
        status = err_set_errno(e, "close");
    if (status < 0) {
        unlink(path);
        return err_prefix(e, "write %s", path);
    }
    return file_sync_parent(path, e);
}

int key_write_secret(const char *path, const struct key *k, struct err *e)
{
    struct str text = { 0 };
    print(k, true, &text);
    int status = write_new(path, &text, 0600, e);
    explicit_bzero(text.text, text.len);
    str_deinit(&text);
    return status;
}

int key_write_public(const char *path, const struct key *k, struct err *e)
{
    struct str text = { 0 };
    print(k, false, &text);
    int status = write_new(path, &text, 0644, e);
    str_deinit(&text);
    return status;
}
