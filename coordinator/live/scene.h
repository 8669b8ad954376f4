/* scene.h: the live screen of a campaign: what is drawn, in so many rows and columns.
 *
 * Parts are the head, progress, the best, rungs, running trials, events, workers and the foot. Where they do not all
 * fit, rows go to them in the order of their importance (the table in scene.c).
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_LIVE_SCENE_H
#define RUNG_COORDINATOR_LIVE_SCENE_H

#include "coordinator/text/view.h"

#define SCENE_TRIALS 256 /* running ones that a status names */
#define SCENE_POINTS 16  /* of a running trial's curve */

enum scene_sort { SCENE_BY_NUMBER, SCENE_BY_VALUE, SCENE_BY_PROGRESS, SCENE_N_SORTS };

/* Zeroed: a screen that is printed once. */
struct scene {
    bool is_live; /* with the last events */
    enum scene_sort sort;
    int64_t chosen;   /* number of the running trial that is marked; 0: none */
    const char *foot; /* the last line, or NULL */
    bool is_asking;   /* the foot is a question */
};

void scene_draw(
    struct str *out, json_value status, json_value campaign, const struct scene *scene, const struct view_look *look);

/* Adds the lines, each ended by a newline and no wider than the look. `status` is rung.status/1, `campaign` one of
 * its campaigns. */
void view_campaign(struct str *out, json_value status, json_value campaign, const struct view_look *look);

/* The campaign's running trials in this order. Returns how many. */
int scene_running(json_value status, json_value campaign, enum scene_sort sort, json_value *out, int most);

/* The curve of one of them. Returns how many points. */
int scene_curve(json_value trial, int64_t *steps, double *values, int most);

const char *scene_host(json_value status, const char *worker); /* "" when it is not known */

#endif
