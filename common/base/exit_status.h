/* exit_status.h: what the commands of `rung` end with, beside what an error has (err_exit_status): README.md lists all.
 */
#ifndef RUNG_COMMON_BASE_EXIT_STATUS_H
#define RUNG_COMMON_BASE_EXIT_STATUS_H

enum exit_status {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_DIFFERS = 1, /* a decision is not what it was */
    EXIT_STATUS_INVALID = 2,
    EXIT_STATUS_NO_SUCCESS = 6, /* the campaign is over and no trial succeeded */
    EXIT_STATUS_CANCELLED = 7,  /* the campaign was stopped by somebody */
    EXIT_STATUS_NOT_MET = 8,    /* the campaign is over, and what --until asks for never held */
    EXIT_STATUS_TIMEOUT = 124,
    EXIT_STATUS_INTERRUPTED = 130
};

#endif
