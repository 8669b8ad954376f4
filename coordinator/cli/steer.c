#include "coordinator/cli/steer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/units.h"
#include "common/io/files.h"
#include "common/proto/json.h"
#include "coordinator/cli/errand.h"
#include "coordinator/cli/interrupt.h"
#include "coordinator/cli/who.h"

enum { DRAIN_POLL_MS = 200 };

/* Asks, and prints the answer: "campaign digits: running: trials 30 to 80". */
static int steer(const struct remote *where, struct message_control *ask, FILE *out, struct err *e)
{
    struct errand errand;
    struct client_done done;
    ask->who = who();
    if (errand_open(&errand, where, e) < 0)
        return -1;
    int status = client_control(errand.client, ask, &done, e);
    if (status == 0)
        fprintf(out, "campaign %s: %s%s%s\n", ask->campaign, done.state, *done.text ? ": " : "", done.text);
    if (status == 0 && errand.is_own && str_equal(done.state, "running"))
        fprintf(
            stderr, "rung: nobody serves %s now: rung run with the campaign's file goes on with it\n", where->store);
    errand_close(&errand);
    return status;
}

int cli_control(const struct remote *where, const char *campaign, const char *action, FILE *out, struct err *e)
{
    struct message_control ask = { .campaign = campaign, .action = action };
    return steer(where, &ask, out, e);
}

/* ---- extend ---- */

static int read_count(const char *option, const char *text, int64_t most, int64_t *out, struct err *e)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < 1 || value > most)
        return err_set(e, ERR_USAGE, "--%s takes a whole number from 1 to %lld, or +N for so many more, not \"%s\"",
            option, (long long)most, text);
    *out = value;
    return 0;
}

static int read_duration(const char *option, const char *text, int64_t *out, struct err *e)
{
    const char *number = *text == '+' ? text + 1 : text;
    if (!units_parse_duration(number, out) || *out <= 0 || *out > LIMIT_TIMEOUT_DAYS * INT64_C(86400000))
        return err_set(e, ERR_USAGE, "--%s takes a duration as \"4h\" or \"+1h30m\", at most %d days, not \"%s\"",
            option, LIMIT_TIMEOUT_DAYS, text);
    return 0;
}

int cli_extend(const struct remote *where, const char *campaign, const struct extension *new, FILE *out, struct err *e)
{
    struct message_control ask = { .campaign = campaign, .action = "extend" };
    if (!new->trials && !new->max_budget && !new->wall_clock)
        return err_set(e, ERR_USAGE, "extend what? --trials, --max-budget or --wall-clock is expected");
    if (new->trials &&
        read_count("trials", new->trials, LIMIT_TRIALS, *new->trials == '+' ? &ask.more_trials : &ask.trials, e) < 0)
        return -1;
    if (new->max_budget && read_count("max-budget", new->max_budget, LIMIT_BUDGET,
                               *new->max_budget == '+' ? &ask.more_budget : &ask.max_budget, e) < 0)
        return -1;
    if (new->wall_clock && read_duration("wall-clock", new->wall_clock,
                               *new->wall_clock == '+' ? &ask.more_wall_clock_ms : &ask.wall_clock_ms, e) < 0)
        return -1;
    return steer(where, &ask, out, e);
}

/* ---- enqueue ---- */

/* A word's value as JSON: what is a number, true, false or a text in quotes stays it, anything else is a text. */
static void put_value(struct str *json, const char *value)
{
    struct json_doc *doc = json_parse(value, strlen(value), NULL);
    enum json_type type = doc ? json_type(json_root(doc)) : JSON_NULL;
    if (type == JSON_NUMBER || type == JSON_BOOL || type == JSON_TEXT)
        str_add(json, value);
    else
        json_put_text(json, value);
    json_free(doc);
}

static int read_pairs(char *const *words, int n_words, struct str *json, struct err *e)
{
    json_open_object(json);
    for (int i = 0; i < n_words; i++) {
        const char *equals = strchr(words[i], '=');
        if (!equals || equals == words[i])
            return err_set(e, ERR_USAGE,
                "\"%s\" is no name=value: a configuration is name=value words, one JSON object, or @FILE", words[i]);
        char *name = mem_strdup(words[i]);
        name[equals - words[i]] = '\0';
        json_put_key(json, name);
        put_value(json, equals + 1);
        free(name);
    }
    json_close_object(json);
    return 0;
}

