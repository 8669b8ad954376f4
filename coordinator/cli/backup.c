#include "coordinator/cli/backup.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/io/blobs.h"
#include "common/io/files.h"
#include "common/io/system.h"
#include "coordinator/store/backup.h"

struct moving {
    struct blobs *from, *to;
    int64_t n, n_missing, bytes;
};

/* A second name for the same file where it is on the same file system, else a copy, whose bytes are checked. */
static int take_checkpoint(void *context, const char *hash, struct err *e)
{
    struct moving *m = context;
    struct str path = { 0 };
    char found[HASH_HEX];
    int64_t size = blobs_size(m->from, hash);
    if (size < 0) {
        m->n_missing += hash_is_hex(hash);
        return 0;
    }
    blobs_path(m->from, hash, &path);
    int failed = blobs_has(m->to, hash) ? 0 : blobs_link_file(m->to, str_text(&path), found, &size, e);
    str_deinit(&path);
    m->n++;
    m->bytes += size;
    return failed;
}

static int move_blobs(const char *store, const char *path, const char *blobs, struct moving *m, struct err *e)
{
    struct str from = { 0 };
    str_addf(&from, "%s/blobs", store);
    int failed = !(m->from = blobs_open(str_text(&from), e)) || !(m->to = blobs_open(blobs, e)) ||
                 backup_each_checkpoint(path, take_checkpoint, m, e) < 0;
    str_deinit(&from);
    blobs_close(m->to);
    blobs_close(m->from);
    return failed ? -1 : 0;
}

int cli_backup(const char *store, const char *path, const char *blobs, FILE *out, struct err *e)
{
    struct moving m = { 0 };
    int64_t bytes = 0;
    if (backup_make(store, path, system_wall_ms(), &bytes, e) < 0 ||
        (blobs && move_blobs(store, path, blobs, &m, e) < 0))
        return -1;
    fprintf(out, "%s: %lld KB, checked. All results, curves and decisions are in it", path,
        (long long)(bytes + 1023) >> 10);
    if (blobs)
        fprintf(
            out, "; %lld checkpoints, %lld KB, are in %s", (long long)m.n, (long long)(m.bytes + 1023) >> 10, blobs);
    else
        fputs("; checkpoints are not: a trial that goes on without its own starts again at 0", out);
    if (m.n_missing)
        fprintf(out, ". %lld checkpoints are not in the store any more", (long long)m.n_missing);
    fprintf(out, "\nTo put it back: mkdir NEW && cp %s NEW/rung.db%s%s%s, then rung run CAMPAIGN.json --store NEW\n",
        path, blobs ? " && cp -r " : "", blobs ? blobs : "", blobs ? " NEW/blobs" : "");
    return 0;
}
