#include "coordinator/cli/clean.h"

#include <unistd.h>

#include "common/base/str.h"
#include "common/proto/json.h"
#include "coordinator/cli/errand.h"
#include "coordinator/cli/who.h"

#define PATIENCE_MS 60000 /* for one piece of a store with very many checkpoints */

/* ---- gc ---- */

/* Piece by piece; the trials let go in the first. */
static int collect(struct client *client, const struct message_gc *ask, struct message_gc_done *sum, struct err *e)
{
    struct message_gc_done piece = { .has_more = true };
    *sum = (struct message_gc_done){ 0 };
    client_set_patience(client, PATIENCE_MS);
    while (piece.has_more) {
        if (client_gc(client, ask, &piece, e) < 0)
            return -1;
        sum->trials += piece.trials;
        sum->checkpoints += piece.checkpoints;
        sum->bytes += piece.bytes;
        sum->files += piece.files;
    }
    return 0;
}

static long long kilobytes(const struct message_gc_done *sum)
{
    return (long long)(sum->bytes + 1023) >> 10;
}

static void print_json(const struct message_gc_done *sum, bool is_dry_run, FILE *out)
{
    struct str json = { 0 };
    json_open_object(&json);
    json_add_text(&json, "schema", "rung.gc/1");
    json_add_bool(&json, "is_dry_run", is_dry_run);
    json_add_int(&json, "trials", sum->trials);
    json_add_int(&json, "checkpoints", sum->checkpoints);
    json_add_int(&json, "bytes", sum->bytes);
    json_add_int(&json, "files", sum->files);
    json_close_object(&json);
    fprintf(out, "%s\n", str_text(&json));
    str_deinit(&json);
}

static void print_text(const struct message_gc_done *sum, bool is_dry_run, FILE *out)
{
    fprintf(out,
        is_dry_run ? "would free %lld checkpoints, %lld KB, that no trial has, and those of %lld trials that are over\n"
                   : "freed %lld checkpoints, %lld KB; %lld trials that are over have none any more\n",
        (long long)sum->checkpoints, kilobytes(sum), (long long)sum->trials);
    if (sum->files > 0)
        fprintf(out, "%s %lld files older than a week: messages in quarantine, damaged checkpoints\n",
            is_dry_run ? "would remove" : "removed", (long long)sum->files);
}

int cli_gc(const struct remote *where, int n_keep, bool is_dry_run, bool is_json, FILE *out, struct err *e)
{
    const struct message_gc ask = { .keep = n_keep, .is_dry_run = is_dry_run };
    struct message_gc_done sum;
    struct errand errand;
    if (errand_open(&errand, where, e) < 0)
        return -1;
    int failed = collect(errand.client, &ask, &sum, e);
    errand_close(&errand);
    if (!failed)
        (is_json ? print_json : print_text)(&sum, is_dry_run, out);
    return failed;
}

/* ---- rm ---- */

static bool is_agreed(const char *campaign, bool is_sure)
{
    char answer[16];
    if (is_sure)
        return true;
    fprintf(stderr, "Remove campaign %s with all its trials, curves and checkpoints? [y/N] ", campaign);
    return fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y');
}

static int remove_campaign(struct client *client, const char *campaign, bool is_forced, struct err *e)
{
    const struct message_control stop = { .campaign = campaign, .action = "stop", .who = who() };
    if (client_remove(client, campaign, e) == 0)
        return 0;
    if (e->code != ERR_STATE || !is_forced)
        return -1;
    return client_control(client, &stop, NULL, e) < 0 ? -1 : client_remove(client, campaign, e);
}

int cli_rm(const struct remote *where, const char *campaign, bool is_forced, bool is_sure, FILE *out, struct err *e)
{
    const struct message_gc ask = { .rows_stay = true };
    struct message_gc_done sum;
    struct errand errand;
    if (!is_sure && !isatty(STDIN_FILENO))
        return err_set(e, ERR_USAGE, "nobody can be asked here: use --yes");
    if (!is_agreed(campaign, is_sure))
        return err_set(e, ERR_INTERRUPTED, "nothing was removed");
    if (errand_open(&errand, where, e) < 0)
        return -1;
    client_set_patience(errand.client, PATIENCE_MS);
    int failed = remove_campaign(errand.client, campaign, is_forced, e);
    if (!failed)
        failed = collect(errand.client, &ask, &sum, e);
    errand_close(&errand);
    if (!failed)
        fprintf(out, "campaign %s is gone, and %lld checkpoints, %lld KB, that nobody else has\n", campaign,
            (long long)sum.checkpoints, kilobytes(&sum));
    return failed;
}
