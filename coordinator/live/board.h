/* board.h: what keys do to the live screen: the order of the trials, the one that is chosen or looked into, and what
 * is asked at the foot.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_LIVE_BOARD_H
#define RUNG_COORDINATOR_LIVE_BOARD_H

#include "coordinator/live/scene.h"

enum board_mode { BOARD_ALL, BOARD_TRIAL, BOARD_HELP, BOARD_ASK_PAUSE, BOARD_ASK_LEAVE };

/* What a key asks of the command. */
enum board_wish { BOARD_NOTHING, BOARD_LEAVE, BOARD_PAUSE, BOARD_RESUME };

/* Zeroed is the state at first. */
struct board {
    enum board_mode mode;
    enum scene_sort sort;
    int64_t chosen;                /* number of a running trial; 0: none */
    int64_t numbers[SCENE_TRIALS]; /* of the running trials, as they stand on the screen */
    int n_numbers;
    bool is_paused;       /* the campaign */
    bool is_leaving_asks; /* leaving ends more than the screen */
};

/* Takes what is running now. */
void board_note(struct board *b, json_value status, json_value campaign);

/* `key` as key.h has them. */
enum board_wish board_press(struct board *b, int key);

/* As a request to the coordinator: "pause", "resume". */
const char *board_action(enum board_wish wish);

/* The last line: keys, or a question. */
const char *board_foot(const struct board *b);

/* Adds the lines of help that fit, and the foot. */
void board_add_help(struct str *out, const char *foot, const struct view_look *look);

#endif