static int read_configuration(char *const *words, int n_words, struct str *json, struct err *e)
{
    if (n_words == 1 && words[0][0] == '@')
        return file_read(str_equal(words[0], "@-") ? "/dev/stdin" : words[0] + 1, LIMIT_FRAME / 2, json, e);
    if (n_words == 1 && words[0][0] == '{') {
        str_add(json, words[0]);
        return 0;
    }
    return read_pairs(words, n_words, json, e);
}

/* On one line, as the wire wants it. */
static int make_compact(struct str *json, struct err *e)
{
    struct json_doc *doc = json_parse(str_text(json), json->len, e);
    if (!doc)
        return err_prefix(e, "the configuration is no JSON");
    bool is_object = json_type(json_root(doc)) == JSON_OBJECT;
    str_clear(json);
    json_print(json, json_root(doc));
    json_free(doc);
    return is_object ? 0 : err_set(e, ERR_INVALID, "the configuration is no JSON object: {\"name\": value, ...}");
}

int cli_enqueue(
    const struct remote *where, const char *campaign, char *const *words, int n_words, FILE *out, struct err *e)
{
    struct str json = { 0 };
    int status = read_configuration(words, n_words, &json, e);
    if (status == 0)
        status = make_compact(&json, e);
    struct message_control ask = { .campaign = campaign, .action = "enqueue", .config = str_text(&json) };
    if (status == 0)
        status = steer(where, &ask, out, e);
    str_deinit(&json);
    return status;
}

/* ---- retry, note ---- */

static int read_number(const char *word, int64_t *out, struct err *e)
{
    char *end;
    errno = 0;
    long long value = strtoll(word, &end, 10);
    if (errno || end == word || *end || value < 1 || value > LIMIT_TRIALS)
        return err_set(e, ERR_USAGE, "\"%s\" is no number of a trial", word);
    *out = value;
    return 0;
}

int cli_retry(
    const struct remote *where, const char *campaign, char *const *numbers, int n_numbers, FILE *out, struct err *e)
{
    struct record_trial_number records[LIMIT_STEERED];
    struct message_control ask = { .campaign = campaign, .action = "retry", .numbers = records };
    if (n_numbers > LIMIT_STEERED)
        return err_set(e, ERR_LIMIT, "%d trials: at most %d at once", n_numbers, LIMIT_STEERED);
    for (int i = 0; i < n_numbers; i++)
        if (read_number(numbers[i], &records[i].number, e) < 0)
            return -1;
    ask.n_numbers = (size_t)n_numbers;
    return steer(where, &ask, out, e);
}

int cli_note(
    const struct remote *where, const char *campaign, const char *trial, const char *text, FILE *out, struct err *e)
{
    struct record_trial_number number;
    struct message_control ask = {
        .campaign = campaign, .action = "note", .text = text, .numbers = &number, .n_numbers = 1
    };
    if (!*text || strlen(text) > LIMIT_NOTE)
        return err_set(e, ERR_USAGE, "a note has 1 to %d bytes, not %zu", LIMIT_NOTE, strlen(text));
    return read_number(trial, &number.number, e) < 0 ? -1 : steer(where, &ask, out, e);
}

/* ---- drain ---- */

/* Asks again until nobody of that name is left. */
static int wait_until_gone(struct client *c, const char *worker, FILE *out, struct err *e)
{
    while (client_drain(c, worker, who(), e) == 0) {
        if (interrupt_count() > 0)
            return err_set(e, ERR_INTERRUPTED, "worker %s was asked to leave, and is still here", worker);
        interrupt_sleep(DRAIN_POLL_MS);
    }
    if (e->code != ERR_NOT_FOUND)
        return -1;
    fprintf(out, "worker %s: it has left\n", worker);
    return 0;
}

int cli_drain(const struct remote *where, const char *worker, bool is_hasty, FILE *out, struct err *e)
{
    struct errand errand;
    interrupt_watch();
    if (errand_open(&errand, where, e) < 0)
        return -1;
    int status = client_drain(errand.client, worker, who(), e);
    if (status == 0) {
        fprintf(out, "worker %s: it hands back what it runs, and leaves\n", worker);
        fflush(out);
    }
    if (status == 0 && !is_hasty)
        status = wait_until_gone(errand.client, worker, out, e);
    errand_close(&errand);
    return status;
}
