#include "tests/sim/digest.h"

#include <math.h>
#include <string.h>

uint64_t digest_mix(uint64_t digest, uint64_t value)
{
    digest = (digest ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ (digest >> 29);
}

uint64_t digest_text(const char *text)
{
    uint64_t digest = 0;
    for (; text && *text; text++)
        digest = digest_mix(digest, (unsigned char)*text);
    return digest;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    if (isnan(value))
        return 1; /* all alike */
    value += 0.0; /* SQLite has one zero, and so has whatever compares */
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* A name of content is told apart by its first half. */
static uint64_t add_hash(uint64_t digest, const char *hash)
{
    uint64_t words[4];
    if (!*hash)
        return digest_mix(digest, 0);
    memcpy(words, hash, sizeof words);
    return digest_mix(digest_mix(digest, words[0] ^ words[2]), words[1] ^ words[3]);
}

uint64_t digest_trial(const struct trial_row *row, const double *x, int n_params)
{
    uint64_t d = digest_mix((uint64_t)row->id, (uint64_t)row->campaign);
    d = digest_mix(d, (uint64_t)row->number << 32 | (uint64_t)row->state << 24 | (uint64_t)(row->bracket & 0xfff) << 8 |
                          (uint64_t)(row->rung + 1));
    d = digest_mix(d, (uint64_t)row->budget << 32 | (uint64_t)row->reached);
    d = digest_mix(d, bits_of(row->value));
    d = digest_mix(d, row->lease);
    d = digest_mix(d, (uint64_t)row->worker << 32 | (uint64_t)row->n_attempts << 16 | (uint64_t)row->n_broken);
    d = digest_mix(d, (uint64_t)(row->broke_on[0] << 40 ^ row->broke_on[1] << 20 ^ row->broke_on[2]));
    d = add_hash(d, row->checkpoint);
    d = digest_mix(d, (uint64_t)row->checkpoint_bytes);
    for (int i = 0; i < n_params; i++)
        d = digest_mix(d, bits_of(x[i]));
    return d;
}

uint64_t digest_campaign(const struct campaign_row *row)
{
    uint64_t d = digest_mix((uint64_t)row->id, (uint64_t)row->state);
    d = digest_mix(d, (uint64_t)row->created_ms);
    return digest_mix(d, (uint64_t)row->ended_ms);
}

uint64_t digest_worker(const struct worker_row *row)
{
    uint64_t d = digest_mix((uint64_t)row->id, row->key);
    d = digest_mix(d, digest_text(row->public_key));
    d = digest_mix(d, (uint64_t)row->pid);
    d = digest_mix(d, (uint64_t)row->slots << 32 | (uint64_t)row->cores);
    d = digest_mix(d, (uint64_t)row->first_seen_ms);
    d = digest_mix(d, row->session);
    d = digest_mix(d, (uint64_t)row->n_bad << 32 | (uint64_t)row->n_set_aside);
    for (int i = 0; i < BAD_TRIALS; i++)
        d = digest_mix(d, (uint64_t)row->bad_on[i]);
    return digest_mix(d, 2 * (strcmp(row->state, "set_aside") == 0) + (strcmp(row->state, "leaving") == 0));
}
