/* train_fixture.h: small trainers on synthetic data, and a directory of their own, for the tests of worker/train/run.
 */
#ifndef RUNG_TESTS_UNIT_TRAIN_FIXTURE_H
#define RUNG_TESTS_UNIT_TRAIN_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/io/files.h"
#include "common/proto/json.h"
#include "tests/scratch.h"
#include "tests/tap.h"
#include "worker/train/run/checkpoint.h"
#include "worker/train/run/material.h"
#include "worker/train/run/trainer.h"

__attribute__((unused)) static struct settings fixture_settings(enum model_kind kind, const char *config)
{
    struct err e = { 0 };
    struct settings s = { 0 };
    struct json_doc *doc = json_parse(config, strlen(config), &e);
    CHECK_TEXT(e.text, "");
    settings_parse(&s, kind, json_root(doc), &e);
    CHECK_TEXT(e.text, "");
    json_free(doc);
    return s;
}

/* The data of all tests: 120 sequences. */
__attribute__((unused)) static struct material *fixture_material(void)
{
    static struct material m;
    if (m.train.n_sequences)
        return &m;
    const char *text = "{\"format\": \"synthetic\", \"sequences\": 120, \"test_sequences\": 40}";
    struct err e = { 0 };
    struct data_spec spec;
    struct json_doc *doc = json_parse(text, strlen(text), &e);
    data_spec_parse(&spec, json_root(doc), "", &e);
    json_free(doc);
    CHECK_TEXT(e.text, "");
    material_open(&m, &spec, true, 1, &e);
    CHECK_TEXT(e.text, "");
    return &m;
}

__attribute__((unused)) static struct trainer *fixture_trainer(enum model_kind kind, const char *config, uint64_t seed)
{
    struct err e = { 0 };
    struct material *m = fixture_material();
    struct trainer_setup setup = { fixture_settings(kind, config), seed, &m->split.train, &m->split.validation };
    struct trainer *t = trainer_new(&setup, &e);
    CHECK_TEXT(e.text, "");
    return t;
}

__attribute__((unused)) static void fixture_epochs(struct trainer *t, uint64_t until)
{
    struct err e = { 0 };
    struct trainer_report report;
    while (t->epochs < until)
        if (trainer_epoch(t, &report, NULL, &e))
            TAP_FAIL("%s", e.text);
}

#endif
